"""PyHamcrest matchers for what was published. They only look: `bdd.verdict.checks` waits and keeps the ledger."""

from collections.abc import Sequence

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

from bdd.contracts.asyncapi import noun_of
from bdd.output.console import counted
from bdd.verdict.expectation import Expectation
from bdd.verdict.near_miss import explain_missing
from bdd.verdict.observer import Observation, Observer
from bdd.verdict.scenario_log import IN_ORDER
from bdd.verdict.symptom import Symptom, attach, of_text, out_of_order, refused_request
from bdd.verdict.unexpected import explain_unexpected


class HasPublished(BaseMatcher[Observation]):
    """Matches when an event has fulfilled each of the expectations.

    Args:
        event_type: the type of the events.
        times: how many events the step expects.
        expected: the expectations that the scenario's actions caused; another number is a mismatch.
    """

    def __init__(self, event_type: str, times: int, expected: Sequence[Expectation]) -> None:
        self._times = times
        self._event_type = event_type
        self._expected = expected

    def _matches(self, item: Observation) -> bool:  # noqa: ARG002 - PyHamcrest's interface
        return len(self._expected) == self._times and all(each.claim for each in self._expected)

    def describe_to(self, description: Description) -> None:
        """Describe the expected events: `one patient.created event on patient-events with key "5"`."""
        description.append_text(f"{'one' if self._times == 1 else self._times} {self._event_type} event")
        description.append_text("s" if self._times > 1 else "")
        if len(self._expected) == self._times:
            keys = dict.fromkeys(f'"{each.key}"' for each in self._expected)
            description.append_text(f" on {self._expected[0].topic} with key {', '.join(keys)}")

    def describe_mismatch(self, item: Observation, mismatch_description: Description) -> None:
        """Explain the first event that is missing, or why another number is expected."""
        if len(self._expected) != self._times:
            lines, symptoms = _not_caused(item.observer, self._event_type, len(self._expected))
        else:
            lines, symptoms = explain_missing(item, [each for each in self._expected if each.claim is None])
        attach(mismatch_description, symptoms)
        mismatch_description.append_text("\n          ".join(lines))


class HasPublishedNothing(BaseMatcher[Observation]):
    """Matches when no event (of a type) came that belongs to the scenario and fulfils none of its expectations.

    Args:
        event_type: the type, None for any.
        other: whether the description calls it another one, because earlier steps have seen some.
    """

    def __init__(self, event_type: str | None, *, other: bool) -> None:
        self._event_type = event_type
        self._adjective = "other" if other else ""

    def _matches(self, item: Observation) -> bool:
        return not item.unexpected(self._event_type)

    def describe_to(self, description: Description) -> None:
        """Describe what must not come: `no other patient.created event`."""
        description.append_text(" ".join(["no", *filter(None, [self._adjective, self._event_type]), "event"]))

    def describe_mismatch(self, item: Observation, mismatch_description: Description) -> None:
        """Explain the first event that came."""
        came = item.unexpected(self._event_type)
        observer = item.observer
        first = explain_unexpected(observer.ledger, observer.scenario_log, *came[0])
        lines = [f"{len(came)} came{', first' if len(came) > 1 else ''}: {first.sentence}"]
        lines += [f"step:     {first.step}"] if first.step else []
        lines += [*observer.surroundings(first.request), f"next:     {first.advice}"]
        attach(mismatch_description, first.symptoms)
        mismatch_description.append_text("\n          ".join(lines))


class HasKeptOrder(BaseMatcher[Observer]):
    """Matches when the claimed events about each id are in one partition, in the order of the actions.

    Args:
        noun: what the events are about: `patient`.
    """

    def __init__(self, noun: str) -> None:
        self._noun = noun

    def _matches(self, item: Observer) -> bool:
        claimed = any(noun_of(event.type) == self._noun for event in item.scenario_log.claims())
        return claimed and self._misplaced(item) is None

    def describe_to(self, description: Description) -> None:
        """Describe the expected order."""
        description.append_text(f"each {self._noun}'s events in one partition, in the order of the changes")

    def describe_mismatch(self, item: Observer, mismatch_description: Description) -> None:
        """Explain the first event that is misplaced."""
        lines = [f"no earlier step has seen an event of a {self._noun} of this scenario"]
        if misplaced := self._misplaced(item):
            expectation, wrong = misplaced
            attach(mismatch_description, [out_of_order(expectation.noun)])
            lines = [f"{expectation.noun} {expectation.key}: {wrong}", f"step:     {expectation.step}"]
            lines += [
                *item.surroundings(expectation.request),
                f"next:     {IN_ORDER.format(noun=expectation.noun)}",
            ]
        mismatch_description.append_text("\n          ".join(lines))

    def _misplaced(self, observer: Observer) -> tuple[Expectation, str] | None:
        misplaced = observer.scenario_log.misplaced()
        return next((each for each in misplaced if each[0].noun == self._noun), None)


def _not_caused(observer: Observer, event_type: str, expected: int) -> tuple[list[str], list[Symptom]]:
    """Why the actions cause another number of events than the step says: mostly, one was refused."""
    refused = [each for each in observer.scenario_log.requests if not each.exchange.accepted]
    if refused and not expected:
        exchange = refused[-1].exchange
        advice = (
            exchange.wrong_address or "see why the service refused it; what it did not do, it must not announce"
        )
        return [
            f"the service refused what would have caused it: {exchange}: {exchange.in_brief}",
            f"step:     {refused[-1].step}",
            *observer.surroundings(str(exchange)),
            f"next:     {advice}",
        ], [refused_request(noun_of(event_type), exchange)]
    events = f"{counted(expected, 'such event')} that no step has seen yet"
    wrong = f"the scenario's actions cause {events}"
    return [wrong, *observer.surroundings()], of_text(f"{event_type}: {wrong}")
