"""What the cases of `test_then_steps` do not show of the messages about responses."""

import json

import pytest
from hamcrest import assert_that
from hamcrest.core.base_matcher import BaseMatcher

from bdd.api.exchange import Exchange
from bdd.domain.entity import Entity
from bdd.domain.responses import (
    could_read,
    creates,
    has_message,
    has_status,
    lists,
    lists_only,
    or_unavailable,
    refuses,
    shows,
)
from tests.support.builders import NOW, PATIENTS, failure, mismatch, response

ERIKA = Entity(PATIENTS, 5, {"vorname": "Erika", "status": "offen"})


NAMING = "expected one that names “status”"


@pytest.mark.parametrize(
    ("matcher", "status", "body", "message"),
    [
        (has_status(201), None, "ConnectionError", "the service responded with None, expected 201"),
        (has_message("Gone"), 404, '{"message": "Gone", "id": 5}', "id is extra: 5"),
        (has_message("Gone"), 204, "", "the response is not JSON (Expecting value: line 1 column 1 (char 0)): ''"),
        (refuses(400, "status"), 400, "[]", "the response is not an object but []"),
        *(
            (
                refuses(400, "status"),
                400,
                json.dumps({"message": wrong}),
                f"message is {json.dumps(wrong)}, {NAMING}",
            )
            for wrong in ("a field is wrong", {"telefon": "status"}, ["status is wrong"], 5)
        ),
        (shows(ERIKA), 404, "gone", "the service responded with 404 in place of the patient: gone"),
        (
            shows(ERIKA),
            200,
            '{"id": 5, "vorname": "Erika", "status": "PatientStatus.OPEN"}',
            'status is "PatientStatus.OPEN", expected "offen": a Python enum\'s name in place of its value',
        ),
        (
            lists_only(PATIENTS, "status", "offen"),
            200,
            '[{"id": 6}]',
            "1 of 1 have another status, first patient 6 with null",
        ),
    ],
)
def test_the_first_line_names_what_is_wrong(
    matcher: BaseMatcher[Exchange], status: int | None, body: str, message: str
) -> None:
    assert mismatch(failure(assert_that, response(status, body), matcher)) == message


@pytest.mark.parametrize(("status", "body"), [(503, ""), (200, json.dumps([ERIKA.body]))])
def test_what_cannot_be_read_now_is_right_or_refused_with_503(status: int, body: str) -> None:
    assert_that(response(status, body), or_unavailable(lists(ERIKA)))


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, "[]", "patient 5 is not among the 0 that are listed"),
        (500, "gone", "the service responded with 500 in place of the list of patients: gone"),
    ],
)
def test_what_cannot_be_read_now_does_not_look_empty(status: int, body: str, message: str) -> None:
    failed = failure(assert_that, response(status, body), or_unavailable(lists(ERIKA)))
    assert mismatch(failed) == message


def test_a_json_response_keeps_its_indentation_below_the_first_line_and_loses_it_there() -> None:
    body = '{\n  "message": {\n    "telefon": "wrong"\n  }\n}\n'
    assert failure(assert_that, response(400, body), shows(ERIKA)).splitlines()[1:] == [
        '     but: the service responded with 400 in place of the patient: { "message": { "telefon": "wrong" } }',
        "          request:  PUT /api/patients/5 -> 400 in 4 ms",
        '          sent:     {"vorname": "Erika"}',
        "          response: {",
        '                      "message": {',
        '                        "telefon": "wrong"',
        "                      }",
        "                    }",
        "          next:     correct the service's response, or what it stores",
    ]


@pytest.mark.parametrize(
    ("status", "location", "outcome", "advice"),
    [
        (
            308,
            "https://platform.example/api/patients/",
            "308, Location: https://platform.example/api/patients/, in",
            "it sends its clients on: give https://platform.example as the service's address, in place of http://a:1",
        ),
        *(
            (
                301,
                place,
                f"301, Location: {place}, in",
                "it sends its clients on to another path: let the service take POST /api/patients itself",
            )
            for place in ("/api/patients/", "http://a:1/api/patients/")
        ),
        *(
            (
                status,
                "",
                f"{status} in",
                "requests need no credentials by the contract, and the suite sends none: give an address of the "
                "service where none are needed, in place of http://a:1",
            )
            for status in (401, 403)
        ),
        *(
            (
                status,
                "",
                f"{status} in",
                "nothing takes POST /api/patients at http://a:1: give the address of the service itself",
            )
            for status in (404, 405)
        ),
        (
            400,
            "",
            "400 in",
            "see why the service refused it; if it requires more than the contract says, correct one of the two",
        ),
    ],
)
def test_a_creation_that_does_not_reach_the_api_is_named_with_its_correction(
    status: int, location: str, outcome: str, advice: str
) -> None:
    refused = Exchange("POST", "/api/patients", "{}", NOW, 0.004, status, "no", location=location, url="http://a:1")
    expected, first, request, *_, last = failure(assert_that, refused, creates(PATIENTS)).splitlines()
    assert expected == "Expected: the service creates the patient"
    assert first == f"     but: the service responded with {outcome} place of the patient: no"
    assert request == f"          request:  POST /api/patients -> {outcome} 4 ms"
    assert last == f"          next:     {advice}"


@pytest.mark.parametrize("message", ["status is wrong", {"status": "is wrong", "telefon": "is wrong"}])
def test_a_refusal_names_the_field_in_a_text_or_as_the_name_in_an_object(message: object) -> None:
    assert_that(response(400, json.dumps({"message": message})), refuses(400, "status"))


def test_the_message_names_every_difference_and_shows_request_and_response() -> None:
    assert failure(assert_that, response(200, '{"id": 6}'), could_read(ERIKA)) == (
        "Expected: patient 5 as the event shows it\n"
        "     but: id is 6, expected 5\n"
        '                    - vorname is missing, expected "Erika"\n'
        '                    - status is missing, expected "offen"\n'
        "          request:  PUT /api/patients/5 -> 200 in 4 ms\n"
        '          sent:     {"vorname": "Erika"}\n'
        '          response: {"id": 6}\n'
        "          next:     correct the service's response, or what it stores"
    )


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('[{"nachname": "Fremdling"}, {"id": 7}]', "a list of length 2"),
        ('\n[\n  {"nachname": "Fremdling"}\n]', "a list of length 1"),
        ('[{"nachname": "Fremdling"', "a list that is not JSON, of 25 characters"),
        ("[]", "[]"),
        ('{"message": "Gone"}', '{"message": "Gone"}'),
    ],
)
def test_a_message_shows_no_entry_of_a_list_for_it_may_be_about_others(body: str, shown: str) -> None:
    message = failure(assert_that, response(200, body), has_status(400))
    assert f"response: {shown}\n" in message
    assert "Fremdling" not in message
