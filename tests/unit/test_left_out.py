"""What a run does where the platform does not have a service: its scenarios are left out, or the run is red."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from behave.model import Tag
from behave.parser import parse_feature

from tests.support.fake_run import Behave, fake_behave

WHY = "the platform has no room-service, because no room_api_url is given"
REQUESTED = "@room-service is requested, but the platform has none: no room_api_url is given."
NOTHING_REMAINS = f"Nothing remains: {WHY}."


@pytest.fixture
def without_rooms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Behave]:
    """A run of two scenarios, the second of which needs a service that the platform does not have."""
    with fake_behave(tmp_path, capsys) as behave:
        behave.stack.absent = {"room-service": "no room_api_url is given", "other-service": "nobody needs it"}
        behave.feature.scenarios[1].tags.append(Tag("room-service", 7))  # type: ignore[no-untyped-call]
        behave.config.junit = True
        yield behave


def test_what_an_absent_service_is_needed_for_is_left_out_and_named(without_rooms: Behave) -> None:
    without_rooms.start()
    first, second = without_rooms.feature.scenarios
    assert [first.should_run(), second.should_run()] == [True, False]
    assert second.skip_reason == WHY
    assert without_rooms.feature.should_run()
    without_rooms.play(first)
    assert without_rooms.end() == 0
    assert without_rooms.verdict == (
        f"GREEN: 1 scenario passed, and the audit left nothing unexplained; 1 scenario was left out: {WHY}"
    )
    suite = without_rooms.junit()["Patients"]
    assert (suite.get("tests"), suite.get("skipped"), suite.get("failures")) == ("2", "1", "0")
    one, two = suite.iter("testcase")
    assert (one.get("name"), list(one.iter("skipped"))) == ("One", [])
    assert (two.get("name"), two.get("line")) == ("Two", "8")
    assert [each.get("message") for each in two.iter("skipped")] == [WHY]


def test_what_a_run_cannot_do_is_left_out_and_named_and_red_where_it_is_requested(without_rooms: Behave) -> None:
    why = "the run cannot do it"
    without_rooms.stack.absent, without_rooms.stack.lacking = {}, {"room-service": why}
    without_rooms.start()
    first, second = without_rooms.feature.scenarios
    assert [first.should_run(), second.should_run()] == [True, False]
    without_rooms.play(first)
    assert without_rooms.end() == 0
    assert without_rooms.verdict.endswith(f"; 1 scenario was left out: {why}")


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [("@room-service", "@room-service is requested, but it cannot"), ("@slow", "Nothing remains: it cannot")],
)
def test_a_run_of_nothing_but_what_cannot_be_done_is_red(tag: str, sentence: str, without_rooms: Behave) -> None:
    without_rooms.stack.absent, without_rooms.stack.lacking = {}, {"room-service": "it cannot"}
    without_rooms.select(tag)
    without_rooms.start()
    assert without_rooms.end() == 1
    assert without_rooms.verdict == f"RED: nothing was executed: {sentence}."


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        (["@room-service"], REQUESTED),
        (
            ["@patients and (@room-service or not @slow)"],
            REQUESTED,
        ),
        (["not (not @room-service)"], REQUESTED),
        (["@slow"], NOTHING_REMAINS),
        (["@room-s*"], NOTHING_REMAINS),
    ],
)
def test_a_run_that_asks_for_an_absent_service_or_for_nothing_else_is_red(
    tags: list[str], sentence: str, without_rooms: Behave
) -> None:
    without_rooms.select(*tags)
    without_rooms.start()
    assert without_rooms.runner.features == []
    assert without_rooms.end() == 1
    assert without_rooms.stack.calls == ["start", "stop"]
    assert without_rooms.output.startswith(f"{sentence}\n")
    assert without_rooms.verdict == f"RED: nothing was executed: {sentence}"
    assert without_rooms.junit_error() == f"nothing was executed: {sentence}"


@pytest.mark.parametrize("tag", ["not @room-service", "not @slow"])
def test_nothing_is_left_out_of_a_run_that_does_not_select_it(tag: str, without_rooms: Behave) -> None:
    without_rooms.select(tag)
    without_rooms.start()
    without_rooms.play(without_rooms.feature.scenarios[0])
    assert without_rooms.end() == 0
    assert "left out" not in without_rooms.verdict
    assert not [each for suite in without_rooms.junit().values() for each in suite.iter("skipped")]


def test_a_feature_of_which_all_is_left_out_is_left_out_itself(without_rooms: Behave) -> None:
    rooms = parse_feature(
        "@room-service\nFeature: Rooms\n  Scenario: A\n    When a\n  Scenario: B\n    When b",
        filename="rooms.feature",
    )  # type: ignore[no-untyped-call]
    without_rooms.runner.features.append(rooms)
    without_rooms.start()
    assert not rooms.should_run()
    without_rooms.play(without_rooms.feature.scenarios[0], AssertionError("no event"))
    without_rooms.end()
    assert without_rooms.verdict == (
        "RED: 1 of 1 scenario failed; 1 cause: “a patient.created event is published”: no event; "
        f"3 scenarios were left out: {WHY}"
    )
