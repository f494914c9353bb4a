"""The causes of a red run: what belongs together is one, what does not is two."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hamcrest import assert_that

from bdd.contracts.differences import ANOTHER, CUT_OFF, EXTRA, WITHOUT, Difference, differences
from bdd.domain.entity import Entity
from bdd.domain.responses import has_status, refuses, shows
from bdd.report.causes import in_a_clause, lines_of, write_causes
from bdd.verdict.audit import Finding, Late
from bdd.verdict.causes import Cause, Causes, Failure, title_of
from bdd.verdict.scenario_log import ScenarioLog
from bdd.verdict.symptom import (
    ACCEPTED,
    LISTS_DELETED,
    NEVER,
    WITHOUT_CAUSE,
    Symptom,
    of_event,
    of_response,
    of_text,
    of_trouble,
    symptoms_of,
)
from tests.support.builders import NOW, PATIENTS, REMOVED, Scene, event_in, response

CREATED, UPDATED = "patient.created", "patient.updated"
DATA = {"vorname": "Erika", "nachname": "Test", "status": "offen", "telefon": None}
NEVER_CREATED = [Symptom("patient", CREATED, NEVER)]


def failure(symptoms: list[Symptom], name: str = "One", *, prepares: bool = False) -> Failure:
    log = ScenarioLog(name, f"{name}.feature:3", "mark")
    return Failure(log, "When I act", "wrong", symptoms, prepares)


def event_with(data: dict[str, object], event_type: str = CREATED) -> list[Symptom]:
    expected = {"patient_id": 5, "patient_data": DATA}
    found = differences("payload", {"patient_id": 5, "patient_data": data}, expected)
    return of_event("patient", event_type, found)


def causes_of(*all_symptoms: list[Symptom]) -> list[Cause]:
    causes = Causes()
    for number, symptoms in enumerate(all_symptoms):
        causes.note(failure(symptoms, f"Scenario {number}"))
    return list(causes)


def titles(*all_symptoms: list[Symptom]) -> list[str]:
    return [each.title for each in causes_of(*all_symptoms)]


def test_the_same_difference_has_one_cause_whatever_shows_it() -> None:
    symptoms = [event_with({**DATA, "status": None}, each) for each in (CREATED, UPDATED)]
    assert titles(*symptoms, symptoms[0]) == ["patient.created and patient.updated with status as null"]


def test_differences_of_two_fields_have_two_causes_those_of_most_scenarios_first() -> None:
    status, name = event_with({**DATA, "status": None}), event_with({**DATA, "vorname": None})
    assert titles(status, name, name) == [
        "patient.created with vorname as null",
        "patient.created with status as null",
    ]


def test_fields_that_differ_in_the_same_way_in_one_event_have_one_cause() -> None:
    """Each scenario changes another field, and a service that publishes only that field lacks all others."""
    lacking = [event_with({name: DATA[name]}) for name in DATA]
    assert titles(*lacking) == ["patient.created without nachname, status, telefon and vorname"]


def test_two_causes_that_turn_out_to_be_one_keep_the_first_number() -> None:
    causes = Causes()
    numbers = [
        causes.note(failure(symptoms, str(number)))[0]
        for number, symptoms in enumerate(
            (
                event_with({**DATA, "status": "x"}),
                event_with({**DATA, "vorname": "x"}),
                event_with({**DATA, "status": "x", "vorname": "x"}),
            )
        )
    ]
    assert numbers == [1, 2, 1]
    (cause,) = causes
    assert cause.numbers == [1, 2]
    assert len(cause.failures) == 3


def test_an_event_that_differs_in_two_ways_has_two_causes() -> None:
    both = event_with({**DATA, "status": None, "extra": 1})
    assert titles(both) == ["patient.created with status as null", "patient.created with an additional extra"]


@pytest.mark.parametrize(
    ("changed", "title"),
    [
        ({"key": None}, "patient.created without a key"),
        ({"key": b"6"}, "patient.created with another key"),
        ({"topic": "matching-events"}, "patient.created on topic matching-events"),
        ({"eventType": "patient.create", "version": "2"}, "patient.created as “patient.create”"),
        ({"eventType": "{patient"}, "patient.created as “{patient”"),
        ({"event_id": "x", "eventId": REMOVED}, "patient.created with another name for eventId"),
        ({"timestamp": "gestern"}, "patient.created with timestamp against the contract"),
        ({"producer": "x"}, "patient.created with another producer"),
        ({"payload": REMOVED}, "patient.created without payload"),
    ],
)
def test_the_cause_says_how_an_event_differs_without_its_values(changed: dict[str, Any], title: str) -> None:
    scene = Scene()
    expected = scene.expect(CREATED)
    differences_found = scene.ledger.differences(expected, event_in(scene.event(CREATED, **changed)))
    assert title_of(of_event("patient", CREATED, differences_found)) == title


def test_what_a_response_and_an_event_show_alike_is_what_is_stored() -> None:
    answered = of_response("patient", response(200, ""), differences("", {**DATA, "status": "x"}, DATA), "")
    (cause,) = causes_of(event_with({**DATA, "status": "x"}), answered)
    assert cause.title == "patient.created and the response to PUT /api/patients/<id> with another status"
    assert cause.advice == "responses and events agree: correct what the service stores, or how it reads it"


def test_a_failed_check_carries_its_symptoms() -> None:
    erika = Entity(PATIENTS, 5, {"vorname": "Erika"})
    for body, matcher, title in (
        ('{"id": 5}', shows(erika), "the response to PUT /api/patients/<id> without vorname"),
        ("[]", shows(erika), "PUT /api/patients/<id> answered with JSON of another form"),
        ("<p>", shows(erika), "PUT /api/patients/<id> answered with something else than JSON"),
        ("{}", has_status(404), "PUT /api/patients/<id> answered with 200 in place of 404"),
        ("{}", refuses(400, "email"), "PUT /api/patients/<id> accepts a wrong email"),
    ):
        with pytest.raises(AssertionError) as failed:
            assert_that(response(200, body), matcher)
        later = ValueError("because of it")
        later.__cause__ = failed.value
        assert title_of(symptoms_of(failed.value)) == title_of(symptoms_of(later)) == title
    assert symptoms_of(AssertionError("something")) == []


def test_which_fields_are_not_checked_is_one_cause() -> None:
    accepted = [Symptom("patient", "POST /api/patients", "accepts a wrong {fields}", name) for name in ("a", "b")]
    assert titles(*([each] for each in accepted)) == ["POST /api/patients accepts a wrong a and b"]


def test_a_message_of_which_nothing_is_known_is_a_cause_without_its_variables() -> None:
    first, second = (of_text(f"patient {n} of bdd4f2ax{n}z {{is}}\n wrong") for n in (5, 17))
    assert titles(first, second) == ["patient … of … {is} wrong"]


def test_the_best_example_has_no_other_cause_and_did_not_only_prepare() -> None:
    status = event_with({**DATA, "status": None})
    causes = Causes()
    for each in (
        failure([*status, *NEVER_CREATED], "Two causes"),
        failure(status, "Prepares", prepares=True),
        failure(status, "Best"),
    ):
        causes.note(each)
    first = next(iter(causes))
    assert isinstance(first.best, Failure)
    assert first.best.scenario == "Best"
    assert first.not_judged == 1
    assert lines_of(first)[0].endswith(" 3 scenarios, 1 of them could not be judged")


def test_a_broken_platform_is_the_cause_of_what_did_not_come_just_before() -> None:
    causes = Causes()
    trouble = of_trouble("the container kafka is paused\n    next: docker unpause kafka")
    for name, symptoms in (
        ("Earlier", NEVER_CREATED),
        ("Wrong", event_with({**DATA, "status": None})),
        ("Silent", NEVER_CREATED),
        ("Broken", [trouble]),
    ):
        causes.note(failure(symptoms, name))
    causes.end(trouble)
    assert {each.title: [one.scenario for one in each.failures] for each in causes} == {
        "the container kafka is paused": ["Silent", "Broken"],
        "no patient.created event comes": ["Earlier"],
        "patient.created with status as null": ["Wrong"],
    }
    assert next(iter(causes)).advice == "docker unpause kafka"


def test_a_number_that_was_printed_stays_with_what_it_turned_out_to_be() -> None:
    causes = Causes()
    for name in ("First", "Second"):
        causes.note(failure(NEVER_CREATED, name))
    causes.end(of_trouble("the service hangs, for 8 s"))
    causes.end(of_trouble("the service hangs, for 14 s"))
    (cause,) = causes
    assert (cause.numbers, cause.number, len(cause.failures)) == ([1, 2], 1, 2)


def test_an_event_that_came_after_its_deadline_is_late_and_not_missing() -> None:
    causes, late = Causes(), []
    for deadline in (5.0, 20.0):
        scene = Scene()
        expected = scene.expect(CREATED)
        expected.deadline, expected.requested_at = deadline, NOW - 7.28
        expected.claim = event_in(scene.event(CREATED))
        each = failure(NEVER_CREATED, f"Promised within {deadline} s")
        causes.note(each)
        late.append(Late(expected, each.log))
    assert [each.in_time for each in late] == [False, True], "the second is not judged, and so not late"
    causes.note_late(late)
    (cause,) = causes
    assert cause.title == (
        "patient.created up to 7.3 s after the request, 5 s were promised; no patient.created event comes"
    )


def test_findings_have_causes_too() -> None:
    causes = Causes()
    finding = Finding("One", "one.feature:3", "When I act", "left an event", "correct it", NEVER_CREATED)
    assert [causes.note(finding)[1] for _ in range(3)] == [True, False, False]
    assert in_a_clause(list(causes)) == ["1 cause: no patient.created event comes"]
    assert causes.number(finding) == 1
    assert causes.failure_of("One", "one.feature:3") is None, "that scenario has not failed"


def test_the_last_line_names_three_causes() -> None:
    causes = causes_of(*([Symptom(name, name, "wrong")] for name in "abcde"))
    assert in_a_clause(causes) == ["5 causes: a wrong; b wrong; c wrong; 2 more"]
    assert in_a_clause([]) == []


def test_causes_are_written_for_tools_and_for_people(tmp_path: Path) -> None:
    causes = Causes()
    one = failure(NEVER_CREATED)
    one.evidence = tmp_path / "cause-1" / "one"
    causes.note(one)
    write_causes(tmp_path, list(causes))
    (written,) = json.loads((tmp_path / "causes.json").read_text())
    assert written["cause"] == "no patient.created event comes"
    assert written["failed"] == [
        {
            "scenario": "One",
            "location": "One.feature:3",
            "step": "When I act",
            "judged": True,
            "evidence": str(one.evidence),
        }
    ]
    text = (tmp_path / "cause-1" / "cause.txt").read_text()
    assert text.startswith("no patient.created event comes\n1 scenario\n")
    assert f"One (One.feature:3): {one.evidence}\n" in text


def test_causes_that_cannot_be_written_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    write_causes(tmp_path / "file", causes_of(NEVER_CREATED))
    assert "The causes cannot be written: " in capsys.readouterr().out


def of_difference(field: str, kind: str, event_type: str = CREATED) -> list[Symptom]:
    return of_event("patient", event_type, [Difference("in a sentence", field, kind)])


def of_answer(method: str, path: str, kind: str) -> list[Symptom]:
    exchange = replace(response(200, "{}"), method=method, path=path)
    return of_response("patient", exchange, [Difference("in a sentence", "", kind)], "correct it")


ID, DATA_FIELD = "payload.patient_id", "payload.patient_data"


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param([of_difference("key", "with another key"), of_difference(ID, ANOTHER)], id="whom it is about"),
        pytest.param(
            [of_difference(f"{DATA_FIELD}.{each}", CUT_OFF) for each in ("vorname", "nachname")], id="cut"
        ),
        pytest.param(
            [[*of_difference(DATA_FIELD, WITHOUT), *of_difference("payload.patientData2", EXTRA)]], id="renamed"
        ),
        pytest.param(
            [
                of_difference("eventType", f"as “{UPDATED}”", "patient.deleted"),
                [Symptom("patient", UPDATED, "published after an accepted PUT", group=WITHOUT_CAUSE)],
            ],
            id="another type of event",
        ),
        pytest.param(
            [
                of_answer("GET", "/api/patients/5", "answered with 200 in place of 404"),
                of_answer("GET", "/api/patients", LISTS_DELETED),
            ],
            id="what should not exist",
        ),
        pytest.param(
            [
                of_answer("POST", "/api/patients", "answered with 201 in place of 400"),
                [Symptom("patient", "PUT /api/patients/<id>", ACCEPTED, "status")],
            ],
            id="accepted",
        ),
    ],
)
def test_what_one_defect_shows_in_several_ways_has_one_cause(shown: list[list[Symptom]]) -> None:
    assert len(causes_of(*shown)) == 1


def test_an_unknown_type_of_event_and_an_unexpected_event_have_two_causes() -> None:
    unexpected = [Symptom("patient", UPDATED, "published after an accepted PUT", group=WITHOUT_CAUSE)]
    assert len(causes_of(of_difference("eventType", "as “PatientDeleted”", "patient.deleted"), unexpected)) == 2
