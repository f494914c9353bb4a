"""The resources of the platform: a module for each, found by itself."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from bdd.domain.resource import Resource, Service


@cache
def resources() -> dict[str, Resource]:
    """Return the resources: noun -> resource."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {module.RESOURCE.noun: module.RESOURCE for module in modules}


def services() -> dict[str, Service]:
    """Return the services that keep them: name -> service."""
    return {each.service.name: each.service for each in resources().values()}
