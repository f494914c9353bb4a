"""The page of a scenario: why it failed in a sentence; below it, folded, all that is known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bdd.output.printable import first_line
from bdd.pages.comparing import Field, as_json, side_by_side, worth_comparing
from bdd.pages.outcome import State, state
from bdd.pages.past import Past
from bdd.pages.site import file_name
from bdd.pages.timeline import Timeline, timeline_of
from bdd.pages.words import Language
from bdd.results.model import Event, Exchange, Expectation, Failure, Run, Scenario, ScenarioName

_KEYWORDS = ("Given ", "When ", "Then ", "And ", "But ", "* ")


@dataclass(frozen=True)
class Comparison:
    """An expected event that did not come, beside the event that came closest.

    Attributes:
        expectation: the expected event.
        closest: that event, None if there is none.
        fields: both, field by field.
    """

    expectation: Expectation
    closest: Event | None
    fields: Sequence[Field]


@dataclass(frozen=True)
class Message:
    """A request or an event, folded: its first line, and what it holds."""

    head: str
    note: str
    icon: str
    parts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ScenarioShown:
    """What the page of a scenario shows.

    Attributes:
        state: what the run says of its promise.
        promised: the sentence that did not come true.
        instead: what came instead, in a clause.
        notes: what else a reader should know first.
        since: since when it has failed, in a clause.
        past: the scenario through the runs.
        runs: how many these are.
        comparisons: the expected events that did not come.
        exchanges: its requests and responses.
        events: its records.
        in_words: the timeline in words.
        moments: each moment of the timeline: when, what, where.
    """

    scenario: Scenario
    state: State
    capability: str
    anchor: str
    promised: str
    instead: str
    notes: Sequence[str]
    since: str
    past: Past | None
    runs: int
    failure: Failure | None
    comparisons: Sequence[Comparison]
    exchanges: Sequence[Message]
    events: Sequence[Message]
    timeline: Timeline | None
    in_words: str
    moments: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Before:
    """How it was in the runs before.

    Attributes:
        since: since when each scenario that failed has done so, in a clause.
        past: each scenario through the runs.
        runs: how many these are.
    """

    since: Mapping[ScenarioName, str]
    past: Mapping[ScenarioName, Past]
    runs: int


def pages_of(run: Run, *, only_not_kept: bool = False) -> dict[ScenarioName, str]:
    """Return the page of each scenario that was executed; it has the same address in the report of each run.

    Args:
        run: the results.
        only_not_kept: whether scenarios that passed have none.
    """
    pages: dict[ScenarioName, str] = {}
    taken: set[str] = set()
    for each in run.scenarios:
        if only_not_kept and state(run, each) == "kept":
            continue
        name = f"{file_name(_stem(each.feature))}-{file_name(each.name)}"
        page = f"scenarios/{name}.html"
        if page in taken:
            page = f"scenarios/{name}-{each.line}.html"
        number = 2
        while page in taken:
            page = f"scenarios/{name}-{each.line}-{number}.html"
            number += 1
        taken.add(page)
        pages[each.as_name] = page
    return pages


def shown(run: Run, scenario: Scenario, before: Before, say: Language) -> ScenarioShown:
    """Return what the page of a scenario shows.

    Args:
        run: its run.
        scenario: the scenario.
        before: how it was in the runs before.
        say: the language.
    """
    title = next((each.name for each in run.run.features if each.file == scenario.feature), scenario.feature)
    line = timeline_of(scenario)
    places = {each.place: each for each in scenario.events}
    comparisons = [
        Comparison(each, places.get(each.closest or ""), side_by_side(each, places.get(each.closest or "")))
        for each in worth_comparing(scenario.expectations)
    ]
    failure = scenario.failure
    return ScenarioShown(
        scenario=scenario,
        state=state(run, scenario),
        capability=title,
        anchor=file_name(_stem(scenario.feature)),
        promised=_without_keyword(failure.step) if failure else "",
        instead=(failure.title or first_line(failure.message)) if failure else "",
        notes=list(_notes(scenario, say)),
        since=before.since.get(scenario.as_name, ""),
        past=before.past.get(scenario.as_name),
        runs=before.runs,
        failure=failure,
        comparisons=comparisons,
        exchanges=[_exchange(each, say) for each in scenario.exchanges],
        events=[_event(each, scenario, say) for each in scenario.events],
        timeline=line,
        in_words=_in_words(scenario, say),
        moments=list(_moments(line, say)) if line else [],
    )


def _notes(scenario: Scenario, say: Language) -> Iterator[str]:
    failure = scenario.failure
    if failure and not failure.step:
        yield say("failed_in_hook")
    if failure and failure.late:
        yield say("came_late")
    elif failure and not failure.judged:
        yield say("failed_in_preparation")
    yield from scenario.notes
    if scenario.not_kept:
        yield say("not_kept_in_file", n=scenario.not_kept)


def _exchange(exchange: Exchange, say: Language) -> Message:
    request = f"{exchange.method} {exchange.path}"
    took = say.seconds(exchange.seconds)
    if exchange.status is None:
        head = say("no_response", request=request, error=exchange.body, time=took)
    else:
        head = say("responded", request=request, status=str(exchange.status), time=took)
    parts = [(say("request_body"), as_json(exchange.sent))] if exchange.sent else []
    parts += [(say("response_body"), as_json(exchange.body))] if exchange.body else []
    outage = f" {say('during_outage')}" if exchange.in_outage else ""
    return Message(head, f"{exchange.step}{outage}", "", parts)


def _event(event: Event, scenario: Scenario, say: Language) -> Message:
    fulfils = next((each for each in scenario.expectations if each.event == event.place), None)
    head = say(
        "event_at", type=event.event_type or say("no_event"), place=event.place, key=event.key or say("no_key")
    )
    if fulfils and fulfils.seconds is not None:
        after = say(
            "after_response" if fulfils.seconds >= 0 else "before_response", time=say.seconds(abs(fulfils.seconds))
        )
        note = f"{fulfils.step} · {after}"
    else:
        note = say("as_expected" if event.kind == "expected" else "fulfils_nothing")
    headers = "\n".join(f"{name}: {value}" for name, value in event.headers)
    parts = [(say("value"), as_json(event.value) if event.value is not None else say("tombstone"))]
    parts += [(say("headers"), headers)] if headers else []
    return Message(head, note, "kept" if event.kind == "expected" else "broken", parts)


def _in_words(scenario: Scenario, say: Language) -> str:
    """Return what the timeline shows, in a sentence or two."""
    counts = [
        say("count_requests", n=len(scenario.exchanges)),
        say("count_events", n=len(scenario.events)),
        say("count_fences", n=len(scenario.fences)),
    ]
    sentences = [say("timeline_in_words", time=say.seconds(scenario.seconds), counts=say.listed(counts))]
    if latencies := [each.seconds for each in scenario.expectations if each.seconds is not None]:
        sentences.append(say("timeline_slowest", n=len(latencies), time=say.seconds(max(0.0, *latencies, 0.0))))
    waited = {each.event_type: each.deadline for each in scenario.expectations if each.deadline is not None}
    sentences += [say("timeline_waited", type=name, time=say.seconds(time)) for name, time in waited.items()]
    if scenario.outages:
        away = sum(until - since for since, until in scenario.outages)
        sentences.append(say("timeline_outage", time=say.seconds(away)))
    return " ".join(sentences)


def _moments(line: Timeline, say: Language) -> Iterator[tuple[str, str, str]]:
    for mark in line.marks:
        took = mark.ended - mark.began
        when = say.seconds(mark.began)
        if took:
            when = say("from_until", since=when, until=say.seconds(mark.ended))
        yield when, say(f"mark_{mark.kind}", name=mark.name), mark.detail


def _without_keyword(sentence: str) -> str:
    return next((sentence.removeprefix(each) for each in _KEYWORDS if sentence.startswith(each)), sentence)


def _stem(feature: str) -> str:
    return feature.rpartition("/")[2].removesuffix(".feature")
