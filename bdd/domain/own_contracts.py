"""The contracts of a run: the project's own, or what the settings give in their place."""

from collections.abc import Sequence
from pathlib import Path

from bdd.contracts import asyncapi, openapi
from bdd.contracts.asyncapi import InvalidContract, noun_of
from bdd.contracts.event_schemas import event_schemas
from bdd.domain.entity import Entity
from bdd.domain.resource import Resource
from bdd.domain.resources import check_contract, resources
from bdd.domain.test_data import example, stored


def use_contracts(events: Path | None, apis: Sequence[Path]) -> None:
    """Use these contracts in this process, see that they agree, and that there is something to send to each API.

    Args:
        events: an AsyncAPI 3 document in place of the project's own.
        apis: OpenAPI 3 documents; each replaces those of the project that have the same paths.

    Raises:
        InvalidContract: one cannot be used.
    """
    if events:
        event_schemas(asyncapi.use(events))
        check_contract(asyncapi.current())
    known = resources().values()
    openapi.use(apis, [each.path for each in known])
    for resource in known:
        resource.api.check(resource.path)
        _check_events(resource)


def _check_events(resource: Resource) -> None:
    """See that each field of its events has a value that the API answers."""
    entity = Entity(resource, 1, stored(resource, example(resource, "mark")))
    for event_type in asyncapi.current().topic_of:
        if noun_of(event_type) == resource.noun:
            try:
                entity.payload(event_type)
            except AssertionError as error:
                raise InvalidContract(f"The contracts do not agree: {error}.") from error
