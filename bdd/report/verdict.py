"""Prints the verdict of a run. behave's summary contains neither the audit nor a failed start."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from behave.model import Feature

from bdd.output.console import counted, say
from bdd.report.causes import in_a_clause, lines_of, write_causes
from bdd.report.junit import JUnitFiles
from bdd.verdict.audit import Finding, Late
from bdd.verdict.causes import Causes
from bdd.verdict.symptom import of_trouble

if TYPE_CHECKING:
    from pathlib import Path

_SHOWN = 3


class Verdict:
    """The last of behave's reporters: it prints the verdict, and writes the JUnit files that behave does not.

    Attributes:
        abort_reason: why the run was not executed to its end and audited, or None.
        findings: what the audit found, or None if it has not been completed.
        executed: how many scenarios were executed.
        failed: how many of them failed.
        not_judged: how many of those failed only because a step had waited for a shorter time than its deadline.
        left_out: the scenarios that were left out: why -> their names.
        causes: why scenarios failed, and what the audit found.
        prints_each: whether every finding is printed, also those of one cause.
        folder: where the causes are written, None for nowhere.
    """

    def __init__(self, junit: JUnitFiles | None = None) -> None:
        self.abort_reason: str | None = None
        self.findings: Sequence[Finding] | None = None
        self.executed = 0
        self.failed = 0
        self.not_judged = 0
        self.left_out: dict[str, Sequence[str]] = {}
        self.causes = Causes()
        self.prints_each = False
        self.folder: Path | None = None
        self._trouble = ""
        self._junit = junit
        if junit:
            junit.remove_old()

    @property
    def red(self) -> bool:
        """Whether the run is red even if all its scenarios passed."""
        return self.abort_reason is not None or bool(self.findings)

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
        self.not_judged = len({(each.log.scenario, each.log.location) for each in late if each.in_time})
        self.causes.note_late(late)
        new = [finding for finding in findings if self.causes.note(finding)[1] or self.prints_each]
        shown = late if self.prints_each else late[:_SHOWN]
        _say_all("Events that came after their steps had stopped waiting:", shown, len(late))
        _say_all("The audit found what no scenario explains:", new, len(findings))

    def feature(self, feature: Feature) -> None:
        """Count the scenarios of a feature that has ended."""
        statuses = [scenario.status for scenario in feature.walk_scenarios()]
        failed = sum(status.has_failed() for status in statuses)
        self.failed += failed
        self.executed += failed + sum(status.name == "passed" for status in statuses)

    def end(self) -> None:
        """Write the JUnit files and print the verdict."""
        if self._junit:
            self._write(self._junit)
        if self._trouble:
            say(f"\nThe run ends here: {self._trouble}")
        if causes := list(self.causes):
            say("\n".join(["\nCauses", *(line for cause in causes for line in lines_of(cause))]))
            if self.folder:
                write_causes(self.folder, causes)
        say(f"\n{self}")

    def _write(self, junit: JUnitFiles) -> None:
        if self.findings is not None:
            junit.write_audit(self.findings, self.causes.label)
        if self.abort_reason is not None:
            junit.write_aborted_run(self.abort_reason)
        if self.left_out:
            junit.write_left_out(self.left_out)

    def __str__(self) -> str:
        """The verdict in one line: `RED: 1 of 2 scenarios failed`."""
        left_out = (
            f"{counted(len(scenarios), 'scenario')} {'was' if len(scenarios) == 1 else 'were'} left out: {why}"
            for why, scenarios in self.left_out.items()
        )
        return "; ".join([self._judgement(), *left_out])

    def _judgement(self) -> str:
        failed = self.failed - self.not_judged
        reasons = [f"{failed} of {counted(self.executed, 'scenario')} failed"] if self.failed else []
        reasons += [f"{self.not_judged} not judged"] if self.not_judged else []
        if self.findings:
            things = counted(len(self.findings), "thing")
            reasons.append(f"the audit found {things} that no scenario explains")
        reason = self.abort_reason or ""  # the reason of a broken platform is there already
        reasons += in_a_clause([each for each in self.causes if each.title not in reason])
        if self.abort_reason is not None:
            reasons.append(self.abort_reason.splitlines()[0])  # whole: what matters is often at its end
        if reasons:
            return f"RED: {'; '.join(reasons)}"
        return f"GREEN: {counted(self.executed, 'scenario')} passed, and the audit left nothing unexplained"


def _say_all(title: str, several: Sequence[object], count: int) -> None:
    """Print things below a title, and how many more there are."""
    if left := count - len(several):
        several = [*several, f"{left} more of causes that were printed; -D causes=each prints all"]
    if several:
        say("\n".join([f"\n{title}", *(f"  {each}" for each in several)]))


def no_service(name: str, reason: str) -> str:
    """Return why scenarios are left out, as a clause.

    Args:
        name: the service that the platform does not have.
        reason: why it has none.
    """
    return f"the platform has no {name}, because {reason}"
