"""Defects of how events are published: whether, how often, when, where, and in which order."""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bdd.contracts import asyncapi as contract
from proof.defect import Defect, deleted, in_envelope, in_order, served, updated
from proof.outgoing import CREATED, DELETED, TYPES, UPDATED, Outgoing, Publish, only, place
from proof.traffic import Request, Response, Serve, SoundService, on

_ONCE = {
    CREATED: "Creating a patient publishes exactly one",
    UPDATED: "A change that changes nothing",
    DELETED: "deleted patient's id and nothing",
}
_LATE = (1.5,)
"""Seconds after which only the audit can notice an event."""
_LATER = "“(Then|And) exactly one {} event is published” does not hold, later came: .*"


def _repeated(event_type: str, same_id: bool, after: float) -> Defect:
    when = f"{after * 1000:.0f} ms later" if after else "at once"
    how = "with the same eventId" if same_id else "with another eventId"
    name = f"{event_type.removeprefix('patient.')}-twice-{'same' if same_id else 'other'}-id"

    kind = "redelivery" if same_id else "duplicate"
    return Defect(
        event_type.replace(".", "_"),
        f"{name}-after-{after * 1000:.0f}-ms" if after else name,
        f"{event_type} is published twice, {how}, {when}",
        f"{_LATER.format(event_type) if after in _LATE else ''}is a {kind} of patient-events/",
        only([event_type], lambda out: [out, replace(out if same_id else out.twin(), after=after)]),
        scenario=_ONCE[event_type],
        **_only_the_audit(_ONCE[event_type], after),
    )


def _only_the_audit(scenario: str, after: float) -> dict[str, Any]:
    """Return the attributes of a defect that only the audit can notice, if it is so late."""
    return {"settling": 2.0, "noticed_by": f"audit: .*{scenario}"} if after in _LATE else {}


def every_tenth_lost() -> Publish:
    numbers = itertools.count(1)
    return lambda out: [out] if next(numbers) % 10 else []


def alternating_partition(topic: str) -> Publish:
    partitions = itertools.cycle(range(contract.current().partitions[topic]))
    return lambda out: [replace(out, partition=next(partitions))]


def _swapped() -> Publish:
    """Hold each first change of two back until the second one is out."""
    held: dict[bytes | None, Outgoing] = {}

    def publish(out: Outgoing) -> Iterator[Outgoing]:
        if out.key in held:
            yield out
            yield held.pop(out.key)
        else:
            held[out.key] = out

    return only([UPDATED], publish)


def _coalesced() -> Publish:
    """Drop a change that comes right after another one of the same patient, like a debouncing queue."""
    made: dict[bytes | None, str] = {}

    def publish(out: Outgoing) -> list[Outgoing]:
        minute, made[out.key] = made.get(out.key, ""), out.event["timestamp"][:16]
        return [] if minute == made[out.key] else [out]

    return only([UPDATED], publish)


def _on_refusal(after: float) -> Serve:
    """Publish an event for a refused request."""
    types = {"POST": CREATED, "PUT": UPDATED, "DELETE": DELETED}

    def serve(request: Request, sound: SoundService) -> Response:
        response = sound.handle(request)
        if response.is_error and request.method in types:
            data = None if request.method == "DELETE" else request.fields
            sound.publish(types[request.method], request.id or 1_999_999_999, data, after)
        return response

    return serve


def _on_reading(request: Request, sound: SoundService) -> Response:
    response = sound.handle(request)
    for patient in response.json if request.id is None else [response.json]:
        if not response.is_error:
            sound.publish(UPDATED, patient["id"], {k: v for k, v in patient.items() if k != "id"})
    return response


def _refusal(name: str, description: str, after: float = 0.0) -> Defect:
    later = "“And no event is published” does not hold, later came: patient.created"
    pattern = later if after in _LATE else f"{later}|came(, first)?:"
    late = _only_the_audit("A patient without a name is refused", after)
    return served("patient_refused", name, description, pattern, _on_refusal(after), **late)


def visible_later(request: Request, sound: SoundService) -> Response:
    """Do what was requested, but hide it for a while; respond when it is visible."""
    before = sound.row(request.id or 0)
    response = sound.handle(request)
    patient = response.about(request)
    after = sound.row(patient)
    if before != after:
        for row, seconds in ((before, 0.25), (after, 0.0)):
            if row:
                sound.put_row(row)
            else:
                sound.drop_row(patient)
            threading.Event().wait(seconds)
    return response


_NEVER = [
    Defect(
        "event_envelope" if event_type == CREATED else event_type.replace(".", "_"),
        f"{event_type.removeprefix('patient.')}-never",
        f"{event_type} is never published",
        "nothing about it was recorded since the request",
        only([event_type], lambda _out: []),
    )
    for event_type in TYPES
]

_REPEATED = [
    _repeated(event_type, same_id, after)
    for event_type, same_id, after in [
        *itertools.product(TYPES, (True, False), (0.0,)),
        *itertools.product((CREATED,), (True, False), (0.05, 1.5)),
        (UPDATED, False, 1.5),
        (DELETED, True, 1.5),
    ]
]

