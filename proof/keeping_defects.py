"""Defects of what is stored: lost, stored twice, or changed without a request."""

from collections.abc import Callable
from functools import partial
from typing import Any

from proof.defect import served
from proof.traffic import Request, Response, Row, Serve, SoundService, on
from reference.patient_service.models import Patient


def _create_not_stored(request: Request, sound: SoundService) -> Response:
    response = sound.handle(request)
    if not response.is_error:
        sound.drop_row(response.json["id"])
    return response


def undone(request: Request, sound: SoundService) -> Response:
    """Do what was requested, respond and publish, then restore the row."""
    row = sound.row(request.id or 0)
    response = sound.handle(request)
    if row and not response.is_error:
        sound.put_row(row)
    return response


def _stored(change: Callable[[Request, Row], Row], *, refused: bool = False) -> Serve:
    """Store something else than what the response and the event have.

    Args:
        change: what is stored in place of a row.
        refused: whether it is done when the request is refused, and not when it is accepted.
    """

    def serve(request: Request, sound: SoundService) -> Response:
        response = sound.handle(request)
        row = sound.row(response.about(request))
        if row and response.is_error is refused:
            sound.put_row(change(request, row))
        return response

    return serve


def _texts(change: Callable[[str], str]) -> Serve:
    return _stored(lambda _request, row: tuple(change(value) if isinstance(value, str) else value for value in row))


def _right_part(request: Request, row: Row) -> Row:
    """Replace the phone number by that of a change that is refused for another field."""
    number = request.fields.get("telefon")
    is_right = isinstance(number, str)
    return tuple(number if is_right and str(value).startswith("+49") else value for value in row)


def _refused_comes_later() -> Serve:
    """Remember which patient a refused change was about, and spoil its next change."""
    touched: set[int | None] = set()

    def serve(request: Request, sound: SoundService) -> Response:
        left = {"anrede": "verdorben"} if request.id in touched else {}
        response = sound.handle(request.with_fields(**left | request.fields) if request.fields else request)
        if response.is_error:
            touched.add(request.id)
        return response

    return serve


def _refused_but_created(request: Request, sound: SoundService) -> Response:
    response = sound.handle(request)
    if response.is_error and request.fields:
        given = {name: value for name, value in request.fields.items() if isinstance(value, str)}
        fields = {"vorname": "", "nachname": "", **given, "status": "offen"}
        sound.put_row(tuple(fields.get(column.name) for column in Patient.__table__.columns))
    return response


def everybody_changed(request: Request, sound: SoundService) -> Response:
    """Change all patients as the one was changed, as an UPDATE without its WHERE does."""
    before = sound.row(request.id or 0)
    response = sound.handle(request)
    after = sound.row(request.id or 0)
    if before and after:
        for row in sound.rows():
            changed = zip(before, after, row, strict=True)
            sound.put_row(tuple(theirs if old == new else new for old, new, theirs in changed))
    return response


def _namesakes_deleted(request: Request, sound: SoundService) -> Response:
    """Delete all patients with the same e-mail address."""
    before = sound.row(request.id or 0)
    response = sound.handle(request)
    mail = {value for value in before or () if "@" in str(value)}
    for row in sound.rows():
        if not response.is_error and mail & set(row):
            sound.drop_row(row[0])
    return response


def _comes_back() -> Serve:
    """Let a change bring a deleted patient back."""
    deleted: dict[int, Row] = {}

    def serve(request: Request, sound: SoundService) -> Response:
        row = sound.row(request.id or 0)
        if row and request.method == "DELETE":
            deleted[row[0]] = row
        elif request.method == "PUT" and request.id in deleted:
            sound.put_row(deleted.pop(request.id))
        return sound.handle(request)

    return serve


def _still_listed() -> Serve:
    """Keep deleted patients in the list."""
    deleted: list[Any] = []

    def serve(request: Request, sound: SoundService) -> Response:
        if request.method == "DELETE":
            response = sound.handle(Request("GET", request.path, "", b""))
            deleted.extend([] if response.is_error else [response.json])
        response = sound.handle(request)
        is_list = request.method == "GET" and request.id is None and not request.query
        return response.with_body([*response.json, *deleted]) if is_list else response

    return serve


