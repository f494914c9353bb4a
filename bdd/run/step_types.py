"""The parameter types in the sentences of steps."""

from behave.matchers import register_type
from parse import with_pattern

from bdd.contracts import asyncapi as contract


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


def register_parameter_types() -> None:
    """Register `{…:EventType}`; steps that use it must be loaded later."""
    register_type(EventType=an_event_type)
