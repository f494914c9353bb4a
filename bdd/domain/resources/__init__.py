"""The resources of the platform: a module for each, found by itself."""

from collections.abc import Collection
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bdd.contracts.asyncapi import Contract, InvalidContract
from bdd.contracts.openapi import Apis
from bdd.domain.resource import Resource, Service


@cache
def resources() -> dict[str, Resource]:
    """Return the resources: noun -> resource."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {module.RESOURCE.noun: module.RESOURCE for module in modules}


def check_contract(known: Contract) -> None:
    """Check that a contract has the events that a resource must have, if it has any.

    Raises:
        InvalidContract: one is missing. A contract without another one promises that nothing is published.
    """
    nouns = [noun for noun in resources() if noun in known.topic_of_noun] or list(resources())
    needed = [f"{noun}.{change}" for noun in nouns for change in ("created", "updated")]
    if missing := [event_type for event_type in needed if event_type not in known.topic_of]:
        raise InvalidContract(f"The contract {known.file} cannot be used: there is no message {', '.join(missing)}")


def services_without_contract(known: Contract) -> set[str]:
    """Return the names of the services of whose events a contract says nothing."""
    with_contract = {each.service.name for noun, each in resources().items() if noun in known.topic_of_noun}
    return services().keys() - with_contract


def needed_topics(present: Collection[str]) -> dict[str, Resource]:
    """Return the topics of the resources that these services keep: topic -> resource."""
    return {each.topic: each for each in resources().values() if each.service.name in present}


def noun_at(path: str) -> str:
    """Return what is at a path of the API: `patient`; the path itself where no resource has it."""
    return next((noun for noun, each in resources().items() if path.startswith(each.path)), path)


def apis() -> Apis:
    """Return the contracts of their APIs."""
    return Apis(each.api for each in resources().values())


def services() -> dict[str, Service]:
    """Return the services that keep them: name -> service."""
    return {each.service.name: each.service for each in resources().values()}


def short_names() -> list[str]:
    """Return the services' names as settings have them: `patient`."""
    return [each.short for each in services().values()]
