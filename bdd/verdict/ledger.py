"""The ledger: every expectation and claim of the run, and the scenario to which a record belongs."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from bdd.contracts import asyncapi as contract
from bdd.contracts import differences as comparing
from bdd.contracts.asyncapi import Subject
from bdd.contracts.differences import Difference
from bdd.contracts.event import Event, NotAnEvent, read_event
from bdd.kafka.record import Outline, Record
from bdd.verdict.expectation import Expectation
from bdd.verdict.outages import Outages
from bdd.verdict.patience import Patience
from bdd.verdict.scenario_log import Marks, ScenarioLog

OTHER_PARTITION = "in another partition than earlier events about the same one"
USED_ID = "with an eventId that was used before"
USED_TIMESTAMP = "with the timestamp of an earlier event"
_CLOCK_STEP_SECONDS = 0.02  # so coarse are some clocks: two moments may get the same time


class Journal(Protocol):
    """What the ledger needs of a journal."""

    @property
    def cursor(self) -> int:
        """The place after the newest record."""

    def records(self, after: int = 0, before: int | None = None) -> Sequence[Record]:
        """The records between two cursors."""

    def numbered(self, after: int, before: int) -> Iterator[tuple[int, Record]]:
        """The same, each with its cursor; the first one's need not be 0."""


