"""Defects of responses, and of what the service accepts and refuses."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any

from bdd.contracts import asyncapi as contract
from proof.defect import served
from proof.traffic import (
    Fields,
    Request,
    Response,
    Serve,
    SoundService,
    on,
    receiving,
    refusing,
    responding,
    succeeding,
)
from reference.patient_service.models import Patient, PatientStatus


def _showing(change: Callable[[Any], object]) -> Serve:
    """Change the content of a response to a request that is accepted."""
    return succeeding(lambda response: response.with_body(change(response.json)))


def _without(name: str) -> Serve:
    return _showing(lambda patient: {key: value for key, value in patient.items() if key != name})


def _number_as_text(fields: Fields) -> Fields:
    return {name: str(value) if type(value) is int else value for name, value in fields.items()}


def _breaking(over: Callable[[Request], bool], message: bytes) -> Serve:
    """Answer such requests with 500."""
    broken = Response(500, b'{"message": "%s"}' % message)
    return lambda request, sound: broken if over(request) else sound.handle(request)


def _listing_unknown(change: Callable[[Request, SoundService], Response]) -> Serve:
    """Answer the list of an unknown status in another way than with a refusal."""

    def serve(request: Request, sound: SoundService) -> Response:
        response = sound.handle(request)
        return change(request, sound) if response.status == HTTPStatus.BAD_REQUEST else response

    return on("GET", serve, one=False)


def _refusing_unknown_fields(status: int) -> Serve:
    """Refuse a request with a field that a patient does not have."""

    def serve(request: Request, sound: SoundService) -> Response:
        unknown = request.fields.keys() - {column.name for column in Patient.__table__.columns}
        message = f'{{"message": "{min(unknown, default="")} is not a field of a patient"}}'
        return Response(status, message.encode()) if unknown else sound.handle(request)

    return serve


def _echoing(request: Request, sound: SoundService) -> Response:
    response = sound.handle(request)
    return response if response.is_error else response.with_body({**request.fields, **response.json})


def _open_means_all(request: Request, sound: SoundService) -> Response:
    return sound.handle(replace(request, query="") if request.query.endswith("offen") else request)


_FEATURES = ("created", "updated", "deleted", "refused", "read")
_created, _updated, _deleted, _refused, _read = (partial(served, f"patient_{each}") for each in _FEATURES)

_ANSWERS = [
    _deleted(
        "dies-of-a-deletion",
        "the service ends when a patient is to be deleted",
        r"the service at http://.* did not respond to DELETE /api/patients/\d+: it closed the connection",
        on("DELETE", lambda _request, _sound: os._exit(3)),
    ),
    _created(
        "created-answers-200",
        "a creation is answered with 200 in place of 201",
        "the service responded with 200, expected 201",
        on("POST", succeeding(lambda response: replace(response, status=200))),
    ),
    *(
        _refused(
            f"refused-answers-{status}",
            f"a wrong value is answered with {status} in place of 400",
            f"the service responded with {status}, expected 400",
            refusing(400, partial(replace, status=status)),
        )
        for status in (500, 422)
    ),
    _refused(
        "refused-names-no-field",
        "a refusal does not name the field",
        'message is "Bad request", expected one that names “vorname”',
        refusing(400, lambda response: response.with_body({"message": "Bad request"})),
    ),
    _refused(
        "refused-with-a-list",
        "the message of a refusal is a list of texts",
        r'message is \["vorname is missing"\], expected one that names “vorname”',
        refusing(400, lambda response: response.with_body({"message": response.json["message"].split("; ")})),
        scenario="A patient without a name is refused",
    ),
    _refused(
        "refused-without-a-field-as-key",
        "the message of a refusal is an object that does not have the field",
        r'message is \{"error": "vorname is missing"\}, expected one that names “vorname”',
        refusing(400, lambda response: response.with_body({"message": {"error": response.json["message"]}})),
        scenario="A patient without a name is refused",
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
        refusing(
            404,
            lambda it: it.with_body(
                {"id": None}
                | dict.fromkeys(contract.current().fields("patient.created", "payload", "patient_data"))
            ),
        ),
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
        on("DELETE", refusing(404, lambda _: Response(200, b'{"message": "Patient deleted successfully"}'))),
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
        on("POST", _showing(lambda patient: patient | {"id": str(patient["id"])})),
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
        on("POST", _showing(lambda patient: patient | {"alter": 40})),
    ),
    _created(
        "answer-status-enum-name",
        "a patient's status is returned as the name of a Python enum",
        'status is "PatientStatus.OPEN", expected "offen": a Python enum\'s name',
        on("POST", _showing(lambda patient: patient | {"status": "PatientStatus.OPEN"})),
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
        on("GET", succeeding(lambda response: response.with_body(response.json[-20:])), one=False),
        scenario="every patient, and each once",
    ),
    _read(
        "list-has-everybody-twice",
        "the list has each patient twice",
        r"patient \d+ is listed 2 times",
        on("GET", succeeding(lambda response: response.with_body(response.json * 2)), one=False),
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
        on("GET", succeeding(lambda response: response.with_body([])), one=False),
    ),
]

_RULES = [
    _refused(
        "unknown-status-accepted",
        "an unknown status is accepted as offen",
        r"the service responded with 20\d, expected 400",
        receiving(lambda fields: fields | ({"status": "offen"} if fields.get("status") == "vielleicht" else {})),
        scenario="status|change with a value",
    ),
    _refused(
        "nothing-accepted-as-a-name",
        "a change that clears a name is accepted, and the name is left as it is",
        "the service responded with 200, expected 400",
        on(
            "PUT",
            receiving(
                lambda it: {k: v for k, v in it.items() if v is not None or k not in {"vorname", "nachname"}}
            ),
        ),
        scenario="A change with a value",
    ),
    _refused(
        "nothing-as-a-name-answers-500",
        "a new patient whose name is null breaks the service",
        "the service responded with 500, expected 400",
        on(
            "POST",
            _breaking(
                lambda request: None in (request.fields.get("vorname", ""), request.fields.get("nachname", "")),
                b"Internal server error",
            ),
        ),
        scenario="A new patient with a value",
    ),
    _refused(
        "number-accepted-in-a-change",
        "a change takes a number for a phone number",
        "refuses with 400, naming “telefon”\nbut: the service responded with 200, expected 400",
        on("PUT", receiving(lambda fields: _number_as_text(fields) if "telefon" in fields else fields)),
        scenario="A change with a value",
    ),
    _refused(
        "large-id-answers-500",
        "an id that the database cannot hold breaks the service",
        "the service responded with 500, expected 404",
        _breaking(lambda request: (request.id or 0) >= 2**31, b"integer out of range"),
        scenario="too large",
    ),
    _refused(
        "number-accepted-as-text",
        "a number is taken for text",
        "the service responded with 201, expected 400",
        on("POST", receiving(_number_as_text)),
    ),
    _refused(
        "unknown-status-lists-nobody",
        "the list of an unknown status is empty",
        "the service responded with 200, expected 400",
        _listing_unknown(lambda _request, _sound: Response(200, b"[]")),
        scenario="with an unknown status",
    ),
    _refused(
        "unknown-status-lists-everybody",
        "the list of an unknown status holds every patient",
        "the service responded with 200, expected 400",
        _listing_unknown(lambda request, sound: sound.handle(replace(request, query=""))),
        scenario="with an unknown status",
    ),
    _refused(
        "unknown-status-in-a-list-answers-500",
        "a list by an unknown status breaks the service",
        "the service responded with 500, expected 400",
        _listing_unknown(lambda _request, _sound: Response(500, b'{"message": "Internal server error"}')),
        scenario="with an unknown status",
    ),
    _refused(
        "status-of-a-list-in-any-case",
        "a list takes a status in capitals and in small letters",
        "the service responded with 200, expected 400",
        on("GET", lambda it, sound: sound.handle(replace(it, query=it.query.replace("=Offen", "=offen")))),
        scenario="with an unknown status",
        noticed_by="“Offen”",
    ),
    _created(
        "unknown-field-refused",
        "a new patient with a field that is not known is refused",
        "the service responded with 400, expected 201",
        on("POST", _refusing_unknown_fields(400)),
    ),
    _created(
        "unknown-field-answered",
        "a patient is returned with the fields that are not known",
        'haustier is extra: "a value"',
        on("POST", _echoing),
    ),
    _updated(
        "unknown-field-in-a-change-answers-500",
        "a change with a field that is not known breaks the service",
        "the service responded with 500 in place of the patient",
        on("PUT", _refusing_unknown_fields(500)),
    ),
    _read(
        "status-at-creation-ignored",
        "a new patient's status is always offen",
        r"status is \"offen\", expected \"in Therapie\"",
        on(
            "POST",
            receiving(lambda it: {k: v for k, v in it.items() if k != "status" or v not in list(PatientStatus)}),
        ),
    ),
    _updated(
        "fields-left-out-are-cleared",
        "a change clears the fields that it leaves out",
        r"\w+ is null, expected \"",
        on("PUT", receiving(lambda fields: {"anrede": None, "email": None, "telefon": None} | fields)),
    ),
]

API_DEFECTS = [*_ANSWERS, *_RULES]
