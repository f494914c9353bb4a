"""A line of the journal preserves every byte, and anything else is refused."""

import dataclasses
import json

import pytest

from bdd.kafka.record import (
    Entry,
    Gap,
    Outline,
    Record,
    Remade,
    from_line,
    heartbeat,
    is_heartbeat,
    to_line,
    troubles_in,
)

BYTES = {
    "nothing": None,
    "empty": b"",
    "text": b'{"patient_id": 5}',
    "umlauts and emoji": "Jürgen Groß 🙂".encode(),
    "NUL": b"\x00a\x00",
    "newlines": b"a\nb\r\nc\xe2\x80\xa8d",
    "text like a base64 field": b'{"base64":"AAAA"}',
    "invalid UTF-8": b"\xff\xfe\xfc",
    "an encoded surrogate": b"\xed\xa0\x80",
    "every byte": bytes(range(256)),
    "a megabyte": bytes(range(256)) * 4096,
}
each_bytes = pytest.mark.parametrize("data", BYTES.values(), ids=BYTES.keys())


def with_bytes(data: bytes | None) -> Record:
    headers = (("trace", data), ("trace", None), ("Größe", b"1"))
    return Record("patient-events", 2, 17, 1_780_000_000_000, 1_780_000_000.25, data, headers, data)


@each_bytes
def test_bytes_survive_a_line(data: bytes | None) -> None:
    line = to_line(with_bytes(data))
    assert from_line(line) == with_bytes(data)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1, "a newline inside a value must not end the line"


def test_a_topic_that_was_made_anew_survives_a_line() -> None:
    remade = Remade("patient-events")
    assert from_line(to_line(remade)) == remade


@pytest.mark.parametrize("troubles", [{}, {"": "it is full\n    next: make room"}, {"a": "x", "größer": "“y”"}])
def test_a_heartbeat_is_one_line_that_is_no_entry(troubles: dict[str, str]) -> None:
    line, rest = heartbeat(troubles).split(b"\n")
    assert rest == b""
    assert is_heartbeat(line)
    assert troubles_in(line) == troubles
    assert not is_heartbeat(to_line(with_bytes(b"{}")))


def test_an_outline_is_written_with_the_size_of_what_is_left_out() -> None:
    fields = dataclasses.asdict(with_bytes(None)) | {"headers": ()}
    line = json.loads(to_line(Outline(**fields, size=17, subjects=(("a", "5"),), invalid=False)))
    assert line["value"] == {"left_out": 17}
    assert line.keys() == fields.keys()


def test_a_gap_survives_a_line() -> None:
    gap = Gap("patient-events", 2, 17, 20)
    assert from_line(to_line(gap)) == gap
    assert str(gap) == "patient-events/2: offsets 17 to 20 were deleted before they were read"


@pytest.mark.parametrize(
    "entry", [with_bytes("Größe".encode()), with_bytes(b"\xff"), Gap("a", 0, 1, 2), Remade("a")]
)
def test_a_line_that_was_cut_off_is_refused_wherever_it_was_cut(entry: Entry) -> None:
    line = to_line(entry).rstrip(b"\n")
    for length in range(len(line)):
        with pytest.raises(ValueError, match=r"."):
            from_line(line[:length])


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b'"gap"',
        b"{}",
        b'{"gap": [1]}',
        b"\xff",
        to_line(with_bytes(b"x")).replace(b'"key":"x"', b'"key":5'),
    ],
)
def test_a_line_that_is_not_a_journals_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_line(line)
