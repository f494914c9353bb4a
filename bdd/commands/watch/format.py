"""A record as a line for people and as a line for programs."""

import datetime as dt
import json
from collections.abc import Sequence

from rich.text import Text

from bdd.contracts.event import Event, NotAnEvent, key_in_words, read_event
from bdd.kafka.record import Record, to_json
from bdd.output.printable import in_one_line

_LONGEST = 500
_COLOURS = {"created": "green", "updated": "yellow", "deleted": "red"}


def line_for_people(record: Record, violations: Sequence[str]) -> Text:
    """Return local time, place, key, type and payload, and below them the violations of the contract."""
    at = _moment(record).astimezone().strftime("%H:%M:%S.%f")[:-3]
    line = Text.assemble(
        (at, "dim"), "  ", (f"{record.place:26}", "cyan"), "  key ", (f"{key_in_words(record.key):8}", "bold"), "  "
    )
    event = read_event(record)
    if isinstance(event, NotAnEvent):
        value = (record.value or b"")[:_LONGEST].decode(errors="backslashreplace")
        return line.append_text(
            Text.assemble((f"no event: {in_one_line(event.reason)}", "red"), "  ", in_one_line(value))
        )
    line.append(f"{in_one_line(event.type):16}", _colour(event))
    line.append("  " + in_one_line(json.dumps(event.payload, ensure_ascii=False)))
    for violation in violations:
        line.append(f"\n    breaks the contract: {in_one_line(violation)}", "magenta")
    return line


def line_for_programs(record: Record, violations: Sequence[str]) -> bytes:
    """Return one JSON object in UTF-8, newline included; it has the raw `value` of what is not an event."""
    fields: dict[str, object] = {
        "time": _moment(record).isoformat(timespec="milliseconds"),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": to_json(record.key),
    }
    event = read_event(record)
    if isinstance(event, NotAnEvent):
        fields |= {"type": None, "no_event": event.reason, "value": to_json(record.value)}
    else:
        fields |= {"type": event.type, "eventId": event.fields.get("eventId"), "payload": event.payload}
        fields["violations"] = list(violations)
    # Half of a surrogate pair is valid in JSON but not in UTF-8; \udXXX is how JSON writes it.
    return json.dumps(fields, ensure_ascii=False).encode(errors="backslashreplace") + b"\n"


def _moment(record: Record) -> dt.datetime:
    return dt.datetime.fromtimestamp(record.timestamp / 1000, dt.UTC)


def _colour(event: Event) -> str:
    return _COLOURS.get(event.type.rpartition(".")[2], "blue")
