"""The last line of a run: red or green, and why. behave's summary knows neither the audit nor a failed start."""

from textwrap import shorten
from typing import Any

from behave.runner import Context

from bdd.output.console import counted, say

_LONGEST = 120  # characters; the whole sentence stands above


class Verdict:
    """A reporter of behave, the last one. Reporters are ended in their order, so it speaks last.

    Attributes:
        broken: why the run was not executed to its end and audited, None where it was.
        findings: how many the audit has.
        executed: how many scenarios were executed.
        failed: how many of them failed.
    """

    def __init__(self) -> None:
        self.broken: str | None = None
        self.findings = 0
        self.executed = 0
        self.failed = 0

    @property
    def red(self) -> bool:
        """Whether the run is red, whatever its scenarios were."""
        return self.broken is not None or self.findings > 0

    def feature(self, feature: Any) -> None:
        """Count the scenarios of a feature that has ended."""
        statuses = [scenario.status for scenario in feature.walk_scenarios()]
        failed = sum(status.has_failed() for status in statuses)
        self.failed += failed
        self.executed += failed + sum(status.name == "passed" for status in statuses)

    def end(self) -> None:
        """Say it."""
        say(f"\n{self}")

    def __str__(self) -> str:
        """The verdict in a line: `RED: 1 of 2 scenarios failed`."""
        reasons = [f"{self.failed} of {counted(self.executed, 'scenario')} failed"] if self.failed else []
        if self.findings:
            reasons.append(f"the audit found {counted(self.findings, 'thing')} that no scenario explains")
        if self.broken is not None:
            reasons.append(shorten(self.broken.splitlines()[0], _LONGEST, placeholder=" …"))
        if reasons:
            return f"RED: {'; '.join(reasons)}"
        return f"GREEN: {counted(self.executed, 'scenario')} passed, and the audit left nothing unexplained"


def announce_verdict(context: Context) -> Verdict:
    """Return the run's verdict, which will be its last line."""
    verdict = Verdict()
    context.config.reporters.append(verdict)
    return verdict


def skip_everything(context: Context) -> None:
    """Let a run end that has not started: of what comes after it, only the verdict is true.

    behave would call it aborted by the user, count an outline of which nothing was executed as passed, and write
    JUnit files in which nothing has failed.
    """
    context._runner.features.clear()  # behave has no public way
    context.config.reporters[:] = [context.verdict]


def fail_run(context: Context, *, by_user: bool) -> None:
    """Let behave end with exit code 1.

    An exception of a hook would do too, but be told as a HOOK-ERROR. What the user has not aborted must not be told
    as such either.
    """
    runner = context._runner  # behave has no public way
    runner.hook_failures += 1
    runner.aborted = runner.aborted and by_user
