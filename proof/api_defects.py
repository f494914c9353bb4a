"""Defects of responses, and of what the service accepts and refuses."""

import os
from dataclasses import replace
from functools import partial

from bdd.contracts import asyncapi as contract
from proof.defect import served
from proof.traffic import Request, Response, Serve, SoundService, on, refusing, responding, succeeding
from reference.patient_service.models import PatientStatus


def _patients(change: str, value: object) -> Serve:
    """Show another value in a field of a patient, in every response."""
    return succeeding(lambda response: response.with_body({**response.json, change: value}))


def _without(name: str) -> Serve:
    return succeeding(lambda response: response.with_body({k: v for k, v in response.json.items() if k != name}))


def _as_if_known(request: Request, sound: SoundService) -> Response:
    """Treat an unknown status as the initial one."""
    known = {"status": "offen"} if request.fields.get("status") == "vielleicht" else {}
    return sound.handle(request.with_fields(**request.fields | known))


def _nothing_left_out(request: Request, sound: SoundService) -> Response:
    """Clear the fields that are not part of a change."""
    empty = {"anrede": None, "email": None, "telefon": None}
    return sound.handle(request.with_fields(**empty | request.fields) if request.fields else request)


def _status_ignored(request: Request, sound: SoundService) -> Response:
    fields = request.fields
    status = fields.pop("status", "offen")
    return sound.handle(request.with_fields(**fields) if status in set(PatientStatus) and fields else request)


def _number_as_text(request: Request, sound: SoundService) -> Response:
    fields = {name: str(value) if type(value) is int else value for name, value in request.fields.items()}
    return sound.handle(request.with_fields(**fields) if fields else request)


def _phone_number_as_text(request: Request, sound: SoundService) -> Response:
    return _number_as_text(request, sound) if "telefon" in request.fields else sound.handle(request)


def _without_empty_names(request: Request, sound: SoundService) -> Response:
    names = {"vorname", "nachname"}
    kept = {name: value for name, value in request.fields.items() if value is not None or name not in names}
    return sound.handle(request.with_fields(**kept) if request.fields else request)


def _breaks_over_empty_names(request: Request, sound: SoundService) -> Response:
    if None in (request.fields.get("vorname", ""), request.fields.get("nachname", "")):
        return Response(500, b'{"message": "Internal server error"}')
    return sound.handle(request)


def _open_means_all(request: Request, sound: SoundService) -> Response:
    return sound.handle(replace(request, query="") if request.query.endswith("offen") else request)


def _breaks_over_large_ids(request: Request, sound: SoundService) -> Response:
    if (request.patient or 0) >= 2**31:
        return Response(500, b'{"message": "integer out of range"}')
    return sound.handle(request)


def _delete_unknown(request: Request, sound: SoundService) -> Response:
    response = sound.handle(request)
    return Response(200, b'{"message": "Patient deleted successfully"}') if response.is_error else response


def _die(_request: Request, _sound: SoundService) -> Response:
    """End at once, like a process that is killed."""
    os._exit(3)


_FEATURES = ("created", "updated", "deleted", "refused", "read")
_created, _updated, _deleted, _refused, _read = (partial(served, f"patient_{each}") for each in _FEATURES)

