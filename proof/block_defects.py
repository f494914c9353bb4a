"""Defects of the events about the block of a therapist, and of its reason."""

from collections.abc import Callable
from functools import partial

from proof.outgoing import Event, Outgoing, Publish, edit, edit_data, only
from proof.therapists import (
    BLOCKED,
    CAME,
    CREATED,
    NOTHING_CAME,
    UNBLOCKED,
    UPDATED,
    blocked,
    created,
    given_before,
    in_envelope,
    served_by_therapists,
    showing,
    twice,
    typed,
    updated,
    without,
)
from proof.traffic import Request, Response, Serve, SoundService, on, receiving


def _with_payload(**fields: object) -> Callable[[Event], object]:
    return lambda event: event["payload"].update(fields)


def _retyped(event_type: str, before: str, after: str, **payload: object) -> Publish:
    """Publish another type of event for one change of status."""

    def publish(out: Outgoing, earlier: Event) -> list[Outgoing]:
        statuses = (earlier.get("therapist_data", {}).get("status"), out.data["status"])
        event = out.event | {"eventType": event_type, "payload": out.event["payload"] | payload}
        return [out.holding(event) if statuses == (before, after) else out]

    return given_before(publish)


def _first_reason() -> Publish:
    """Show the reason of the therapist's first block in each later one."""
    reasons: dict[bytes | None, object] = {}

    def publish(out: Outgoing) -> list[Outgoing]:
        payload = out.event["payload"]
        reason = reasons.setdefault(out.key, payload["reason"])
        return [out.holding(out.event | {"payload": payload | {"reason": reason}})]

    return only([BLOCKED], publish)


def _stale(out: Outgoing, earlier: Event) -> list[Outgoing]:
    """Show what was stored before the block, with the new status."""
    data = earlier.get("therapist_data", out.data) | {"status": out.data["status"]}
    return [out.holding(out.event | {"payload": out.event["payload"] | {"therapist_data": data}})]


def _also(event_type: str, **payload: object) -> Callable[[Outgoing], list[Outgoing]]:
    """Publish a second event of another type."""

    def publish(out: Outgoing) -> list[Outgoing]:
        second = out.twin().event
        whole = {name: value for name, value in second["payload"].items() if name != "reason"} | payload
        return [out, out.holding(second | {"eventType": event_type, "payload": whole})]

    return publish


def _if_blocked(publish: Publish) -> Publish:
    return lambda out: publish(out) if out.data.get("status") == "gesperrt" else [out]


def _refused_block(act: Callable[[Request, SoundService], object]) -> Serve:
    """Do something for a block that is refused because of another field."""

    def serve(request: Request, sound: SoundService) -> Response:
        response = sound.handle(request)
        if response.is_error and request.fields.get("status") == "gesperrt":
            act(request, sound)
        return response

    return on("PUT", serve)


def _announce_block(request: Request, sound: SoundService) -> None:
    sound.publish(BLOCKED, request.id or 0, request.fields)


def _store_block(request: Request, sound: SoundService) -> None:
    row = sound.row(request.id or 0) or ()
    sound.put_row(tuple("gesperrt" if value == "aktiv" else value for value in row))


