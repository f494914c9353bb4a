"""The run of a night: what its results say after it was ended, was killed, or could not write them."""

import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from typer.testing import CliRunner

from bdd.commands.cli import app
from bdd.nightly import night, suite
from bdd.nightly.judgement import ExitCode, Judgement
from bdd.nightly.night import Order, run_night
from bdd.nightly.notice import Notice
from bdd.nightly.suite import Suite
from bdd.results.folder import read_run
from bdd.results.model import Run
from bdd.settings.settings import Settings, load_settings
from tests.support.runs import a_run, a_scenario, written

PASSED, FAILED = a_scenario("A creation is published"), a_scenario("A deletion is published", "failed")
INTERRUPTED = "the run was interrupted"


class PlayedRun:
    """In place of behave's process: it leaves a run's results and ends.

    Attributes:
        run: what it leaves, None for nothing.
        code: how it ends by itself; None: it does not.
        ends: how it ends when it gets a signal; None: it has to be killed.
        printed: what it prints.
        interrupts: whether the night is interrupted meanwhile.
    """

    run: Run | None = None
    code: int | None = 0
    ends: int | None = 1
    printed = ""
    interrupts = False
    folder = Path()

    def __init__(self, arguments: Sequence[str], environment: dict[str, str]) -> None:
        self.pid = 4711
        assert "BDD_NOTIFY_TO" not in environment

    def wait(self, timeout: float) -> int | None:
        if self.interrupts:
            raise KeyboardInterrupt
        self.leave()
        return self.code

    def end(self, timeout: float) -> int | None:
        self.leave()
        return self.ends

    def leave(self) -> None:
        if self.run:
            machine = {"name": platform.node(), "process": str(self.pid)}
            head = self.run.run.model_copy(update={"machine": machine})
            written(self.folder, self.run.model_copy(update={"run": head}))


Play = Callable[..., None]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Play:
    """Let the next run be played."""
    monkeypatch.setenv("BDD_NOTIFY_TO", "json://127.0.0.1/a-secret-of-the-night")

    def played(**how: object) -> None:
        class Played(PlayedRun):
            folder = tmp_path / "results"

        for name, value in how.items():
            setattr(Played, name, value)
        monkeypatch.setattr(suite, "BehaveProcess", Played)
        monkeypatch.setattr(suite, "ignore_signals", lambda: None)

    return played


def settings_for(folder: Path, **given: str) -> Settings:
    return load_settings({"results_dir": str(folder / "results"), **given})


def judged(folder: Path, **given: str) -> tuple[Judgement, list[str]]:
    notes: list[str] = []
    return Suite(settings_for(folder, **given), ["features/"], notes.append).judged(), notes


def left(folder: Path) -> Run:
    """Return what the only file of results says."""
    (file,) = (folder / "results").glob("*.json")
    return read_run(file)


def test_a_run_that_ends_is_judged_by_its_results(play: Play, tmp_path: Path) -> None:
    play(run=a_run([PASSED]))
    judgement, notes = judged(tmp_path)
    assert (judgement.code, judgement.reason, notes) == (ExitCode.KEPT, "", [])
    play(run=a_run([PASSED, FAILED]), code=1)
    assert judged(tmp_path)[0].code is ExitCode.BROKEN


def test_green_results_of_a_run_that_failed_are_not_believed(play: Play, tmp_path: Path) -> None:
    play(run=a_run([PASSED]), code=1)
    judgement, _ = judged(tmp_path)
    assert judgement.code is ExitCode.NOT_JUDGED
    assert judgement.reason.startswith("the run ended with exit code 1, although its results say")


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"code": None}, "the time limit of 0.5 minutes has passed"),
        ({"interrupts": True}, "the night was interrupted"),
    ],
)
def test_a_run_that_was_ended_says_in_its_results_why(
    play: Play, tmp_path: Path, how: dict[str, object], why: str
) -> None:
    end = {"sentence": f"RED: {INTERRUPTED}"}
    play(run=a_run([PASSED], selected=[PASSED, FAILED], abort_reason=INTERRUPTED, end=end), **how)
    judgement, notes = judged(tmp_path, time_limit="0.5")
    assert (judgement.code, judgement.reason, notes) == (ExitCode.NOT_JUDGED, f"RED: {why}", [])
    end_of_file = left(tmp_path).end
    assert end_of_file
    assert (end_of_file.abort_reason, end_of_file.sentence) == (why, f"RED: {why}")


