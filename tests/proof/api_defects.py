"""Defects of what the service answers, and of what it keeps."""

from dataclasses import replace

from bdd.events import contract
from reference.patient_service.models import PatientStatus
from tests.proof.defect import Defect
from tests.proof.traffic import Answer, Inside, Request, Serve, answering, on, refusing


def _patients(change: str, value: object) -> Serve:
    """Show a field of a patient otherwise, in every answer."""
    return answering(lambda answer: answer if answer.refuses else answer.saying({**answer.json, change: value}))


def _without(name: str) -> Serve:
    return answering(
        lambda answer: answer.saying({k: v for k, v in answer.json.items() if k != name or answer.refuses})
    )


def _as_if_known(request: Request, inside: Inside) -> Answer:
    """Take an unknown status for the one a patient has at first."""
    known = {"status": "offen"} if request.fields.get("status") == "vielleicht" else {}
    return inside.answer(request.asking(**request.fields | known))


def _nothing_left_out(request: Request, inside: Inside) -> Answer:
    """Clear the fields that a change leaves out."""
    empty = {"anrede": None, "email": None, "telefon": None}
    return inside.answer(request.asking(**empty | request.fields) if request.fields else request)


def _status_ignored(request: Request, inside: Inside) -> Answer:
    fields = request.fields
    status = fields.pop("status", "offen")
    return inside.answer(request.asking(**fields) if status in set(PatientStatus) and fields else request)


def _number_as_text(request: Request, inside: Inside) -> Answer:
    fields = {name: str(value) if type(value) is int else value for name, value in request.fields.items()}
    return inside.answer(request.asking(**fields) if fields else request)


def _delete_unknown(request: Request, inside: Inside) -> Answer:
    answer = inside.answer(request)
    return Answer(200, b'{"message": "Patient deleted successfully"}') if answer.refuses else answer


def _create_not_stored(request: Request, inside: Inside) -> Answer:
    answer = inside.answer(request)
    if not answer.refuses:
        inside.drop_row(answer.json["id"])
    return answer


def _undone(request: Request, inside: Inside) -> Answer:
    """Do what was asked, answer and announce it, then put the row back as it was."""
    row = inside.row(request.patient or 0)
    answer = inside.answer(request)
    if row and not answer.refuses:
        inside.put_row(row)
    return answer


def _refused_but_stored(request: Request, inside: Inside) -> Answer:
    answer = inside.answer(request)
    row = inside.row(request.patient or 0)
    if row and answer.refuses:
        inside.put_row(tuple("verdorben" if value == "Frau" else value for value in row))
    return answer


def _refused_comes_later() -> Serve:
    """Keep what a refused change has touched, and store it with the patient's next change."""
    touched: set[int | None] = set()

    def serve(request: Request, inside: Inside) -> Answer:
        left = {"anrede": "verdorben"} if request.patient in touched else {}
        answer = inside.answer(request.asking(**left | request.fields) if request.fields else request)
        if answer.refuses:
            touched.add(request.patient)
        return answer

    return serve


def _http(name: str, says: str, pattern: str, feature: str, serve: Serve, *, scenario: str = "") -> Defect:
    return Defect(name=name, says=says, pattern=pattern, features=(feature,), scenario=scenario, serve=serve)


def _store(name: str, says: str, pattern: str, feature: str, store: Serve) -> Defect:
    return Defect(name=name, says=says, pattern=pattern, features=(feature,), store=store)


