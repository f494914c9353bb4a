"""What has changed since the last run, and since when each scenario fails."""

from collections.abc import Sequence
from typing import Any

import pytest

from bdd.results.comparison import Comparison, Since, compare
from bdd.results.model import LeftOut, Run, Scenario, ScenarioName
from bdd.results.summary import summary_of
from tests.support.runs import BEGAN, NIGHT, TITLE, a_finding, a_run, a_scenario, history, named

A, B = "A deletion is published", "A deleted patient cannot be read"


def compared(runs: Sequence[Run]) -> Comparison:
    return compare([summary_of(run) for run in runs])


def nights(*verdicts: str, name: str = A) -> list[Run]:
    """Return a run for each word: of one scenario that passed, failed or was not executed, and one that passes."""
    return history(*[[*of_night(word, name), a_scenario(B, line=12)] for word in verdicts])


def of_night(word: str, name: str) -> list[Scenario]:
    if word == "late":
        late = a_scenario(name, "failed")
        assert late.failure is not None
        return [late.model_copy(update={"failure": late.failure.model_copy(update={"late": True})})]
    return [] if word == "-" else [a_scenario(name, {"+": "passed", "x": "failed"}[word])]  # type: ignore[arg-type]


def at(run: Run, runs: int, *, at_least: bool = False) -> Since:
    return Since(summary_of(run).run, runs, at_least)


def names(several: Sequence[Any]) -> list[str]:
    return [each.scenario.name for each in several]


def test_what_passed_and_fails_is_newly_broken() -> None:
    runs = nights("+", "+", "x")
    comparison = compared(runs)
    (broken,) = comparison.newly_broken
    assert (broken.scenario.name, broken.title, broken.since) == (A, TITLE, at(runs[2], 1))
    assert not broken.is_new
    assert comparison.last is not None
    assert comparison.last.id == runs[1].run.id
    assert not comparison.still_broken
    assert not comparison.mended


def test_what_failed_in_the_last_run_too_is_still_broken_since_its_first_failure() -> None:
    runs = nights("x", "+", "x", "x", "x")
    comparison = compared(runs)
    assert [each.since for each in comparison.still_broken] == [at(runs[2], 3)]
    assert comparison.newly_broken == []


def test_what_has_always_failed_is_broken_at_least_since_the_oldest_run() -> None:
    runs = nights("x", "x")
    assert [each.since for each in compared(runs).still_broken] == [at(runs[0], 2, at_least=True)]


@pytest.mark.parametrize("silent", ["-", "late"])
def test_runs_that_say_nothing_of_a_scenario_neither_end_its_failure_nor_count(silent: str) -> None:
    runs = nights("+", "x", silent, silent, "x")
    assert [each.since for each in compared(runs).still_broken] == [at(runs[1], 2)]


def test_what_passes_again_is_mended_and_says_how_long_it_was_broken() -> None:
    runs = nights("+", "x", "x", "-", "+")
    (mended,) = compared(runs).mended
    assert (mended.scenario.name, mended.title, mended.failed) == (A, TITLE, at(runs[1], 2))
    assert names(compared(runs[:3]).still_broken) == [A]


@pytest.mark.parametrize("now", ["-", "late"])
def test_what_says_nothing_now_is_neither_broken_nor_mended(now: str) -> None:
    comparison = compared(nights("x", now))
    assert not comparison.broken
    assert not comparison.mended


def test_a_first_run_has_nothing_to_compare_with_but_says_what_fails() -> None:
    runs = nights("x")
    comparison = compared(runs)
    assert comparison.last is None
    assert [each.since for each in comparison.broken] == [at(runs[0], 1, at_least=True)]
    assert comparison.newly_broken == comparison.still_broken == []
    assert [*comparison.new, *comparison.removed, *comparison.renamed] == []
    assert [each.title for each in comparison.causes.still] == [TITLE]
    assert comparison.changed


def test_runs_that_judged_nothing_are_passed_over_and_named() -> None:
    runs = nights("+", "+")
    selected = runs[0].run.selected
    broken_off = a_run([], began=BEGAN + NIGHT / 2, selected=selected, abort_reason="the broker did not start")
    comparison = compared([runs[0], broken_off, runs[1]])
    assert comparison.last is not None
    assert comparison.last.id == runs[0].run.id
    assert [each.id for each in comparison.silent] == [broken_off.run.id]
    assert comparison.verdict_changed