_OF_BLOCKS = [
    blocked(
        "block-as-change",
        "a block is published as therapist.updated",
        'eventType is "therapist.updated", expected "therapist.blocked"',
        edit(typed(UPDATED), BLOCKED),
    ),
    blocked(
        "block-and-change",
        "a block is published as therapist.blocked and as therapist.updated",
        CAME.format(UPDATED),
        only([BLOCKED], _also(UPDATED)),
    ),
    blocked(
        "block-twice-same-id",
        "a block is published twice, with the same eventId",
        "is a redelivery of therapist-events/",
        twice(BLOCKED, same_id=True),
    ),
    blocked(
        "block-twice-other-id",
        "a block is published twice, with another eventId",
        "is a duplicate of therapist-events/",
        twice(BLOCKED, same_id=False),
    ),
    blocked("block-never", "a block is not published", NOTHING_CAME, only([BLOCKED], lambda _out: [])),
    blocked("unblock-never", "the end of a block is not published", NOTHING_CAME, only([UNBLOCKED], lambda _: [])),
    blocked(
        "unblock-as-change",
        "the end of a block is published as therapist.updated",
        'eventType is "therapist.updated", expected "therapist.unblocked"',
        edit(typed(UPDATED), UNBLOCKED),
    ),
    blocked(
        "block-stale",
        "the event of a block was made before the change",
        r"therapist_data\.\w+ is .*, expected .*: its value before the change",
        given_before(lambda out, earlier: _stale(out, earlier) if out.type == BLOCKED else [out]),
        scenario="A block that changes other fields",
    ),
    blocked(
        "inactive-as-unblocked",
        "a blocked therapist who becomes inactive is published as unblocked",
        'eventType is "therapist.unblocked", expected "therapist.updated"',
        _retyped(UNBLOCKED, "gesperrt", "inaktiv"),
        scenario="Only a change from or to a block",
    ),
    blocked(
        "active-as-unblocked",
        "an inactive therapist who becomes active is published as unblocked",
        'eventType is "therapist.unblocked", expected "therapist.updated"',
        _retyped(UNBLOCKED, "inaktiv", "aktiv"),
        scenario="Only a change from or to a block",
    ),
    blocked(
        "blocked-again",
        "each change of a blocked therapist is published as a block",
        'eventType is "therapist.blocked", expected "therapist.updated"',
        _retyped(BLOCKED, "gesperrt", "gesperrt", reason=None),
    ),
    blocked(
        "block-of-inactive-lost",
        "the block of an inactive therapist is published as a change",
        'eventType is "therapist.updated", expected "therapist.blocked"',
        _retyped(UPDATED, "inaktiv", "gesperrt"),
        scenario="Only a change from or to a block",
    ),
    created(
        "created-blocked-and-announced",
        "a therapist who is created as blocked is published as blocked too",
        CAME.format(BLOCKED),
        only([CREATED], _if_blocked(_also(BLOCKED, reason=None))),
        scenario="created as blocked",
    ),
    created(
        "created-blocked-as-block",
        "a therapist who is created as blocked is published as blocked only",
        'eventType is "therapist.blocked", expected "therapist.created"',
        only([CREATED], _if_blocked(edit(typed(BLOCKED)))),
        scenario="created as blocked",
    ),
    served_by_therapists(
        "blocked",
        "block-lost-by-a-change",
        "a change of another field ends the block",
        'eventType is "therapist.unblocked", expected "therapist.updated"',
        on("PUT", receiving(lambda fields: {"status": "aktiv", **fields})),
        scenario="A change of a blocked therapist",
    ),
    served_by_therapists(
        "blocked",
        "refused-block-announced",
        "a block that is refused is published",
        CAME.format(BLOCKED),
        _refused_block(_announce_block),
        scenario="A refused block",
    ),
    served_by_therapists(
        "blocked",
        "refused-block-stored",
        "a block that is refused is stored",
        'status is "gesperrt", expected "aktiv"',
        _refused_block(_store_block),
        scenario="A refused block",
        is_stored=True,
    ),
]

_OF_REASONS = [
    blocked(
        "reason-missing",
        "the event of a block has no reason",
        r"payload\.reason is missing",
        edit(lambda event: event["payload"].pop("reason"), BLOCKED),
    ),
    blocked(
        "reason-empty-text",
        "without a reason the event has an empty text",
        r'payload\.reason is "", expected null',
        edit(lambda event: event["payload"].update(reason=event["payload"]["reason"] or ""), BLOCKED),
        scenario="without a reason",
    ),
    blocked(
        "reason-of-the-block-before",
        "the event shows the reason of the therapist's first block",
        r'payload\.reason is "Beschwerde", expected "Zulassung abgelaufen"',
        _first_reason(),
        scenario="Blocked, unblocked, and blocked again",
    ),
    blocked(
        "reason-is-the-status",
        "the reason is the status",
        r'payload\.reason is "gesperrt", expected "Zulassung abgelaufen"',
        edit(_with_payload(reason="gesperrt"), BLOCKED),
    ),
    blocked(
        "reason-of-the-end",
        "the end of a block has a reason too",
        r"payload\.reason is extra: null",
        edit(_with_payload(reason=None), UNBLOCKED),
    ),
    updated(
        "reason-of-a-change",
        "every change has a reason",
        r"payload\.reason is extra: null",
        edit(_with_payload(reason=None), UPDATED),
    ),
    blocked(
        "reason-in-the-data",
        "the reason stands in therapist_data",
        r"payload\.reason is missing|therapist_data\.reason is extra",
        edit(
            lambda event: event["payload"]["therapist_data"].update(reason=event["payload"].pop("reason")), BLOCKED
        ),
    ),
    in_envelope(
        "sperrgrund-in-the-data",
        "therapist_data shows the sperrgrund",
        r"therapist_data\.sperrgrund is extra: null",
        edit_data(lambda data: data.update(sperrgrund=None)),
    ),
    served_by_therapists(
        "blocked",
        "sperrgrund-not-stored",
        "the sperrgrund of a block is not stored",
        'sperrgrund is null, expected "Zulassung abgelaufen"',
        on("PUT", receiving(partial(without, "sperrgrund"))),
        is_stored=True,
    ),
    served_by_therapists(
        "created",
        "sperrgrund-not-answered",
        "responses have no sperrgrund",
        "sperrgrund is missing, expected null",
        showing(partial(without, "sperrgrund")),
    ),
]

BLOCK_DEFECTS = [*_OF_BLOCKS, *_OF_REASONS]