_UNASKED = [
    _refusal("refused-announced", "an event is published for a refused request"),
    _refusal("refused-announced-50-ms-later", "an event is published for a refused request 50 ms later", 0.05),
    _refusal("refused-announced-1500-ms-later", "an event is published for a refused request 1.5 s later", 1.5),
    served(
        "patient_refused",
        "unknown-deleted-announced",
        "an event is published for the deletion of a patient that does not exist",
        "1 came: patient.deleted|later came: patient.deleted",
        on("DELETE", _on_refusal(0.0)),
        scenario="does not exist",
    ),
    served(
        "patient_read",
        "reading-one-announced",
        "reading a patient publishes a change",
        "1 came: patient.updated|later came: patient.updated",
        on("GET", _on_reading, one=True),
    ),
    served(
        "patient_read",
        "reading-all-announced",
        "listing the patients publishes a change of each",
        r"came(, first)?: patient.updated|later came: patient.updated",
        on("GET", _on_reading, one=False),
    ),
    deleted(
        "deleted-announces-a-change",
        "a deletion also publishes a change",
        "came(, first)?: patient.updated|left an unexpected event: patient.updated|later came",
        only([DELETED], lambda out: [out, out.twin().holding(out.twin().event | {"eventType": UPDATED})]),
        scenario="nothing more",
    ),
]

_BESIDE = [
    in_envelope(
        "created-twice-altered",
        "patient.created is published again with the same eventId and another version",
        'an unexpected event: patient.created .* has the eventId ".*" that .* is another event',
        only([CREATED], lambda out: [out, out.holding(out.event | {"version": "1.1"})]),
        scenario="The envelope names type, version and producer",
    ),
    deleted(
        "deleted-then-tombstone",
        "patient.deleted is followed by a record without a value",
        r"“When I delete the patient” left a record that is not an event: .* no value \(a tombstone\)",
        only([DELETED], lambda out: [out, replace(out, value=None)]),
        scenario="nothing more",
    ),
]

_WHERE = [
    in_envelope(
        "topic-wrong",
        "the events go to the topic of another service",
        "it is on topic therapist-events, expected patient-events",
        place(topic="therapist-events"),
    ),
    in_envelope(
        "topic-second",
        "the events also go to a second topic",
        "left an unexpected event: patient.created at matching-events",
        lambda out: [out, replace(out, topic="matching-events")],
    ),
    in_envelope("key-none", "the records have no key", 'its key is none, expected "', place(key=None)),
    in_envelope("key-empty", "the records have an empty key", 'its key is "", expected "', place(key=b"")),
    in_envelope(
        "key-wrong",
        "the key is not the id alone",
        r'its key is "patient-\d+", expected "\d+"',
        lambda out: [replace(out, key=b"patient-" + (out.key or b""))],
    ),
    in_envelope(
        "key-of-another-patient",
        "the key is the id of the patient before",
        r'its key is "\d+", expected "\d+"',
        lambda out: [replace(out, key=str(int(out.key or 0) - 1).encode())],
    ),
    in_envelope(
        "key-binary",
        "the key is the id as four bytes",
        r'its key is .*, expected "\d+"',
        lambda out: [replace(out, key=int(out.key or 0).to_bytes(4, "big"))],
    ),
    in_envelope(
        "partition-alternating",
        "a patient's events go to one partition after the other",
        r"it is in partition \d, earlier events of this patient are in \d",
        alternating_partition("patient-events"),
    ),
]

_WHEN = [
    in_envelope(
        "created-too-late",
        "patient.created is published six seconds late",
        r"patient.created up to 6\.\d s after the request, [\d.]+ s were promised",
        only([CREATED], place(after=6.0)),
        settling=6.0,
    ),
    in_order(
        "created-overtaken",
        "patient.created is overtaken by the changes that follow",
        "patient.updated at .* lies before patient.created",
        only([CREATED], place(after=0.2)),
        scenario="From creation to deletion",
    ),
    in_order(
        "deleted-overtakes",
        "patient.deleted lies before patient.created",
        "patient.deleted at .* lies before patient.created",
        only([CREATED], place(after=0.2)),
        scenario="Created and immediately deleted",
    ),
    in_envelope(
        "overtaken-unseen",
        "patient.created is overtaken where no step checks the order",
        "was announced out of order: patient.updated at .* lies before patient.created",
        only([CREATED], place(after=0.2)),
        scenario="an id of its own",
        noticed_by="audit: Every event has an id of its own",
    ),
    updated(
        "changes-swapped",
        "of two changes the second is published first",
        "patient.updated at .* lies before patient.updated",
        _swapped(),
        scenario="Every change of status",
    ),
    updated(
        "quick-changes-lost",
        "a change that quickly follows another one is not published",
        "nothing about it was recorded since the request",
        _coalesced(),
        scenario="Fields that are left out",
    ),
    updated(
        "every-tenth-lost",
        "every tenth event is lost",
        "nothing about it was recorded since the request",
        every_tenth_lost(),
    ),
]

_BEFORE_COMMIT = [
    Defect(
        "event_timing",
        f"{event_type.removeprefix('patient.')}-before-the-commit",
        f"{event_type} is published before the change is committed",
        f"{event_type} at .* arrived before its change could be read",
        only([event_type], place(after=0.03)),
        scenario=scenario,
        serve=on(method, visible_later),
    )
    for event_type, method, scenario in [
        (CREATED, "POST", "A new patient"),
        (UPDATED, "PUT", "A change can"),
        (DELETED, "DELETE", "A deleted patient"),
    ]
]

DELIVERY_DEFECTS = [*_NEVER, *_REPEATED, *_UNASKED, *_BESIDE, *_WHERE, *_WHEN, *_BEFORE_COMMIT]
