"""The audit: the check of the ledger when the run ends. Nothing that concerns this run may be unexplained."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bdd.api.answers import AnswerSchemas
from bdd.events import contract
from bdd.events.account import Account
from bdd.events.event import NotAnEvent, read_event
from bdd.events.ledger import Ledger
from bdd.events.matchers import how_it_repeats
from bdd.events.near_miss import in_words
from bdd.events.schema import event_schemas
from bdd.events.witness import Witness
from bdd.recorder.record import Record
from bdd.waiting import wait_until

_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """Something that turns the run red although every scenario may have passed."""

    scenario: str
    location: str
    sentence: str

    def __str__(self) -> str:
        """The finding as it is printed."""
        return f"{self.scenario} ({self.location})\n    {self.sentence}"


def settle(last_action: float, seconds: float) -> None:
    """Return when so many seconds have passed since the last action (on the monotonic clock)."""

    def settled() -> None:
        left = last_action + seconds - time.monotonic()
        assert left <= 0, f"{left:.1f} s left"

    left = max(0.0, last_action + seconds - time.monotonic())
    wait_until(settled, what="the settling time", within=left + 1, every=max(left, 0.01))


def audit(ledger: Ledger, witness_of: Callable[[Account], Witness]) -> list[Finding]:
    """Return what the run leaves unexplained: surplus, late and broken records, and events that never came."""
    for account in ledger.accounts:
        for expectation in account.expectations:
            if expectation.claim is None:
                ledger.claim(expectation)
    schemas = event_schemas(contract.current())
    findings = []
    for cursor, record in enumerate(ledger.journal.records()):
        owner = ledger.owner(record)
        if owner and not owner.failed:
            faults = schemas.breaches(record)
            if ledger.claimant(record) is None:
                findings.append(_finding(owner, _surplus(witness_of(owner), cursor, record, faults)))
            elif faults:
                findings.append(_finding(owner, f"its {in_words(record)} breaks the contract: {_listed(faults)}"))
    return findings + [missing for account in ledger.accounts for missing in _never_came(account)]


def audit_answers(ledger: Ledger, schemas: AnswerSchemas) -> list[Finding]:
    """Return the answers of the service that break its API's contract."""
    return [
        _finding(account, f"{exchange} breaks the contract: {_listed(faults)}")
        for account in ledger.accounts
        if not account.failed
        for exchange in account.exchanges
        if (faults := schemas.breaches(exchange))
    ]


def _surplus(witness: Witness, cursor: int, record: Record, faults: Sequence[str]) -> str:
    try:
        event_type = read_event(record).type
    except NotAnEvent:
        return f"left a record that breaks the contract: {in_words(record)}"
    repeats = how_it_repeats(witness, record)
    repeats += f"; it breaks the contract: {_listed(faults)}" if faults else ""
    broken = [absence for absence in witness.account.absences if absence.covers(event_type, cursor)]
    if broken:
        return f'said "{broken[-1].step}", but later came: {repeats}'
    return f"left an event that nobody expected: {repeats}"


def _listed(faults: Sequence[str]) -> str:
    """The first faults; a list of patients may have one in each."""
    more = [f"{len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
    return "; ".join([*faults[:_SHOWN], *more])


def _never_came(account: Account) -> list[Finding]:
    if account.failed:
        return []
    missing = [each for each in account.expectations if each.claim is None]
    return [_finding(account, f"“{each.step}” was never followed by {each}") for each in missing]


def _finding(account: Account, sentence: str) -> Finding:
    return Finding(account.scenario, account.location, sentence)