_ANSWERS = [
    _http(
        "created-answers-200",
        "a creation is answered with 200 in place of 201",
        r"POST /api/patients -> 200[\s\S]*Expected: <201>",
        "patient_created",
        on(
            "POST", answering(lambda answer: replace(answer, status=200 if answer.status == 201 else answer.status))
        ),
    ),
    _http(
        "refused-answers-500",
        "a wrong value is answered with 500 in place of 400",
        r"-> 500[\s\S]*Expected: <400>",
        "patient_refused",
        refusing(400, lambda answer: replace(answer, status=500)),
    ),
    _http(
        "refused-answers-422",
        "a wrong value is answered with 422 in place of 400",
        r"-> 422[\s\S]*Expected: <400>",
        "patient_refused",
        refusing(400, lambda answer: replace(answer, status=422)),
    ),
    _http(
        "refused-names-no-field",
        "a refusal does not name the field",
        "a string containing 'vorname'",
        "patient_refused",
        refusing(400, lambda answer: answer.saying({"message": "Bad request"})),
    ),
    _http(
        "refused-in-html",
        "a refusal is a page of HTML",
        "the answer is not JSON: '<h1>Bad request</h1>'",
        "patient_refused",
        refusing(400, lambda answer: replace(answer, body=b"<h1>Bad request</h1>")),
    ),
    _http(
        "unknown-answers-empty-patient",
        "404 comes with an empty patient in place of the message",
        "'message': 'Patient not found'",
        "patient_refused",
        refusing(
            404, lambda answer: answer.saying({"id": None} | dict.fromkeys(contract.current().patient_fields))
        ),
    ),
    _http(
        "unknown-answers-200",
        "reading a patient that does not exist is answered with 200 and null",
        r"-> 200[\s\S]*Expected: <404>",
        "patient_refused",
        on("GET", refusing(404, lambda _answer: Answer(200, b"null"))),
    ),
    _http(
        "unknown-deleted-answers-200",
        "deleting a patient that does not exist is answered as if it had been there",
        r"DELETE .* -> 200[\s\S]*Expected: <404>",
        "patient_refused",
        on("DELETE", _delete_unknown),
        scenario="does not exist",
    ),
    _http(
        "deleted-answers-204",
        "a deletion is answered with 204 and nothing",
        r"-> 204[\s\S]*Expected: <200>",
        "patient_deleted",
        on("DELETE", answering(lambda answer: answer if answer.refuses else Answer(204, b""))),
    ),
    _http(
        "deleted-message-wrong",
        "a deletion is answered with another message",
        r"Expected: <\{'message': 'Patient deleted successfully'\}>[\s\S]*was <\{'message': 'Patient deleted'\}>",
        "patient_deleted",
        on("DELETE", refusing(200, lambda answer: answer.saying({"message": "Patient deleted"}))),
    ),
    _http(
        "id-as-text",
        "a patient's id is answered as text",
        "the answer has no id that is an integer",
        "patient_created",
        on("POST", answering(lambda a: a if a.refuses else a.saying({**a.json, "id": str(a.json["id"])}))),
    ),
    _http(
        "id-missing",
        "a creation is answered without the id",
        "the answer has no id that is an integer",
        "patient_created",
        on("POST", _without("id")),
    ),
    _http(
        "answer-lacks-telefon",
        "a patient is answered without the phone number",
        "'telefon': '",
        "patient_created",
        on("POST", _without("telefon")),
    ),
    _http(
        "answer-extra-field",
        "a patient is answered with a field more",
        "'alter': 40",
        "patient_created",
        on("POST", _patients("alter", 40)),
    ),
    _http(
        "answer-status-enum-name",
        "a patient's status is answered as the name of a Python enum",
        "PatientStatus.OPEN",
        "patient_created",
        on("POST", _patients("status", "PatientStatus.OPEN")),
    ),
    _http(
        "read-answers-a-list",
        "reading one patient is answered with a list",
        r"was <\[",
        "patient_read",
        on("GET", answering(lambda answer: answer.saying([answer.json])), one=True),
    ),
    _http(
        "list-ignores-the-filter",
        "the list of a status holds every patient",
        "ids of patients with another status",
        "patient_read",
        on("GET", lambda request, inside: inside.answer(replace(request, query="")), one=False),
    ),
    _http(
        "list-is-empty",
        "the list of patients is empty",
        "a sequence containing",
        "patient_read",
        on("GET", answering(lambda answer: answer.saying([])), one=False),
    ),
]

_RULES = [
    _http(
        "unknown-status-accepted",
        "an unknown status is accepted as offen",
        r"-> 20\d[\s\S]*Expected: <400>",
        "patient_refused",
        _as_if_known,
        scenario="status|change with a value",
    ),
    _http(
        "number-accepted-as-text",
        "a number is taken for text",
        r"-> 201[\s\S]*Expected: <400>",
        "patient_refused",
        on("POST", _number_as_text),
    ),
    _http(
        "status-at-creation-ignored",
        "a new patient's status is always offen",
        r"'status': 'in Therapie'|status is \"offen\", expected \"in Therapie\"",
        "patient_read",
        on("POST", _status_ignored),
    ),
    _http(
        "fields-left-out-are-cleared",
        "a change clears the fields that it leaves out",
        r"Expected: <\{[\s\S]*was <\{.*None",
        "patient_updated",
        on("PUT", _nothing_left_out),
    ),
]

_KEPT = [
    _store(
        "created-not-stored",
        "a new patient is answered and announced, but not stored",
        "Patient not found",
        "patient_updated",
        on("POST", _create_not_stored),
    ),
    _store(
        "change-not-stored",
        "a change is answered and announced, but not stored",
        r"Expected: <\{[\s\S]*5550177[\s\S]*was <\{|patient_data\.telefon is .*, expected",
        "patient_updated",
        on("PUT", _undone),
    ),
    _store(
        "deleted-still-there",
        "a deletion is answered and announced, but not done",
        r"-> 200[\s\S]*Expected: <404>",
        "patient_deleted",
        on("DELETE", _undone),
    ),
    _store(
        "refused-change-stored",
        "a refused change is stored all the same",
        "was <.*'verdorben'",
        "patient_refused",
        on("PUT", _refused_but_stored),
    ),
    _store(
        "refused-change-comes-later",
        "what a refused change has touched is stored with the next change",
        "was <.*'verdorben'",
        "patient_random_lives",
        on("PUT", _refused_comes_later()),
    ),
]

API_DEFECTS = [*_ANSWERS, *_RULES, *_KEPT]