def test_a_run_that_was_ended_while_it_started_says_why(play: Play, tmp_path: Path) -> None:
    play(run=a_run([], abort_reason=f"nothing was executed: {INTERRUPTED} while it started"), code=None)
    judged(tmp_path, time_limit="0.5")
    end = left(tmp_path).end
    assert end
    assert end.abort_reason == "nothing was executed: the time limit of 0.5 minutes has passed while it started"


def test_what_was_broken_before_the_time_limit_is_broken(play: Play, tmp_path: Path) -> None:
    play(run=a_run([FAILED], abort_reason=INTERRUPTED), code=None)
    assert judged(tmp_path)[0].code is ExitCode.BROKEN


def test_a_run_that_was_killed_gets_an_end_and_keeps_what_it_had(play: Play, tmp_path: Path) -> None:
    play(run=a_run([PASSED], killed=True), code=-9, printed="features/a.feature  .")
    judgement, _ = judged(tmp_path)
    assert judgement.code is ExitCode.NOT_JUDGED
    assert judgement.reason == "the run was ended by SIGKILL; features/a.feature  ."
    run = left(tmp_path)
    assert run.end
    assert (run.end.green, run.end.audited, len(run.scenarios)) == (False, False, 1)
    assert run.end.abort_reason == judgement.reason


def test_a_run_that_does_not_end_says_what_may_be_left(play: Play, tmp_path: Path) -> None:
    play(run=a_run([PASSED], killed=True), code=None, ends=None)
    reason = judged(tmp_path)[0].reason
    assert reason.endswith("; the run had to be killed, and what it has started may be left")


def test_a_run_that_leaves_nothing_gets_results_that_say_so(play: Play, tmp_path: Path) -> None:
    play(code=1, printed="Traceback\nSyntaxError: invalid syntax\n")
    judgement, _ = judged(tmp_path)
    assert judgement.code is ExitCode.NOT_JUDGED
    assert judgement.reason == "the run ended with exit code 1; SyntaxError: invalid syntax"
    run = left(tmp_path)
    assert run.end
    assert (run.end.judged, run.end.green, run.run.stack) == (False, False, "embedded")


def test_a_verdict_that_could_only_be_printed_stands(play: Play, tmp_path: Path) -> None:
    play(run=a_run([PASSED], killed=True), printed="GREEN: 1 scenario passed, and the audit left nothing\n")
    judgement, notes = judged(tmp_path)
    assert judgement.code is ExitCode.KEPT
    assert notes == ["the verdict is what the run has printed: it could not write its results to their end"]
    assert not left(tmp_path).green, "a page may not look green without the results"


def test_results_that_cannot_be_written_are_reported(play: Play, tmp_path: Path) -> None:
    (tmp_path / "results").symlink_to(os.devnull)
    play(code=1, printed="RED: 2 of 3 scenarios failed\n")
    judgement, notes = judged(tmp_path)
    assert judgement.code is ExitCode.BROKEN
    assert any(each.startswith("the history lacks this run: ") for each in notes)


class SentNotices:
    """In place of the receivers."""

    troubles: Sequence[str] = ()
    fail: Sequence[str] = ()
    sent: ClassVar[list[tuple[Notice, str]]] = []

    def __init__(self, urls: Sequence[str]) -> None:
        self.urls = urls
        SentNotices.sent = []

    def __len__(self) -> int:
        return len(self.urls)

    def send(self, notice: Notice, attached: Path | None = None) -> Sequence[str]:
        SentNotices.sent.append((notice, attached.read_text(encoding="utf-8") if attached else ""))
        return self.fail


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., ExitCode]:
    for name in ("ignore_signals", "raise_interrupt_on_signals"):
        monkeypatch.setattr(night, name, lambda: None)
    monkeypatch.setattr(night, "Receivers", SentNotices)

    def went(results: Path | None = None, **given: str) -> ExitCode:
        settings = settings_for(tmp_path, **given)
        return run_night(Order(settings, ["features/"], tmp_path / "report", "en", results))

    return went


