"""The run of a night: behave, until it ends or is ended, and the results that it leaves."""

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from bdd.nightly.judgement import ExitCode, Judgement, judge, judge_printed, verdict_line
from bdd.nightly.process import BehaveProcess
from bdd.results.folder import UnreadableResults, read_run, write_run
from bdd.results.model import FORMAT, End, Head, Run
from bdd.settings.settings import Settings
from bdd.stacks.factory import new_run_id
from bdd.system.processes import how_it_ended
from bdd.system.signals import ignore_signals

_MINUTE = 60.0
_CLEAN_UP_SECONDS = 120.0
"""How long a run may take to remove what it has started, also on a busy container engine."""
_CLOCK_TOLERANCE = 5.0
_NOT_FOR_BEHAVE = {"BDD_NOTIFY_TO", "BDD_NOTIFY_TO_FILE"}
_INTERRUPTED = "the run was interrupted"  # a run that is ended by signal writes this; a night knows why


class Suite:
    """Runs the suite once, and makes sure that its results say how it ended.

    Args:
        settings: those of the run.
        arguments: behave's.
        note: called with a sentence for anything else that goes wrong.
    """

    def __init__(self, settings: Settings, arguments: Sequence[str], note: Callable[[str], object]) -> None:
        self._settings = settings
        self._arguments = arguments
        self._note = note
        self._began = time.time()
        self._stopped = ""

    def judged(self) -> Judgement:
        """Run the suite, end it after the time limit, and return what its results say of the platform."""
        environment = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_BEHAVE}
        process = BehaveProcess(self._arguments, environment)
        code = self._ended(process)
        run = self._results_of(process.pid)
        if run is None or run.end is None:
            return self._judged_without_end(run, code, process.printed)
        if self._stopped and _INTERRUPTED in (run.end.abort_reason or ""):
            run = self._written(run, _with_reason(run.end, self._stopped))
        judgement = judge(run)
        if judgement.code is ExitCode.KEPT and code != 0:
            reason = f"the run {_how(code)}, although its results say that all promises were kept"
            return replace(judgement, code=ExitCode.NOT_JUDGED, reason=reason)
        return judgement

    def _ended(self, process: BehaveProcess) -> int | None:
        """Return the exit code of the run when it has ended; None if it had to be killed."""
        minutes = self._settings.time_limit
        try:
            code = process.wait(minutes * _MINUTE)
            if code is not None:
                return code
            self._stopped = f"the time limit of {minutes:g} minutes has passed"
        except KeyboardInterrupt:
            self._stopped = "the night was interrupted"
        ignore_signals()
        return process.end(_CLEAN_UP_SECONDS)

    def _judged_without_end(self, run: Run | None, code: int | None, printed: str) -> Judgement:
        """Judge a run whose results have no end: it was killed, or they could not be written."""
        reason = "; ".join(each for each in (self._stopped, f"the run {_how(code)}", verdict_line(printed)) if each)
        begun = run or Run(format=FORMAT, run=self._head(), scenarios=())
        end = End(
            ended=time.time(),
            green=False,
            sentence=f"RED: {reason}",
            abort_reason=reason,
            judged=bool(begun.scenarios),
        )
        whole = self._written(begun, end)
        said = judge_printed(code, printed)
        if said.code is ExitCode.NOT_JUDGED or self._stopped:
            return replace(judge(whole), reason=reason)
        self._note("the verdict is what the run has printed: it could not write its results to their end")
        return replace(said, run=whole)

    def _results_of(self, process: int) -> Run | None:
        """Return the results of a run by the number of its process, None if there are none."""
        found = []
        for file in self._settings.results_dir.glob("*.json"):
            try:
                if file.stat().st_mtime < self._began - _CLOCK_TOLERANCE:
                    continue
                run = read_run(file)
            except (OSError, UnreadableResults) as error:
                self._note(str(error))
                continue
            machine = run.run.machine
            if (machine.get("name"), machine.get("process")) == (platform.node(), str(process)):
                found.append(run)
        return max(found, key=lambda each: each.run.began, default=None)

    def _written(self, run: Run, end: End) -> Run:
        """Write the results of a run with another end, and return them."""
        whole = run.model_copy(update={"end": end})
        file = self._settings.results_dir / f"{run.run.id}.json"
        try:
            write_run(file, whole)
        except OSError as error:
            self._note(f"the history lacks this run: {file} cannot be written: {error.strerror}")
        return whole

    def _head(self) -> Head:
        """Return what identifies a run that has left no results."""
        paths = [each for each in self._arguments if not each.startswith("-D")]
        return Head(
            id=new_run_id(),
            began=self._began,
            stack=self._settings.stack,
            selection=" ".join(paths) or "features",
            shard=str(self._settings.shard) if self._settings.shard else None,
            machine={"name": platform.node()},
        )


def _with_reason(end: End, why: str) -> End:
    """Return the end of a run with the reason why it was interrupted."""
    reason, sentence = (text.replace(_INTERRUPTED, why) for text in (end.abort_reason or "", end.sentence))
    return end.model_copy(update={"abort_reason": reason, "sentence": sentence})


def _how(code: int | None) -> str:
    return "had to be killed, and what it has started may be left" if code is None else how_it_ended(code)
