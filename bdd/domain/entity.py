"""An entity: one patient, one therapist, as the platform should have stored it."""

from dataclasses import dataclass, field

from bdd.contracts import asyncapi as contract
from bdd.contracts.asyncapi import Subject
from bdd.domain.resource import Resource, Value


@dataclass
class Entity:
    """One thing of a resource that this run has created, or one that must not exist.

    Attributes:
        resource: what it is.
        id: from the API's response; unique among those of its resource.
        data: the fields of the API's response besides the id, as they should be now.
        deleted: whether it has been deleted.
    """

    resource: Resource
    id: int
    data: dict[str, Value] = field(default_factory=dict)
    deleted: bool = False

    @property
    def path(self) -> str:
        """Its path in the API."""
        return f"{self.resource.path}/{self.id}"

    @property
    def key(self) -> str:
        """The key of its events."""
        return str(self.id)

    @property
    def subject(self) -> Subject:
        """Whom its events are about."""
        return Subject(self.resource.topic, self.key)

    @property
    def body(self) -> dict[str, object]:
        """The body of the response to a GET request for it."""
        return {"id": self.id, **self.data}

    def payload(self, event_type: str) -> dict[str, object]:
        """Return the payload that the contract requires now in an event of this type."""
        fields = contract.current().fields
        noun = self.resource.noun
        payload: dict[str, object] = {}
        for name in fields(event_type, "payload"):
            if name == f"{noun}_id":
                payload[name] = self.id
            elif name == f"{noun}_data":
                payload[name] = {
                    each: self._value(each, event_type) for each in fields(event_type, "payload", name)
                }
            else:
                payload[name] = self._value(self.resource.payload_fields.get(name, name), event_type)
        return payload

    def _value(self, name: str, event_type: str) -> Value:
        assert name in self.data, (
            f"{contract.current()} requires {name} in a {event_type} event, "
            f"and {self.resource.api} has no such field"
        )
        return self.data[name]

    def __str__(self) -> str:
        """The entity in a few words: `patient 5`."""
        return f"{self.resource.noun} {self.id}"
