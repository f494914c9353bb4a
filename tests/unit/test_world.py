"""The world: every request of a scenario is sent in one way, which keeps it for the evidence."""

import json
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import requests

from bdd.api.client import NoResponse
from bdd.api.exchange import Exchange
from bdd.domain.entity import Entity
from bdd.domain.test_data import example, unreadable_body
from bdd.domain.world import World
from bdd.system.waiting import WaitAborted
from bdd.verdict.causes import title_of
from bdd.verdict.symptom import symptoms_of
from tests.support.builders import LONG_TIMEOUT, NOW, PATIENTS, mismatch
from tests.support.fake_platform import FakePlatform
from tests.support.suite_steps import bound


class SilentPlatform(FakePlatform):
    """A platform that does not respond to the requests whose body holds a text."""

    def __init__(self, silent_for: str) -> None:
        super().__init__()
        self._silent_for = silent_for

    def send(self, method: str, path: str, body: str | None = None) -> Exchange:
        if self._silent_for in (body or path):
            exchange = Exchange(method, path, body, NOW, 10.0, None, "ReadTimeout")
            raise NoResponse(self.url, exchange, requests.ReadTimeout())
        return super().send(method, path, body)


def sent(world: World) -> list[tuple[str, int | None]]:
    return sorted((each.method, each.status) for each in world.exchanges if each.status) + [
        (each.method, None) for each in world.exchanges if each.status is None
    ]


def test_a_request_without_a_response_is_kept_among_parallel_ones() -> None:
    world = SilentPlatform("Silent").world()
    patients = [example(PATIENTS, world.mark) | {"vorname": name} for name in ("Erika", "Silent", "Max")]
    with pytest.raises(NoResponse, match="nothing came within 10 s") as silent:
        world.create_several(PATIENTS, patients)
    in_a_program = ValueError("the program went wrong")
    in_a_program.__cause__ = silent.value
    assert title_of(symptoms_of(in_a_program)) == "the patient-service does not respond"
    assert sent(world) == [("POST", 201), ("POST", 201), ("POST", None)]
    (unanswered,) = [each.sent for each in world.exchanges if each.status is None]
    assert json.loads(unanswered or "")["vorname"] == "Silent"


def test_the_readers_request_is_kept_and_is_not_an_action() -> None:
    platform = SilentPlatform("/api/patients/101")
    world = platform.world()
    world.default_deadline = LONG_TIMEOUT
    world.step = "Given a reader"
    world.start_reader(PATIENTS)
    world.step = "When I create a patient"
    world.create(PATIENTS, example(PATIENTS, world.mark))
    after = world.after
    assert world.reader
    with pytest.raises(NoResponse):
        world.reader.check(world.the(PATIENTS))
    assert sent(world) == [("POST", 201), ("GET", None)]
    assert [each.step for each in world.observer.scenario_log.requests] == [
        "When I create a patient",
        "Given a reader",
    ]
    assert world.after == after


def test_a_reader_waits_no_longer_than_its_scenario_lasts() -> None:
    world = FakePlatform().world()
    world.default_deadline = LONG_TIMEOUT
    world.start_reader(PATIENTS)
    world.close(failed=True)
    assert world.reader
    with pytest.raises(WaitAborted, match="the scenario has ended"):
        world.reader.check(Entity(PATIENTS, 1))


@pytest.mark.parametrize(
    "act",
    [
        lambda world: world.create_several(PATIENTS, [example(PATIENTS, world.mark)] * 2),
        lambda world: world.update(world.the(PATIENTS), {"vorname": "Max"}),
        lambda world: world.delete(world.the(PATIENTS)),
        lambda world: world.send(PATIENTS, "GET", world.the(PATIENTS).path),
    ],
)
def test_nothing_is_sent_once_the_platform_has_broken(act: Callable[[World], object]) -> None:
    platform = FakePlatform()
    world = platform.world()
    world.create(PATIENTS, example(PATIENTS, world.mark))
    platform.scene.troubles.append("the broker has ended with exit code 1")
    with pytest.raises(
        AssertionError, match=r"^the broker has ended with exit code 1: \w+ /api/\S+ was not sent any"
    ):
        act(world)
    assert sent(world) == [("POST", 201)]


def test_plans_that_are_not_carried_out_turn_a_passed_scenario_red() -> None:
    world = FakePlatform().world()
    world.step = "When as client 1, I create a patient"
    bound("when", "as client 1, I create a patient")[1](SimpleNamespace(world=world))
    world.close(failed=True)
    with pytest.raises(AssertionError, match="plans that were not carried out"):
        world.close(failed=False)
    bound("when", "all clients do this at the same time")[1](SimpleNamespace(world=world))
    assert sent(world) == [("POST", 201)]
    world.close(failed=False)


def test_a_plan_that_names_what_the_contract_does_not_have_is_red_at_once() -> None:
    world = FakePlatform().world()
    unknown = "as client 1, I change the patient's status to “vielleicht”"
    world.step = f"When {unknown}"
    with pytest.raises(AssertionError, match="“vielleicht” is not a status of a patient"):
        bound("when", unknown)[1](SimpleNamespace(world=world))
    assert not world.plans


def test_an_unknown_name_of_a_body_is_refused() -> None:
    with pytest.raises(
        AssertionError, match="no body is called “a poem”; there are: JSON that is cut off, a web form"
    ):
        unreadable_body(PATIENTS, "a poem", "mark")


@pytest.mark.parametrize("first", ["Given a patient", "When I create a patient"])
def test_a_refused_creation_is_the_first_line_of_what_fails_because_of_it(first: str) -> None:
    platform = FakePlatform()
    platform.answer = lambda *_: (400, {"message": "geburtsdatum is missing"})  # type: ignore[method-assign]
    context = SimpleNamespace(world=platform.world())
    keyword, _, words = first.partition(" ")
    try:
        bound(keyword.lower(), words)[1](context)
    except AssertionError as error:
        message = mismatch(str(error).strip())
        assert message == (
            'the service responded with 400 in place of the patient: {"message": "geburtsdatum is missing"}'
        )
    else:
        with pytest.raises(
            AssertionError, match=r"no patient, for its creation was refused: POST .* 400 .*geburtsd"
        ):
            bound("when", "I delete the patient")[1](context)
    assert sent(context.world) == [("POST", 400)]
