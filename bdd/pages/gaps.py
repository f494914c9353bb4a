"""The page of promises and gaps: what the contracts promise, and what of it no scenario looks at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from bdd.pages.words import Language
from bdd.results.coverage import Aspect, Coverage, Gap, Look
from bdd.results.model import ScenarioName

_OF_QUERY = ("parameter", "unknown value", "parameter values")


@dataclass(frozen=True)
class ShareShown:
    """How much of one aspect is looked at.

    Attributes:
        name: the aspect.
        percent: the share as a percentage.
        part: the share from 0 to 1.
        words: how many of how many.
    """

    name: str
    percent: str
    part: float
    words: str


@dataclass(frozen=True)
class Row:
    """A capability or a scenario in a matrix.

    Attributes:
        name: what it is called.
        page: a scenario's page, None if it has none.
        cells: how many scenarios look at each column.
    """

    name: str
    page: str | None
    cells: Sequence[int]


@dataclass(frozen=True)
class Part:
    """A field, a status code or a query parameter.

    Attributes:
        name: what it is called.
        count: how many scenarios look at it.
        values: the values that were seen, in so far as the contract lists some.
    """

    name: str
    count: int
    values: str = ""


@dataclass(frozen=True)
class Promised:
    """An event type or an operation with its parts.

    Attributes:
        name: what it is called.
        scenarios: those that look at it, with their pages.
        parts: what it consists of.
        words: how many scenarios, and how many of its parts are looked at.
    """

    name: str
    scenarios: Sequence[tuple[str, str | None]]
    parts: Sequence[Part]
    words: str


@dataclass(frozen=True)
class Gaps:
    """What the page shows.

    Attributes:
        shares: how much is looked at.
        gaps: what no scenario looks at, in sentences.
        incomplete: how many scenarios failed or were not executed, in a sentence; empty if none.
        columns: the event types, then the operations.
        events: how many of the columns are event types.
        matrix: each capability, and how many of its scenarios look at each column.
        capabilities: the same for each scenario of each capability.
        promised_events: each event type with its fields.
        promised_operations: each operation with its status codes and parameters.
    """

    shares: Sequence[ShareShown]
    gaps: Sequence[str]
    incomplete: str
    columns: Sequence[str]
    events: int
    matrix: Sequence[Row]
    capabilities: Sequence[tuple[str, Sequence[Row]]]
    promised_events: Sequence[Promised]
    promised_operations: Sequence[Promised]


def gaps_of(found: Coverage, pages: Mapping[ScenarioName, str], say: Language) -> Gaps | None:
    """Return what the page shows, None if the results do not hold what the contracts promise.

    Args:
        found: what the scenarios have looked at.
        pages: the page of each scenario.
        say: the language.
    """
    promises = found.promises
    if not promises.events and not promises.operations:
        return None
    columns = [*promises.events, *promises.operations]
    by_scenario = {
        feature.name: [_row(look, columns, pages) for look in looks]
        for feature, looks in found.capabilities
        if looks
    }
    return Gaps(
        shares=[_share(found, aspect, say) for aspect in get_args(Aspect) if found.share(aspect).of],
        gaps=[_sentence(gap, say) for gap in found.gaps],
        incomplete=say("gaps_incomplete", n=len(found.incomplete)) if found.incomplete else "",
        columns=columns,
        events=len(promises.events),
        matrix=[_total(name, rows, len(columns)) for name, rows in by_scenario.items()],
        capabilities=list(by_scenario.items()),
        promised_events=[
            _promised(found, each, [Part(name, len(found.looking_at(each, name))) for name in fields], pages, say)
            for each, fields in promises.events.items()
        ],
        promised_operations=[
            _promised(found, each, list(_parts_of_operation(found, each)), pages, say)
            for each in promises.operations
        ],
    )


def _share(found: Coverage, aspect: Aspect, say: Language) -> ShareShown:
    share = found.share(aspect)
    words = say("looked_at", part=share.looked_at, n=share.of)
    if share.empty:
        words += f", {say('always_empty', n=share.empty)}"
    return ShareShown(
        say(f"aspect_{aspect}"), say.percent(share.looked_at, share.of), share.looked_at / share.of, words
    )


def _sentence(gap: Gap, say: Language) -> str:
    where = f"{gap.of}?{gap.parts[0]}=" if gap.kind in _OF_QUERY else gap.of
    key = f"gap_{gap.kind.replace(' ', '_')}"
    parts = say.listed(gap.parts)
    values = say.alternatives(f"“{each}”" if isinstance(each, str) else str(each) for each in gap.values)
    return say(key, of=where, parts=parts, values=values, n=len(gap.parts))


def _row(look: Look, columns: Sequence[str], pages: Mapping[ScenarioName, str]) -> Row:
    name = look.scenario.as_name
    return Row(name.name, pages.get(name), [int(look.is_at(column)) for column in columns])


def _total(name: str, rows: Sequence[Row], width: int) -> Row:
    return Row(name, None, [sum(row.cells[at] for row in rows) for at in range(width)])


def _promised(
    found: Coverage, of: str, parts: Sequence[Part], pages: Mapping[ScenarioName, str], say: Language
) -> Promised:
    looks = found.looking_at(of)
    seen = sum(bool(part.count) for part in parts)
    words = say("promise_looked_at", n=len(looks), part=seen, of=len(parts))
    names = [look.scenario.as_name for look in looks]
    return Promised(of, [(name.name, pages.get(name)) for name in names], parts, words)


def _parts_of_operation(found: Coverage, operation: str) -> Iterator[Part]:
    for code in found.promises.operations[operation]:
        yield Part(code, len(found.looking_at(operation, code)))
    for name in found.promises.parameters.get(operation, {}):
        sent = sorted(found.sent(operation, name))
        yield Part(f"?{name}=", len(found.looking_at(operation, name)), ", ".join(sent))
