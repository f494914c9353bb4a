"""Writes a story as Gherkin, in the words of the suite's own steps: it can be pasted into a feature."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from bdd.domain.random_patients.actions import Life, Story, action
from bdd.domain.random_patients.model import event_counts

ANSWERS_PATIENT = "the service answers with the patient"
IN_ORDER = "each patient's events are in the order of the changes"
AT_ONCE = "these patients live at the same time"


def answers(status: int, message: str = "") -> str:
    """Say what the service answers."""
    return f"the service answers {status:d} with “{message}”" if message else f"the service answers {status:d}"


def refuses(status: int, field: str) -> str:
    """Say that the service refuses, and which field it names."""
    return f"the service refuses with {status:d}, naming “{field}”"


def exactly(count: int, event_type: str) -> str:
    """Say how many events of a type are published."""
    if count == 1:
        return f"exactly one {event_type} event is published"
    return f"exactly {count} {event_type} events are published"


def nothing_else(story: Story) -> str:
    """Say that there is no event beside those that the story must leave."""
    return "no other event is published" if event_counts(story) else "no event is published"


def as_gherkin(story: Story, last: str) -> str:
    """Return the story as a scenario.

    Args:
        story: the lives.
        last: the step that fails; those about events that come before it are written too, for it builds on them.
    """
    steps = list(_whens(story))
    steps += [f"{'And' if number else 'Then'} {step}" for number, step in enumerate(_thens(story, last))]
    return "\n".join(["Scenario: The shortest story that fails", *(f"  {step}" for step in steps)])


def _whens(story: Story) -> Iterator[str]:
    if len(story) == 1:
        yield from (f"{'And' if number else 'When'} {each.words}" for number, each in enumerate(story[0]))
        return
    yield f"When {AT_ONCE}"
    yield from (f"  {row}" for row in _table(story))


def _thens(story: Story, last: str) -> Sequence[str]:
    """The steps up to the last one; what the service answers is looked at before any event."""
    steps = [
        *(exactly(count, event_type) for event_type, count in event_counts(story).items()),
        nothing_else(story),
        IN_ORDER,
    ]
    return steps[: steps.index(last) + 1] if last in steps else [last]


def _table(story: Story) -> Iterator[str]:
    columns = [_column(number, life) for number, life in enumerate(story, 1)]
    widths = [max(map(len, column)) for column in columns]
    for row in zip_longest(*columns, fillvalue=""):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"


def _column(number: int, life: Life) -> list[str]:
    return [f"patient {number}", *(each.words for each in life)]


def from_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Story:
    """Return the story of a table with a column for each patient: what `as_gherkin` writes of several."""
    cells = [[action(row[number]) for row in rows if row[number]] for number in range(len(headings))]
    return tuple(tuple(life) for life in cells)
