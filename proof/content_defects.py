"""Defects of what an event says: its envelope and its payload."""

import datetime as dt
import json
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from bdd.contracts import asyncapi as contract
from proof.defect import created, deleted, in_envelope, updated
from proof.outgoing import (
    CREATED,
    DELETED,
    UPDATED,
    Event,
    Outgoing,
    Publish,
    drop,
    edit,
    edit_data,
    edit_texts,
    only,
    put,
)
from proof.traffic import Request, Response, SoundService, on

Data = dict[str, Any]

_with_names_only = partial(created, scenario="only the names")

_SYNTHETIC = {"anrede": "Frau", "vorname": "Erika", "telefon": r"\+49 30 5550100", "status": "offen"}


def _timestamp(write: Callable[[dt.datetime], object]) -> Publish:
    return edit(lambda event: event.update(timestamp=write(dt.datetime.fromisoformat(event["timestamp"]))))


def _set(name: str, value: object) -> Publish:
    return edit_data(lambda data: data.update({name: value}))


def _given_previous(change: Callable[[Data, Data], Data]) -> Publish:
    """Replace the data of a change; `change` gets those of the patient's previous event and the present ones."""
    previous: dict[bytes | None, Data] = {}

    def publish(out: Outgoing) -> list[Outgoing]:
        old, previous[out.key] = previous.get(out.key, {}), out.data
        event = out.event
        if out.type == UPDATED:
            event["payload"]["patient_data"] = change(old, out.data)
        return [out.holding(event)]

    return publish


def _stale(*names: str) -> Publish:
    """Show fields as they were in the patient's previous event."""
    return _given_previous(lambda old, new: new | {name: old[name] for name in names})


def _payload_of_another() -> Publish:
    before: list[Any] = []

    def publish(out: Outgoing) -> list[Outgoing]:
        before.append(out.event["payload"])
        return [out.holding(out.event | {"payload": before.pop(0) if len(before) > 1 else before[0]})]

    return only([CREATED], publish)


def _time_of_creation() -> Publish:
    made: dict[bytes | None, str] = {}
    return lambda out: [out.holding(out.event | {"timestamp": made.setdefault(out.key, out.event["timestamp"])})]


def _after_a_while(request: Request, sound: SoundService) -> Response:
    """Let time pass: the service is quicker than the resolution of some clocks."""
    threading.Event().wait(0.05)
    return sound.handle(request)


def _snake_case(event: Event) -> Event:
    return {{"eventId": "event_id", "eventType": "event_type"}.get(name, name): event[name] for name in event}


_FIELDS_OF_ENVELOPE = [
    in_envelope(
        f"{name.lower()}-missing",
        f"the envelope has no {name}",
        "not an object with an eventType" if name == "eventType" else rf"\b{name} is missing",
        drop(name),
    )
    for name in ("eventId", "eventType", "version", "timestamp", "producer", "payload")
]

_FIELDS_OF_PATIENT = [
    defect
    for name in contract.current().fields("patient.created", "payload", "patient_data")
    for defect in (
        in_envelope(
            f"{name}-missing",
            f"patient_data has no {name}",
            rf"payload\.patient_data\.{name} is missing",
            edit_data(lambda data, name=name: data.pop(name)),  # type: ignore[misc]
        ),
        in_envelope(
            f"{name}-null",
            f"patient_data shows {name} as null",
            rf"payload\.patient_data\.{name} is null, expected \"",
            _set(name, None),
        ),
        updated(
            f"{name}-old",
            f"the event of a change shows the previous {name}",
            rf"payload\.patient_data\.{name} is \"{_SYNTHETIC.get(name, '.*bdd.*z')}.*, expected \"",
            _stale(name),
            scenario="Changing every field at once",
        ),
    )
]

_OF_ENVELOPE = [
    in_envelope("envelope-extra-field", "the envelope has an extra field", "traceId is extra", put("traceId", "1")),
    in_envelope(
        "envelope-of-a-megabyte",
        "the envelope has one more field, of almost a megabyte: the most that the service's client sends",
        r"traceId is extra: \"1+… \(990002 characters\)",
        put("traceId", "1" * 990_000),
    ),
    in_envelope(
        "envelope-snake-case",
        "the envelope's fields are written event_id and event_type",
        "not an object with an eventType",
        lambda out: [out.holding(_snake_case(out.event))],
    ),
    in_envelope(
        "version-wrong", "the version is 1.1", r'version is "1\.1", expected "1\.0"', put("version", "1.1")
    ),
    in_envelope(
        "version-number",
        "the version is a number",
        r'version is 1\.0, expected "1\.0": a number in place of text',
        put("version", 1.0),
    ),
    in_envelope(
        "producer-wrong",
        "the producer is written with an underscore",
        'producer is "patient_service", expected "patient-service"',
        put("producer", "patient_service"),
    ),
    in_envelope(
        "type-unknown",
        "the event type is not in the contract",
        'eventType is "PatientCreated", expected "patient.created"',
        edit(lambda event: event.update(eventType="PatientCreated"), CREATED),
    ),
    in_envelope(
        "created-as-updated",
        "a creation is published as a change",
        'eventType is "patient.updated", expected "patient.created"',
        edit(lambda event: event.update(eventType=UPDATED), CREATED),
    ),
    deleted(
        "deleted-as-updated",
        "a deletion is published as a change",
        'eventType is "patient.updated", expected "patient.deleted"',
        edit(lambda event: event.update(eventType=UPDATED), DELETED),
    ),
    in_envelope(
        "eventid-reused",
        "every event has the same eventId",
        'its eventId ".*" was used before, by the patient.created',
        put("eventId", "00000000-0000-4000-8000-000000000001"),
    ),
    in_envelope(
        "eventid-no-uuid", "the eventId is not a UUID", "eventId is .*, expected a UUID", put("eventId", "17")
    ),
    in_envelope(
        "timestamp-local",
        "the timestamp is a local time without its offset",
        r"timestamp is .* s after its arrival \(a local time without its offset\?\)",
        _timestamp(lambda made: (made + dt.timedelta(hours=1)).replace(tzinfo=None).isoformat()),
    ),
    in_envelope(
        "timestamp-offset",
        "the timestamp is written with the offset +01:00",
        r"timestamp is .*\+01:00\", expected an ISO 8601 time in UTC",
        _timestamp(lambda made: made.astimezone(dt.timezone(dt.timedelta(hours=1))).isoformat()),
    ),
    in_envelope(
        "timestamp-number",
        "the timestamp is a number",
        r"timestamp is \d+, expected an ISO 8601 time",
        _timestamp(lambda made: int(made.timestamp() * 1000)),
    ),
    in_envelope(
        "timestamp-yesterday",
        "the timestamp is a day old",
        r"timestamp is .*: 86\d\d\d\.\d s before the request",
        _timestamp(lambda made: (made - dt.timedelta(days=1)).isoformat()),
    ),
    updated(
        "timestamp-of-the-creation",
        "each event of a patient has the time of its creation",
        "its timestamp is that of the patient.created at .*, which had come before this request was sent",
        _time_of_creation(),
        scenario="Fields that are left out",
        serve=on("PUT", _after_a_while),
    ),
    in_envelope(
        "timestamp-early",
        "the clock is 5 s slow",
        r"timestamp is .* s before the request",
        _timestamp(lambda made: (made - dt.timedelta(seconds=5)).isoformat()),
    ),
]

