"""`python -m bdd rerun`: which scenarios are run again, and with which settings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bdd.commands.rerun import rerun
from bdd.output.masking import MASK
from bdd.results.model import LeftOut, Run, ScenarioName
from tests.support.runs import BEGAN, NIGHT, a_finding, a_run, a_scenario, named, written

OUTLINE = """Feature: Deleting

  Scenario: A deletion is published
    When I delete it

  Scenario Outline: Names: <name>
    When I delete <name>

    Examples: all
      | name  |
      | Erika |
      | Max   |
"""
FEATURE = "features/own.feature"
MAX = "Names: Max -- all"


class Project:
    """A folder with a feature, in which the command runs; behave only notes its arguments."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.arguments: Sequence[str] = ()
        (folder / "features").mkdir()
        self.feature(OUTLINE)
        (folder / "behave.ini").write_text(
            "[behave]\nscenario_outline_annotation_schema = {name} -- {examples.name}\n", encoding="utf-8"
        )

    def feature(self, text: str) -> None:
        (self.folder / FEATURE).write_text(text, encoding="utf-8")

    def run(self, *runs: Run, results: Path | None = None, defined: Sequence[str] = ()) -> int:
        for each in runs:
            written(self.folder / "results", each)
        return rerun(results, defined, self.said.append, self._behave)

    def _behave(self, arguments: list[str]) -> int:
        self.arguments = arguments
        return 7

    @property
    def defined(self) -> list[str]:
        return [each for each in self.arguments if "=" in each]

    @property
    def places(self) -> list[str]:
        return [each for each in self.arguments if ".feature" in each]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def scenario(name: str = "A deletion is published", status: Any = "failed", line: int = 3, **more: Any) -> Any:
    return a_scenario(name, status, feature=FEATURE, line=line, **more)


def test_the_failed_scenarios_of_the_newest_results_are_run_again_and_behaves_code_is_returned(
    project: Project,
) -> None:
    older = a_run([scenario(), scenario(MAX, line=12)], began=BEGAN - NIGHT)
    newest = a_run([scenario(status="passed"), scenario(MAX, "error", line=12)])
    assert project.run(older, newest) == 7
    assert project.places == [f"{FEATURE}:12"]
    assert project.said == [f"1 scenario of results/{newest.run.id}.json:"]


def test_a_file_of_results_may_be_named(project: Project) -> None:
    older, newest = a_run([scenario()], began=BEGAN - NIGHT), a_run([scenario(status="passed")])
    assert project.run(older, newest, results=Path(f"results/{older.run.id}.json")) == 7
    assert project.places == [f"{FEATURE}:3"]


def test_what_was_selected_and_not_executed_is_run_too_but_not_what_was_left_out(project: Project) -> None:
    selected = [named(scenario()), named(scenario(MAX, line=12))]
    killed = a_run([scenario(status="passed")], selected=selected, killed=True)
    project.run(killed)
    assert project.places == [f"{FEATURE}:12"]
    out = [LeftOut(reason="no database", scenarios=selected[1:])]
    assert (
        project.run(a_run([scenario(status="passed")], began=BEGAN + NIGHT, selected=selected, left_out=out)) == 0
    )


def test_a_scenario_is_found_where_it_is_now(project: Project) -> None:
    project.feature(OUTLINE.replace("Feature: Deleting\n", "# one\n# two\nFeature: Deleting\n"))
    project.run(a_run([scenario(), scenario(MAX, line=12)]))
    assert project.places == [f"{FEATURE}:5", f"{FEATURE}:14"]


def test_of_two_scenarios_with_one_name_the_nearest_one_is_meant(project: Project) -> None:
    second = OUTLINE.partition("  Scenario Outline")[0].partition("\n\n")[2]
    project.feature(OUTLINE + "\n" + second)
    project.run(a_run([scenario(line=14)]))
    assert project.places == [f"{FEATURE}:14"]


def test_what_is_no_longer_there_is_named(project: Project) -> None:
    gone = scenario("Gone", line=30)
    elsewhere = a_scenario("Lost", "failed", feature="features/lost.feature")
    assert project.run(a_run([scenario(), gone, elsewhere])) == 7
    assert project.said[:2] == [
        "Lost (features/lost.feature:7) no longer exists.",
        "Gone (features/own.feature:30) no longer exists.",
    ]
    assert project.places == [f"{FEATURE}:3"]


def test_if_nothing_is_left_the_exit_code_is_2(project: Project) -> None:
    assert project.run(a_run([scenario("Gone")])) == 2
    assert project.said[-1] == "None of its scenarios exists any more. Run everything: behave features"
    assert project.arguments == ()


def test_a_green_run_has_nothing_to_run_again(project: Project) -> None:
    run = a_run([scenario(status="passed")])
    assert project.run(run) == 0
    assert project.said == [f"Nothing failed in results/{run.run.id}.json."]
    assert project.arguments == ()


def test_a_run_that_is_red_for_another_reason_says_which(project: Project) -> None:
    red = a_run(
        [scenario(status="passed")], findings=[a_finding()], end={"sentence": "RED: the audit found 1 thing"}
    )
    assert project.run(red) == 1
    assert project.said == [
        f"No scenario failed in results/{red.run.id}.json: RED: the audit found 1 thing\n"
        "Run everything again: behave features"
    ]


def test_without_results_the_exit_code_is_2(project: Project) -> None:
    assert project.run() == 2
    assert project.run(results=Path("no.json")) == 2
    assert "Run `behave features/` first" in project.said[0]
    assert project.said[1].startswith("no.json cannot be read: there is no such file")


def test_a_feature_that_cannot_be_read_is_reported(project: Project) -> None:
    project.feature("Feature: one\nFeature: two\n")
    assert project.run(a_run([scenario()])) == 2
    assert FEATURE in project.said[0]


def test_the_settings_are_those_of_the_run_except_those_that_are_given_now(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BDD_SETTLING", "1")
    Path(".env").write_text("OTHER=1\nBDD_CAUSES=each\n", encoding="utf-8")
    settings = {
        "stack": "remote",
        "deadline": "5",
        "settling": "3",
        "causes": "once",
        "sasl_password": MASK,
        "shard": "2/3",
    }
    project.run(a_run([scenario()], settings=settings), defined=["deadline=10", "keep"])
    assert project.defined == ["stack=remote", "deadline=10"]
    assert list(project.arguments) == ["-D", "stack=remote", "-D", "deadline=10", "-D", "keep", f"{FEATURE}:3"]


@pytest.mark.parametrize("how", ["-D", "environment"])
def test_the_folder_of_results_is_that_of_the_settings(
    project: Project, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    written(project.folder / "elsewhere", a_run([scenario()]))
    if how == "environment":
        monkeypatch.setenv("BDD_RESULTS_DIR", "elsewhere")
    assert project.run(defined=["results_dir=elsewhere"] if how == "-D" else []) == 7
    assert project.places == [f"{FEATURE}:3"]


def test_scenarios_are_run_in_the_order_of_their_features(project: Project) -> None:
    first = ScenarioName(feature=FEATURE, name="A deletion is published", line=3)
    project.run(a_run([scenario(MAX, line=12)], selected=[named(scenario(MAX, line=12)), first]))
    assert project.places == [f"{FEATURE}:3", f"{FEATURE}:12"]