def test_a_night_makes_a_report_and_sends_a_notice(
    play: Play, go: Callable[..., ExitCode], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    play(run=a_run([PASSED, FAILED]), code=1)
    assert go() is ExitCode.BROKEN
    page = tmp_path / "report" / "index.html"
    assert page.is_file()
    ((notice, attached),) = SentNotices.sent
    assert notice.title.startswith("Promises were broken")
    assert attached
    assert "A deletion is published" in attached
    assert capsys.readouterr().out.splitlines() == [
        f"Report: {page}",
        "Notice: sent to 1 of 1 receiver",
        "NIGHTLY: promises were broken (exit code 1): RED: 1 of 2 scenarios failed",
    ]


@pytest.mark.parametrize(
    ("notify", "nights", "sent"),
    [
        ("always", [[PASSED], [PASSED]], [1, 1]),
        ("failure", [[PASSED], [FAILED], [FAILED], [PASSED]], [0, 1, 1, 0]),
        ("change", [[PASSED], [PASSED], [PASSED, FAILED], [PASSED, FAILED]], [1, 0, 1, 0]),
    ],
)
def test_the_setting_decides_when_a_notice_is_sent(
    play: Play, go: Callable[..., ExitCode], notify: str, nights: Sequence[Sequence[object]], sent: Sequence[int]
) -> None:
    counts = []
    for number, scenarios in enumerate(nights):
        play(run=a_run(scenarios, began=1_780_000_000.0 + 100 * number), code=int(FAILED in scenarios))  # type: ignore[arg-type]
        go(notify=notify, report_url="http://127.0.0.1/report")
        counts.append(len(SentNotices.sent))
    assert counts == sent


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("no such template"), "ValueError: no such template\n"),
        (OSError(28, "No space left on device"), "No space left on device\n"),
        (OSError(28, "No space left on device", "report.html"), "No space left on device: report.html\n"),
    ],
)
def test_whatever_else_fails_is_in_a_notice_even_with_notify_failure_and_changes_no_verdict(
    play: Play,
    go: Callable[..., ExitCode],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    error: Exception,
    words: str,
) -> None:
    def broken(*_: object) -> Path:
        raise error

    monkeypatch.setattr(night, "make_report", broken)
    monkeypatch.setattr(night, "compare", broken)
    monkeypatch.setattr(SentNotices, "fail", ["receiver 1 of notify_to (JSON) was not notified: refused"])
    play(run=a_run([PASSED]))
    assert go(notify="failure") is ExitCode.KEPT
    said = capsys.readouterr()
    for trouble in ("there is no report", "what is new is not known", "the report is not attached"):
        assert f"{trouble}: {words}" in said.err
        assert trouble in SentNotices.sent[0][0].body
    assert "nightly: receiver 1 of notify_to (JSON) was not notified: refused" in said.err
    assert (
        "Report: none\nNotice: sent to 0 of 1 receiver\nNIGHTLY: all promises were kept (exit code 0)" in said.out
    )


def test_earlier_results_are_judged_and_reported_without_a_run(go: Callable[..., ExitCode], tmp_path: Path) -> None:
    merged = written(tmp_path / "results", a_run([PASSED, FAILED], merged_from=["one", "two"]))
    assert go(merged) is ExitCode.BROKEN
    assert len(SentNotices.sent) == 0, "nobody is named"
    assert (tmp_path / "report" / "index.html").is_file()
    assert go(tmp_path / "no such file.json") is ExitCode.NOT_JUDGED


def test_a_shard_only_leaves_its_results(play: Play, go: Callable[..., ExitCode], tmp_path: Path) -> None:
    play(run=a_run([PASSED], shard="2/3"))
    assert go(shard="2/3") is ExitCode.KEPT
    assert SentNotices.sent == []
    assert not (tmp_path / "report").exists()


def test_merged_results_are_reported_also_where_the_settings_name_a_shard(
    go: Callable[..., ExitCode], tmp_path: Path
) -> None:
    merged = written(tmp_path / "results", a_run([PASSED], merged_from=["one", "two"]))
    assert go(merged, shard="2/3") is ExitCode.KEPT
    assert (tmp_path / "report" / "index.html").is_file()


def test_the_results_of_one_shard_are_not_judged_as_the_whole(
    go: Callable[..., ExitCode], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert go(written(tmp_path / "results", a_run([PASSED], shard="2/3"))) is ExitCode.NOT_JUDGED
    assert "only the results of shard 2/3. Join all shards first: python -m bdd merge" in capsys.readouterr().out


def test_the_receivers_in_the_environment_are_notified_of_a_wrong_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(night, "Receivers", SentNotices)
    file = tmp_path / "receivers"
    file.write_text("json://127.0.0.1/from-a-file\n", encoding="utf-8")
    monkeypatch.setenv("BDD_NOTIFY_TO_FILE", str(file))
    result = CliRunner().invoke(app, ["nightly", "-D", "deadlin=3"])
    assert result.exit_code == 2
    ((notice, attached),) = SentNotices.sent
    assert notice.title == "The platform could not be judged"
    assert "The setting -D deadlin is unknown. Did you mean deadline?" in notice.body
    assert attached == ""