def test_a_run_that_did_not_get_to_its_scenarios_removes_and_mends_nothing() -> None:
    runs = [*nights("+", "x"), a_run([], began=BEGAN + 5 * NIGHT, abort_reason="the setting stak is unknown")]
    comparison = compared(runs)
    assert [*comparison.removed, *comparison.mended, *comparison.new] == []
    assert names(comparison.not_run) == [A, B]
    assert comparison.causes.gone == []
    assert comparison.verdict_changed, "it is red too, and says nothing of the platform"


def test_new_and_removed_scenarios() -> None:
    runs = history([a_scenario(A), a_scenario(B)], [a_scenario(B), a_scenario("A third one", "failed")])
    comparison = compared(runs)
    assert [each.name for each in comparison.new] == ["A third one"]
    assert [each.name for each in comparison.removed] == [A]
    (broken,) = comparison.newly_broken
    assert broken.is_new
    assert broken.since == at(runs[1], 1), "it was not there before"


def test_a_scenario_with_the_same_steps_under_another_name_was_renamed() -> None:
    runs = history(
        [a_scenario(A)],
        [a_scenario(A, "failed")],
        [a_scenario("Deleting publishes", "failed", nachname=A, line=99)],
    )
    comparison = compared(runs)
    assert [(each.former.name, each.scenario.name) for each in comparison.renamed] == [(A, "Deleting publishes")]
    assert list(comparison.new) == list(comparison.removed) == []
    assert [each.since for each in comparison.still_broken] == [at(runs[1], 2)]


def test_a_scenario_of_the_same_name_and_steps_in_another_file_was_renamed() -> None:
    comparison = compared(history([a_scenario(A)], [a_scenario(A, feature="features/moved.feature")]))
    assert [each.former.feature for each in comparison.renamed] == ["features/patient_deleted.feature"]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"name": "Other", "nachname": "other"}, id="another table"),
        pytest.param(
            {"name": "Other", "nachname": A, "sentences": ["Given a patient", "When I do"]}, id="other steps"
        ),
        pytest.param({"name": "Other", "nachname": A, "feature": "features/b.feature"}, id="another file and name"),
    ],
)
def test_a_scenario_that_differs_otherwise_is_new(other: dict[str, Any]) -> None:
    latency: dict[str, Any] = {"latency": None} if "sentences" in other else {}
    comparison = compared(history([a_scenario(A)], [a_scenario(**other, **latency)]))
    assert not comparison.renamed
    assert [each.name for each in comparison.new] == ["Other"]
    assert [each.name for each in comparison.removed] == [A]


def test_where_two_are_gone_and_one_has_come_none_was_renamed() -> None:
    same: dict[str, Any] = {"nachname": "Muster"}
    comparison = compared(
        history([a_scenario(A, **same), a_scenario(B, line=9, **same)], [a_scenario("C", **same)])
    )
    assert not comparison.renamed
    assert [each.name for each in comparison.removed] == [A, B]


def test_as_many_that_have_come_as_are_gone_were_renamed_in_their_order() -> None:
    same: dict[str, Any] = {"nachname": "Muster"}
    before = [a_scenario(A, line=7, **same), a_scenario(B, line=12, **same)]
    after = [a_scenario("C", line=7, **same), a_scenario("D", line=12, **same)]
    renamed = compared(history(before, after)).renamed
    assert [(each.former.name, each.scenario.name) for each in renamed] == [(A, "C"), (B, "D")]


def test_scenarios_whose_steps_are_not_known_were_not_renamed() -> None:
    runs = history([a_scenario(A, steps=())], [a_scenario("C", steps=())])
    assert not compared(runs).renamed


def test_a_scenario_that_comes_back_is_itself_although_another_one_with_its_steps_is_gone() -> None:
    def night(name: str) -> list[Scenario]:
        return [a_scenario(name, nachname="Muster"), a_scenario(B, line=12)]

    both = [*night(A), a_scenario("C", "failed", nachname="Muster", line=30)]
    runs = history(both, [both[1], both[2]], night(A))
    comparison = compared(runs)
    assert not comparison.renamed
    assert [each.name for each in comparison.new] == [A]
    assert not comparison.mended, "it is not C, which failed"


def test_of_two_scenarios_with_one_name_each_is_followed_by_its_place() -> None:
    runs = history(
        [a_scenario(A, line=7), a_scenario(A, "failed", line=20)],
        [a_scenario(A, "failed", line=8), a_scenario(A, "failed", line=21)],
    )
    comparison = compared(runs)
    assert [each.scenario.line for each in comparison.newly_broken] == [8]
    assert [each.scenario.line for each in comparison.still_broken] == [21]
    assert not comparison.new