_ANSWERS = [
    _deleted(
        "dies-of-a-deletion",
        "the service ends when a patient is to be deleted",
        r"the service at http://.* did not respond to DELETE /api/patients/\d+: it closed the connection",
        on("DELETE", _die),
    ),
    _created(
        "created-answers-200",
        "a creation is answered with 200 in place of 201",
        "the service responded with 200, expected 201",
        on("POST", succeeding(lambda response: replace(response, status=200))),
    ),
    _refused(
        "refused-answers-500",
        "a wrong value is answered with 500 in place of 400",
        "the service responded with 500, expected 400",
        refusing(400, lambda response: replace(response, status=500)),
    ),
    _refused(
        "refused-answers-422",
        "a wrong value is answered with 422 in place of 400",
        "the service responded with 422, expected 400",
        refusing(400, lambda response: replace(response, status=422)),
    ),
    _refused(
        "refused-names-no-field",
        "a refusal does not name the field",
        'message is "Bad request", expected one that names “vorname”',
        refusing(400, lambda response: response.with_body({"message": "Bad request"})),
    ),
    _refused(
        "refused-in-html",
        "a refusal is a page of HTML",
        r"the response is not JSON \(.*\): '<h1>Bad request</h1>'",
        refusing(400, lambda response: replace(response, body=b"<h1>Bad request</h1>")),
    ),
    _refused(
        "refused-in-latin-1",
        "a refusal is written in Latin-1",
        r"the response is not JSON \(it is not UTF-8: .* at byte \d+\)",
        refusing(400, lambda response: replace(response, body=response.body.replace(b"must", b"mu\xdf"))),
        scenario="A new patient with a value",
    ),
    _refused(
        "refused-in-bytes",
        "a refusal is a few bytes that are not text",
        r"the response is not JSON \(it is not UTF-8: .* at byte 1\): '\\x00",
        refusing(400, lambda response: replace(response, body=b"\x00\xff\x1b[31m")),
        scenario="A patient without a name is refused",
    ),
    _refused(
        "unknown-answers-empty-patient",
        "404 comes with an empty patient in place of the message",
        'message is missing, expected "Patient not found"',
        refusing(404, lambda it: it.with_body({"id": None} | dict.fromkeys(contract.current().patient_fields))),
    ),
    _refused(
        "unknown-answers-200",
        "reading a patient that does not exist is answered with 200 and null",
        "the service responded with 200, expected 404",
        on("GET", refusing(404, lambda _response: Response(200, b"null"))),
    ),
    _refused(
        "unknown-deleted-answers-200",
        "deleting a patient that does not exist is answered as if it had been there",
        "the service responded with 200, expected 404",
        on("DELETE", _delete_unknown),
        scenario="does not exist",
    ),
    _deleted(
        "deleted-answers-204",
        "a deletion is answered with 204 and nothing",
        "the service responded with 204, expected 200",
        on("DELETE", succeeding(lambda _response: Response(204, b""))),
    ),
    _deleted(
        "deleted-message-wrong",
        "a deletion is answered with another message",
        'message is "Patient deleted", expected "Patient deleted successfully"',
        on("DELETE", succeeding(lambda response: response.with_body({"message": "Patient deleted"}))),
    ),
    _created(
        "id-as-text",
        "a patient's id is text in the response",
        "the response has no id that is an integer",
        on(
            "POST",
            succeeding(lambda response: response.with_body({**response.json, "id": str(response.json["id"])})),
        ),
    ),
    _created(
        "id-missing",
        "the response to a creation has no id",
        "the response has no id that is an integer",
        on("POST", _without("id")),
    ),
    _created(
        "answer-lacks-telefon",
        "a patient is returned without the phone number",
        "telefon is missing, expected",
        on("POST", _without("telefon")),
    ),
    _created(
        "answer-extra-field",
        "a patient is returned with one more field",
        "alter is extra: 40",
        on("POST", _patients("alter", 40)),
    ),
    _created(
        "answer-status-enum-name",
        "a patient's status is returned as the name of a Python enum",
        'status is "PatientStatus.OPEN", expected "offen": a Python enum\'s name',
        on("POST", _patients("status", "PatientStatus.OPEN")),
    ),
    _read(
        "answer-says-html",
        "every response claims to be HTML",
        'the Content-Type is "text/html; charset=utf-8", the contract has application/json',
        responding(lambda response: replace(response, headers=(("Content-Type", "text/html; charset=utf-8"),))),
        scenario="Reading one patient",
    ),
    _created(
        "answer-field-twice",
        "a patient is returned with two first names",
        '"vorname" appears twice in one object',
        on("POST", responding(lambda a: replace(a, body=a.body.replace(b'"vorname"', b'"vorname":"E","vorname"')))),
    ),
    _deleted(
        "answer-cut-off",
        "the connection is closed before all of the response has been sent",
        r"did not respond to DELETE /api/patients/\d+: its response ended before all of it had arrived",
        on("DELETE", responding(lambda response: replace(response, headers=(("Content-Length", "500"),)))),
    ),
    _read(
        "read-answers-a-list",
        "reading one patient returns a list",
        r"the response is not an object but \[",
        on("GET", responding(lambda response: response.with_body([response.json])), one=True),
    ),
    _read(
        "list-ignores-the-filter",
        "the list of a status holds every patient",
        "have another status, first patient",
        on("GET", lambda request, sound: sound.handle(replace(request, query="")), one=False),
    ),
    _read(
        "list-has-a-page",
        "the list of patients has the newest 20 only",
        r"a list that has 31 patients of this scenario\nbut: patient \d+ is not among the \d+ that are listed",
        on("GET", responding(lambda response: response.with_body(response.json[-20:])), one=False),
        scenario="every patient, and each once",
    ),
    _read(
        "list-has-everybody-twice",
        "the list has each patient twice",
        r"patient \d+ is listed 2 times",
        on("GET", responding(lambda response: response.with_body(response.json * 2)), one=False),
        scenario="every patient, and each once",
    ),
    _read(
        "list-of-the-open-has-everybody",
        "the list of the patients with the status offen holds every patient",
        r"\d+ of \d+ have another status, first patient",
        on("GET", _open_means_all, one=False),
        scenario="have it now",
    ),
    _read(
        "list-is-empty",
        "the list of patients is empty",
        r"patient \d+ is not among the 0 that are listed",
        on("GET", responding(lambda response: response.with_body([])), one=False),
    ),
]

_RULES = [
    _refused(
        "unknown-status-accepted",
        "an unknown status is accepted as offen",
        r"the service responded with 20\d, expected 400",
        _as_if_known,
        scenario="status|change with a value",
    ),
    _refused(
        "nothing-accepted-as-a-name",
        "a change that clears a name is accepted, and the name is left as it is",
        "the service responded with 200, expected 400",
        on("PUT", _without_empty_names),
        scenario="A change with a value",
    ),
    _refused(
        "nothing-as-a-name-answers-500",
        "a new patient whose name is null breaks the service",
        "the service responded with 500, expected 400",
        on("POST", _breaks_over_empty_names),
        scenario="A new patient with a value",
    ),
    _refused(
        "number-accepted-in-a-change",
        "a change takes a number for a phone number",
        "refuses with 400, naming “telefon”\nbut: the service responded with 200, expected 400",
        on("PUT", _phone_number_as_text),
        scenario="A change with a value",
    ),
    _refused(
        "large-id-answers-500",
        "an id that the database cannot hold breaks the service",
        "the service responded with 500, expected 404",
        _breaks_over_large_ids,
        scenario="too large",
    ),
    _refused(
        "number-accepted-as-text",
        "a number is taken for text",
        "the service responded with 201, expected 400",
        on("POST", _number_as_text),
    ),
    _read(
        "status-at-creation-ignored",
        "a new patient's status is always offen",
        r"status is \"offen\", expected \"in Therapie\"",
        on("POST", _status_ignored),
    ),
    _updated(
        "fields-left-out-are-cleared",
        "a change clears the fields that it leaves out",
        r"\w+ is null, expected \"",
        on("PUT", _nothing_left_out),
    ),
]

API_DEFECTS = [*_ANSWERS, *_RULES]
