"""Defects of how events are published: whether, how often, when, where, and in which order."""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bdd.contracts import asyncapi as contract
from proof.defect import Defect
from proof.outgoing import CREATED, DELETED, TYPES, UPDATED, Outgoing, Publish, only, place
from proof.traffic import Answer, Inside, Request, Serve, on

_FEATURE = {CREATED: "patient_created", UPDATED: "patient_updated", DELETED: "patient_deleted"}
_ONCE = {
    CREATED: "Creating a patient publishes exactly one",
    UPDATED: "A change that changes nothing",
    DELETED: "deleted patient's id and nothing",
}
_LATE = 2.0
_LATER = "“(Then|And) exactly one {} event is published” does not hold, later came: .*"


def _repeated(event_type: str, same_id: bool, after: float) -> Defect:
    when = f"{after * 1000:.0f} ms later" if after else "at once"
    how = "with the same eventId" if same_id else "with another eventId"
    late = after > 1
    name = f"{event_type.removeprefix('patient.')}-twice-{'same' if same_id else 'other'}-id"

    def publish(out: Outgoing) -> list[Outgoing]:
        return [out, replace(out if same_id else out.twin(), after=after)]

    return Defect(
        name=f"{name}-after-{after * 1000:.0f}-ms" if after else name,
        says=f"{event_type} is published twice, {how}, {when}",
        pattern=(_LATER.format(event_type) if late else "")
        + f"is a {'redelivery' if same_id else 'duplicate'} of patient-events/",
        features=(_FEATURE[event_type],),
        scenario=_ONCE[event_type],
        settling=_LATE if late else 0.5,
        noticed_by=f"audit: .*{_ONCE[event_type]}" if late else "",
        publish=only([event_type], publish),
    )


def _never(event_type: str) -> Defect:
    return Defect(
        name=f"{event_type.removeprefix('patient.')}-never",
        says=f"{event_type} is never published",
        pattern="nothing about it was recorded since the request",
        features=("event_envelope" if event_type == CREATED else _FEATURE[event_type],),
        publish=only([event_type], lambda _out: []),
    )


def _every_tenth_lost() -> Publish:
    numbers = itertools.count(1)
    return lambda out: [out] if next(numbers) % 10 else []


def _alternating_partition() -> Publish:
    partitions = itertools.cycle(range(contract.current().partitions[contract.current().patient_topic]))
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
    """Drop a change that comes right after another one of the same patient, as a debouncing queue does."""
    made: dict[bytes | None, str] = {}

    def publish(out: Outgoing) -> list[Outgoing]:
        minute, made[out.key] = made.get(out.key, ""), out.event["timestamp"][:16]
        return [] if minute == made[out.key] else [out]

    return only([UPDATED], publish)


def _on_refusal(after: float) -> Serve:
    """Announce what was refused."""
    types = {"POST": CREATED, "PUT": UPDATED, "DELETE": DELETED}

    def serve(request: Request, inside: Inside) -> Answer:
        answer = inside.answer(request)
        if answer.refuses and request.method in types:
            data = None if request.method == "DELETE" else request.fields
            inside.announce(types[request.method], request.patient or 1_999_999_999, data, after)
        return answer

    return serve


def _on_reading(request: Request, inside: Inside) -> Answer:
    answer = inside.answer(request)
    for patient in answer.json if request.patient is None else [answer.json]:
        if not answer.refuses:
            inside.announce(UPDATED, patient["id"], {k: v for k, v in patient.items() if k != "id"})
    return answer


def _refusal(name: str, says: str, after: float = 0.0) -> Defect:
    late = after > 1
    later = "“And no event is published” does not hold, later came: patient.created"
    return Defect(
        name=name,
        says=says,
        pattern=later if late else f"{later}|came(, first)?:",
        features=("patient_refused",),
        settling=_LATE if late else 0.5,
        noticed_by="audit: A patient without a name is refused" if late else "",
        serve=_on_refusal(after),
    )


def _visible_later(request: Request, inside: Inside) -> Answer:
    """Do what was asked, but let nobody see it for a while; the answer comes when it can be seen."""
    before = inside.row(request.patient or 0)
    answer = inside.answer(request)
    patient = request.patient or (0 if answer.refuses else int(answer.json["id"]))
    after = inside.row(patient)
    if before != after:
        _put(inside, patient, before)
        threading.Event().wait(0.4)
        _put(inside, patient, after)
    return answer


def _put(inside: Inside, patient: int, row: tuple[Any, ...] | None) -> None:
    if row:
        inside.put_row(row)
    else:
        inside.drop_row(patient)


def _before_commit(event_type: str, method: str, scenario: str) -> Defect:
    return Defect(
        name=f"{event_type.removeprefix('patient.')}-before-the-commit",
        says=f"{event_type} is published before what it says is committed",
        pattern=f"{event_type} at .* came before its change could be read",
        features=("event_timing",),
        scenario=scenario,
        publish=only([event_type], place(after=0.1)),
        serve=on(method, _visible_later),
    )


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
    _refusal("refused-announced", "a refused request is announced"),
    _refusal("refused-announced-50-ms-later", "a refused request is announced 50 ms later", 0.05),
    _refusal("refused-announced-1500-ms-later", "a refused request is announced 1.5 s later", 1.5),
    Defect(
        name="unknown-deleted-announced",
        says="the deletion of a patient that does not exist is announced",
        pattern="1 came: patient.deleted|later came: patient.deleted",
        features=("patient_refused",),
        scenario="does not exist",
        settling=0.5,
        serve=on("DELETE", _on_refusal(0.0)),
    ),
    Defect(
        name="reading-one-announced",
        says="reading a patient is announced as a change",
        pattern="1 came: patient.updated|later came: patient.updated",
        features=("patient_read",),
        settling=0.5,
        serve=on("GET", _on_reading, one=True),
    ),
    Defect(
        name="reading-all-announced",
        says="listing the patients is announced as a change of each",
        pattern=r"came(, first)?: patient.updated|later came: patient.updated",
        features=("patient_read",),
        settling=0.5,
        serve=on("GET", _on_reading, one=False),
    ),
    Defect(
        name="deleted-announces-a-change",
        says="a deletion is announced as a change, too",
        pattern="came(, first)?: patient.updated|left an unexpected event: patient.updated|later came",
        features=("patient_deleted",),
        scenario="nothing more",
        settling=0.5,
        publish=only([DELETED], lambda out: [out, out.twin().holding(out.twin().event | {"eventType": UPDATED})]),
    ),
]

