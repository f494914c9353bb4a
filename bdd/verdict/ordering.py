"""The order of a patient's events: all in one partition, one behind the other as the changes were made."""

import itertools
from collections.abc import Iterator

from bdd.verdict.event import Event
from bdd.verdict.expectation import Expectation
from bdd.verdict.scenario_log import ScenarioLog

IN_ORDER = "publish a patient's events one after the other with its id as key, as its changes were committed"
"""What to do about a broken order."""


def misplaced(scenario_log: ScenarioLog) -> Iterator[tuple[Expectation, str]]:
    """Yield each expectation whose event does not lie behind that of the change before it, and where it lies."""
    for key in sorted(scenario_log.keys):
        met = [(each, each.claim) for each in scenario_log.expectations if each.claim and each.key == key]
        for (_, earlier), (expectation, later) in itertools.pairwise(met):
            if wrong := _fault(earlier, later):
                yield expectation, wrong


def _fault(earlier: Event, later: Event) -> str:
    if earlier.record.partition != later.record.partition:
        return f"{later} is in another partition than {earlier}, whose change came first"
    if later.record.offset < earlier.record.offset:
        return f"{later} lies before {earlier}, whose change came first"
    return ""
