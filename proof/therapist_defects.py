"""Defects of the therapist service besides those of blocks; a deletion, for one, must not be announced."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from proof.defect import Defect
from proof.delivery_defects import alternating_partition, every_tenth_lost, visible_later
from proof.keeping_defects import everybody_changed, undone
from proof.outgoing import Outgoing, Publish, edit, edit_data, only, place, put
from proof.therapists import (
    BLOCKED,
    CAME,
    CREATED,
    DELETED,
    NOTHING_CAME,
    UPDATED,
    created,
    given_before,
    in_envelope,
    in_order,
    in_time,
    served_by_therapists,
    showing,
    twice,
    updated,
)
from proof.traffic import Request, Response, Serve, SoundService, on, refusing, succeeding


def _renamed(old: str, new: str) -> Publish:
    return edit(lambda event: event["payload"].update({new: event["payload"].pop(old)}))


def _announcing(event_type: str, after: float = 0.0) -> Serve:
    """Do what was requested, and publish an event if it was accepted."""

    def serve(request: Request, sound: SoundService) -> Response:
        response = sound.handle(request)
        if request.id and not response.is_error:
            sound.publish(event_type, request.id, None if event_type == DELETED else {}, after)
        return response

    return serve


def _tombstone(request: Request, sound: SoundService) -> Response:
    sound.send(Outgoing("therapist-events", str(request.id).encode(), None))
    return sound.handle(request)


def _in_lists(message: Any) -> Any:
    """Write the texts of an object as lists, as some libraries of validation do."""
    return {field: [text] for field, text in message.items()} if isinstance(message, dict) else message


def _refusing_a_pet(request: Request, sound: SoundService) -> Response:
    refused = Response(400, b'{"message": {"haustier": "is not a field of a therapist"}}')
    return refused if "haustier" in request.fields else sound.handle(request)


def _listing(change: Callable[[list[Any]], list[Any]]) -> Serve:
    return on("GET", succeeding(lambda it: it.with_body(change(it.json))), one=False)


_OF_DELETIONS = [
    served_by_therapists(
        "deleted",
        "therapist-deleted-announced",
        "a deletion is published as therapist.deleted",
        CAME.format(DELETED),
        on("DELETE", _announcing(DELETED)),
    ),
    served_by_therapists(
        "deleted",
        "therapist-deleted-announced-as-change",
        "a deletion is published as therapist.updated",
        CAME.format(UPDATED),
        on("DELETE", _announcing(UPDATED)),
    ),
    served_by_therapists(
        "deleted",
        "therapist-deleted-announced-later",
        "a deletion is published as therapist.deleted 1.5 s later",
        "“And no event is published” does not hold, later came: therapist.deleted",
        on("DELETE", _announcing(DELETED, after=1.5)),
        scenario="A deletion is not published",
        settling=2.0,
        noticed_by="audit: A deletion is not published",
    ),
    served_by_therapists(
        "deleted",
        "therapist-deleted-then-tombstone",
        "a deletion leaves a record without a value",
        r"no value \(a tombstone\)",
        on("DELETE", _tombstone),
    ),
    served_by_therapists(
        "deleted",
        "therapist-deleted-still-there",
        "a deletion is confirmed, but not carried out",
        "the service responded with 200, expected 404|should not exist",
        on("DELETE", undone),
        is_stored=True,
    ),
]

_OF_EVENTS = [
    *(
        in_envelope(
            f"therapist-{name}-missing",
            f"therapist_data has no {name}",
            rf"payload\.therapist_data\.{name} is missing",
            edit_data(lambda data, name=name: data.pop(name)),  # type: ignore[misc]
        )
        for name in ("titel", "status")
    ),
    updated(
        "titel-not-shown",
        "the event shows no titel",
        r'therapist_data\.titel is null, expected "',
        edit_data(lambda data: data.update(titel=None)),
    ),
    in_envelope(
        "therapist-producer-wrong",
        "the producer is the patient service",
        'producer is "patient-service", expected "therapist-service"',
        put("producer", "patient-service"),
    ),
    in_envelope(
        "therapist-topic-wrong",
        "the events go to the patients' topic",
        "it is on topic patient-events, expected therapist-events",
        place(topic="patient-events"),
    ),
    in_envelope(
        "therapist-topic-second",
        "the events also go to the patients' topic",
        "left an unexpected event: therapist.created at patient-events",
        lambda out: [out, replace(out, topic="patient-events")],
    ),
    in_envelope(
        "therapist-key-wrong",
        "the key is not the id alone",
        r'its key is "therapist-\d+", expected "\d+"',
        lambda out: [replace(out, key=b"therapist-" + (out.key or b""))],
    ),
    in_envelope(
        "therapist-key-of-another",
        "the key is the id of the therapist before",
        r'its key is "\d+", expected "\d+"',
        lambda out: [replace(out, key=str(int(out.key or 0) - 1).encode())],
    ),
    in_envelope(
        "therapist-id-text",
        "therapist_id is text",
        r"payload\.therapist_id is \"\d+\", expected \d+: text in place of a number",
        edit(lambda event: event["payload"].update(therapist_id=str(event["payload"]["therapist_id"]))),
    ),
    in_envelope(
        "therapist-id-as-patient-id",
        "the payload has patient_id in place of therapist_id",
        r"payload\.therapist_id is missing",
        _renamed("therapist_id", "patient_id"),
    ),
    in_envelope(
        "therapist-data-as-patient-data",
        "the payload has patient_data in place of therapist_data",
        r"payload\.therapist_data is missing",
        _renamed("therapist_data", "patient_data"),
    ),
    in_envelope(
        "therapist-status-enum-name",
        "the status is the name of a Python enum",
        'status is "TherapistStatus.AKTIV", expected "aktiv": a Python enum\'s name',
        edit_data(lambda data: data.update(status=f"TherapistStatus.{data['status'].upper()}")),
    ),
    in_order(
        "therapist-partition-alternating",
        "a therapist's events go to one partition after the other",
        r"it is in partition \d, earlier events of this therapist are in \d",
        alternating_partition("therapist-events"),
    ),
    in_order(
        "therapist-block-overtakes",
        "a block is published before the creation",
        "therapist.blocked at .* lies before therapist.created",
        only([CREATED], place(after=0.2)),
        scenario="From creation to the last change",
    ),
    updated(
        "unchanged-not-published",
        "a change that changes nothing is not published",
        NOTHING_CAME,
        given_before(
            lambda out, earlier: [] if out.type == UPDATED and out.data == earlier.get("therapist_data") else [out]
        ),
        scenario="A change that changes nothing",
    ),
    in_order("therapist-every-tenth-lost", "every tenth event is lost", NOTHING_CAME, every_tenth_lost()),
    *(
        in_time(
            f"therapist-{event_type.partition('.')[2]}-before-the-commit",
            f"{event_type} is published before the change is committed",
            f"{event_type} at .* arrived before its change could be read",
            only([event_type], place(after=0.03)),
            scenario=scenario,
            serve=on(method, visible_later),
        )
        for event_type, method, scenario in ((CREATED, "POST", "A new"), (BLOCKED, "PUT", "A block"))
    ),
]

_OF_RESPONSES = [
    served_by_therapists(
        "refused",
        "therapist-unknown-status-500",
        "a wrong value is answered with 500",
        "the service responded with 500, expected 400",
        refusing(400, partial(replace, status=500)),
    ),
    served_by_therapists(
        "refused",
        "therapist-refused-with-lists",
        "the message of a refusal is an object from field to a list of texts",
        r'message is \{"vorname": \["vorname is missing"\]\}, expected a text that is not empty, or an object',
        refusing(400, lambda it: it.with_body({"message": _in_lists(it.json["message"])})),
        scenario="A therapist without a name is refused",
        noticed_by="audit",
    ),
    served_by_therapists(
        "refused",
        "therapist-unknown-status-lists-nobody",
        "the list of an unknown status is empty",
        "the service responded with 200, expected 400",
        on("GET", refusing(400, lambda _response: Response(200, b"[]")), one=False),
        scenario="with an unknown status",
    ),
    served_by_therapists(
        "created",
        "therapist-unknown-field-refused",
        "a new therapist with a field that is not known is refused",
        "the service responded with 400, expected 201",
        on("POST", _refusing_a_pet),
        scenario="does not know is ignored",
    ),
    served_by_therapists(
        "blocked",
        "therapist-answers-enum-name",
        "responses show the status as the name of a Python enum",
        'status is "TherapistStatus.GESPERRT", expected "gesperrt"',
        showing(lambda it: it | {"status": f"TherapistStatus.{it['status'].upper()}"}),
        scenario="A block is published with its reason",
    ),
    served_by_therapists(
        "read",
        "therapist-list-without-blocked",
        "the list leaves blocked therapists out",
        r"therapist \d+ is not among the \d+ that are listed",
        _listing(lambda listed: [each for each in listed if each["status"] != "gesperrt"]),
    ),
    served_by_therapists(
        "read",
        "therapist-list-ignores-status",
        "the list by status has all therapists",
        "have another status, first therapist",
        on("GET", lambda request, sound: sound.handle(replace(request, query="")), one=False),
    ),
    served_by_therapists(
        "updated",
        "therapist-change-stored-for-everybody",
        "a change is stored for all therapists",
        r"therapist \d+\.status is \"inaktiv\", expected \"aktiv\"",
        on("PUT", everybody_changed),
        scenario="leaves the other therapists",
        is_stored=True,
    ),
]

_FALSE_GREENS = [
    created(
        "therapist-created-twice",
        "therapist.created is published twice, with the same eventId",
        "is a redelivery of therapist-events/",
        twice(CREATED, same_id=True),
        scenario="publishes exactly one event",
    ),
    served_by_therapists(
        "read",
        "therapist-reading-announced",
        "reading a therapist publishes a change",
        CAME.format(UPDATED),
        on("GET", _announcing(UPDATED), one=True),
    ),
    in_order(
        "therapist-silent-beside-the-patient-of-the-same-id",
        "no event of a therapist is published, while the patient with the same id has its events",
        rf"one therapist.created event on therapist-events with key(.|\n)*{NOTHING_CAME}",
        lambda _out: [],
        scenario="Patients and therapists changed at the same time",
        same_ids=True,
    ),
    in_order(
        "therapist-events-as-the-patient-of-the-same-id",
        "a therapist's events go to the patients' topic, where the patient with the same id has its events",
        "it is on topic patient-events, expected therapist-events",
        place(topic="patient-events"),
        scenario="Patients and therapists changed at the same time",
        same_ids=True,
    ),
    Defect(
        "therapist_order",
        "patient-silent-beside-the-therapist-of-the-same-id",
        "no event of a patient is published, while the therapist with the same id has its events",
        rf"one patient.created event on patient-events with key(.|\n)*{NOTHING_CAME}",
        lambda _out: [],
        scenario="Patients and therapists changed at the same time",
        same_ids=True,
    ),
    created(
        "therapist-created-again-later",
        "therapist.created is published again 1.5 s later, with another eventId",
        "later came: .*is a duplicate of therapist-events/",
        twice(CREATED, same_id=False, after=1.5),
        scenario="publishes exactly one event",
        settling=2.0,
        noticed_by="audit: Creating a therapist publishes exactly one event",
    ),
]

THERAPIST_DEFECTS = [*_OF_DELETIONS, *_OF_EVENTS, *_OF_RESPONSES, *_FALSE_GREENS]
