"""What a nightly run says of the platform, and what its notice says."""

import pytest

from bdd.nightly.judgement import ExitCode, Judgement, judge, judge_printed
from bdd.nightly.notice import News, Notice, StillBroken, notice_of
from bdd.nightly.words import words_of
from bdd.results.model import KnownFailure
from tests.support.runs import ADVICE, BEGAN, TITLE, a_finding, a_run, a_scenario

FAILED = a_scenario("A deletion is published", "failed")
PASSED = a_scenario("A creation is published")
KNOWN = KnownFailure(scenario="A", reason="ticket 5", who="Erika", until="2026-12-31", state="failed as known")


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (a_run([PASSED]), ExitCode.KEPT),
        (a_run([PASSED, FAILED]), ExitCode.BROKEN),
        (a_run([PASSED], findings=[a_finding()]), ExitCode.BROKEN),
        (
            a_run([PASSED], end={"green": False, "hook_failures": ["stop: the container is still there"]}),
            ExitCode.BROKEN,
        ),
        (a_run([], abort_reason="nothing was executed: Docker does not answer"), ExitCode.NOT_JUDGED),
        (a_run([PASSED], selected=[PASSED, FAILED], abort_reason="the run was interrupted"), ExitCode.NOT_JUDGED),
        (a_run([PASSED, FAILED], abort_reason="the run ended early: the broker has ended"), ExitCode.BROKEN),
        (a_run([PASSED], killed=True), ExitCode.NOT_JUDGED),
    ],
)
def test_the_results_decide_the_exit_code(run: object, code: ExitCode) -> None:
    judgement = judge(run)  # type: ignore[arg-type]
    assert judgement.code is code
    assert bool(judgement.reason) is (code is not ExitCode.KEPT)


def test_a_scenario_that_was_interrupted_or_late_breaks_no_promise() -> None:
    interrupted = FAILED.model_copy(update={"failure": None})
    assert FAILED.failure
    late = FAILED.model_copy(update={"failure": FAILED.failure.model_copy(update={"late": True})})
    for each in (interrupted, late):
        assert judge(a_run([PASSED, each], abort_reason="the run was interrupted")).code is ExitCode.NOT_JUDGED


@pytest.mark.parametrize(
    ("exit_code", "printed", "code", "reason"),
    [
        (0, "x\nGREEN: 3 scenarios passed, and the audit left nothing unexplained\n", ExitCode.KEPT, ""),
        (0, "", ExitCode.NOT_JUDGED, "the run ended with exit code 0 and printed nothing"),
        (1, "RED: 2 of 3 scenarios failed; 1 cause: no event\n", ExitCode.BROKEN, "RED: 2 of 3 scenarios"),
        (1, "RED: the audit found 1 thing that no scenario explains", ExitCode.BROKEN, "RED: the audit found"),
        (1, "RED: nothing was executed: Docker does not answer", ExitCode.NOT_JUDGED, "Docker does not answer"),
        (1, "Traceback …\nImportError: no module", ExitCode.NOT_JUDGED, "ImportError"),
        (None, "", ExitCode.NOT_JUDGED, "the run was killed and printed nothing"),
    ],
)
def test_a_run_without_results_is_judged_by_what_it_printed(
    exit_code: int | None, printed: str, code: ExitCode, reason: str
) -> None:
    judgement = judge_printed(exit_code, printed)
    assert judgement.code is code
    assert reason in judgement.reason


def notice(judgement: Judgement, news: News | None = None, **more: object) -> Notice:
    return notice_of(judgement, news, **more)  # type: ignore[arg-type]


def test_a_notice_of_a_broken_promise_has_verdict_cause_advice_and_what_is_new() -> None:
    news = News(
        previous=BEGAN - 86_400,
        names={"broke": ["A deletion is published"], "mended": ["A block is published"]},
        still=[StillBroken("An old one", BEGAN - 3 * 86_400, 3)],
    )
    run = a_run([PASSED, FAILED], end={"known": [KNOWN]})
    told = notice(judge(run), news, troubles=["the report cannot be made: no space left"], report_url="http://r")
    assert told.title == "Promises were broken: 1/2 (embedded)"
    for part in (
        "RED: 1 of 2 scenarios failed",
        "1 of 2 scenarios passed.",
        f"- {TITLE}: 1 scenario\n  next: {ADVICE}",
        "newly broken (1):\n- A deletion is published\nmended (1):\n- A block is published\n",
        "still broken (1):\n- An old one",
        ", 3 runs)",
        "Known failures:\n- A: failed as known. ticket 5 (Erika, until 2026-12-31)",
        "What else went wrong:\n- the report cannot be made: no space left",
        "Report: http://r",
        run.run.id,
    ):
        assert part in told.body


def test_a_green_notice_says_what_has_not_changed_and_a_first_one_that_there_is_nothing_to_compare_with() -> None:
    green = judge(a_run([PASSED]))
    assert ": nothing has changed" in notice(green, News(previous=BEGAN)).body
    assert "There is no earlier run" in notice(green).body
    assert notice(green).title == "All promises were kept (embedded)"


def test_a_notice_of_a_run_that_did_not_start_has_no_counts_and_compares_nothing() -> None:
    told = notice(
        judge(a_run([], abort_reason="nothing was executed: Docker does not answer")), News(previous=BEGAN)
    )
    assert told.title.startswith("The platform could not be judged")
    assert "scenarios passed" not in told.body
    assert "Since the last run" not in told.body


def test_a_notice_is_short_however_much_is_broken() -> None:
    many = [a_scenario(f"Number {n}", "failed", title=f"cause {n}") for n in range(300)]
    news = News(previous=BEGAN, names={"broke": [each.name for each in many]})
    told = notice(judge(a_run(many)), news, troubles=["x" * 10_000])
    assert len(told.body) < 4000
    assert "290 more" in told.body


def test_a_notice_can_be_german() -> None:
    assert all([*words_of("en").values(), *words_of("de").values()])
    german = notice(judge(a_run([PASSED, FAILED])), News(previous=BEGAN, names={"broke": ["X"]}), language="de")
    assert german.title == "Zusagen wurden gebrochen: 1/2 (embedded)"
    assert "neu gebrochen (1):\n- X" in german.body
