"""Charts of a history as drawings: where each bar, line and label is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH = 960.0
HEIGHT = 210.0
LEFT = 64.0
TOP = 14.0
BOTTOM = 178.0
_RIGHT = 8.0
_WIDEST_BAR = 26.0
_LOWEST_BAR = 3.0
_LABELS = 6
_GRIDS = (1.0, 2.0, 2.5, 5.0, 10.0)
_WHOLE_GRIDS = (1.0, 2.0, 5.0, 10.0)
_LINES = 4


@dataclass(frozen=True)
class Bar:
    """A part of a run's bar."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Line:
    """A line through the runs.

    Attributes:
        kind: its class.
        path: the line, with a gap where a run has no value.
        points: where each run is, with what it says.
    """

    kind: str
    path: str
    points: Sequence[tuple[float, float, str]]


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        name: the key of its heading and of its part of the page.
        title: its heading.
        caption: what it shows, in words.
        bars: its bars.
        lines: its lines.
        legend: what each kind of bar or line means.
        values: the lines of the grid: where, and what they stand for.
        labels: the runs that are named below: where, and their days.
    """

    name: str
    title: str
    caption: str
    bars: Sequence[Bar]
    lines: Sequence[Line]
    legend: Sequence[tuple[str, str]]
    values: Sequence[tuple[float, str]]
    labels: Sequence[tuple[float, str]]


class Plane:
    """Where values of runs are on a chart.

    Args:
        runs: how many runs there are.
        highest: the highest value; the lowest one is 0.
        whole: whether all values are whole numbers, so that the grid has no others either.
    """

    def __init__(self, runs: int, highest: float, *, whole: bool = False) -> None:
        self._runs = runs
        self._step = max(1.0, _grid_step(highest, _WHOLE_GRIDS)) if whole else _grid_step(highest, _GRIDS)
        self._highest = max(highest, self._step)
        self.slot = (WIDTH - LEFT - _RIGHT) / runs

    def x(self, run: int) -> float:
        """Return the middle of a run's place."""
        return round(LEFT + self.slot * (run + 0.5), 1)

    def y(self, value: float) -> float:
        """Return the height at which a value is."""
        share = min(max(value, 0.0), self._highest) / self._highest
        return round(BOTTOM - share * (BOTTOM - TOP), 1)

    def grid(self, shown: Callable[[float], str]) -> list[tuple[float, str]]:
        """Return the lines of the grid, and what they stand for.

        Args:
            shown: writes a value.
        """
        count = int(self._highest / self._step + 1e-9)
        return [
            (self.y(self._step * number), shown(self._step * number) if number else "0")
            for number in range(count + 1)
        ]

    def labels(self, days: Sequence[str]) -> list[tuple[float, str]]:
        """Return the days of some runs, the newest one among them."""
        every = max(1, -(-len(days) // _LABELS))
        return [(self.x(at), day) for at, day in enumerate(days) if (len(days) - 1 - at) % every == 0]

    def bar(self, kind: str, run: int, since: float, until: float, title: str) -> Bar:
        """Return a part of a run's bar.

        Args:
            kind: its class.
            run: which run.
            since: the value at its foot.
            until: the value at its head.
            title: what it says.
        """
        width = round(min(self.slot * 0.7, _WIDEST_BAR), 1)
        foot = self.y(since)
        height = max(foot - self.y(until), _LOWEST_BAR if until > since else 0.0)  # one of many is seen, too
        return Bar(kind, round(self.x(run) - width / 2, 1), round(foot - height, 1), width, round(height, 1), title)

    def line(self, kind: str, values: Sequence[float | None], titles: Sequence[str]) -> Line:
        """Return a line through the runs.

        Args:
            kind: its class.
            values: that of each run, None where it has none.
            titles: what each run says.
        """
        points = [(self.x(at), self.y(value), titles[at]) for at, value in enumerate(values) if value is not None]
        path, joined = "", False
        for at, value in enumerate(values):
            if value is not None:
                path += f"{'L' if joined else 'M'}{self.x(at)} {self.y(value)}"
            joined = value is not None
        return Line(kind, path, points)


def _grid_step(highest: float, factors: Sequence[float]) -> float:
    """Return a round distance for lines of a grid, so that there are about four.

    Args:
        highest: the highest value.
        factors: what a distance may be, times a power of ten.
    """
    step, size = 1.0, 1e-6
    while size * factors[-1] * _LINES < highest:
        size *= 10
    for factor in factors:
        step = factor * size
        if step * _LINES >= highest:
            break
    return step