_BESIDE = [
    Defect(
        name="created-twice-altered",
        says="patient.created is published again with the same eventId and another version",
        pattern='an unexpected event: patient.created .* has the eventId ".*" that .* is another event',
        features=("event_envelope",),
        scenario="The envelope names type, version and producer",
        settling=0.5,
        publish=only([CREATED], lambda out: [out, out.holding(out.event | {"version": "1.1"})]),
    ),
    Defect(
        name="deleted-then-tombstone",
        says="patient.deleted is followed by a record without a value",
        pattern=r"“When I delete the patient” left a record that is not an event: .* no value \(a tombstone\)",
        features=("patient_deleted",),
        scenario="nothing more",
        settling=0.5,
        publish=only([DELETED], lambda out: [out, replace(out, value=None)]),
    ),
]

_WHERE = [
    Defect(name=name, says=says, pattern=pattern, features=("event_envelope",), settling=0.5, publish=publish)
    for name, says, pattern, publish in [
        (
            "topic-wrong",
            "the events go to the topic of another service",
            "it is on topic therapist-events, expected patient-events",
            place(topic="therapist-events"),
        ),
        (
            "topic-second",
            "the events go to a second topic, too",
            "left an unexpected event: patient.created at matching-events",
            lambda out: [out, replace(out, topic="matching-events")],
        ),
        ("key-none", "the records have no key", 'its key is none, expected "', place(key=None)),
        ("key-empty", "the records have an empty key", 'its key is "", expected "', place(key=b"")),
        (
            "key-wrong",
            "the key is not the id alone",
            r'its key is "patient-\d+", expected "\d+"',
            lambda out: [replace(out, key=b"patient-" + (out.key or b""))],
        ),
        (
            "key-of-another-patient",
            "the key is the id of the patient before",
            r'its key is "\d+", expected "\d+"',
            lambda out: [replace(out, key=str(int(out.key or 0) - 1).encode())],
        ),
        (
            "key-binary",
            "the key is the id as four bytes",
            r'its key is .*, expected "\d+"',
            lambda out: [replace(out, key=int(out.key or 0).to_bytes(4, "big"))],
        ),
        (
            "partition-alternating",
            "a patient's events go to one partition after the other",
            r"it is in partition \d, earlier events of this patient are in \d",
            _alternating_partition(),
        ),
    ]
]

_WHEN = [
    Defect(
        name="created-too-late",
        says="patient.created is published three seconds late",
        pattern=r"nothing about it was recorded since the request, on any topic: [\d.]+ s were waited",
        features=("event_envelope",),
        publish=only([CREATED], place(after=3.0)),
    ),
    Defect(
        name="created-overtaken",
        says="patient.created is overtaken by the changes that follow",
        pattern="patient.updated at .* lies before patient.created",
        features=("patient_order",),
        scenario="From creation to deletion",
        publish=only([CREATED], place(after=0.5)),
    ),
    Defect(
        name="deleted-overtakes",
        says="patient.deleted lies before patient.created",
        pattern="patient.deleted at .* lies before patient.created",
        features=("patient_order",),
        scenario="Created and immediately deleted",
        publish=only([CREATED], place(after=0.5)),
    ),
    Defect(
        name="overtaken-unseen",
        says="patient.created is overtaken where no step looks at the order",
        pattern="was announced out of order: patient.updated at .* lies before patient.created",
        features=("event_envelope",),
        scenario="an id of its own",
        noticed_by="audit: Every event has an id of its own",
        publish=only([CREATED], place(after=0.3)),
    ),
    Defect(
        name="changes-swapped",
        says="of two changes the second is published first",
        pattern="patient.updated at .* lies before patient.updated",
        features=("patient_updated",),
        scenario="Every change of status",
        publish=_swapped(),
    ),
    Defect(
        name="quick-changes-lost",
        says="a change that follows another one quickly is not announced",
        pattern="nothing about it was recorded since the request",
        features=("patient_updated",),
        scenario="Fields that are left out",
        publish=_coalesced(),
    ),
    Defect(
        name="every-tenth-lost",
        says="every tenth event is lost",
        pattern="nothing about it was recorded since the request",
        features=("patient_updated",),
        publish=_every_tenth_lost(),
    ),
]

_BEFORE_COMMIT = [
    _before_commit(CREATED, "POST", "A new patient"),
    _before_commit(UPDATED, "PUT", "A change can"),
    _before_commit(DELETED, "DELETE", "A deleted patient"),
]

DELIVERY_DEFECTS = [*map(_never, TYPES), *_REPEATED, *_UNASKED, *_BESIDE, *_WHERE, *_WHEN, *_BEFORE_COMMIT]
