"""The file of a run's results, and the synthetic ones of the other tests."""

from pathlib import Path

from bdd.results.model import Run
from tests.support.runs import TITLE, a_finding, a_run, a_scenario, history, named, written


def test_a_run_is_the_same_after_it_was_written_and_read(tmp_path: Path) -> None:
    run = a_run([a_scenario(), a_scenario("Another one", "failed")], findings=[a_finding()])
    read = Run.model_validate_json(written(tmp_path, run).read_text(encoding="utf-8"))
    assert read.model_dump(mode="json") == run.model_dump(mode="json")


def test_a_field_of_a_newer_version_is_passed_over() -> None:
    run = a_run([a_scenario()])
    assert Run.model_validate({**run.model_dump(), "weather": "fine"}) == run


def test_what_was_selected_and_neither_executed_nor_left_out_is_not_executed() -> None:
    done, missing = a_scenario(), a_scenario("Another one", line=12)
    run = a_run([done], selected=[named(done), named(missing)])
    assert list(run.not_executed()) == [named(missing)]
    assert not run.green


def test_a_synthetic_failure_and_its_cause_belong_together() -> None:
    broken = a_scenario("Another one", "failed")
    run = a_run([a_scenario(), broken], findings=[a_finding("an event comes twice")])
    assert run.end is not None
    assert [(each.title, each.failures, each.findings) for each in run.end.causes] == [
        (TITLE, [named(broken)], 0),
        ("an event comes twice", [], 1),
    ]
    assert not run.green


def test_the_runs_of_a_synthetic_history_have_names_that_sort_by_their_beginning() -> None:
    runs = history([a_scenario()], [a_scenario()], [])
    assert sorted(run.run.id for run in runs) == [run.run.id for run in runs]
    assert len({run.run.id for run in runs}) == len(runs)
    assert [run.green for run in runs] == [True, True, False], "nothing was executed in the last one"
