"""A response that is not as expected: the message names the field, what was sent and what came back."""

import pytest
from hamcrest import assert_that
from hamcrest.core.base_matcher import BaseMatcher

from bdd.api.exchange import Exchange
from bdd.domain.responses import has_message, has_status, is_patient, lists_only, lists_patient, refuses
from tests.support.builders import NOW, first_line

ERIKA = {"vorname": "Erika", "status": "offen"}


def response(status: int, body: str) -> Exchange:
    return Exchange("PUT", "/api/patients/5", '{"vorname": "Erika"}', NOW, 0.004, status, body)


@pytest.mark.parametrize(
    ("matcher", "status", "body", "message"),
    [
        (has_status(201), 400, "{}", "the service responded with 400, expected 201"),
        (has_status(201), None, "ConnectionError", "the service responded with None, expected 201"),
        (has_message("Gone"), 404, '{"message": "Weg"}', 'message is "Weg", expected "Gone"'),
        (has_message("Gone"), 404, '{"message": "Gone", "id": 5}', "id is extra: 5"),
        (
            has_message("Gone"),
            204,
            "",
            "the response is not JSON (Expecting value: line 1 column 1 (char 0)): ''",
        ),
        (refuses(400, "status"), 201, '{"message": "status"}', "the service responded with 201, expected 400"),
        (refuses(400, "status"), 400, "{}", "message is null, expected one that names “status”"),
        (refuses(400, "status"), 400, "[]", "the response is not an object but []"),
        (is_patient(5, ERIKA), 200, '{"id": 5, "vorname": "Erika"}', 'status is missing, expected "offen"'),
        (
            is_patient(5, ERIKA),
            200,
            '{"id": 5, "vorname": "Erika", "status": "PatientStatus.OPEN"}',
            'status is "PatientStatus.OPEN", expected "offen": a Python enum\'s name in place of its value',
        ),
        (is_patient(5, ERIKA), 404, "gone", "the service responded with 404 in place of the patient: gone"),
        (lists_patient(5, ERIKA), 200, "{}", "the response is not a list of patients but {}"),
        (lists_patient(5, ERIKA), 200, '[{"id": 6}]', "the patient is not among the 1 that are listed"),
        (lists_only("offen"), 200, '[{"id": 6}]', "1 of 1 have another status, first patient 6 with null"),
    ],
)
def test_a_response_that_is_not_as_expected_names_what_is_wrong(
    matcher: BaseMatcher[Exchange], status: int, body: str, message: str
) -> None:
    with pytest.raises(AssertionError) as failed:
        assert_that(response(status, body), matcher)
    _, _, but = str(failed.value).partition("but: ")
    assert first_line(but) == message
    assert "request:  PUT /api/patients/5 -> " in but
    assert "next:     " in but
