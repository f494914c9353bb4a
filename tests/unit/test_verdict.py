"""The last line of a run."""

import pytest
from behave.model_type import Status
from behave.parser import parse_feature

from bdd.report.verdict import Verdict
from bdd.verdict.audit import Finding
from bdd.verdict.symptom import Symptom

TEXT = """
Feature: some
  Scenario: one
    Given a
  Scenario Outline: others
    Given <b>
    Examples:
      | b |
      | c |
      | d |
"""


FINDING = Finding(
    "one",
    "some.feature:3",
    "When I act",
    "left an event",
    "correct it",
    [Symptom("patient", "patient.created", "without a key")],
)


def verdict_of(*statuses: Status) -> Verdict:
    feature = parse_feature(TEXT)  # type: ignore[no-untyped-call]
    for scenario, status in zip(feature.walk_scenarios(), statuses, strict=True):
        scenario.set_status(status)
    verdict = Verdict()
    verdict.feature(feature)
    return verdict


@pytest.mark.parametrize(
    ("statuses", "findings", "line"),
    [
        ("passed passed skipped", 0, "GREEN: 2 scenarios passed, and the audit left nothing unexplained"),
        (
            "passed passed passed",
            1,
            "RED: the audit found 1 thing that no scenario explains; 1 cause: patient.created without a key",
        ),
        *[
            (f"passed {status} skipped", 0, "RED: 1 of 2 scenarios failed")
            for status in ("failed", "error", "hook_error", "undefined")
        ],
    ],
)
def test_the_verdict_counts_what_was_executed_and_what_failed(statuses: str, findings: int, line: str) -> None:
    verdict = verdict_of(*(Status[status] for status in statuses.split()))
    verdict.audited([FINDING] * findings)
    assert str(verdict) == line
    assert verdict.red is bool(findings), "behave knows the failed scenarios itself"


def test_all_reasons_stand_in_one_line_and_none_is_cut() -> None:
    verdict = verdict_of(Status.passed, Status.failed, Status.untested)
    verdict.audited([FINDING, FINDING])
    verdict.abort_reason = f"it broke: {'so long ' * 50}and the point.\nand more"
    assert verdict.red
    assert str(verdict) == (
        "RED: 1 of 2 scenarios failed; the audit found 2 things that no scenario explains; "
        "1 cause: patient.created without a key; "
        f"it broke: {'so long ' * 50}and the point."
    )
