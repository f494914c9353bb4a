"""The parameter types in the sentences of steps."""

from behave.matchers import register_type
from parse import with_pattern

from bdd.contracts import asyncapi as contract
from bdd.domain.resource import Resource
from bdd.domain.resources import resources


@with_pattern(r"[a-z]+\.[a-z_]+")
def an_event_type(text: str) -> str:
    """Return an event type of the contract: with a misspelt one, “no … event” would always pass.

    Raises:
        ValueError: the contract has no such type.
    """
    known = contract.current().topic_of
    if text not in known:
        raise ValueError(f"{text} is not an event type of the contract; there are: {', '.join(known)}")
    return text


NOUNS = "|".join(resources())


@with_pattern(NOUNS)
def a_resource(text: str) -> Resource:
    """Return the resource with this noun: `patient`."""
    return resources()[text]


@with_pattern(f"(?:{NOUNS})s")
def some_of_a_resource(text: str) -> Resource:
    """Return the resource with this noun in the plural: `patients`."""
    return resources()[text.removesuffix("s")]


def register_parameter_types() -> None:
    """Register `{…:EventType}`, `{…:Resource}` and `{…:Resources}`; steps that use them must be loaded later."""
    register_type(EventType=an_event_type, Resource=a_resource, Resources=some_of_a_resource)
