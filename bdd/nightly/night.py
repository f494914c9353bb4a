"""One night: run the suite, make the report, send the notice."""

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from bdd.nightly.judgement import ExitCode, Judgement, judge
from bdd.nightly.lock import AnotherNight, lock_on, platform_of
from bdd.nightly.notice import notice_of
from bdd.nightly.receivers import Receivers
from bdd.nightly.suite import Suite
from bdd.output.console import counted, say
from bdd.output.masking import mask
from bdd.pages.report import Form, make_report
from bdd.pages.words import Code
from bdd.results.comparison import Comparison, compare
from bdd.results.folder import History, UnreadableResults, read_history, read_run, write_run
from bdd.results.model import Run
from bdd.results.summary import summary_of
from bdd.settings.settings import Settings
from bdd.settings.values import read_secret
from bdd.system.signals import ignore_signals, raise_interrupt_on_signals

_T = TypeVar("_T")
_VERDICTS = {
    ExitCode.KEPT: "all promises were kept",
    ExitCode.BROKEN: "promises were broken",
    ExitCode.NOT_JUDGED: "the platform could not be judged",
}


@dataclass(frozen=True)
class Order:
    """What a night has to do.

    Attributes:
        settings: those of the run.
        arguments: behave's: settings, paths, tags.
        report: the folder of the report.
        language: that of report and notice.
        results: the file of an earlier run, which is judged in place of a new one; None to run the suite.
    """

    settings: Settings
    arguments: Sequence[str]
    report: Path
    language: Code
    results: Path | None = None


def run_night(order: Order) -> ExitCode:
    """Run a night and return its exit code. A report or a notice that fails does not change the code."""
    raise_interrupt_on_signals()
    night = _Night(order)
    try:
        with lock_on(platform_of(order.settings)) as trouble:
            night.note(trouble)
            judgement = night.judged()
            ignore_signals()  # what follows is bounded, and a night that is ended has to report it
            return night.reported(judgement)
    except AnotherNight as error:
        judgement = Judgement(ExitCode.NOT_JUDGED, str(error))
    except KeyboardInterrupt:
        judgement = Judgement(ExitCode.NOT_JUDGED, "the night was interrupted before its run began")
    ignore_signals()
    return night.reported(judgement)


def notify_of_wrong_settings(message: str) -> None:
    """Notify the receivers in the environment that nothing was run: at night nobody sees stderr.

    Args:
        message: what is wrong.
    """
    file = os.environ.get("BDD_NOTIFY_TO_FILE", "")
    given = os.environ.get("BDD_NOTIFY_TO", "")
    with suppress(OSError, UnicodeDecodeError):
        given = given or (read_secret(Path(file)) if file else "")
    receivers = Receivers(given.split())
    if len(receivers):
        for failure in receivers.send(notice_of(Judgement(ExitCode.NOT_JUDGED, message), None)):
            print(f"nightly: {failure}", file=sys.stderr)  # noqa: T201 - the command's own