class Ledger:
    """Keeps the logs of a run's scenarios and lets each event be claimed once.

        ledger = Ledger(recorder, run_id="4f2a", clock_tolerance=2.0)
        log = ledger.open_scenario_log("Create a patient", "features/patient_created.feature:6")
        ledger.watch(log, Subject("patient-events", "5"))  # records about it belong to the scenario from now on
        log.expectations.append(Expectation(...))
        event = ledger.claim(log.expectations[0])  # None while it has not come

    Args:
        journal: the records that the recorder has read.
        run_id: a text that is unique to this run.
        clock_tolerance: how many seconds the platform's clock may differ from this machine's.

    Attributes:
        on_watch: called with each subject that is watched.
    """

    def __init__(self, journal: Journal, run_id: str, clock_tolerance: float) -> None:
        self.journal = journal
        self.clock_tolerance = clock_tolerance
        self.scenario_logs: list[ScenarioLog] = []
        self.patience = Patience()
        self.outages = Outages()
        self.on_watch: Callable[[Subject], None] = lambda _: None
        self._contract = contract.current()
        self.marks = Marks(run_id)
        self._by_mark: dict[str, ScenarioLog] = {}
        self._by_subject: dict[Subject, ScenarioLog] = {}
        self._claimed: dict[str, Expectation] = {}
        self._claimed_ids: dict[str, Event] = {}
        self._partitions: dict[Subject, int] = {}
        self._events: dict[str, Event | NotAnEvent] = {}
        self._made: dict[tuple[Subject, object], Event] = {}
        self._open_types = {
            topic: frozenset(each for each in types if self._contract.id_field(each) is None)
            for topic, types in self._contract.messages.items()
        }
        nouns = "|".join(map(re.escape, self._contract.topic_of_noun)).encode()
        self._named = re.compile(rb'"(%b)\.' % nouns)
        self._ids = re.compile(rb'"(%b)_id"\s*:\s*"?(\d+)' % nouns)

    def open_scenario_log(self, scenario: str, location: str) -> ScenarioLog:
        """Return a new log; its mark must be in all of the scenario's test data."""
        scenario_log = ScenarioLog(scenario, location, self.marks.next())
        self.scenario_logs.append(scenario_log)
        self._by_mark[scenario_log.mark] = scenario_log
        return scenario_log

    def watch(self, scenario_log: ScenarioLog, subject: Subject) -> None:
        """Let every record about this subject (by its key, or the id in it) belong to the scenario from now on."""
        scenario_log.subjects.add(subject)
        self._by_subject[subject] = scenario_log
        self.on_watch(subject)

    def outline(self, record: Record, *, invalid: bool) -> Outline:
        """Return what is kept of a foreign record.

        Args:
            record: the record.
            invalid: whether it violates the contract.
        """
        slim = dataclasses.replace(record, value=None, headers=())
        fields = {each.name: getattr(slim, each.name) for each in dataclasses.fields(slim)}
        subjects = tuple(dict.fromkeys(self._subjects(record)))
        return Outline(**fields, size=len(record.value or b""), subjects=subjects, invalid=invalid)

    def owner(self, record: Record) -> ScenarioLog | None:
        """Return the log of the scenario to which a record belongs, by its mark, its key or the id in it.

        None is returned for foreign records. An event that may mention anything is one too: one on its own topic
        whose payload the contract leaves open. So is one that an outage may have repeated.
        """
        scenario_log = self._linked(record)
        if scenario_log and (self._may_mention_anything(record) or self._is_repeated_by_an_outage(record)):
            return None
        return scenario_log

    def claim(self, expectation: Expectation, before: int | None = None) -> Event | None:
        """Return the event that fulfils the expectation, None while there is none; each event is claimed once.

        Args:
            expectation: of two that the same event would fulfil, the older one must claim first.
            before: the cursor where the search ends: the same for both, or the younger may get the older's event.
        """
        Search(self, [expectation]).look(self.journal.cursor if before is None else before)
        return expectation.claim

    def event(self, record: Record) -> Event | NotAnEvent:
        """Return the event in a record of this run; it is parsed once."""
        event = self._events.get(record.place)
        if event is None:
            event = self._events[record.place] = read_event(record)
        return event

    def differences(self, expectation: Expectation, event: Event) -> list[Difference]:
        """Return each way in which the event is not the expected one, the run's history included."""
        found = expectation.differences(event, self.clock_tolerance)
        used = self._claimed_ids.get(event.id)
        if used and used.record is not event.record:
            sentence = f'its eventId "{event.id}" was used before, by the {used}'
            found.append(Difference(sentence, "eventId", USED_ID))
        if earlier := self._stood_still(expectation, event):
            sentence = f"its timestamp is that of the {earlier}, which had come before this request was sent"
            found.append(Difference(sentence, "timestamp", USED_TIMESTAMP))
        moved_to = event.record.partition
        partition = self._partitions.get(expectation.subject, moved_to)
        if event.record.topic == expectation.topic and moved_to != partition:
            earlier_ones = f"earlier events of this {expectation.noun} are in {partition}"
            sentence = f"it is in partition {moved_to}, {earlier_ones}"
            found.append(Difference(sentence, "partition", OTHER_PARTITION))
        return found

    def is_expected(self, scenario_log: ScenarioLog, event: Event, besides: Expectation | None = None) -> bool:
        """Return whether an event fulfils an expectation of the scenario that no event has fulfilled yet.

        Args:
            scenario_log: the scenario's.
            event: the event.
            besides: an expectation that does not count.
        """
        place = Subject(event.record.topic, event.record.key_text)
        candidates = (
            each for each in scenario_log.open(event.type) if each.subject == place and each is not besides
        )
        return any(not self.differences(each, event) for each in candidates)

    def claimant(self, record: Record) -> Expectation | None:
        """Return the expectation that the record fulfilled."""
        return self._claimed.get(record.place)

    def is_redelivery(self, event: Event) -> bool:
        """Return whether an event is a claimed one that has come once more."""
        first = self._claimed_ids.get(event.id)
        return first is not None and first.record is not event.record and first.fields == event.fields

    def original(self, scenario_log: ScenarioLog, event: Event) -> Expectation | None:
        """Return the expectation whose event this one repeats, by its eventId or by its content.

        Args:
            scenario_log: that of the scenario to which the event belongs.
            event: the event.
        """
        if first := self._claimed_ids.get(event.id):
            return self.claimant(first.record)
        of_type = [each for each in scenario_log.expectations if each.claim and each.event_type == event.type]
        same_key = [each for each in of_type if each.key == event.record.key_text]
        content = (each for each in same_key or of_type if each.claim and _same(event.payload, each.claim.payload))
        return next(content, None)

    def unclaimed(self, scenario_log: ScenarioLog, after: int, before: int) -> list[tuple[int, Record]]:
        """Return the scenario's records that fulfilled no expectation, each with its cursor.

        Args:
            scenario_log: the scenario's.
            after: the cursor after which they lie.
            before: the cursor up to which they lie.
        """
        return [
            (cursor, record)
            for cursor, record in self.numbered(after, before)
            if self.owner(record) is scenario_log and self.claimant(record) is None
        ]

    def numbered(self, after: int, before: int) -> Iterator[tuple[int, Record]]:
        """Yield the records between two cursors, each with its cursor."""
        return self.journal.numbered(after, before)

    def events(self, after: int, before: int | None = None) -> Iterator[Event]:
        """Yield the records between two cursors that are events, of this run and foreign ones."""
        records = self.journal.records(after, before)
        events = (self._events.get(each.place) or read_event(each) for each in records)  # foreign ones are not kept
        return (event for event in events if isinstance(event, Event))

    def own_events(self, scenario_log: ScenarioLog, after: int, before: int | None = None) -> list[Event]:
        """Return the events between two cursors that belong to a scenario, expected or not, oldest first.

        Args:
            scenario_log: the scenario's.
            after: the cursor after which they lie.
            before: the cursor up to which they lie, None for the newest.
        """
        own = (each for each in self.journal.records(after, before) if self.owner(each) is scenario_log)
        return [event for event in map(self.event, own) if isinstance(event, Event)]

    def enter(self, expectation: Expectation, event: Event) -> None:
        """Note that an event fulfils an expectation."""
        record = event.record
        expectation.claim = event
        self._claimed[record.place] = expectation
        self._claimed_ids[event.id] = event
        self._partitions.setdefault(expectation.subject, record.partition)
        self._made.setdefault((expectation.subject, str(event.fields.get("timestamp"))), event)
        self.patience.note_claim(expectation)

    def _stood_still(self, expectation: Expectation, event: Event) -> Event | None:
        """The subject's earlier event with the same timestamp, where time must have passed between the two."""
        made = event.fields.get("timestamp")
        if not comparing.is_to_the_microsecond(made):
            return None
        earlier = self._made.get((expectation.subject, made))
        passed = earlier and expectation.requested_at - earlier.record.received
        return earlier if passed and passed > _CLOCK_STEP_SECONDS else None

    def _linked(self, record: Record) -> ScenarioLog | None:
        value = record.value or b""
        for mark in self.marks.find(value):
            if mark in self._by_mark:
                return self._by_mark[mark]
        return next((self._by_subject[each] for each in self._subjects(record) if each in self._by_subject), None)

    def _subjects(self, record: Record) -> Iterator[Subject]:
        """Whom a record may be about: what its event type names before what its topic is for.

        Another service's key 5 is not our patient 5, unless the record is on the patients' topic or names them.
        """
        if isinstance(record, Outline):
            yield from (Subject(*each) for each in record.subjects)
            return
        value, topic_of_noun = record.value or b"", self._contract.topic_of_noun
        named = [topic_of_noun[noun.decode()] for noun in self._named.findall(value)]
        topics = dict.fromkeys([*named, record.topic])
        yield from (Subject(topic, record.key_text) for topic in topics)
        for noun, key in self._ids.findall(value):
            if (topic := topic_of_noun[noun.decode()]) in topics:
                yield Subject(topic, key.decode())

    def _may_mention_anything(self, record: Record) -> bool:
        open_types = self._open_types.get(record.topic)
        event = self.event(record) if open_types else None
        return isinstance(event, Event) and event.type in (open_types or ())

    def _is_repeated_by_an_outage(self, record: Record) -> bool:
        event = self.event(record) if self.outages else None
        first = self._claimed_ids.get(event.id) if isinstance(event, Event) else None
        if first is None or not isinstance(event, Event) or first.record is record:
            return False
        return self.outages.may_repeat(first, event)