def _listed_by_first_status() -> Serve:
    """List the patients with a status by the one that they had at first."""
    first: dict[int, str] = {}

    def serve(request: Request, sound: SoundService) -> Response:
        response = sound.handle(request)
        if request.method == "POST" and not response.is_error:
            first[response.json["id"]] = response.json["status"]
        if request.method == "GET" and request.query and not response.is_error:
            return response.with_body([each for each in response.json if first.get(each["id"]) == each["status"]])
        return response

    return serve


_FEATURES = ("created", "updated", "deleted", "refused", "read")
_created, _updated, _deleted, _refused, _read = (
    partial(served, f"patient_{each}", is_stored=True) for each in _FEATURES
)

_random = partial(served, "random_sequences", is_stored=True)

KEEPING_DEFECTS = [
    _updated(
        "created-not-stored",
        "a new patient is confirmed and published, but not stored",
        "the service responded with 404 in place of the patient: .*Patient not found",
        on("POST", _create_not_stored),
    ),
    _updated(
        "change-not-stored",
        "a change is confirmed and published, but not stored",
        r"telefon is .*, expected",
        on("PUT", undone),
        scenario="Fields that are left out",
    ),
    _deleted(
        "deleted-still-there",
        "a deletion is confirmed and published, but not carried out",
        "the service responded with 200, expected 404",
        on("DELETE", undone),
    ),
    _refused(
        "refused-change-stored",
        "a refused change is stored",
        'is "verdorben", expected "',
        on(
            "PUT",
            _stored(lambda _, row: tuple("verdorben" if value == "Frau" else value for value in row), refused=True),
        ),
    ),
    _random(
        "refused-change-comes-later",
        "what a refused change has touched is stored with the next change",
        'is "verdorben", expected "',
        on("PUT", _refused_comes_later()),
    ),
    _created(
        "names-stored-as-question-marks",
        "letters beyond ASCII are lost when a patient is stored; response and event have them",
        r'vorname is "J\?rgen", expected "Jürgen"',
        on("POST", _texts(lambda text: text.encode("ascii", "replace").decode())),
        scenario="Names arrive",
    ),
    _created(
        "names-stored-cut-off",
        "names are cut off after 50 characters when a patient is stored",
        r'name is "Ä{50}", expected ".*: cut off after 50 of 255 characters',
        on("POST", _texts(lambda text: text[:50])),
        scenario="longest names",
    ),
    _created(
        "created-stored-twice",
        "a new patient is stored twice, and published once",
        r"patient \d+ is listed, but should not exist",
        on("POST", _stored(lambda _request, row: (None, *row[1:]))),
        scenario="Creating a patient publishes exactly one",
    ),
    _refused(
        "refused-creation-stored",
        "a refused creation is stored",
        r"no patients of this scenario\nbut: patient \d+ is listed",
        on("POST", _refused_but_created),
        scenario="without a name is refused",
    ),
    _refused(
        "refused-change-stored-in-part",
        "the valid part of a refused change is stored",
        r'telefon is "\+49 30 5550188", expected "\+49 30 5550100"',
        on("PUT", _stored(_right_part, refused=True)),
        scenario="one invalid value",
    ),
    _updated(
        "change-stored-for-everybody",
        "a change is stored for all patients",
        r'patient \d+\.status is "in Therapie", expected "offen"',
        on("PUT", everybody_changed),
        scenario="leaves the other patients",
    ),
    _deleted(
        "deleted-with-its-namesakes",
        "a deletion also deletes the patients with the same e-mail address",
        r"patient \d+ is not among the \d+ that are listed",
        on("DELETE", _namesakes_deleted),
        scenario="leaves the others",
    ),
    _deleted(
        "deleted-comes-back",
        "a change brings a deleted patient back",
        "the service responded with 200, expected 404",
        _comes_back(),
        scenario="cannot be changed",
    ),
    _deleted(
        "deleted-still-listed",
        "a deleted patient is still in the list",
        r"patient \d+ is listed, but should not exist",
        _still_listed(),
        scenario="can no longer be read",
    ),
    _read(
        "list-by-the-first-status",
        "the list of a status has the patients that had it when they were created",
        r"patient \d+ is not among the",
        _listed_by_first_status(),
        scenario="have it now",
    ),
]
