"""Plays programs against the platform and holds what came of them against the model."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median

from hamcrest import assert_that

from bdd.api.exchange import Exchange
from bdd.domain.patients import Patient, as_json
from bdd.domain.random_patients import gherkin as words
from bdd.domain.random_patients.actions import Lifecycle, Program
from bdd.domain.random_patients.model import Outcome, event_counts, outcome
from bdd.domain.responses import has_message, has_status, is_patient, refuses
from bdd.domain.world import World
from bdd.verdict.audit import settle
from bdd.verdict.checks import check_nothing_published, check_published
from bdd.verdict.matchers import HasKeptOrder

_FAST_FACTOR = 10
_SHORTEST_FAST_SECONDS = 0.3
_SETTLING_SECONDS = 0.2


class ContradictsModel(AssertionError):
    """A program went otherwise than the model says.

    Attributes:
        then: the step that says what was expected.
    """

    def __init__(self, then: str, verdict: str) -> None:
        super().__init__(verdict.strip())
        self.then = then


class Player:
    """Plays programs one after the other as parts of one scenario, each with a scenario log of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._parts: list[World] = []
        self._went_wrong = False

    def play(self, program: Program, fast: bool) -> ContradictsModel | None:
        """Play a program and return what went wrong, None when all was as the model says.

        Late events are the audit's to find. But once a program has gone wrong, each later one is given a moment for
        them: what a long program shows by chance, the shortest must show every time.

        Args:
            program: the lifecycles, carried out at the same time.
            fast: wait for a missing event only several times as long as this platform's events take.
        """
        part = self._world.part(f"program {len(self._parts) + 1}")
        self._parts.append(part)
        try:
            carry_out(part, program)
            timeout = self._patience() if fast else part.deadline()
            check_events(part, program, timeout, settling=_SETTLING_SECONDS if self._went_wrong else 0)
        except ContradictsModel as wrong:
            self._went_wrong = True
            return wrong
        return None

    def mark_failed(self) -> None:
        """Let the scenario's failure stand for all programs; its evidence shows what the last one sent."""
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
        return min(max(_FAST_FACTOR * usual, _SHORTEST_FAST_SECONDS), self._world.deadline())


def carry_out(world: World, program: Program) -> None:
    """Carry out a program, its lifecycles at the same time, and expect the events that the model says.

    Raises:
        ContradictsModel: a response contradicts the model; the lifecycle ended there.
    """
    with ThreadPoolExecutor(len(program)) as pool:
        running = [pool.submit(_carry_out, world, lifecycle) for lifecycle in program]
    for each in running:
        each.result()


def check_events(world: World, program: Program, timeout: float, settling: float) -> None:
    """Check that the program has left the events that the model says, and no others.

    Args:
        world: the one in which it was carried out.
        program: the lifecycles.
        timeout: how many seconds an event may take.
        settling: how many seconds others are given to come.

    Raises:
        ContradictsModel: it has not.
    """
    for event_type, count in event_counts(program).items():
        with _checking(words.exactly(count, event_type)):
            check_published(world.observer, event_type, timeout, count)
    settle(time.monotonic(), settling)
    nothing_else = words.nothing_else(program)
    with _checking(nothing_else):
        check_nothing_published(world.observer, nothing_else, world.began, other=True)
    if world.patients:
        with _checking(words.IN_ORDER):
            assert_that(world.observer, HasKeptOrder())


def _carry_out(world: World, lifecycle: Lifecycle) -> None:
    patient, data = None, None
    for action in lifecycle:
        after = world.observer.recorder.cursor
        path = patient.path if patient and action.method != "POST" else "/api/patients"
        sent = action.sent(world.mark)
        expected = outcome(action, data, world.mark)
        with _checking(words.responds(expected.status)):
            exchange = world.send(action.method, path, as_json(sent) if sent else None, f"When {action.words}")
            assert_that(exchange, has_status(expected.status))
        if expected.event == "patient.created":
            with _checking(words.RESPONDS_WITH_PATIENT):
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
        with _checking(words.responds(expected.status, expected.message)):
            assert_that(exchange, has_message(expected.message))
    elif patient:
        with _checking(words.RESPONDS_WITH_PATIENT):
            assert_that(exchange, is_patient(patient.id, expected.data or {}))


@contextmanager
def _checking(then: str) -> Iterator[None]:
    try:
        yield
    except AssertionError as wrong:
        raise ContradictsModel(then, str(wrong)) from wrong