def _same(one: object, other: object) -> bool:
    return not comparing.differences("", one, other)


class Search:
    """A search for the events of some expectations, which goes on where it ended the last time.

    Args:
        ledger: the run's; it notes what is found.
        expectations: those to fulfil, the oldest first.
    """

    def __init__(self, ledger: Ledger, expectations: Sequence[Expectation]) -> None:
        self._ledger = ledger
        self._open: dict[Subject, list[Expectation]] = {}
        self.missing = 0
        for each in expectations:
            if each.claim is None:
                self._open.setdefault(each.subject, []).append(each)
                self.missing += 1
        self._looked_to = min((each.after for each in expectations), default=0)

    def look(self, before: int) -> list[Record]:
        """Let events be claimed by what they fulfil; return the other records.

        Args:
            before: the cursor where the search ends.
        """
        after, self._looked_to = self._looked_to, max(self._looked_to, before)
        numbered = self._ledger.numbered(after, before) if after < before else iter(())
        return [record for cursor, record in numbered if not self._claimed(cursor, record)]

    def _claimed(self, cursor: int, record: Record) -> bool:
        """Whether an event has been claimed, now or before; only an expectation of its topic and key can do so."""
        if self._ledger.claimant(record):
            return True
        candidates = self._open.get(Subject(record.topic, record.key_text))
        event = self._ledger.event(record) if candidates else None
        if not candidates or not isinstance(event, Event):
            return False
        for expectation in candidates:
            if cursor >= expectation.after and not self._ledger.differences(expectation, event):
                self._ledger.enter(expectation, event)
                candidates.remove(expectation)
                self.missing -= 1
                return True
        return False
