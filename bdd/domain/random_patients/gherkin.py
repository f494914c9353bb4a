"""Writes a program as Gherkin, in the words of the suite's own steps: it can be pasted into a feature."""

from collections.abc import Iterator, Sequence

from bdd.domain.random_patients.actions import Program
from bdd.domain.random_patients.model import event_counts

RESPONDS_WITH_PATIENT = "the service responds with the patient"
IN_ORDER = "each patient's events are in the order of the changes"
AT_ONCE = "all clients do this at the same time"


def responds(status: int, message: str = "") -> str:
    """Return the step about the service's response."""
    return (
        f"the service responds with {status:d} “{message}”" if message else f"the service responds with {status:d}"
    )


def refuses(status: int, field: str) -> str:
    """Say that the service refuses, and which field it names."""
    return f"the service refuses with {status:d}, naming “{field}”"


def exactly(count: int, event_type: str) -> str:
    """Say how many events of a type are published."""
    if count == 1:
        return f"exactly one {event_type} event is published"
    return f"exactly {count} {event_type} events are published"


def nothing_else(program: Program) -> str:
    """Return the step that allows no event besides those of the program."""
    return "no other event is published" if event_counts(program) else "no event is published"


def as_gherkin(program: Program, last: str) -> str:
    """Return the program as a scenario.

    Args:
        program: the lifecycles.
        last: the step that fails; those about events that come before it are written too, for it builds on them.
    """
    steps = list(_whens(program))
    steps += [f"{'And' if number else 'Then'} {step}" for number, step in enumerate(_thens(program, last))]
    return "\n".join(["Scenario: The shortest program that fails", *(f"  {step}" for step in steps)])


def _whens(program: Program) -> Iterator[str]:
    steps = [each.words for lifecycle in program for each in lifecycle]
    if len(program) > 1:
        steps = [
            f"as client {number}, {each.words}" for number, client in enumerate(program, 1) for each in client
        ] + [AT_ONCE]
    yield from (f"{'And' if number else 'When'} {step}" for number, step in enumerate(steps))


def _thens(program: Program, last: str) -> Sequence[str]:
    """The steps up to the last one; the service's response is looked at before any event."""
    steps = [
        *(exactly(count, event_type) for event_type, count in event_counts(program).items()),
        nothing_else(program),
        IN_ORDER,
    ]
    return steps[: steps.index(last) + 1] if last in steps else [last]