def test_a_scenario_that_comes_back_has_its_own_past() -> None:
    runs = nights("x", "-", "x")
    gone = a_run(runs[1].scenarios, began=runs[1].run.began)
    comparison = compared([runs[0], gone, runs[2]])
    assert [each.name for each in comparison.new] == [A]
    assert [each.since for each in comparison.still_broken] == [at(runs[0], 2, at_least=True)]


def test_what_was_selected_and_not_executed_is_not_run() -> None:
    before, now = nights("+", "-")
    missing = named(before.scenarios[0])
    now = a_run(now.scenarios, began=now.run.began, selected=[missing, *now.run.selected])
    assert [(each.scenario.name, each.reason) for each in compared([before, now]).not_run] == [(A, "")]


def test_what_is_left_out_is_not_run_only_where_it_was_executed_before() -> None:
    before, now = nights("+", "-")
    always = ScenarioName(feature="features/therapist_created.feature", name="A new therapist is published", line=4)
    out = LeftOut(reason="the database cannot be taken away", scenarios=[named(before.scenarios[0]), always])
    before = a_run(before.scenarios, began=before.run.began, left_out=[LeftOut(reason="none", scenarios=[always])])
    now = a_run(now.scenarios, began=now.run.began, left_out=[out])
    comparison = compared([before, now])
    assert [(each.scenario.name, each.reason) for each in comparison.not_run] == [(A, out.reason)]
    assert list(comparison.removed) == []


def test_a_run_of_one_shard_removes_nothing() -> None:
    before, now = nights("+", "-")
    shard = a_run(now.scenarios, began=now.run.began, shard="1/2")
    assert list(compared([before, shard]).removed) == []
    assert [each.name for each in compared([before, now]).removed] == [A]


def test_causes_are_new_still_there_or_gone() -> None:
    runs = history(
        [a_scenario(A), a_scenario(B)],
        [a_scenario(A, "failed", title="no key"), a_scenario(B, "failed", title="no payload")],
        [a_scenario(A, "failed", title="no key"), a_scenario(B, "failed", title="no eventId")],
    )
    causes = compared(runs).causes
    assert [(each.title, each.since) for each in causes.new] == [("no eventId", at(runs[2], 1))]
    assert [(each.title, each.since) for each in causes.still] == [("no key", at(runs[1], 2))]
    assert [(each.title, each.since) for each in causes.gone] == [("no payload", at(runs[1], 1))]


def test_a_cause_is_not_gone_where_the_run_was_not_executed_to_its_end() -> None:
    runs = nights("x")
    ended_early = a_run([a_scenario(B)], began=BEGAN + NIGHT, abort_reason="the broker has ended")
    later = a_run([a_scenario(A, "failed")], began=BEGAN + 2 * NIGHT)
    assert compared([runs[0], ended_early]).causes.gone == []
    assert [each.since for each in compared([runs[0], ended_early, later]).causes.still] == [
        at(runs[0], 2, at_least=True)
    ]


def test_a_run_that_was_killed_says_nothing_of_causes_but_of_its_scenarios() -> None:
    first, _, third = nights("+", "x", "x")
    killed = a_run([a_scenario(A, "failed")], began=BEGAN + NIGHT, killed=True)
    comparison = compared([first, killed, third])
    assert [each.since for each in comparison.still_broken] == [at(killed, 2)]
    assert [each.since.runs for each in comparison.causes.new] == [1]


def test_findings_of_the_audit_are_compared_too() -> None:
    scenarios = [a_scenario(A), a_scenario(B)]
    both = [a_finding("comes twice"), a_finding("comes late")]
    moved = a_finding("comes late", scenario=named(a_scenario(A, line=70)))
    runs = [
        a_run(scenarios, began=BEGAN),
        a_run(scenarios, began=BEGAN + NIGHT, findings=both),
        a_run(scenarios, began=BEGAN + 2 * NIGHT, findings=[moved, a_finding("out of order")]),
    ]
    findings = compared(runs).findings
    assert [(each.title, each.since.runs) for each in findings.new] == [("out of order", 1)]
    assert [(each.title, each.since.runs, each.scenario) for each in findings.still] == [
        ("comes late", 2, moved.scenario)
    ]
    assert [(each.title, each.since.runs) for each in findings.gone] == [("comes twice", 1)]


def test_two_equal_runs_have_no_change() -> None:
    assert not compared(nights("+", "+")).changed
    assert not compared(nights("+", "x", "x")).changed
    assert compared(nights("+", "x")).changed
    assert compared(nights("x", "+")).changed
