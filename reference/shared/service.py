"""What a service says of itself; everything else is shared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reference.shared.kafka.schemas import EventSchema
from reference.shared.models import Resource
from reference.shared.validation import Rules

State = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of a resource.

    Attributes:
        id: that of the resource.
        before: the resource as the API returned it before, None if it is created.
        after: the resource as the API returns it now, None if it is deleted.
    """

    id: int
    before: State | None = None
    after: State | None = None


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service that keeps one kind of resource and publishes an event for every change that has one.

    Attributes:
        name: the producer in its events.
        topic: the topic of its events.
        path: the path of all its resources in the API.
        table: where it stores them.
        rules: what a request may hold.
        event: returns the event of a change, None if the change has none.
    """

    name: str
    topic: str
    path: str
    table: type[Resource]
    rules: Rules
    event: Callable[[Change], EventSchema | None]
