"""The timeline of a scenario: when each request, event and fence was, drawn to scale.

Where nothing happens for very long, as while a step waits in vain, the axis has a break, which says how long it is.
Between two breaks everything is to scale.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import pairwise
from typing import Literal

from bdd.results.model import Event, Exchange, Expectation, Scenario, Step

WIDTH = 960.0
LEFT = 176.0
"""Where the axis begins; the names of the lanes are left of it."""
TOP = 46.0
LANE = 40.0
_RIGHT = 26.0
_BREAK = 54.0
_MOST_BREAKS = 3
_LONG = 0.15
_EMPTY = 0.6
"""The axis has breaks if the long times without anything are together this part of the whole."""
_MOST_MARKS = 60
_LETTER = 6.6
"""About the width of a letter of a label, by which labels that would overlap are left out."""
_TICKS = 6

Kind = Literal["request", "refused", "event", "unexpected", "fence", "wait", "outage", "end"]


@dataclass(frozen=True)
class Mark:
    """Something that happened.

    Attributes:
        kind: what it is.
        began: in seconds since the scenario began.
        ended: the same; `began` for a moment.
        name: its short name: `POST 201`.
        detail: what else is known: a path, a place in Kafka, a step.
        x: where it is drawn.
        width: how long that is.
        labelled: whether there is room for its name.
    """

    kind: Kind
    began: float
    ended: float
    name: str
    detail: str = ""
    x: float = 0.0
    width: float = 0.0
    labelled: bool = True

    @property
    def label_at_end(self) -> bool:
        """Whether its name is left of where it is drawn, because there is no room on the right."""
        return self.x + len(self.name) * _LETTER > WIDTH

    @property
    def label_x(self) -> float:
        """Where its name is drawn."""
        return WIDTH - 2 if self.label_at_end else self.x - (4 if self.width == 0 else 0)


@dataclass(frozen=True)
class Lane:
    """A line of the timeline.

    Attributes:
        kind: `requests`, `topic`, `fences` or `waiting`.
        name: topic and partition, empty for the others.
        marks: what happened, oldest first.
        y: its middle.
    """

    kind: str
    name: str
    marks: Sequence[Mark]
    y: float = 0.0


@dataclass(frozen=True)
class Gap:
    """A break of the axis: where it is, and how many seconds it stands for."""

    x: float
    seconds: float


@dataclass(frozen=True)
class Timeline:
    """What is drawn.

    Attributes:
        lanes: the lines, from above.
        outages: when the database was away.
        ticks: places on the axis and the seconds that they stand for.
        gaps: the breaks of the axis.
        end: where the scenario ended.
        seconds: how long it took.
        height: that of the drawing.
        hidden: how many marks are not drawn, because there are too many.
    """

    lanes: Sequence[Lane]
    outages: Sequence[Mark]
    ticks: Sequence[tuple[float, float]]
    gaps: Sequence[Gap]
    end: Mark
    seconds: float
    height: float
    hidden: int = 0

    @property
    def marks(self) -> list[Mark]:
        """Everything that is drawn, in the order of time."""
        of_lanes = [mark for lane in self.lanes for mark in lane.marks]
        return sorted([*of_lanes, *self.outages, self.end], key=lambda mark: (mark.began, mark.ended))


def timeline_of(scenario: Scenario) -> Timeline | None:
    """Return the timeline of a scenario, None if nothing but its steps is known."""
    lanes = [each for each in _lanes(scenario) if each.marks]
    outages = [
        Mark("outage", began - scenario.began, ended - scenario.began, "") for began, ended in scenario.outages
    ]
    if not lanes and not outages:
        return None
    hidden = max(0, sum(len(each.marks) for each in lanes) - _MOST_MARKS)
    if hidden:
        lanes = [replace(each, marks=each.marks[: _MOST_MARKS // len(lanes)]) for each in lanes]
    moments = [at for lane in lanes for mark in lane.marks for at in (mark.began, mark.ended)]
    seconds = max([scenario.seconds, *moments])
    scale = Scale([0.0, seconds, *moments, *(mark.ended for mark in outages if mark.ended <= seconds)])
    return Timeline(
        lanes=[
            replace(lane, marks=_placed(lane.marks, scale), y=TOP + LANE * (place + 0.5))
            for place, lane in enumerate(lanes)
        ],
        outages=_placed(outages, scale),
        ticks=scale.ticks(),
        gaps=scale.gaps(),
        end=_placed([Mark("end", scenario.seconds, scenario.seconds, "")], scale)[0],
        seconds=seconds,
        height=TOP + LANE * len(lanes) + 18,
        hidden=hidden,
    )


class Scale:
    """Where a moment is on the axis.

    Args:
        moments: all that are drawn, in seconds since the scenario began; the first one is 0.
    """

    def __init__(self, moments: Sequence[float]) -> None:
        sorted_moments = sorted({max(0.0, each) for each in moments})
        self._whole = sorted_moments[-1] or 0.001
        pairs = list(pairwise(sorted_moments))
        long = sorted(pairs, key=lambda pair: pair[0] - pair[1])[:_MOST_BREAKS]
        self._breaks = sorted(pair for pair in long if pair[1] - pair[0] > _LONG * self._whole)
        empty = sum(until - since for since, until in self._breaks)
        if not _EMPTY * self._whole < empty < self._whole:
            self._breaks, empty = [], 0.0
        kept = self._whole - empty
        self._per_second = (WIDTH - LEFT - _RIGHT - _BREAK * len(self._breaks)) / kept

    def x(self, moment: float) -> float:
        """Return where a moment is."""
        moment = min(max(moment, 0.0), self._whole)
        width = moment * self._per_second
        for since, until in self._breaks:
            if moment <= since:
                break
            passed = (min(moment, until) - since) / (until - since)
            width += passed * (_BREAK - (until - since) * self._per_second)
        return round(LEFT + width, 1)

    def gaps(self) -> list[Gap]:
        """Return the breaks."""
        return [Gap(round((self.x(a) + self.x(b)) / 2, 1), b - a) for a, b in self._breaks]

    def ticks(self) -> list[tuple[float, float]]:
        """Return round moments for the axis, none of them in a break: where, and how many seconds."""
        step = _round_step((WIDTH - LEFT) / _TICKS / self._per_second)
        count = int(self._whole / step) + 1
        moments = [number * step for number in range(min(count, 1000))]
        inside = [at for at in moments if not any(since < at < until for since, until in self._breaks)]
        return list(_apart([(self.x(at), at) for at in inside]))


def _apart(ticks: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    last = -WIDTH
    for x, at in ticks:
        if x - last >= _LETTER * 9:
            last = x
            yield x, at


def _round_step(seconds: float) -> float:
    """Return the next of 1, 2, 5, 10 … that is not below some seconds."""
    step = 0.001
    while True:
        for factor in (1, 2, 5):
            if step * factor >= seconds:
                return step * factor
        step *= 10


def _placed(marks: Sequence[Mark], scale: Scale) -> list[Mark]:
    placed, free = [], 0.0
    for mark in marks:
        x = scale.x(mark.began)
        labelled = x >= free
        if labelled:
            free = x + (len(mark.name) + 2) * _LETTER
        width = round(scale.x(mark.ended) - x, 1)
        placed.append(replace(mark, x=x, width=width, labelled=labelled))
    return placed


def _lanes(scenario: Scenario) -> Iterator[Lane]:
    began = scenario.began
    yield Lane("requests", "", [_request(each, began) for each in scenario.exchanges])
    events = sorted(scenario.events, key=lambda each: each.received)
    for place in sorted({(each.topic, each.partition) for each in events}):
        marks = [_event(each, began) for each in events if (each.topic, each.partition) == place]
        yield Lane("topic", f"{place[0]}/{place[1]}", marks)
    fences = [
        Mark("fence", each.requested_at - began, each.requested_at + each.seconds - began, "", each.step)
        for each in scenario.fences
    ]
    yield Lane("fences", "", fences)
    yield Lane("waiting", "", list(_waits(scenario)))


def _request(exchange: Exchange, began: float) -> Mark:
    accepted = exchange.status is not None and exchange.status < HTTPStatus.BAD_REQUEST
    name = f"{exchange.method} {exchange.body if exchange.status is None else exchange.status}"
    since = exchange.sent_at - began
    return Mark("request" if accepted else "refused", since, since + exchange.seconds, name, exchange.path)


def _event(event: Event, began: float) -> Mark:
    at = event.received - began
    kind: Kind = "event" if event.kind == "expected" else "unexpected"
    return Mark(kind, at, at, event.event_type or "?", event.place)


def _waits(scenario: Scenario) -> Iterator[Mark]:
    """Yield for each event that a step has waited for in vain: from the step's begin to its deadline."""
    for each in scenario.expectations:
        if each.deadline is not None:
            began = _waiting_since(scenario, each) - scenario.began
            yield Mark("wait", began, began + each.deadline, each.event_type, each.step)


def _waiting_since(scenario: Scenario, expectation: Expectation) -> float:
    failed: Step | None = next((each for each in scenario.steps if each.status in {"failed", "error"}), None)
    return failed.began if failed and failed.began is not None else expectation.requested_at
