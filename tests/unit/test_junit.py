"""The JUnit file of a run: which one it is, and what it says of all that may become of a scenario."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from behave.configuration import Configuration

from bdd.output import masking
from bdd.results.junit import junit_of, remove_junit, write_junit
from bdd.results.model import Run
from bdd.run.selection import junit_file
from bdd.system import behave_internals
from bdd.system.paths import ROOT
from tests.support.fake_run import Behave
from tests.support.runs import FEATURE, a_run, a_scenario, named

CREATED = "“a patient.created event is published”"


@pytest.fixture
def reporting(behave: Behave) -> Behave:
    """A fake of a run with `--junit`."""
    behave.config.junit = True
    return behave


def cases(behave: Behave) -> dict[str | None, ET.Element]:
    return {case.get("name"): case for suite in behave.junit().values() for case in suite.iter("testcase")}


def why(case: ET.Element) -> tuple[str, str | None] | None:
    """Return the element that says why a test case has not passed, and its message."""
    found = [each for each in case if each.tag in {"failure", "error", "skipped"}]
    assert len(found) <= 1
    return (found[0].tag, found[0].get("message")) if found else None


def file_of(*arguments: str) -> Path:
    file = junit_file(Configuration(["--junit", "--junit-directory", "folder", *arguments]))  # type: ignore[no-untyped-call]
    assert file
    return file


def test_a_run_with_the_same_selection_and_settings_has_the_same_file_and_no_other_one_has() -> None:
    own = file_of("features/topics.feature", "--tags=@a", "-D", "stack=remote")
    assert own.match("folder/TESTS-????????.xml")
    assert own == file_of(str(ROOT / "features" / "topics.feature"), "-D", "stack=remote", "--tags=@a", "--stop")
    assert own not in {
        file_of("features/topics.feature", "--tags=@a"),
        file_of("features/topics.feature", "--tags=@b", "-D", "stack=remote"),
        file_of("features/topics.feature", "--tags=@a", "--name=A", "-D", "stack=remote"),
        file_of("features", "--tags=@a", "-D", "stack=remote"),
    }


@pytest.mark.parametrize("name", ["BDD_STACK", "JOB_COMPLETION_INDEX", "CI_NODE_INDEX"])
def test_variables_that_change_a_run_change_its_file(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    one = file_of("features")
    monkeypatch.setenv(name, "2")
    assert file_of("features") != one


def test_a_run_without_the_option_has_no_file(behave: Behave) -> None:
    behave.start()
    behave.end()
    assert not Path(behave.config.junit_directory).exists()


def test_behave_itself_writes_no_file() -> None:
    config = Configuration(["--junit"])  # type: ignore[no-untyped-call]
    before = len(config.reporters)
    behave_internals.remove_junit_reporter(config)
    assert len(config.reporters) == before - 1


def test_a_file_that_cannot_be_written_is_reported_and_breaks_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file" / "TESTS-a.xml"
    file.parent.touch()
    write_junit(file, a_run())
    assert capsys.readouterr().out == f"{file} cannot be written: File exists. The verdict is not affected.\n"
    remove_junit(file)


def test_a_run_whose_results_cannot_be_written_has_its_file(reporting: Behave, tmp_path: Path) -> None:
    reporting.start()
    for scenario in reporting.feature.scenarios:
        reporting.play(scenario)
    results = tmp_path / "results"
    (written,) = results.iterdir()
    written.unlink()
    results.rmdir()
    results.touch()  # in the way
    assert reporting.end() == 0
    assert "The results cannot be written: " in reporting.output
    assert {name: why(case) for name, case in cases(reporting).items()} == dict.fromkeys(
        ("One", "Two", "nothing is unexplained")
    )


def test_the_last_time_is_removed_at_the_start_and_nothing_of_another_run(reporting: Behave) -> None:
    own = junit_file(reporting.config)
    assert own
    own.parent.mkdir()
    others = [own.with_name(name) for name in ("TESTS-other.xml", own.name.replace(".xml", ".txt"), "coverage.xml")]
    for file in (own, *others):
        file.touch()
    reporting.start()  # it may be killed from now on
    assert set(own.parent.iterdir()) == set(others)
    reporting.end()
    assert set(own.parent.iterdir()) == {own, *others}


def test_a_failed_scenario_has_its_cause_first_and_as_a_property_and_its_steps(reporting: Behave) -> None:
    reporting.start()
    first, second = reporting.feature.scenarios
    reporting.play(first, AssertionError("Expected: one\n     but: none"))
    reporting.play(second)
    reporting.end()
    one, two = cases(reporting)["One"], cases(reporting)["Two"]
    title = f"{CREATED}: none"
    assert why(one) == ("failure", title)
    evidence = reporting.evidence / "cause-1" / "features" / "patients" / "One-3"
    assert one.findtext("failure") == f"Expected: one\n     but: none\nevidence: {evidence}"
    assert [each.attrib for each in one.iter("property")] == [{"name": "cause", "value": f"1: {title}"}]
    assert (one.get("classname"), one.get("file"), one.get("line")) == (
        "features.patients",
        "features/patients.feature",
        "3",
    )
    when, then = str(one.findtext("system-out")).splitlines()
    assert when.startswith("When I create a patient … not executed")
    assert then.startswith("Then a patient.created event is published … failed in ")
    assert (why(two), list(two.iter("property"))) == (None, [])


def test_an_error_of_the_suite_is_an_error_and_has_its_kind(reporting: Behave) -> None:
    reporting.start()
    reporting.play(reporting.feature.scenarios[0], KeyError("no such thing"))
    reporting.end()
    error = cases(reporting)["One"].find("error")
    assert error is not None
    assert str(error.text).startswith("KeyError: 'no such thing'")


def test_what_was_not_executed_is_skipped_with_the_reason(reporting: Behave) -> None:
    reporting.start()
    reporting.play(reporting.feature.scenarios[0])
    reporting.context.aborted = reporting.runner.aborted = True
    reporting.end()
    found = {name: why(case) for name, case in cases(reporting).items()}
    assert found == {
        "One": None,
        "Two": ("skipped", "the run was interrupted"),
        "the run": ("error", "the run was interrupted"),
    }


def test_what_was_not_selected_is_no_test_case(reporting: Behave) -> None:
    reporting.select("@slow")
    reporting.start()
    reporting.play(reporting.feature.scenarios[1])
    reporting.end()
    assert set(cases(reporting)) == {"Two", "nothing is unexplained"}


def test_a_known_failure_is_skipped_with_the_reason(reporting: Behave, tmp_path: Path) -> None:
    known = tmp_path / "known.yaml"
    entry = "- {scenario: %s, reason: keys are missing, who: Team A, until: 9999-12-31}\n"
    known.write_text(entry % "One" + entry % "Two", encoding="utf-8")
    reporting.userdata["known"] = str(known)
    reporting.start()
    first, second = reporting.feature.scenarios
    reporting.play(first, AssertionError("no event"))
    reporting.play(second, KeyError("of the suite"))
    reporting.end()
    found = cases(reporting)
    assert why(found["One"]) == ("skipped", "known until 9999-12-31 (Team A): keys are missing")
    assert found["Two"].find("error") is not None, "only a failure may be known"


def test_a_finding_is_a_failed_case_with_its_cause(reporting: Behave) -> None:
    reporting.start()
    for scenario in reporting.feature.scenarios:
        reporting.play(scenario, act=reporting.record_unexpected if scenario.name == "Two" else list)
    assert reporting.end() == 1
    suites = reporting.junit()
    assert {name: suite.get("failures") for name, suite in suites.items()} == {"Patients": "0", "audit": "1"}
    title = "patient.created published after no request"
    (case,) = suites["audit"].iter("testcase")
    assert (case.get("name"), why(case)) == (f"Two: {title}", ("failure", title))
    assert [each.attrib for each in case.iter("property")] == [{"name": "cause", "value": f"1: {title}"}]
    assert "left an unexpected event" in str(case.findtext("failure"))
    assert "\nnext: " in str(case.findtext("failure"))


def test_a_clean_up_that_fails_is_an_error(reporting: Behave) -> None:
    reporting.start()
    for scenario in reporting.feature.scenarios:
        reporting.play(scenario)

    def broken() -> None:
        raise OSError("a process is left")

    reporting.context.add_cleanup(reporting.context.results.noting(broken))
    with pytest.raises(OSError, match="a process is left"):
        reporting.cleanups.pop()()
    reporting.end()
    said = "the clean-up failed: OSError: a process is left"
    assert why(cases(reporting)[said]) == ("error", said)


def test_secrets_and_what_xml_cannot_hold_stay_outside(reporting: Behave, monkeypatch: pytest.MonkeyPatch) -> None:
    reporting.start()
    masking.remember(["correct-horse"])
    reporting.feature.scenarios[0].steps[0].text = "correct-horse \x1b[31m"
    reporting.play(reporting.feature.scenarios[0], AssertionError("correct-horse\x00\uffff"))
    reporting.end()
    one = cases(reporting)["One"]
    assert str(one.findtext("failure")).startswith("***\\x00\\uffff\n")
    assert "  *** \\x1b[31m\n" in str(one.findtext("system-out"))


def suites_of(run: Run) -> dict[str | None, list[tuple[str | None, tuple[str, str | None] | None]]]:
    root = ET.fromstring(junit_of(run))  # noqa: S314 - our own text
    return {suite.get("name"): [(each.get("name"), why(each)) for each in suite.iter("testcase")] for suite in root}


def test_what_is_left_of_a_killed_run_is_skipped_and_the_run_is_an_error() -> None:
    done, left = a_scenario("One"), a_scenario("Two", line=12)
    killed = a_run([done], selected=[named(done), named(left)], killed=True)
    reason = "the run was killed before its end"
    assert suites_of(killed) == {
        "Patient deleted": [("One", None), ("Two", ("skipped", reason))],
        "run": [("the run", ("error", reason))],
    }


def test_what_stop_has_left_is_skipped_for_that_reason() -> None:
    done, left = a_scenario("One", "failed"), a_scenario("Two", line=12)
    stopped = a_run([done], selected=[named(done), named(left)])
    _, (_, reason) = suites_of(stopped)["Patient deleted"]
    assert reason == ("skipped", "an earlier scenario has failed, and --stop is given")


def test_features_of_one_name_in_two_folders_are_distinguished() -> None:
    of_both = [a_scenario(feature=f"features/{folder}/a.feature") for folder in ("x", "y")]
    root = ET.fromstring(junit_of(a_run([a_scenario(), *of_both])))  # noqa: S314 - our own text
    classes = [case.get("classname") for case in root.iter("testcase") if case.get("file")]
    assert classes == [FEATURE.removesuffix(".feature").replace("/", "."), "features.x.a", "features.y.a"]
