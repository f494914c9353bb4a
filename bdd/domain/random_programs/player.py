"""Plays programs against the platform and compares the results with the model."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

from hamcrest import assert_that

from bdd.contracts.asyncapi import noun_of
from bdd.domain.random_programs.model import Lifecycle, Outcome, Program, event_counts, outcomes
from bdd.domain.resource import Resource
from bdd.domain.responses import has_message, has_status, refuses, shows
from bdd.domain.world import World
from bdd.verdict.audit import settle
from bdd.verdict.checks import check_nothing_published, check_published
from bdd.verdict.matchers import HasKeptOrder

_FAST_FACTOR = 10
_SHORTEST_FAST_SECONDS = 0.3
_SETTLING_SECONDS = 0.2


class ContradictsModel(AssertionError):
    """The result of a program contradicts the model.

    Attributes:
        then: the step that fails.
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
        """Play a program and return its contradiction to the model, None if there is none.

        The audit finds late events. But once a program has gone wrong, each later one waits a moment for them:
        what a long program shows by chance, the shortest must show every time.

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
        """Mark the programs as failed with their scenario; its evidence shows the last one's requests."""
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


def exactly(count: int, event_type: str) -> str:
    """Return the step that expects so many events of a type."""
    if count == 1:
        return f"exactly one {event_type} event is published"
    return f"exactly {count} {event_type} events are published"


def nothing_else(program: Program) -> str:
    """Return the step that allows no event besides those of the program."""
    return "no other event is published" if event_counts(program) else "no event is published"


def orders(program: Program) -> list[tuple[str, str]]:
    """Return the nouns of the program's events, each with the step that checks their order."""
    nouns = dict.fromkeys(map(noun_of, event_counts(program)))
    return [(noun, f"each {noun}'s events are in the order of the changes") for noun in nouns]


def carry_out(world: World, program: Program) -> None:
    """Carry out a program, its lifecycles at the same time, and expect the events that the model predicts.

    Raises:
        ContradictsModel: a response contradicts the model; the lifecycle ended there.
    """
    clients = [replace(world, entities=[]) for _ in program]
    with ThreadPoolExecutor(len(program)) as pool:
        running = [pool.submit(_carry_out, *each) for each in zip(clients, program, strict=True)]
    world.entities += [entity for client in clients for entity in client.entities]
    for each in running:
        each.result()


def check_events(world: World, program: Program, timeout: float, settling: float) -> None:
    """Check that the program has published the events that the model predicts, and no others.

    Args:
        world: the world in which it was carried out.
        program: the lifecycles.
        timeout: the deadline of the events, in seconds.
        settling: how many seconds to wait for other events.

    Raises:
        ContradictsModel: it has not.
    """
    for event_type, count in event_counts(program).items():
        with _checking(exactly(count, event_type)):
            check_published(world.observer, event_type, timeout, count)
    settle(time.monotonic(), settling)
    with _checking(nothing_else(program)):
        check_nothing_published(world.observer, nothing_else(program), world.began, other=True)
    for noun, in_order in orders(program):
        with _checking(in_order):
            assert_that(world.observer, HasKeptOrder(noun))


def _carry_out(client: World, lifecycle: Lifecycle) -> None:
    for action, expected in zip(lifecycle, outcomes(lifecycle), strict=True):
        client.step = f"When {action.words}"
        responds = f"the service responds with {expected.status:d}"
        with _checking(responds):
            exchange = action.send(client)
            assert_that(exchange, has_status(expected.status))
        with _checking(_in_words(expected, action.resource)):
            if expected.naming:
                assert_that(exchange, refuses(expected.status, expected.naming))
            elif expected.message:
                assert_that(exchange, has_message(expected.message))
            else:
                assert_that(exchange, shows(client.the(action.resource)))


def _in_words(expected: Outcome, resource: Resource) -> str:
    """Return the step about the body of the response."""
    if expected.naming:
        return f"the service refuses with {expected.status:d}, naming “{expected.naming}”"
    if expected.message:
        return f"the service responds with {expected.status:d} “{expected.message}”"
    return f"the service responds with the {resource.noun}"


@contextmanager
def _checking(then: str) -> Iterator[None]:
    try:
        yield
    except AssertionError as wrong:
        raise ContradictsModel(then, str(wrong)) from wrong
