"""Defects of what the service keeps: stored, lost, kept twice, or changed where nobody asked for it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from proof.defect import served
from proof.traffic import Answer, Inside, Request, Serve, on
from reference.patient_service.models import Patient

Row = tuple[Any, ...]


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


def _stored(change: Callable[[str], str]) -> Serve:
    """Store other texts than the ones that are answered and announced."""

    def serve(request: Request, inside: Inside) -> Answer:
        answer = inside.answer(request)
        row = inside.row(0 if answer.refuses else answer.json["id"])
        if row:
            inside.put_row(tuple(change(value) if isinstance(value, str) else value for value in row))
        return answer

    return serve


def _stored_twice(request: Request, inside: Inside) -> Answer:
    answer = inside.answer(request)
    row = inside.row(0 if answer.refuses else answer.json["id"])
    if row:
        inside.put_row((None, *row[1:]))
    return answer


def _refused_but_created(request: Request, inside: Inside) -> Answer:
    answer = inside.answer(request)
    if answer.refuses and request.fields:
        given = {name: value for name, value in request.fields.items() if isinstance(value, str)}
        fields = {"vorname": "", "nachname": "", **given, "status": "offen"}
        inside.put_row(tuple(fields.get(column.name) for column in Patient.__table__.columns))
    return answer


def _right_part_stored(request: Request, inside: Inside) -> Answer:
    """Store the phone number of a change that is refused for another field."""
    answer = inside.answer(request)
    row = inside.row(request.patient or 0)
    number = request.fields.get("telefon")
    if row and answer.refuses and isinstance(number, str):
        inside.put_row(tuple(number if str(value).startswith("+49") else value for value in row))
    return answer


def _everybody_changed(request: Request, inside: Inside) -> Answer:
    """Change all patients as the one was changed, as an UPDATE without its WHERE does."""
    before = inside.row(request.patient or 0)
    answer = inside.answer(request)
    after = inside.row(request.patient or 0)
    if before and after:
        for row in inside.rows():
            changed = zip(before, after, row, strict=True)
            inside.put_row(tuple(theirs if old == new else new for old, new, theirs in changed))
    return answer


def _namesakes_deleted(request: Request, inside: Inside) -> Answer:
    """Delete all patients with the same e-mail address."""
    before = inside.row(request.patient or 0)
    answer = inside.answer(request)
    mail = {value for value in before or () if "@" in str(value)}
    for row in inside.rows():
        if not answer.refuses and mail & set(row):
            inside.drop_row(row[0])
    return answer


def _comes_back() -> Serve:
    """Let a change bring a deleted patient back."""
    deleted: dict[int, Row] = {}

    def serve(request: Request, inside: Inside) -> Answer:
        row = inside.row(request.patient or 0)
        if row and request.method == "DELETE":
            deleted[row[0]] = row
        elif request.method == "PUT" and request.patient in deleted:
            inside.put_row(deleted.pop(request.patient))
        return inside.answer(request)

    return serve


def _still_listed() -> Serve:
    """Keep deleted patients in the list."""
    deleted: list[Any] = []

    def serve(request: Request, inside: Inside) -> Answer:
        if request.method == "DELETE":
            answer = inside.answer(Request("GET", request.path, "", b""))
            deleted.extend([] if answer.refuses else [answer.json])
        answer = inside.answer(request)
        is_list = request.method == "GET" and request.patient is None and not request.query
        return answer.saying([*answer.json, *deleted]) if is_list else answer

    return serve


def _listed_by_first_status() -> Serve:
    """List the patients with a status by the one that they had at first."""
    first: dict[int, str] = {}

    def serve(request: Request, inside: Inside) -> Answer:
        answer = inside.answer(request)
        if request.method == "POST" and not answer.refuses:
            first[answer.json["id"]] = answer.json["status"]
        if request.method == "GET" and request.query and not answer.refuses:
            return answer.saying([each for each in answer.json if first.get(each["id"]) == each["status"]])
        return answer

    return serve


_FEATURES = ("created", "updated", "deleted", "refused", "read", "random")
_created, _updated, _deleted, _refused, _read, _random = (
    partial(served, f"patient_{each}", is_stored=True) for each in _FEATURES
)

KEEPING_DEFECTS = [
    _updated(
        "created-not-stored",
        "a new patient is answered and announced, but not stored",
        "the service responded with 404 in place of the patient: .*Patient not found",
        on("POST", _create_not_stored),
    ),
    _updated(
        "change-not-stored",
        "a change is answered and announced, but not stored",
        r"telefon is .*, expected",
        on("PUT", _undone),
        scenario="Fields that are left out",
    ),
    _deleted(
        "deleted-still-there",
        "a deletion is answered and announced, but not done",
        "the service responded with 200, expected 404",
        on("DELETE", _undone),
    ),
    _refused(
        "refused-change-stored",
        "a refused change is stored all the same",
        'is "verdorben", expected "',
        on("PUT", _refused_but_stored),
    ),
    _random(
        "refused-change-comes-later",
        "what a refused change has touched is stored with the next change",
        'is "verdorben", expected "',
        on("PUT", _refused_comes_later()),
    ),
    _created(
        "names-stored-as-question-marks",
        "letters beyond ASCII are lost when a patient is stored, and answered and announced as they were",
        r'vorname is "J\?rgen", expected "Jürgen"',
        on("POST", _stored(lambda text: text.encode("ascii", "replace").decode())),
        scenario="Names arrive",
    ),
    _created(
        "names-stored-cut-off",
        "names are cut off after 50 characters when a patient is stored",
        r'name is "Ä{50}", expected ".*: cut off after 50 of 255 characters',
        on("POST", _stored(lambda text: text[:50])),
        scenario="longest names",
    ),
    _created(
        "created-stored-twice",
        "a new patient is stored twice, and announced once",
        r"patient \d+ is listed, but should not exist",
        on("POST", _stored_twice),
        scenario="Creating a patient publishes exactly one",
    ),
    _refused(
        "refused-creation-stored",
        "a refused creation is stored all the same",
        r"no patients of this scenario\nbut: patient \d+ is listed",
        on("POST", _refused_but_created),
        scenario="without a name is refused",
    ),
    _refused(
        "refused-change-stored-in-part",
        "what is right in a refused change is stored",
        r'telefon is "\+49 30 5550188", expected "\+49 30 5550100"',
        on("PUT", _right_part_stored),
        scenario="one invalid value",
    ),
    _updated(
        "change-stored-for-everybody",
        "a change is stored for all patients",
        r'patient \d+\.status is "in Therapie", expected "offen"',
        on("PUT", _everybody_changed),
        scenario="leaves the other patients",
    ),
    _deleted(
        "deleted-with-its-namesakes",
        "a deletion takes the patients with the same e-mail address along",
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
