"""What a nightly run says of the platform, and what its notice says."""

import pytest

from bdd.nightly.judgement import ExitCode, Judgement, judge, judge_printed
from bdd.nightly.notice import Notice, notice_of
from bdd.nightly.words import words_of
from bdd.results.comparison import Comparison, compare
from bdd.results.model import KnownFailure, Run, Scenario
from bdd.results.summary import summary_of
from tests.support.runs import ADVICE, TITLE, a_finding, a_run, a_scenario, history, named

FAILED = a_scenario("A deletion is published", "failed")
DELETION = a_scenario("A deletion is published")
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


def test_a_known_failure_breaks_no_promise_and_is_not_counted() -> None:
    known = KNOWN.model_copy(update={"scenario": FAILED.name})
    finding = a_finding(scenario=named(FAILED))

    def interrupted(scenario: Scenario) -> Run:
        why = "the run was interrupted"
        return a_run([PASSED, scenario], findings=[finding], abort_reason=why, end={"known": [known]})

    judgement = judge(interrupted(FAILED))
    assert judgement.code is ExitCode.NOT_JUDGED
    assert notice_of(judgement, None).title == "The platform could not be judged (embedded)"
    error = FAILED.model_copy(update={"status": "error"})
    assert judge(interrupted(error)).code is ExitCode.BROKEN


@pytest.mark.parametrize(
    ("exit_code", "printed", "code", "reason"),
    [
        (0, "x\nGREEN: 3 scenarios passed, and the audit left nothing unexplained\n", ExitCode.KEPT, ""),
        (0, "GREEN: 1 scenario passed\nThe results cannot be written: No space left", ExitCode.KEPT, ""),
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


def compared(*runs: Run) -> Comparison:
    return compare([summary_of(each) for each in runs])


def notice(run: Run, news: Comparison | None = None, **more: object) -> Notice:
    return notice_of(judge(run), news or compared(run), **more)  # type: ignore[arg-type]


def test_a_notice_of_a_broken_promise_has_verdict_cause_advice_and_what_is_new() -> None:
    old = a_scenario("An old one", "failed")
    block = a_scenario("A block is published", "failed")
    nights = history([PASSED, old], [PASSED, old, block], [FAILED, old, a_scenario("A block is published")])
    end = nights[-1].end
    assert end
    nights[-1] = nights[-1].model_copy(update={"end": end.model_copy(update={"known": [KNOWN]})})
    sent = notice(nights[-1], compared(*nights), troubles=["there is no report: no room"], report_url="http://r")
    assert sent.title == "Promises were broken: 2/3 (embedded)"
    for part in (
        "RED: 2 of 3 scenarios failed",
        "1 of 3 scenarios passed.",
        f"- {TITLE}: 2 scenarios\n  next: {ADVICE}",
        "mended (1):\n- A block is published\n",
        "still broken (1):\n- An old one (since ",
        " or earlier, 3 runs)",
        "Known failures:\n- A: failed as known. ticket 5 (Erika, until 2026-12-31)",
        "What else went wrong:\n- there is no report: no room",
        "Report: http://r",
        nights[-1].run.id,
    ):
        assert part in sent.body


def test_a_notice_names_what_broke_and_the_findings_of_the_audit() -> None:
    nights = history([PASSED, DELETION], [PASSED, FAILED])
    assert "newly broken (1):\n- A deletion is published" in notice(nights[-1], compared(*nights)).body
    found = a_run([PASSED], began=nights[-1].run.began + 60, findings=[a_finding()])
    assert f"new findings of the audit (1):\n- {a_finding().title}" in notice(found, compared(*nights, found)).body


def test_a_green_notice_says_that_nothing_has_changed_and_a_first_one_that_nothing_can_be_compared() -> None:
    nights = history([PASSED], [PASSED])
    assert ": nothing has changed" in notice(nights[-1], compared(*nights)).body
    assert "There is no earlier run" in notice(nights[0]).body
    assert notice(nights[0]).title == "All promises were kept (embedded)"


def test_a_notice_of_a_run_that_did_not_start_has_no_counts_and_compares_nothing() -> None:
    sent = notice(a_run([], abort_reason="nothing was executed: Docker does not answer"))
    assert sent.title.startswith("The platform could not be judged")
    assert "scenarios passed" not in sent.body
    assert "earlier run" not in sent.body


def test_a_notice_is_short_however_much_is_broken() -> None:
    names = [f"Number {n}" for n in range(300)]
    nights = history([a_scenario(n) for n in names], [a_scenario(n, "failed", title=f"cause {n}") for n in names])
    sent = notice(nights[-1], compared(*nights), troubles=["x" * 10_000])
    assert len(sent.body) < 4000
    assert "290 more" in sent.body


def test_a_notice_can_be_german() -> None:
    nights = history([PASSED, DELETION], [PASSED, FAILED])
    german = notice(nights[-1], compared(*nights), language="de")
    assert german.title == "Zusagen wurden gebrochen: 1/2 (embedded)"
    assert "neu gebrochen (1):\n- A deletion is published" in german.body
    assert all([*words_of("en").values(), *words_of("de").values()])


def test_a_night_without_a_run_says_why() -> None:
    sent = notice_of(Judgement(ExitCode.NOT_JUDGED, "another night is running"), None)
    assert sent.body == "The platform could not be judged.\nanother night is running"
