"""Plays stories against the platform and holds what came of them against the model."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median

from hamcrest import assert_that

from bdd.api.exchange import Exchange
from bdd.domain.patients import Patient, as_json
from bdd.domain.random_patients import gherkin as words
from bdd.domain.random_patients.actions import Life, Story
from bdd.domain.random_patients.model import Outcome, event_counts, outcome
from bdd.domain.responses import answers, answers_message, answers_patient, refuses
from bdd.domain.world import World
from bdd.verdict.audit import settle
from bdd.verdict.matchers import has_kept_order, has_published, has_published_nothing_else

_HURRY_FACTOR = 10
_SHORTEST_HURRY_SECONDS = 0.3
_SETTLING_SECONDS = 0.2


class WentWrong(AssertionError):
    """A story went otherwise than the model says.

    Attributes:
        then: the step that says what was expected.
    """

    def __init__(self, then: str, verdict: str) -> None:
        super().__init__(verdict.strip())
        self.then = then


class Player:
    """Plays stories one after the other as parts of one scenario, each with an account of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._parts: list[World] = []
        self._went_wrong = False

    def play(self, story: Story, hurry: bool) -> WentWrong | None:
        """Play a story and return what went wrong, None when all was as the model says.

        Late events are the audit's to find. But once a story has gone wrong, each later one is given a moment for
        them: what a long story shows by chance, the shortest must show every time.

        Args:
            story: the lives; they are lived at the same time.
            hurry: wait for a missing event only several times as long as this platform's events take.
        """
        part = self._world.part(f"story {len(self._parts) + 1}")
        self._parts.append(part)
        try:
            live(part, story)
            timeout = self._patience() if hurry else part.deadline()
            check_events(part, story, timeout, settling=_SETTLING_SECONDS if self._went_wrong else 0)
        except WentWrong as wrong:
            self._went_wrong = True
            return wrong
        return None

    def mark_failed(self) -> None:
        """Let the scenario's failure stand for all stories; its evidence shows what the last one sent."""
        for part in self._parts:
            part.observer.scenario_log.failed = True
        self._world.observer.scenario_log.requests += self._parts[-1].observer.scenario_log.requests

    def _patience(self) -> float:
        """The slowest would not do: the first event of a run takes as long as a hundred others."""
        claims = [
            (each, each.claim)
            for scenario_log in self._world.observer.ledger.scenario_logs
            for each in scenario_log.expectations
        ]
        took = [claim.record.received - each.requested_at for each, claim in claims if claim]
        usual = median(took) if took else self._world.deadline()
        return min(max(_HURRY_FACTOR * usual, _SHORTEST_HURRY_SECONDS), self._world.deadline())


def live(world: World, story: Story) -> None:
    """Let the lives of a story be lived at the same time, and expect the events that the model says.

    Raises:
        WentWrong: an answer of the service was not as the model says; that life ended there.
    """
    with ThreadPoolExecutor(len(story)) as pool:
        lived = [pool.submit(_live, world, life) for life in story]
    for each in lived:
        each.result()


def check_events(world: World, story: Story, timeout: float, settling: float) -> None:
    """Check that the story has left the events that the model says, and no others.

    Args:
        world: the one in which it was lived.
        story: the lives.
        timeout: how many seconds an event may take.
        settling: how many seconds others are given to come.

    Raises:
        WentWrong: it has not.
    """
    for event_type, count in event_counts(story).items():
        with _checking(words.exactly(count, event_type)):
            assert_that(world.observer, has_published(event_type, times=count, timeout=timeout))
    settle(time.monotonic(), settling)
    nothing_else = words.nothing_else(story)
    with _checking(nothing_else):
        assert_that(world.observer, has_published_nothing_else(nothing_else, after=world.began))
    if world.patients:
        with _checking(words.IN_ORDER):
            assert_that(world.observer, has_kept_order())


def _live(world: World, life: Life) -> None:
    patient, data = None, None
    for action in life:
        after = world.observer.recorder.cursor
        path = patient.path if patient and action.method != "POST" else "/api/patients"
        sent = action.sent(world.mark)
        expected = outcome(action, data, world.mark)
        with _checking(words.answers(expected.status)):
            exchange = world.send(action.method, path, as_json(sent) if sent else None, f"When {action.words}")
            assert_that(exchange, answers(expected.status))
        if expected.event == "patient.created":
            with _checking(words.ANSWERS_PATIENT):
                patient = world.register(exchange, expected.data or {})
        _check_body(exchange, expected, patient)
        data = expected.data
        if patient and expected.event:
            before = patient.event_payload("patient.updated")
            patient.data = dict(data or {})
            world.expect(expected.event, patient, exchange, after, step=f"When {action.words}", before=before)


def _check_body(exchange: Exchange, expected: Outcome, patient: Patient | None) -> None:
    if expected.naming:
        with _checking(words.refuses(expected.status, expected.naming)):
            assert_that(exchange, refuses(expected.status, expected.naming))
    elif expected.message:
        with _checking(words.answers(expected.status, expected.message)):
            assert_that(exchange, answers_message(expected.message))
    elif patient:
        with _checking(words.ANSWERS_PATIENT):
            assert_that(exchange, answers_patient(patient.id, expected.data or {}))


@contextmanager
def _checking(then: str) -> Iterator[None]:
    try:
        yield
    except AssertionError as wrong:
        raise WentWrong(then, str(wrong)) from wrong
