"""The contracts of a run: the project's own, or what the settings give in their place."""

from collections.abc import Sequence
from pathlib import Path

from bdd.contracts import asyncapi, openapi
from bdd.contracts.event_schemas import event_schemas
from bdd.domain.resources import check_contract, resources
from bdd.domain.test_data import example


def use_contracts(events: Path | None, apis: Sequence[Path]) -> None:
    """Use these contracts in this process, and see that there is something to send to each API.

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
        example(resource, "mark")