_OF_PAYLOAD = [
    in_envelope(
        "patient-id-text",
        "patient_id is text",
        r"payload\.patient_id is \"\d+\", expected \d+: text in place of a number",
        edit(lambda event: event["payload"].update(patient_id=str(event["payload"]["patient_id"]))),
    ),
    in_envelope(
        "patient-id-missing",
        "the payload has no patient_id",
        r"payload\.patient_id is missing",
        edit(lambda event: event["payload"].pop("patient_id")),
    ),
    in_envelope(
        "patient-data-missing",
        "the payload has no patient_data",
        r"payload\.patient_data is missing",
        edit(lambda event: event["payload"].pop("patient_data"), CREATED, UPDATED),
    ),
    in_envelope(
        "payload-flat",
        "the patient's fields stand in the payload itself",
        r"payload\.patient_data is missing",
        edit(lambda event: event["payload"].update(event["payload"].pop("patient_data")), CREATED, UPDATED),
    ),
    in_envelope(
        "payload-extra-field",
        "patient_data has one more field",
        r"patient_data\.alter is extra: 40",
        _set("alter", 40),
    ),
    in_envelope(
        "payload-of-another-patient",
        "the payload is that of the previous patient",
        r"payload\.patient_id is \d+, expected \d+",
        _payload_of_another(),
    ),
    in_envelope("payload-empty", "the payload is empty", r"payload\.patient_id is missing", put("payload", {})),
    in_envelope("payload-null", "the payload is null", r"payload is null, expected", put("payload", None)),
    in_envelope(
        "payload-as-text",
        "the payload is JSON inside a text",
        r"payload is \".*: an object written as text",
        edit(lambda event: event.update(payload=json.dumps(event["payload"]))),
    ),
    deleted(
        "deleted-with-data",
        "a deletion is published with the patient's data",
        r"payload\.patient_data is extra",
        edit(lambda event: event["payload"].update(patient_data={"vorname": "Erika"}), DELETED),
    ),
    updated(
        "updated-stale",
        "the event of a change was made before the change",
        r"payload\.patient_data\.anrede is \"Frau\", expected \"Herr\"",
        _stale(*contract.current().fields("patient.created", "payload", "patient_data")),
    ),
    updated(
        "updated-changes-only",
        "the event of a change holds only what was changed",
        r"payload\.patient_data\.\w+ is missing",
        _given_previous(lambda old, new: {name: new[name] for name in new if old.get(name) != new[name]}),
    ),
    in_envelope(
        "status-enum-name",
        "the status is the name of a Python enum",
        'status is "PatientStatus.OPEN", expected "offen": a Python enum\'s name',
        _set("status", "PatientStatus.OPEN"),
    ),
    in_envelope(
        "telefon-number",
        "the phone number is a number",
        r"patient_data\.telefon is 49305550100, expected",
        _set("telefon", 49305550100),
    ),
    _with_names_only(
        "null-as-empty-text",
        "what is unknown is shown as an empty text",
        r"patient_data\.\w+ is \"\", expected null",
        edit_data(lambda data: data.update({name: data[name] or "" for name in data})),
    ),
    _with_names_only(
        "null-as-none",
        "what is unknown is shown as the text None",
        r"patient_data\.\w+ is \"None\", expected null",
        edit_data(lambda data: data.update({name: str(data[name]) for name in data})),
    ),
    _with_names_only(
        "null-left-out",
        "what is unknown is left out",
        r"patient_data\.\w+ is missing, expected null",
        edit_data(lambda data: [data.pop(name) for name in list(data) if data[name] is None]),
    ),
    created(
        "texts-cut-off",
        "texts are cut off after 50 characters",
        r"patient_data\.\w+ is .*: cut off after 50 of 255 characters",
        edit_texts(lambda text: text[:50]),
        scenario="longest names",
    ),
]

CONTENT_DEFECTS = [*_FIELDS_OF_ENVELOPE, *_OF_ENVELOPE, *_FIELDS_OF_PATIENT, *_OF_PAYLOAD]
