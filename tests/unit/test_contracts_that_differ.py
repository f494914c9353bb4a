"""Contracts unlike the project's own: what they lack of what features name, and what the service makes."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bdd.api.exchange import Exchange
from bdd.contracts.asyncapi import InvalidContract
from bdd.domain.own_contracts import use_contracts
from bdd.domain.random_programs.search import Search
from bdd.domain.test_data import a_change, example, filtered
from bdd.domain.world import World
from bdd.system.paths import ASYNCAPI
from tests.support.api_contracts import changed, in_use
from tests.support.builders import NOW, PATIENTS
from tests.support.fake_platform import FakePlatform
from tests.support.moved_on import MADE, read_only_field
from tests.support.suite_steps import bound

NUMBER = "A123456789"


def first_line(wrong: pytest.ExceptionInfo[AssertionError]) -> str:
    """Return the message without what pytest adds: it takes `test_data` for a test's, by its name."""
    first, *_ = str(wrong.value).splitlines()
    return first


def do(world: World, sentence: str) -> None:
    bound("when", sentence)[1](SimpleNamespace(world=world, table=None))


@pytest.mark.parametrize(
    "sentence",
    [
        "I create a patient whose rufname has 5 characters",
        "I change the patient's rufname to “Eri”",
        "I change the patient's rufname 3 times in a row",
        "I change every patient's rufname to “Eri”",
        "I clear the patient's rufname",
        "I try to create a patient without rufname",
        "I try to create a patient whose rufname is a number",
        "I try to change the patient's rufname to a number",
    ],
)
def test_a_step_that_names_a_field_which_the_contract_does_not_have_says_so_in_one_line(sentence: str) -> None:
    world = FakePlatform().world()
    world.create(PATIENTS, example(PATIENTS, world.mark))
    with pytest.raises(AssertionError) as wrong:
        do(world, sentence)
    assert first_line(wrong) == (
        "a patient has no field “rufname” in contracts/patients.openapi.yaml; "
        "there are: anrede, vorname, nachname, email, telefon, status"
    )
    assert len(world.exchanges) == 1, "nothing was sent"


@pytest.mark.parametrize(
    "sentence",
    ["I create a patient with the unknown field “{}”", "I change the patient and give the unknown field “{}” too"],
)
def test_an_unknown_field_changes_nothing_and_the_contract_must_not_have_it(sentence: str) -> None:
    world = FakePlatform().world()
    world.create(PATIENTS, example(PATIENTS, world.mark))
    do(world, sentence.format("haustier"))
    assert "haustier" in str(world.exchanges[-1].sent)
    assert "haustier" not in world.the(PATIENTS).data
    for known in ("telefon", "id"):
        with pytest.raises(AssertionError) as wrong:
            do(world, sentence.format(known))
        assert first_line(wrong) == (
            f"“{known}” is a field of a patient in contracts/patients.openapi.yaml: name one that it does not have"
        )


def test_a_new_thing_may_lack_a_field_that_would_not_be_sent() -> None:
    world = FakePlatform().world()
    do(world, "I try to create a patient without status")
    assert world.response.status == 201


def test_a_list_can_be_read_by_the_contracts_parameters_only(tmp_path: Path) -> None:
    assert filtered(PATIENTS, "status", "auf der Suche") == "/api/patients?status=auf+der+Suche"
    with pytest.raises(AssertionError, match="“vielleicht” is not a status of a patient"):
        filtered(PATIENTS, "status", "vielleicht")
    assert filtered(PATIENTS, "status", "vielleicht", valid=False) == "/api/patients?status=vielleicht"

    def change(document: Any) -> None:
        del document["paths"]["/api/patients"]["get"]["parameters"]

    own = changed(tmp_path, change)
    with in_use([PATIENTS.path], own), pytest.raises(AssertionError) as wrong:
        filtered(PATIENTS, "status", "offen")
    assert first_line(wrong) == f"GET /api/patients has no parameter “status” in {own}; there are: none"


@pytest.fixture
def _with_a_made_field(tmp_path: Path) -> Iterator[None]:
    with in_use([PATIENTS.path], changed(tmp_path, read_only_field)):
        yield


class MakingPlatform(FakePlatform):
    """A platform that makes a field; a response may lack it, or have no body."""

    made: str | None = NUMBER
    body: str | None = None

    def send(self, method: str, path: str, body: str | None = None) -> Exchange:
        answer = {**super().send(method, path, body).json, MADE: self.made}
        if self.made is None:
            del answer[MADE]
        return Exchange(method, path, body, NOW, 0.001, 201, json.dumps(answer) if self.body is None else self.body)


@pytest.mark.usefixtures("_with_a_made_field")
def test_what_the_service_must_make_and_has_not_is_named_at_once() -> None:
    platform = MakingPlatform()
    platform.made = None
    world = platform.world()
    with pytest.raises(AssertionError, match=f"the response has no {MADE}, which the service makes: {{"):
        do(world, "I create a patient")


@pytest.mark.usefixtures("_with_a_made_field")
@pytest.mark.parametrize(("body", "then"), [(None, "B987654321"), ("", NUMBER), ("{}", NUMBER)])
def test_what_the_service_has_made_is_expected_until_a_response_has_another_value(
    body: str | None, then: str
) -> None:
    platform = MakingPlatform()
    world = platform.world()
    do(world, "I create a patient")
    assert world.the(PATIENTS).data[MADE] == NUMBER
    platform.made, platform.body = "B987654321", body
    do(world, "I change the patient's vorname to “Eri”")
    assert world.the(PATIENTS).data[MADE] == then


def test_contracts_that_do_not_agree_are_refused_in_one_line(tmp_path: Path) -> None:
    events = changed(tmp_path, read_only_field, ASYNCAPI)
    try:
        with pytest.raises(InvalidContract) as wrong:
            use_contracts(events, [])
        assert str(wrong.value) == (
            f"The contracts do not agree: {events} requires {MADE} in a patient.created event, "
            "and contracts/patients.openapi.yaml has no such field."
        )
        use_contracts(events, [changed(tmp_path, read_only_field)])
    finally:
        use_contracts(ASYNCAPI, [])


def test_a_thing_without_texts_and_without_what_must_be_there_has_random_lifecycles(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        schemas = document["components"]["schemas"]
        schemas["PatientChanges"]["properties"] = {"zimmer": {"type": "integer", "minimum": 1}}
        schemas["NewPatient"] = {"$ref": "#/components/schemas/PatientChanges"}
        schemas["Patient"]["properties"] = {"id": {"type": "integer"}, "zimmer": {"type": ["integer", "null"]}}

    with in_use([PATIENTS.path], changed(tmp_path, change)):
        assert example(PATIENTS, "mark") == {"zimmer": 1}
        assert a_change(PATIENTS) == {"zimmer": 2}
        search = Search(lambda *_: None, [PATIENTS])
        assert search.run(seed=1, count=30) is None
    words = {each.words for program in search.played for lifecycle in program for each in lifecycle}
    assert {"I create a patient", "I change the patient's zimmer to “2”"} <= words
