"""What the contracts of a run promise, as its results hold it."""

from bdd.contracts.asyncapi import Contract
from bdd.contracts.fields import leaves
from bdd.contracts.openapi import Apis
from bdd.results.model import Promises


def promises_of(events: Contract, apis: Apis) -> Promises:
    """Return all that the contracts promise: `promises_of(contract.current(), apis())`.

    Args:
        events: the contract of the events.
        apis: the contracts of the APIs.
    """
    fields = {
        event_type: list(leaves(events.document, message.value))
        for messages in events.messages.values()
        for event_type, message in messages.items()
    }
    operations = apis.operations()
    return Promises(
        events={event_type: [leaf.name for leaf in found] for event_type, found in fields.items()},
        values={
            event_type: listed
            for event_type, found in fields.items()
            if (listed := {leaf.name: list(leaf.values) for leaf in found if len(leaf.values) > 1})
        },
        operations={str(each): list(each.codes) for each in operations},
        parameters={
            str(each): {name: list(values) for name, values in each.parameters.items()}
            for each in operations
            if each.parameters
        },
    )
