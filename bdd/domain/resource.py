"""A resource: a kind of thing that a service keeps, with a path in its API and events about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bdd.contracts import asyncapi as contract
from bdd.contracts.asyncapi import noun_of
from bdd.contracts.openapi import Api, api_for
from bdd.system.paths import CONTRACTS

Value = str | int | float | bool | None
"""A field's value in a request or a response."""
Data = Mapping[str, Value]


@dataclass(frozen=True)
class Service:
    """A service of the platform.

    Attributes:
        name: in compose files, and as the producer of its events: `patient-service`.
        port: where it listens in its container.
    """

    name: str
    port: int

    @property
    def short(self) -> str:
        """The name without what all names have: `patient`. Settings about the service begin with it."""
        return self.name.removesuffix("-service")


@dataclass(frozen=True)
class Resource:
    """What the contracts do not say of a resource. Each is a module in `bdd/domain/resources/`.

        RESOURCE = Resource("patient", "/api/patients", Service("patient-service", 8001))

    A subclass whose changes do not all publish the same event has its own `published_by_change`.

    Attributes:
        noun: the types of its events begin with it, and their payloads have `<noun>_id` and `<noun>_data`.
        path: of all its things in the API.
        service: the service that keeps it.
        payload_fields: other fields of a payload -> the field of the API that holds the value.
    """

    noun: str
    path: str
    service: Service
    payload_fields: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def openapi(self) -> Path:
        """The project's own contract of its API: `contracts/patients.openapi.yaml` for `/api/patients`."""
        return CONTRACTS / f"{self.path.rpartition('/')[2]}.openapi.yaml"

    @property
    def api(self) -> Api:
        """The contract of its API: the one in `openapi`, or what `-D openapi=` gives in its place.

        Raises:
            InvalidContract: it cannot be used.
        """
        return api_for(self.path, self.openapi)

    @property
    def topic(self) -> str:
        """The topic of its events."""
        return contract.current().topic_of[f"{self.noun}.created"]

    def publishable(self, method: str) -> frozenset[str]:
        """Return the types of the events that a request with this method can publish."""
        types = {each for each in contract.current().topic_of if noun_of(each) == self.noun}
        by_others = {f"{self.noun}.{name}" for name in _PUBLISHED.values()}
        return frozenset({"PUT": types - by_others}.get(method, types & {f"{self.noun}.{_PUBLISHED.get(method)}"}))

    def published(self, method: str, before: Data, after: Data) -> str | None:
        """Return the type of the event that an accepted request publishes, None for none.

        Args:
            method: the request's.
            before: the thing as it was.
            after: the thing as it is then.
        """
        if method == "PUT":
            return self.published_by_change(before, after)
        event_type = f"{self.noun}.{_PUBLISHED.get(method)}"
        return event_type if event_type in contract.current().topic_of else None

    def published_by_change(self, before: Data, after: Data) -> str:  # noqa: ARG002 - for subclasses
        """Return the type of the event that an accepted change publishes."""
        return f"{self.noun}.updated"


_PUBLISHED = {"POST": "created", "DELETE": "deleted"}
