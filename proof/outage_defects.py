"""Defects that show while the database is away."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from proof.defect import served
from proof.traffic import Request, Response, Serve, SoundService, on

_TOO_LONG_SECONDS = 5.2

_patients = partial(served, "patient_outage")
_therapists = partial(served, "therapist_outage", service="therapist-service")


def _away(change: Callable[[Request, SoundService, Response], Response]) -> Serve:
    """Change the response to a request that is not served because the database is away."""

    def serve(request: Request, sound: SoundService) -> Response:
        response = sound.handle(request)
        is_away = response.status == HTTPStatus.SERVICE_UNAVAILABLE
        return change(request, sound, response) if is_away else response

    return serve


def _reading(response: Response, *, one: bool) -> Serve:
    """Respond so to a request that reads while the database is away."""

    def serve(request: Request, sound: SoundService) -> Response:
        return response if _is_locked(sound) else sound.handle(request)

    return on("GET", serve, one=one)


def _is_locked(sound: SoundService) -> bool:
    try:
        sound.drop_row(-1)
    except sqlite3.OperationalError:
        return True
    return False


def _late(_request: Request, _sound: SoundService, response: Response) -> Response:
    threading.Event().wait(_TOO_LONG_SECONDS)
    return response


def _accepted(request: Request, _sound: SoundService, response: Response) -> Response:
    """Answer a creation as if it had been stored."""
    if request.method != "POST":
        return response
    empty = dict.fromkeys(("anrede", "email", "telefon"))
    return Response(201, b"").with_body({"id": 1_999_999_999, **empty, "status": "offen", **request.fields})


def _published(request: Request, sound: SoundService, response: Response) -> Response:
    if request.id:
        sound.publish("patient.updated", request.id, {})
    return response


def _carried_out_later() -> Serve:
    """Refuse what cannot be stored, keep it, and do it when the database is back."""
    kept: list[Request] = []

    def serve(request: Request, sound: SoundService) -> Response:
        while kept and not sound.handle(kept[0]).is_error:
            kept.pop(0)
        response = sound.handle(request)
        if response.status == HTTPStatus.SERVICE_UNAVAILABLE and request.method != "GET":
            kept.append(request)
        return response

    return serve


OUTAGE_DEFECTS = [
    _patients(
        "database-away-answers-500",
        "a request is answered with 500 while the database is away",
        "the service responded with 500, expected 503",
        _away(lambda _request, _sound, response: replace(response, status=500)),
    ),
    _patients(
        "database-away-answers-late",
        "a request is answered after more than 5 seconds while the database is away",
        r"the response took 5\.\d s, 5 s were promised",
        _away(_late),
        scenario="A new patient",
    ),
    _patients(
        "database-away-accepted",
        "a creation is answered with 201 while the database is away, and is lost",
        "the service responded with 201, expected 503",
        _away(_accepted),
        scenario="A new patient",
    ),
    _patients(
        "database-away-published",
        "a change that cannot be stored is published all the same",
        "patient.updated at patient-events/",
        _away(_published),
        scenario="A patient that is there",
    ),
    _patients(
        "database-away-carried-out-later",
        "a change is refused while the database is away, and carried out when it is back",
        r"telefon is \"[^\"]+\", expected",
        _carried_out_later(),
        scenario="A patient that is there",
        is_stored=True,
    ),
    _patients(
        "database-away-lists-nothing",
        "the list of patients is empty while the database is away",
        "is not among the 0 that are listed",
        _reading(Response(200, b"[]"), one=False),
        scenario="Reading all patients",
    ),
    _patients(
        "database-away-read-answers-404",
        "a patient that is stored is said not to exist while the database is away",
        "the service responded with 404",
        _reading(Response(404, b'{"message": "Patient not found"}'), one=True),
        scenario="Reading the patient",
    ),
    _therapists(
        "therapist-database-away-answers-500",
        "a request is answered with 500 while the database is away",
        "the service responded with 500, expected 503",
        _away(lambda _request, _sound, response: replace(response, status=500)),
    ),
]
