"""PyHamcrest matchers for `assert_that(witness, …)`: published, how often, in order, not published."""

from abc import ABC, abstractmethod

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

from bdd.kafka.record import Record
from bdd.verdict.near_miss import explain_missing, in_words
from bdd.verdict.observer import Observer
from bdd.verdict.ordering import IN_ORDER, misplaced
from bdd.verdict.scenario_log import NegativeExpectation, ScenarioLog
from bdd.verdict.unexpected import surplus

_SHOWN = 200


class _Verdict(BaseMatcher[Observer], ABC):
    """A matcher that reaches its verdict once: what it found wrong is the mismatch."""

    def __init__(self) -> None:
        self._wrong = ""

    def _matches(self, item: Observer) -> bool:
        self._wrong = self._find_wrong(item)
        return not self._wrong

    def describe_mismatch(self, item: Observer, mismatch_description: Description) -> None:  # noqa: ARG002 - the interface
        mismatch_description.append_text(self._wrong)

    @abstractmethod
    def _find_wrong(self, observer: Observer) -> str:
        """Return the mismatch, empty when there is none."""


class HasPublished(_Verdict):
    """The events that the scenario's actions ask for have arrived."""

    def __init__(self, event_type: str, times: int, timeout: float) -> None:
        super().__init__()
        self._event_type = event_type
        self._times = times
        self._timeout = timeout
        self._expected = _count(times, event_type)

    def describe_to(self, description: Description) -> None:
        """Say what was expected."""
        description.append_text(self._expected)

    def _find_wrong(self, observer: Observer) -> str:
        wanted = observer.scenario_log.open(self._event_type)
        if len(wanted) != self._times:
            return "\n          ".join(
                [*_not_asked_for(observer.scenario_log, len(wanted)), *observer.surroundings()]
            )
        self._expected += f" on {wanted[0].topic} with key " + ", ".join(
            f'"{key}"' for key in dict.fromkeys(each.key for each in wanted)
        )
        try:
            observer.await_claims(wanted, self._timeout)
        except AssertionError:
            missing = next(each for each in wanted if each.claim is None)
            return explain_missing(observer, missing, observer.trouble() or f"{self._timeout:g} s were waited")
        return self._find_surplus(observer, min(each.after for each in wanted))

    def _find_surplus(self, _observer: Observer, _after: int) -> str:
        """Others of the type are the audit's to find."""
        return ""


class HasPublishedExactly(HasPublished):
    """They have arrived and no other of their type, up to a fence taken now; the audit keeps watching."""

    def __init__(self, step: str, event_type: str, times: int, timeout: float) -> None:
        super().__init__(event_type, times, timeout)
        self._step = step
        self._expected = f"exactly {self._expected}"

    def _find_surplus(self, observer: Observer, after: int) -> str:
        fence = observer.read_up_to_now()
        observer.ledger.expect_nothing_more(
            observer.scenario_log, NegativeExpectation(self._step, after, self._event_type)
        )
        came = _of_type(observer.ledger.unclaimed(observer.scenario_log, after, fence), self._event_type)
        return f"it came again: {_explained(observer, came[0])}" if came else ""


class HasPublishedNothing(_Verdict):
    """Nothing was published since the last action, up to a fence taken now; the audit keeps watching."""

    def __init__(self, step: str, after: int, event_type: str | None) -> None:
        super().__init__()
        self._negative = NegativeExpectation(step, after, event_type)

    def describe_to(self, description: Description) -> None:
        """Say what was expected."""
        description.append_text(f"no {self._negative.event_type or ''} event".replace("  ", " "))

    def _find_wrong(self, observer: Observer) -> str:
        fence = observer.read_up_to_now()
        observer.ledger.expect_nothing_more(observer.scenario_log, self._negative)
        came = observer.ledger.unclaimed(observer.scenario_log, self._negative.after, fence)
        if self._negative.event_type:
            came = _of_type(came, self._negative.event_type)
        if not came:
            return ""
        step = [f"step:     {each.step}" for each in observer.scenario_log.requests[-1:]]
        lines = [f"{len(came)} came, first a {in_words(came[0])}", *step, *observer.surroundings()]
        lines.append(
            "next:     publish only what was changed and stored; a refused or reading request changes nothing"
        )
        return "\n          ".join(lines)


