"""The parameter types of the steps' sentences."""

from behave.matchers import register_type
from parse import with_pattern

from bdd.contracts import asyncapi as contract


@with_pattern(r"[a-z]+\.[a-z_]+")
def an_event_type(text: str) -> str:
    """Return an event type of the contract: a misspelt one would make “no … event” pass for ever.

    Raises:
        ValueError: there is no such type.
    """
    known = contract.current().topic_of
    if text not in known:
        raise ValueError(f"{text} is no event type of the contract; there are: {', '.join(known)}")
    return text


def register_parameter_types() -> None:
    """Make `{…:EventType}` known; it must be, before a step file uses it."""
    register_type(EventType=an_event_type)
