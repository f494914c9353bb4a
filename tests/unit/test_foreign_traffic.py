"""Foreign traffic: what the suite keeps of it, and that nothing of the run's own is lost with it."""

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from bdd.contracts import asyncapi as contract
from bdd.contracts.asyncapi import Subject
from bdd.contracts.event_schemas import event_schemas
from bdd.evidence.collecting import collect_foreign
from bdd.kafka.record import Outline, Record, to_line
from bdd.verdict.audit import audit, foreign_records
from bdd.verdict.checks import check_published
from bdd.verdict.foreign_traffic import ForeignTraffic
from tests.support.builders import SHORT_TIMEOUT, TOPIC, Scene, envelope, failure, record

SCHEMAS = event_schemas(contract.current())
MEGABYTE = 1 << 20
SMALL = 1000


class Recording:
    """A scene whose recorder's client keeps little of what is foreign; the recorder has everything."""

    def __init__(self, kept_bytes: int = SMALL) -> None:
        self.scene = Scene()
        self.everything: list[Record] = []
        self.loaded: list[int] = []
        self.traffic = ForeignTraffic(self.scene.ledger, self, SCHEMAS, kept_bytes)

    @property
    def mirror(self) -> list[Record]:
        return self.scene.recorder.journal

    def replace(self, cursor: int, record: Record) -> None:
        self.mirror[cursor] = record

    def load(self, cursor: int) -> Record:
        self.loaded.append(cursor)
        return self.everything[cursor]

    def arrive(self, *records: Record, keep: bool = True) -> None:
        for each in records:
            numbered = replace(each, offset=len(self.mirror))
            self.everything += [numbered] if keep else []
            self.mirror.append(numbered)
            self.traffic.arrived(len(self.mirror) - 1, numbered)

    def outlines(self) -> list[int]:
        return [cursor for cursor, each in enumerate(self.mirror) if isinstance(each, Outline)]


@pytest.fixture
def recording() -> Recording:
    return Recording()


def foreign(number: int, size: int = 100, **changed: object) -> Record:
    data = {"vorname": "V", "nachname": "n" * size, "anrede": None, "email": None, "telefon": None}
    payload = {"patient_id": number, "patient_data": {**data, "status": "offen"}}
    made = record(envelope("patient.created", payload) | changed, key=str(number).encode())
    return replace(made, headers=(("source", b"others"),))


def test_of_much_foreign_traffic_the_newest_part_is_kept_whole(recording: Recording) -> None:
    recording.arrive(*(foreign(number) for number in range(1000, 1020)))
    whole = [each for each in recording.mirror if not isinstance(each, Outline)]
    assert 0 < sum(len(each.value or b"") + 1 for each in whole) <= SMALL
    assert recording.outlines() == list(range(20 - len(whole))), "the oldest ones first"
    first, everything = recording.mirror[0], recording.everything[0]
    assert isinstance(first, Outline)
    assert (first.place, first.key, first.timestamp, first.received) == (
        everything.place, everything.key, everything.timestamp, everything.received
    )  # fmt: skip
    assert (first.value, first.headers, first.size) == (None, (), len(everything.value or b""))
    assert json.loads(to_line(first))["value"] == {"left_out": first.size}, "the evidence says so"
    assert audit(recording.scene.ledger, recording.scene.observer_of) == []


def test_what_belongs_to_the_run_is_never_let_go(recording: Recording) -> None:
    own = [recording.scene.event(), record(b"{'not': 'an event'}" + b" " * SMALL)]
    recording.arrive(*own, *(foreign(number) for number in range(1000, 1020)))
    assert [each.value for each in recording.mirror[:2]] == [each.value for each in own]


def test_what_turns_out_to_be_the_runs_own_is_loaded_again(recording: Recording) -> None:
    scene = recording.scene
    late = foreign(17)
    recording.arrive(late, *(foreign(number) for number in range(1000, 1020)))
    assert 0 in recording.outlines()
    scene.ledger.watch(scene.scenario_log, Subject(TOPIC, "17"))
    scene.ledger.watch(scene.scenario_log, Subject(TOPIC, "17"))
    assert recording.loaded == [0]
    assert recording.mirror[0] == recording.everything[0]
    assert scene.ledger.owner(recording.mirror[0]) is scene.scenario_log


def test_a_response_may_name_an_id_while_its_record_is_let_go(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = recording.scene
    recording.arrive(foreign(17))
    outline = scene.ledger.outline

    def named_meanwhile(record: Record, *, invalid: bool) -> Outline:
        if record.key == b"17":
            scene.ledger.watch(scene.scenario_log, Subject(TOPIC, "17"))
        return outline(record, invalid=invalid)

    monkeypatch.setattr(scene.ledger, "outline", named_meanwhile)
    recording.arrive(*(foreign(number) for number in range(1000, 1020)))
    assert 0 not in recording.outlines()
    assert 1 in recording.outlines()


def test_what_the_contract_says_of_foreign_records_is_judged_as_they_pass(
    recording: Recording, tmp_path: Path
) -> None:
    broken = [foreign(number, version=1) for number in range(2000, 2150)]
    large = foreign(2150, size=20_000, version=1)
    recording.arrive(large, *broken, *(foreign(number) for number in range(1000, 1100)))
    assert len(recording.outlines()) > 100
    found = foreign_records(recording.scene.ledger, SCHEMAS)
    assert (found.count, len(found.invalid)) == (251, 151)
    assert str(found).endswith(f"the first at {TOPIC}/0@0")
    file = tmp_path / "foreign.jsonl"
    collect_foreign(file, found.invalid)
    kept = [json.loads(line) for line in file.read_bytes().splitlines()]
    assert [each["offset"] for each in kept] == list(range(1, 101)), "the first hundred small ones are kept whole"


def test_a_message_counts_what_has_been_let_go(recording: Recording) -> None:
    recording.scene.expect()
    recording.arrive(*(foreign(number) for number in range(1000, 1020)))
    assert "recorded: 20 foreign records" in failure(
        check_published, recording.scene.observer, "patient.created", SHORT_TIMEOUT
    )


def test_memory_does_not_grow_with_the_payloads_of_foreign_records() -> None:
    recording = Recording(kept_bytes=MEGABYTE)
    recording.arrive(foreign(1, size=50_000), keep=False)  # what is compiled once is not growth
    tracemalloc.start()
    try:
        for number in range(1000, 1800):
            recording.arrive(foreign(number, size=50_000), keep=False)
        newest, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert newest < 4 * MEGABYTE, f"{newest} bytes are kept of {800 * 50_000}"
    assert peak < 8 * MEGABYTE
