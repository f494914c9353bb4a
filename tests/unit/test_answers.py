"""What is said of an answer that is not as expected: the field, and what was sent and answered."""

import pytest
from hamcrest import assert_that
from hamcrest.core.base_matcher import BaseMatcher

from bdd.api.exchange import Exchange
from bdd.domain.responses import answers, answers_message, answers_patient, lists_only, lists_patient, refuses
from tests.support.builders import NOW, first_line

ERIKA = {"vorname": "Erika", "status": "offen"}


def answer(status: int, body: str) -> Exchange:
    return Exchange("PUT", "/api/patients/5", '{"vorname": "Erika"}', NOW, 0.004, status, body)


@pytest.mark.parametrize(
    ("matcher", "status", "body", "said"),
    [
        (answers(201), 400, "{}", "the service answered 400, expected 201"),
        (answers(201), None, "ConnectionError", "the service answered None, expected 201"),
        (answers_message("Gone"), 404, '{"message": "Weg"}', 'message is "Weg", expected "Gone"'),
        (answers_message("Gone"), 404, '{"message": "Gone", "id": 5}', "id is extra: 5"),
        (
            answers_message("Gone"),
            204,
            "",
            "the answer is not JSON (Expecting value: line 1 column 1 (char 0)): ''",
        ),
        (refuses(400, "status"), 201, '{"message": "status"}', "the service answered 201, expected 400"),
        (refuses(400, "status"), 400, "{}", "message is null, expected one that names “status”"),
        (refuses(400, "status"), 400, "[]", "the answer is no object, but []"),
        (answers_patient(5, ERIKA), 200, '{"id": 5, "vorname": "Erika"}', 'status is missing, expected "offen"'),
        (
            answers_patient(5, ERIKA),
            200,
            '{"id": 5, "vorname": "Erika", "status": "PatientStatus.OPEN"}',
            'status is "PatientStatus.OPEN", expected "offen": a Python enum\'s name in place of its value',
        ),
        (answers_patient(5, ERIKA), 404, "gone", "the service answered 404 in place of the patient: gone"),
        (lists_patient(5, ERIKA), 200, "{}", "the answer is no list of patients, but {}"),
        (lists_patient(5, ERIKA), 200, '[{"id": 6}]', "the patient is not among the 1 that are listed"),
        (lists_only("offen"), 200, '[{"id": 6}]', "1 of 1 have another status, first patient 6 with null"),
    ],
)
def test_an_answer_that_is_not_as_expected_names_what_is_wrong(
    matcher: BaseMatcher[Exchange], status: int, body: str, said: str
) -> None:
    with pytest.raises(AssertionError) as failed:
        assert_that(answer(status, body), matcher)
    _, _, but = str(failed.value).partition("but: ")
    assert first_line(but) == said
    assert "request:  PUT /api/patients/5 -> " in but
    assert "next:     " in but