class _Night:
    """What comes after the run, and what goes wrong there."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._settings = order.settings
        self._troubles: list[str] = []
        self._history: History | None = None
        self._receivers = Receivers(self._settings.receivers)
        for trouble in self._receivers.troubles:
            self.note(trouble)

    def note(self, trouble: str | None) -> None:
        """Say what went wrong, now and in the notice."""
        if trouble:
            self._troubles.append(mask(trouble))
            print(f"nightly: {self._troubles[-1]}", file=sys.stderr, flush=True)  # noqa: T201 - the command's own

    def judged(self) -> Judgement:
        """Run the suite, or read the results of an earlier run, and return what they say of the platform."""
        file = self._order.results
        if file is None:
            return Suite(self._settings, self._order.arguments, self.note).judged()
        try:
            run = read_run(file)
        except UnreadableResults as error:
            return Judgement(ExitCode.NOT_JUDGED, str(error))
        if run.run.shard:
            reason = (
                f"{file} has only the results of shard {run.run.shard}. Join all shards first: python -m bdd merge"
            )
            return Judgement(ExitCode.NOT_JUDGED, reason)
        return judge(run)

    def reported(self, judgement: Judgement) -> ExitCode:
        """Make the report, send the notice, and return the exit code. Neither is made for a single shard."""
        if self._settings.shard is None or self._order.results:
            self._report(judgement)
        reason = f": {judgement.reason.splitlines()[0]}" if judgement.reason else ""
        say(f"NIGHTLY: {_VERDICTS[judgement.code]} (exit code {judgement.code:d}){reason}")
        return judgement.code

    def _report(self, judgement: Judgement) -> None:
        run, news = judgement.run, None
        if run:
            news = self._attempt("what is new is not known", lambda: self._compared(run))
            page = self._attempt("there is no report", lambda: self._made(run, self._order.report, self._form))
            say(f"Report: {page}" if page else "Report: none")
        self._attempt("there is no notice", lambda: self._notify(judgement, news))
        if run and self._troubles:
            self._attempt("what went wrong is not in the report", lambda: self._keep_troubles(run))

    @property
    def _form(self) -> Form:
        return Form(language=self._order.language)

    def _keep_troubles(self, run: Run) -> None:
        """Write into results and report what went wrong, such as a receiver that could not be notified."""
        run = self._with_troubles(run)
        write_run(self._order.results or self._settings.results_dir / f"{run.run.id}.json", run)
        self._made(run, self._order.report, self._form)

    def _with_troubles(self, run: Run) -> Run:
        return run.model_copy(update={"end": run.end and run.end.model_copy(update={"troubles": self._troubles})})

    def _made(self, run: Run, folder: Path, form: Form) -> Path:
        run = self._with_troubles(run)
        return make_report(run, self._history or History([summary_of(run)]), folder, form)

    def _compared(self, run: Run) -> Comparison:
        self._history = read_history(self._settings.results_dir, run, self._settings.history)
        for passed_over in self._history.passed_over:
            self.note(passed_over)
        return compare(self._history.runs)

    def _notify(self, judgement: Judgement, news: Comparison | None) -> None:
        if not len(self._receivers):
            self.note("nobody is notified: notify_to names no receiver")
            return
        if not self._is_due(judgement, news):
            say(f"Notice: none, because of notify={self._settings.notify}")
            return
        with tempfile.TemporaryDirectory(prefix="acceptance-", ignore_cleanup_errors=True) as folder:
            attached = self._attached(judgement.run, Path(folder))
            notice = notice_of(
                judgement,
                news,
                language=self._order.language,
                troubles=self._troubles,
                report_url=self._settings.report_url,
                is_attached=attached is not None,
            )
            failures = self._receivers.send(notice, attached)
        say(
            f"Notice: sent to {len(self._receivers) - len(failures)} of {counted(len(self._receivers), 'receiver')}"
        )
        for failure in failures:
            self.note(failure)

    def _is_due(self, judgement: Judgement, news: Comparison | None) -> bool:
        """Return whether a notice is sent. It is sent in any case if something else went wrong."""
        if self._troubles or self._settings.notify == "always":
            return True
        if self._settings.notify == "failure":
            return judgement.code is not ExitCode.KEPT
        return news is None or news.changed

    def _attached(self, run: Run | None, folder: Path) -> Path | None:
        """Return the report as one file, None without a run or if the report has an address."""
        if run is None or self._settings.report_url:
            return None
        form = replace(self._form, single=True)
        page = self._attempt("the report is not attached", lambda: self._made(run, folder, form))
        return page and page.rename(folder / f"report-{run.run.id}.html")

    def _attempt(self, what: str, action: Callable[[], _T]) -> _T | None:
        """Return what an action returns. If it fails, note why, and return None."""
        try:
            return action()
        except Exception as error:  # noqa: BLE001 - whatever it is, the verdict has to be reported
            self.note(f"{what}: {_in_words(error)}")
            return None


def _in_words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        file = error.filename2 or error.filename
        return f"{error.strerror}: {file}" if file else error.strerror
    return f"{type(error).__name__}: {error}"
