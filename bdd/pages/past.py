"""The page of the history: the trends of the runs and of each scenario, as charts and as tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bdd.pages.charts import Chart, Plane
from bdd.pages.outcome import Kind, outcome
from bdd.pages.words import Language
from bdd.results.model import ScenarioName
from bdd.results.summary import RunSummary
from bdd.results.trends import Latency, RunTrend, ScenarioTrend, Trends

_SLOT = 7


@dataclass(frozen=True)
class RunRow:
    """A run in the table.

    Attributes:
        kind: what it says of the platform.
        cells: its number of scenarios, those that failed, pass rate, duration and latencies.
    """

    began: float
    kind: Kind
    cells: Sequence[str]


@dataclass(frozen=True)
class Past:
    """A scenario through the runs.

    Attributes:
        name: its name.
        page: its page, None if it has none.
        kept: a path with a mark for each run in which it passed.
        broken: a path with a mark for each run in which it failed.
        width: that of both.
        failed: how often it failed, in words.
        latency: the latencies of its events, in words; empty without any.
        flaky: how often its verdict changed and since when, in words; empty if it is not flaky.
    """

    name: str
    page: str | None
    kept: str
    broken: str
    width: int
    failed: str
    latency: str
    flaky: str


@dataclass(frozen=True)
class History:
    """What the page shows."""

    charts: Sequence[Chart]
    rows: Sequence[RunRow]
    flaky: Sequence[Past]
    scenarios: Sequence[Past]


def history_of(
    runs: Sequence[RunSummary], trends: Trends, pages: Mapping[ScenarioName, str], say: Language
) -> History:
    """Return what the page shows.

    Args:
        runs: the runs, the oldest first.
        trends: their trends.
        pages: the page of each scenario.
        say: the language.
    """
    rows = [
        RunRow(run.run.began, outcome(run).kind, list(_cells(trend, say)))
        for run, trend in zip(runs, trends.runs, strict=True)
    ]
    return History(
        charts=list(_charts(trends.runs, say)),
        rows=rows[::-1],
        flaky=[past_of(each, pages, say) for each in trends.flaky],
        scenarios=[past_of(each, pages, say) for each in trends.scenarios],
    )


def past_of(trend: ScenarioTrend, pages: Mapping[ScenarioName, str], say: Language) -> Past:
    """Return a scenario through the runs.

    Args:
        trend: its trend.
        pages: the page of each scenario.
        say: the language.
    """
    places = list(enumerate(trend.verdicts))
    since = trend.flaky_since
    return Past(
        name=trend.scenario.name,
        page=pages.get(trend.scenario.as_name),
        kept="".join(f"M{at * _SLOT} 10h4v4h-4z" for at, verdict in places if verdict == "passed"),
        broken="".join(f"M{at * _SLOT} 1h4v13h-4z" for at, verdict in places if verdict == "failed"),
        width=len(places) * _SLOT,
        failed=say("failed_of", failed=trend.failed, n=trend.judged),
        latency=latency_in_words(trend.latency, say),
        flaky=say("flaky_since", n=len(trend.changes), date=say.date(since.began)) if since else "",
    )


def past_of_each(trends: Trends, pages: Mapping[ScenarioName, str], say: Language) -> dict[ScenarioName, Past]:
    """Return each scenario through the runs.

    Args:
        trends: the trends of the runs.
        pages: the page of each scenario.
        say: the language.
    """
    return {each.scenario.as_name: past_of(each, pages, say) for each in trends.scenarios}


def latency_in_words(latency: Latency | None, say: Language) -> str:
    """Return latencies as median and 95th percentile; empty without any.

    Args:
        latency: the latencies.
        say: the language.
    """
    if latency is None:
        return ""
    return say("latency", median=say.seconds(latency.median), most=say.seconds(latency.percentile))


def _cells(trend: RunTrend, say: Language) -> Iterator[str]:
    rate, latency = trend.pass_rate, trend.latency
    yield say.number(trend.passed + trend.failed)
    yield say.number(trend.failed)
    yield "" if rate is None else say.percent(trend.passed, trend.passed + trend.failed)
    yield "" if trend.seconds is None else say.seconds(trend.seconds)
    yield say.seconds(latency.median) if latency else ""
    yield say.seconds(latency.percentile) if latency else ""


def _charts(runs: Sequence[RunTrend], say: Language) -> Iterator[Chart]:
    days = [say.day(each.run.began) for each in runs]
    yield _scenarios(runs, days, say)
    durations = [each.seconds for each in runs]
    known = [each for each in durations if each is not None]
    if known:
        plane = Plane(len(runs), max(known))
        titles = [f"{day}: {say.seconds(each or 0.0)}" for day, each in zip(days, durations, strict=True)]
        caption = say("duration_caption", low=say.seconds(min(known)), high=say.seconds(max(known)))
        yield Chart(
            "duration",
            say("chart_duration"),
            caption,
            [],
            [plane.line("first", durations, titles)],
            [],
            plane.grid(say.seconds),
            plane.labels(days),
        )
    if any(each.latency for each in runs):
        yield _latencies(runs, days, say)


def _scenarios(runs: Sequence[RunTrend], days: Sequence[str], say: Language) -> Chart:
    plane = Plane(len(runs), max(each.passed + each.failed for each in runs), whole=True)
    bars = []
    for at, each in enumerate(runs):
        of = each.passed + each.failed
        title = f"{days[at]}: {say('failed_of', failed=each.failed, n=of)}"
        bars.append(plane.bar("kept", at, 0, each.passed, title))
        if each.failed:
            bars.append(plane.bar("broken", at, each.passed, of, title))
    last = runs[-1]
    rates = [each.pass_rate for each in runs if each.pass_rate is not None]
    caption = say(
        "scenarios_caption",
        rate=say.percent(last.passed, last.passed + last.failed),
        low=say.percent(min(rates, default=0.0), 1),
        high=say.percent(max(rates, default=0.0), 1),
    )
    legend = [("kept", say("passed")), ("broken", say("failed"))]
    return Chart(
        "scenarios", say("chart_scenarios"), caption, bars, [], legend, plane.grid(say.number), plane.labels(days)
    )


def _latencies(runs: Sequence[RunTrend], days: Sequence[str], say: Language) -> Chart:
    medians = [each.latency.median if each.latency else None for each in runs]
    highest = [each.latency.percentile if each.latency else None for each in runs]
    plane = Plane(len(runs), max(each for each in highest if each is not None))
    titles = [f"{day}: {latency_in_words(each.latency, say)}" for day, each in zip(days, runs, strict=True)]
    newest = next(each.latency for each in reversed(runs) if each.latency)
    caption = say("latency_caption", median=say.seconds(newest.median), most=say.seconds(newest.percentile))
    lines = [plane.line("second", highest, titles), plane.line("first", medians, titles)]
    legend = [("first", say("median")), ("second", say("percentile"))]
    return Chart(
        "latency", say("chart_latency"), caption, [], lines, legend, plane.grid(say.seconds), plane.labels(days)
    )