class HasPublishedNothingElse(_Verdict):
    """Earlier steps have seen everything since the cursor; decided and watched as `HasPublishedNothing`."""

    def __init__(self, step: str, after: int) -> None:
        super().__init__()
        self._negative = NegativeExpectation(step, after)

    def describe_to(self, description: Description) -> None:
        """Say what was expected."""
        description.append_text("no event beside those that earlier steps have seen")

    def _find_wrong(self, observer: Observer) -> str:
        fence = observer.read_up_to_now()
        observer.ledger.expect_nothing_more(observer.scenario_log, self._negative)
        came = observer.ledger.unclaimed(observer.scenario_log, self._negative.after, fence)
        return _explained(observer, came[0]) if came else ""


class HasKeptOrder(_Verdict):
    """The scenario's events of each patient lie in one partition, in the order of the actions."""

    def describe_to(self, description: Description) -> None:
        """Say what was expected."""
        description.append_text("each patient's events in one partition, in the order of the changes")

    def _find_wrong(self, observer: Observer) -> str:
        if not observer.scenario_log.claims():
            return "no event of this scenario has been seen by an earlier step"
        for expectation, wrong in misplaced(observer.scenario_log):
            told = [f"patient {expectation.key}: {wrong}", f"step:     {expectation.step}"]
            told += [*observer.surroundings(expectation.request), f"next:     {IN_ORDER}"]
            return "\n          ".join(told)
        return ""


def has_published(event_type: str, *, times: int = 1, timeout: float) -> HasPublished:
    """Match when that many events of the type, as the scenario's actions ask for, are there within the seconds."""
    return HasPublished(event_type, times, timeout)


def has_published_exactly(step: str, event_type: str, *, times: int = 1, timeout: float) -> HasPublishedExactly:
    """Match when they are there, and no other of the type; the step's word is kept until the run ends."""
    return HasPublishedExactly(step, event_type, times, timeout)


def has_published_nothing(step: str, *, after: int, event_type: str | None = None) -> HasPublishedNothing:
    """Match when nothing (of the type) was published for the scenario's patients since the cursor."""
    return HasPublishedNothing(step, after, event_type)


def has_published_nothing_else(step: str, *, after: int) -> HasPublishedNothingElse:
    """Match when nothing was published since the cursor but what earlier steps have seen."""
    return HasPublishedNothingElse(step, after)


def has_kept_order() -> HasKeptOrder:
    """Match when the events seen so far are in the order of the actions, patient by patient."""
    return HasKeptOrder()


def _explained(observer: Observer, record: Record) -> str:
    """What a surplus record is, and what to do about it."""
    found = surplus(observer, record)
    cause = found.repeats
    step = [f"step:     {cause.step}"] if cause else []
    lines = [found.sentence, *step, *observer.surroundings(cause.request if cause else "")]
    return "\n          ".join([*lines, f"next:     {found.advice}"])


def _not_asked_for(scenario_log: ScenarioLog, wanted: int) -> list[str]:
    """Why the scenario's actions ask for another number of events than the step: mostly, one was refused."""
    refused = [each for each in scenario_log.requests if not each.exchange.accepted]
    if refused and not wanted:
        why = f"{refused[-1].exchange}: {refused[-1].exchange.body[:_SHOWN]}"
        return [
            f"the service refused what would have caused it: {why}",
            f"step:     {refused[-1].step}",
            "next:     see why the service refused it; what it did not do, it must not announce",
        ]
    asked = f"{wanted} such event{'s' if wanted != 1 else ''}"
    return [f"the scenario's actions ask for {asked} that no step has seen yet"]


def _of_type(records: list[Record], event_type: str) -> list[Record]:
    wanted = f'"{event_type}"'.encode()
    return [record for record in records if wanted in (record.value or b"")]


def _count(times: int, event_type: str) -> str:
    article = "one" if times == 1 else str(times)
    return f"{article} {event_type} event{'s' if times > 1 else ''}"
