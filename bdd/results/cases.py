"""A run as a list of test cases, as CI servers know them: the scenarios, the audit's findings, and the run itself.

A run that is red has at least one case that failed, whatever made it red.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bdd.output.printable import first_line
from bdd.results.model import Failure, Finding, KnownFailure, Run, Scenario, ScenarioName, Step

CaseStatus = Literal["passed", "failed", "error", "known", "late", "left out", "not executed"]
"""`known`: it failed, as known.yaml allows. `late`: its event came in time after all, so it is not judged."""

AUDIT = "audit"
RUN = "run"
_KILLED = "the run was killed before its end"


@dataclass(frozen=True)
class Case:
    """A test case.

    Attributes:
        suite: the title of its feature, or `audit`, or `run`.
        file: the feature's file, empty without one.
        name: its name.
        status: its status.
        line: its line in the file, 0 without one.
        message: why it did not pass, in a few words; empty if it did.
        details: the whole reason.
        cause: the number and the title of its cause.
        began: when it began, in seconds since 1970 UTC.
        seconds: how long it took.
        tags: its tags.
        steps: its steps.
    """

    suite: str
    file: str
    name: str
    status: CaseStatus
    line: int = 0
    message: str = ""
    details: str = ""
    cause: str = ""
    began: float | None = None
    seconds: float = 0.0
    tags: Sequence[str] = ()
    steps: Sequence[Step] = ()


def cases_of(run: Run) -> list[Case]:
    """Return the test cases of a run: its scenarios in the order of their execution, then all others."""
    titles = {feature.file: feature.name for feature in run.run.features}
    known = run.end.known if run.end else ()
    cases = [_of_scenario(each, titles, known) for each in run.scenarios]
    why = _why_not_executed(run)
    cases += [_not_executed(each, titles, why, "not executed") for each in run.not_executed()]
    cases += [
        _not_executed(name, titles, each.reason, "left out") for each in run.run.left_out for name in each.scenarios
    ]
    cases += [_of_finding(each, known) for each in (run.end.findings if run.end else ())]
    if run.end and run.end.audited and not run.end.findings:
        cases.append(Case(AUDIT, "", "nothing is unexplained", "passed"))
    cases += _of_run(run)
    if not run.green and not any(each.status in {"failed", "error"} for each in cases):
        sentence = run.end.sentence if run.end else _KILLED
        cases.append(Case(RUN, "", "the run", "error", message=sentence, details=sentence))
    return cases


def _of_scenario(scenario: Scenario, titles: dict[str, str], known: Sequence[KnownFailure]) -> Case:
    failure, status = scenario.failure, _status_of(scenario)
    message = failure.title or first_line(failure.message) if failure else ""
    if status == "late":
        message = f"not judged, because its event came in time after all: {message}"
    if (reason := _why_let_through(scenario, known)) and scenario.status == "failed":
        status, message = "known", reason
    return Case(
        suite=titles.get(scenario.feature, scenario.feature),
        file=scenario.feature,
        name=scenario.name,
        status=status,
        line=scenario.line,
        message=message,
        details=_details(failure) if failure else "",
        cause=_cause(failure.cause, failure.title) if failure else "",
        began=scenario.began,
        seconds=scenario.seconds,
        tags=scenario.tags,
        steps=scenario.steps,
    )


def _details(failure: Failure) -> str:
    return f"{failure.message.rstrip()}\nevidence: {failure.evidence}" if failure.evidence else failure.message


def _status_of(scenario: Scenario) -> CaseStatus:
    if scenario.failed and scenario.failure and scenario.failure.late:
        return "late"
    return "left out" if scenario.status == "skipped" else scenario.status


def _why_not_executed(run: Run) -> str:
    if run.end is None:
        return _KILLED
    if run.end.abort_reason:
        return first_line(run.end.abort_reason)
    stopped = any(each.failed for each in run.scenarios)
    return "an earlier scenario has failed, and --stop is given" if stopped else "it was not executed"


def _not_executed(name: ScenarioName, titles: dict[str, str], why: str, status: CaseStatus) -> Case:
    suite = titles.get(name.feature, name.feature)
    return Case(suite, name.feature, name.name, status, line=name.line, message=why)


def _of_finding(finding: Finding, known: Sequence[KnownFailure]) -> Case:
    about, reason = finding.scenario, _why_let_through(finding.scenario, known)
    return Case(
        suite=AUDIT,
        file=about.feature,
        name=f"{about.name}: {finding.title}",
        status="known" if reason else "failed",
        line=about.line,
        message=reason or finding.title,
        details=f"{finding.message}\nnext: {finding.advice}",
        cause=_cause(finding.cause, finding.title),
    )


def _cause(number: int | None, title: str) -> str:
    return f"{number}: {title}" if number else ""


def _why_let_through(name: ScenarioName, known: Sequence[KnownFailure]) -> str:
    """Return why a failure of a scenario does not turn the run red, nothing if it does."""
    each = next((each for each in known if each.lets_through(name)), None)
    return f"known until {each.until} ({each.who}): {each.reason}" if each else ""


def _of_run(run: Run) -> Iterator[Case]:
    """Yield a case for why the run was not executed to its end, and one for each clean-up that failed."""
    if run.end is None:
        return
    if run.end.abort_reason:
        message = first_line(run.end.abort_reason)
        yield Case(RUN, "", "the run", "error", message=message, details=run.end.abort_reason)
    for each in run.end.hook_failures:
        yield Case(RUN, "", first_line(each), "error", message=first_line(each), details=each)
