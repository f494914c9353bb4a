"""Prints the verdict of a run. behave's summary contains neither the audit nor a failed start."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from behave.model import Feature, Scenario

from bdd.output.console import counted, say
from bdd.report.causes import in_a_clause, lines_of, write_causes
from bdd.results.collecting import file_of, name_of, status_of
from bdd.results.known import KnownFailures
from bdd.results.model import KnownFailure, Status
from bdd.verdict.audit import Finding, Late
from bdd.verdict.causes import Causes
from bdd.verdict.symptom import of_trouble

if TYPE_CHECKING:
    from pathlib import Path

_SHOWN = 3


class Verdict:
    """The last of behave's reporters: it prints the verdict.

    Attributes:
        abort_reason: why the run was not executed to its end and audited, or None.
        findings: what the audit found, or None if it has not been completed.
        executed: how many scenarios were executed.
        failed: how many of them failed.
        known: the failures that are known.
        failed_as_known: how many scenarios failed besides, as they may today.
        not_judged: how many of `failed` failed only because a step had waited for a shorter time than its deadline.
        statuses: those of the scenarios: feature's file and name -> status.
        left_out: the scenarios that were left out: why -> their names.
        causes: why scenarios failed, and what the audit found.
        prints_each: whether every finding is printed, also those of one cause.
        folder: where the causes are written, None for nowhere.
    """

    def __init__(self) -> None:
        self.abort_reason: str | None = None
        self.findings: Sequence[Finding] | None = None
        self.executed = 0
        self.failed = 0
        self.known = KnownFailures()
        self.failed_as_known = 0
        self.statuses: dict[tuple[str, str], Status] = {}
        self.not_judged = 0
        self.left_out: dict[str, Sequence[str]] = {}
        self.causes = Causes()
        self.prints_each = False
        self.folder: Path | None = None
        self._trouble = ""

    @property
    def red(self) -> bool:
        """Whether the run is red even if all its scenarios passed."""
        return self.abort_reason is not None or bool(self._unknown_findings)

    @property
    def _unknown_findings(self) -> list[Finding]:
        """What the audit found of scenarios that may not fail."""
        return [each for each in self.findings or () if not self._may_fail(each.scenario, each.location)]

    def _may_fail(self, scenario: str, location: str) -> bool:
        return self.known.allow(file_of(location.rpartition(":")[0]), scenario)

    def leave_out(self, scenarios: Sequence[str], why: str) -> None:
        """Note that scenarios are not executed."""
        if scenarios:
            self.left_out[why] = scenarios

    def do_not_start(self, reason: str) -> None:
        """Print why nothing will be executed."""
        say(reason)
        self.abort_reason = f"nothing was executed: {reason}"

    def end_early(self, trouble: str) -> None:
        """Note why no more scenarios are executed. The end prints it: behave captures what hooks print."""
        self._trouble = trouble
        self.causes.end(of_trouble(trouble))
        self.abort_reason = f"the run ended early: {trouble}"

    def audited(self, findings: Sequence[Finding], late: Sequence[Late] = ()) -> None:
        """Print what the audit has found.

        Args:
            findings: what no scenario explains.
            late: the events that came after their scenarios had failed.
        """
        self.findings = findings
        in_time = {(each.log.scenario, each.log.location) for each in late if each.in_time}
        self.not_judged = sum(not self._may_fail(*each) for each in in_time)
        self.causes.note_late(late)
        new = [finding for finding in findings if self.causes.note(finding)[1] or self.prints_each]
        shown = late if self.prints_each else late[:_SHOWN]
        _say_all("Events that came after their steps had stopped waiting:", shown, len(late))
        _say_all("The audit found what no scenario explains:", new, len(findings))

    def feature(self, feature: Feature) -> None:
        """Count the scenarios of a feature that has ended."""
        for scenario in feature.walk_scenarios():
            name, failed = name_of(scenario), scenario.status.has_failed()
            self.statuses[name.feature, name.name] = status_of(scenario.status)
            self.executed += failed or scenario.status.name == "passed"
            if failed and self.may_fail(scenario):
                self.failed_as_known += 1
            else:
                self.failed += failed

    def known_outcomes(self) -> list[KnownFailure]:
        """Return the known failures, each with what came of it; a finding of the audit is a failure too."""
        found = {(file_of(each.location.rpartition(":")[0]), each.scenario) for each in self.findings or ()}
        return self.known.outcomes({**self.statuses, **dict.fromkeys(found, "failed")})

    def may_fail(self, scenario: Scenario) -> bool:
        """Return whether a scenario has failed as it may today; an error of the suite is not a failure."""
        return scenario.status.name == "failed" and self._may_fail(scenario.name, str(scenario.location))

    def end(self) -> None:
        """Print the causes and the verdict."""
        if self._trouble:
            say(f"\nThe run ends here: {self._trouble}")
        if causes := list(self.causes):
            say("\n".join(["\nCauses", *(line for cause in causes for line in lines_of(cause))]))
            if self.folder:
                write_causes(self.folder, causes)
        if known := [each for each in self.known_outcomes() if each.state != "not executed"]:
            say("\n".join(["\nKnown failures", *(f"  {in_words(each)}" for each in known)]))
        say(f"\n{self}")

    def __str__(self) -> str:
        """The verdict in one line: `RED: 1 of 2 scenarios failed`."""
        left_out = (
            f"{counted(len(scenarios), 'scenario')} {'was' if len(scenarios) == 1 else 'were'} left out: {why}"
            for why, scenarios in self.left_out.items()
        )
        return "; ".join([self._judgement(), *left_out])

    @property
    def green(self) -> bool:
        """Whether all promises were kept, but for known failures."""
        return not self._reasons()

    def _judgement(self) -> str:
        known = [f"{self.failed_as_known} failed as known"] if self.failed_as_known else []
        if reasons := self._reasons():
            return f"RED: {'; '.join([*reasons, *known])}"
        passed = counted(self.executed - self.failed_as_known, "scenario")
        return "; ".join([f"GREEN: {passed} passed, and the audit left nothing unexplained", *known])

    def _reasons(self) -> list[str]:
        """Return why the run is red, nothing for a green one."""
        failed = self.failed - self.not_judged
        reasons = [f"{failed} of {counted(self.executed, 'scenario')} failed"] if self.failed else []
        reasons += [f"{self.not_judged} not judged"] if self.not_judged else []
        if self._unknown_findings:
            things = counted(len(self._unknown_findings), "thing")
            reasons.append(f"the audit found {things} that no scenario explains")
        reason = self.abort_reason or ""  # the reason of a broken platform is there already
        if reasons:
            reasons += in_a_clause([each for each in self.causes if each.title not in reason])
        if self.abort_reason is not None:
            reasons.append(self.abort_reason.splitlines()[0])  # whole: what matters is often at its end
        return reasons


def _say_all(title: str, several: Sequence[object], count: int) -> None:
    """Print things below a title, and how many more there are."""
    if left := count - len(several):
        several = [*several, f"{left} more of causes that were printed; -D causes=each prints all"]
    if several:
        say("\n".join([f"\n{title}", *(f"  {each}" for each in several)]))


def in_words(known: KnownFailure) -> str:
    """Return what came of a known failure, and what to do."""
    about = f"{known.scenario}, until {known.until}: {known.reason} ({known.who})"
    todo = {
        "expired": "its day is over, so that it turns the run red: correct it, or agree on another day",
        "passed": "it passes: remove it from the known failures",
    }
    return f"{about}; {todo[known.state]}" if known.state in todo else about


def no_service(name: str, reason: str) -> str:
    """Return why scenarios are left out, as a clause.

    Args:
        name: the service that the platform does not have.
        reason: why it has none.
    """
    return f"the platform has no {name}, because {reason}"
