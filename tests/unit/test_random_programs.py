"""Random lifecycles: what the model predicts, how a program is found, shortened and reported."""

import json
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
from behave.parser import parse_feature

from bdd.domain.random_programs import player as playing
from bdd.domain.random_programs import search
from bdd.domain.random_programs.model import PATTERNS, Program, action, event_counts, outcomes
from bdd.domain.random_programs.player import ContradictsModel, Player
from bdd.domain.random_programs.report import as_gherkin, play_random_programs
from bdd.domain.random_programs.search import Search
from bdd.kafka.record import Record
from bdd.verdict.audit import audit
from tests.support.builders import PATIENTS, event_in, stand_in
from tests.support.fake_platform import FakePlatform, Publish
from tests.support.suite_steps import bound, patterns

CREATE, READ, DELETE = "I create a patient", "I read the patient", "I delete the patient"
CALL = "I change the patient's telefon to “+49 30 5550101”"
SEARCHING = "I change the patient's status to “auf der Suche”"
WRONG = "I try to change the patient's status to “vielleicht”"
UNNAMED = "I try to create a patient without vorname"
IN_ORDER = "each patient's events are in the order of the changes"
CREATED, UPDATED, DELETED = "patient.created", "patient.updated", "patient.deleted"


def program(*lifecycles: Iterable[str]) -> Program:
    return tuple(tuple(map(action, lifecycle)) for lifecycle in lifecycles)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing, and give a slow machine the time that it needs to find the shortest program."""
    monkeypatch.setattr(search, "time", stand_in(time, monotonic=lambda: 0.0))
    monkeypatch.setattr(playing, "_SHORTEST_FAST_SECONDS", 0.01)
    monkeypatch.setattr(playing, "_SETTLING_SECONDS", 0.0)


@pytest.mark.parametrize(
    ("lifecycle", "statuses", "events"),
    [
        ([CREATE], [201], [CREATED]),
        ([UNNAMED], [400], [None]),
        ([CREATE, CALL, READ], [201, 200, 200], [CREATED, UPDATED, None]),
        ([CREATE, WRONG, CALL], [201, 400, 200], [CREATED, None, UPDATED]),
        ([CREATE, DELETE, DELETE, READ, CALL], [201, 200, 404, 404, 404], [CREATED, DELETED, None, None, None]),
    ],
)
def test_the_model_predicts_responses_and_events(
    lifecycle: list[str], statuses: list[int], events: list[str | None]
) -> None:
    (lifecycle_,) = program(lifecycle)
    expected = list(outcomes(lifecycle_))
    assert [each.status for each in expected] == statuses
    assert [each.event for each in expected] == events


def test_events_are_counted_over_all_lifecycles() -> None:
    counted = event_counts(program([CREATE, CALL, SEARCHING], [CREATE, DELETE], [UNNAMED]))
    assert counted == {CREATED: 2, UPDATED: 2, DELETED: 1}


def test_an_action_is_a_step_of_the_suite_and_no_other() -> None:
    assert set(PATTERNS) <= set(patterns("when"))
    with pytest.raises(
        AssertionError, match="“I sleep” is not an action of a lifecycle; there are: I create a pati"
    ):
        action("I sleep")


def test_what_an_action_names_must_be_in_the_contract() -> None:
    with pytest.raises(AssertionError, match="“vielleicht” is not a status of a patient"):
        action("I change the patient's status to “vielleicht”")


@pytest.mark.parametrize(
    ("lifecycle", "last", "scenario"),
    [
        (
            [CREATE, CALL, SEARCHING],
            "exactly 2 patient.updated events are published",
            "  When I create a patient\n"
            "  And I change the patient's telefon to “+49 30 5550101”\n"
            "  And I change the patient's status to “auf der Suche”\n"
            "  Then exactly one patient.created event is published\n"
            "  And exactly 2 patient.updated events are published",
        ),
        (
            [CREATE, READ],
            "the service responds with 404",
            "  When I create a patient\n  And I read the patient\n  Then the service responds with 404",
        ),
    ],
    ids=["events", "response"],
)
def test_a_program_is_reported_up_to_the_step_that_fails(lifecycle: list[str], last: str, scenario: str) -> None:
    assert as_gherkin(program(lifecycle), last) == f"Scenario: The shortest program that fails\n{scenario}"


@pytest.mark.parametrize(
    "lifecycles",
    [[[UNNAMED]], [[CREATE, CALL, WRONG, READ, DELETE]], [[CREATE, CALL], [UNNAMED], [CREATE, DELETE, READ]]],
)
def test_a_reported_program_can_be_pasted_into_a_feature(lifecycles: list[list[str]]) -> None:
    reported = as_gherkin(program(*lifecycles), IN_ORDER)
    feature = parse_feature(f"Feature: Pasted\n{reported}\n")  # type: ignore[no-untyped-call]
    for step in feature.scenarios[0].steps:
        assert bound(step.step_type, step.name)
    if len(lifecycles) > 1:
        planned: dict[str, list[str]] = {}
        for step in feature.scenarios[0].steps:
            if planning := re.fullmatch(r"as client (\d), (.*)", step.name):
                planned.setdefault(planning[1], []).append(planning[2])
        assert program(*planned.values()) == program(*lifecycles)


def counterexample(goes_wrong: Callable[[Program], bool], seed: int = 1, count: int = 50) -> tuple[Search, Any]:
    def play(played: Program, fast: bool) -> ContradictsModel | None:
        return ContradictsModel(IN_ORDER, "wrong") if goes_wrong(played) else None

    hunt = Search(play, [PATIENTS])
    return hunt, hunt.run(seed, count)


def test_a_seed_always_gives_the_same_programs_whatever_modules_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    first, none = counterexample(lambda _: False)
    monkeypatch.setattr("hypothesis.internal.conjecture.providers._get_local_constants", lambda: 1 / 0)
    second, _ = counterexample(lambda _: False)
    other, _ = counterexample(lambda _: False, seed=2)
    assert none is None
    assert first.played == second.played != other.played


def test_as_many_programs_are_played_as_requested_and_they_differ_in_kind() -> None:
    hunt, _ = counterexample(lambda _: False, count=200)
    assert len(hunt.played) == 200
    reported = {each.words for played in hunt.played for lifecycle in played for each in lifecycle}
    assert {CREATE, READ, DELETE, CALL, SEARCHING, WRONG, UNNAMED, "I clear the patient's email"} <= reported
    assert {len(played) for played in hunt.played} == {1, 2, 3}


def has_two_changes_in_a_row(played: Program) -> bool:
    return any("change change" in " ".join(each.words.split()[1] for each in lifecycle) for lifecycle in played)


def test_what_goes_wrong_is_shrunk_to_the_shortest_program() -> None:
    _, found = counterexample(has_two_changes_in_a_row)
    assert found.program == program([CREATE, CALL, CALL])
    assert found.again
    assert sum(map(len, found.first)) > 3


def test_an_error_that_needs_two_lifecycles_is_shrunk_to_two() -> None:
    _, found = counterexample(lambda played: sum(len(lifecycle) > 1 for lifecycle in played) > 1)
    assert [len(lifecycle) for lifecycle in found.program] == [2, 2]


def test_shrinking_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    hunt, found = counterexample(has_two_changes_in_a_row)
    assert len(hunt.played) - found.number > 5
    clock = iter(range(0, 100_000, 12))
    monkeypatch.setattr(search, "time", stand_in(time, monotonic=lambda: next(clock)))
    hunt, found = counterexample(has_two_changes_in_a_row)
    assert found is not None
    assert len(hunt.played) - found.number <= 60 / 12


def test_what_goes_wrong_fast_only_is_not_shown() -> None:
    def play(played: Program, fast: bool) -> ContradictsModel | None:
        return ContradictsModel(IN_ORDER, "wrong") if fast or sum(map(len, played)) > 4 else None

    found = Search(play, [PATIENTS]).run(1, 50)
    assert found is not None
    assert not found.again
    assert found.program == found.first


def test_an_error_of_the_suite_ends_the_search_at_once() -> None:
    played: list[Program] = []

    def play(program: Program, fast: bool) -> ContradictsModel | None:
        played.append(program)
        raise ConnectionError("no recorder")

    with pytest.raises(ConnectionError, match="no recorder"):
        Search(play, [PATIENTS]).run(1, 50)
    assert len(played) == 1


def message(publish: Publish = lambda event: [event], programs: int = 100) -> str:
    """Return the message of a scenario of random lifecycles on this platform; the audit must not repeat it."""
    platform = FakePlatform(publish)
    world = platform.world()
    world.model_programs = programs
    play_random_programs(world)
    (note,) = world.console_notes
    played = r"\d+" if world.counterexample else programs
    assert re.fullmatch(rf" {{4}}\d+ random lifecycles in {played} programs, -D model_seed=1", note)
    if world.counterexample:
        world.observer.scenario_log.failed = True
        assert world.exchanges, "the evidence shows what was sent"
        assert world.counterexample.symptoms, "it has the cause of what went wrong"
    assert audit(platform.scene.ledger, platform.scene.observer_of) == []
    assert world.programs_are_played
    return str(world.counterexample or "")


def with_type(event: Record, event_type: str) -> Record:
    return replace(event, value=json.dumps(event_in(event).fields | {"eventType": event_type}).encode())


def quick_changes_lost() -> Publish:
    before = [b""]

    def publish(event: Record) -> list[Record]:
        key = (event.key or b"") if event_in(event).type == UPDATED else b""
        before[0], lost = key, key and key == before[0]
        return [] if lost else [event]

    return publish


def stale() -> Publish:
    data: dict[bytes | None, object] = {}

    def publish(event: Record) -> list[Record]:
        fields = event_in(event).fields
        if fields["eventType"] != DELETED:
            shown, data[event.key] = data.get(event.key), fields["payload"]["patient_data"]
            fields["payload"] = fields["payload"] | {"patient_data": shown or data[event.key]}
        return [replace(event, value=json.dumps(fields).encode())]

    return publish


def test_a_sound_platform_has_no_counterexample() -> None:
    assert message() == ""


@pytest.mark.parametrize(
    ("publish", "finding", "steps"),
    [
        (
            quick_changes_lost(),
            "nothing about it was recorded",
            [
                "When I create a patient",
                f"And {CALL}",
                f"And {CALL}",
                "Then exactly one patient.created event is published",
                "And exactly 2 patient.updated events are published",
            ],
        ),
        (
            stale(),
            'payload.patient_data.telefon is "+49 30 5550100", expected "+49 30 5550101"',
            [
                "When I create a patient",
                f"And {CALL}",
                "Then exactly one patient.created event is published",
                "And exactly one patient.updated event is published",
            ],
        ),
        (
            lambda event: [with_type(event, UPDATED) if event_in(event).type == DELETED else event],
            'eventType is "patient.updated", expected "patient.deleted"',
            [
                "When I create a patient",
                "And I delete the patient",
                "Then exactly one patient.created event is published",
                "And exactly one patient.deleted event is published",
            ],
        ),
        (
            lambda event: [event, replace(event, offset=event.offset + 100_000)],
            "is a redelivery of patient-events/",
            [
                "When I create a patient",
                "Then exactly one patient.created event is published",
                "And no other event is published",
            ],
        ),
    ],
    ids=["quick changes lost", "stale", "deleted as updated", "twice"],
)
def test_the_shortest_program_is_reported(publish: Publish, finding: str, steps: list[str]) -> None:
    reported = message(publish)
    assert finding in reported
    block = reported.partition("Scenario: The shortest program that fails\n")[2].partition("\n\n")[0]
    assert [line.strip() for line in block.splitlines()] == steps
    assert "-D model_seed=1 -D model_programs=100" in reported


def test_a_wrong_response_is_reported_with_the_step_that_looks_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = FakePlatform.answer

    def answer(self: FakePlatform, method: str, path: str, fields: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, body = sound(self, method, path, fields)
        return 500 if status == 404 else status, body

    monkeypatch.setattr(FakePlatform, "answer", answer)
    reported = message()
    assert "    And I read the patient\n    Then the service responds with 404\n" in reported


def test_the_audit_names_the_program_of_a_late_event() -> None:
    platform = FakePlatform()
    player = Player(platform.world())
    assert player.play(program([CREATE]), fast=False) is None
    platform.announce("DELETE", 101, {})
    (finding,) = audit(platform.scene.ledger, platform.scene.observer_of)
    assert finding.scenario == "Create a patient, program 1"
    assert "“no other event is published” does not hold, later came: patient.deleted" in finding.message
