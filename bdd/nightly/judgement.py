"""What a night says of the platform, and its exit code."""

import re
from dataclasses import dataclass
from enum import IntEnum

from bdd.results.model import Run

_BROKEN = re.compile(r"^RED: (?:[1-9]\d* of \d+ scenarios? failed|the audit found )")
"""A verdict that is red because of the platform, not only because the run ended early."""


class ExitCode(IntEnum):
    """The exit codes of a night."""

    KEPT = 0
    BROKEN = 1
    NOT_JUDGED = 2


@dataclass(frozen=True)
class Judgement:
    """What a night says of the platform.

    Attributes:
        code: whether the promises were kept.
        reason: why it is not `KEPT`, in a sentence or as the run printed it; empty for `KEPT`.
        run: the results, None if there are none.
    """

    code: ExitCode
    reason: str = ""
    run: Run | None = None


def judge(run: Run) -> Judgement:
    """Return what the results of a run say of the platform.

    A run that ended early has broken promises if a scenario had failed before, for a reason that was found.
    Without one it is not judged.
    """
    if run.end is None:
        return Judgement(ExitCode.NOT_JUDGED, "the run did not come to its end", run)
    if run.end.green:
        return Judgement(ExitCode.KEPT, run=run)
    return Judgement(ExitCode.BROKEN if _broke_promises(run) else ExitCode.NOT_JUDGED, run.end.sentence, run)


def judge_printed(exit_code: int | None, printed: str) -> Judgement:
    """Return what a run without results, on a full disk for instance, says of the platform.

    Args:
        exit_code: the run's, None if it was killed.
        printed: what it printed last.
    """
    last = verdict_line(printed)
    if exit_code == 0 and last.startswith("GREEN: "):
        return Judgement(ExitCode.KEPT)
    if _BROKEN.match(last):
        return Judgement(ExitCode.BROKEN, last)
    how = "was killed" if exit_code is None else f"ended with exit code {exit_code}"
    return Judgement(ExitCode.NOT_JUDGED, last or f"the run {how} and printed nothing")


def verdict_line(printed: str) -> str:
    """Return the verdict that a run has printed, or the last line of it that is not empty."""
    lines = [line.strip() for line in reversed(printed.splitlines()) if line.strip()]
    return next((line for line in lines if line.startswith(("GREEN: ", "RED: "))), lines[0] if lines else "")


def _broke_promises(run: Run) -> bool:
    end = run.end
    if end is None or not end.judged:
        return False
    # A scenario that was interrupted has no cause.
    if end.findings_not_known() or any(each.failure and each.failure.cause for each in run.broken()):
        return True
    # Audited, and red all the same: a clean-up failed, for instance.
    return end.audited and end.abort_reason is None
