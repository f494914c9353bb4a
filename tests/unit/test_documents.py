"""What the documents say of the code."""

import re
from collections import Counter
from configparser import ConfigParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from behave.model import ScenarioOutline
from behave.parser import parse_feature, parse_file

from bdd.commands.doctor.command import checks_for
from bdd.settings.settings import Settings, load_settings
from bdd.stacks.factory import make_stack
from bdd.system.paths import ROOT
from bdd.verdict.checks import check_published
from tests.support.builders import SHORT_TIMEOUT, Scene, failure
from tests.support.suite_steps import bound

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_README = 700
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").glob("*.md"),
    ROOT / "reference/README.md",
]


def test_every_setting_is_explained_and_nothing_else_is() -> None:
    table = [line for line in (ROOT / "docs/settings.md").read_text(encoding="utf-8").splitlines() if "|" in line]
    named = {name for line in table[2:] for name in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert named == {name for name in Settings.model_fields if not name.endswith("_file")}


def test_every_module_has_its_line() -> None:
    table = re.findall(r"^\| (`.+?) \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for cell in table for name in re.findall(r"`(\w+)`", cell)}
    modules = {path.stem for path in (ROOT / "bdd").iterdir() if not path.name.startswith("_")}
    assert modules - named == set()


def test_the_doctors_table_has_every_check() -> None:
    text = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    shown = re.findall(r"^  (\w[\w -]*?)  +(?:passed|failed|not reached|absent) ", text, re.MULTILINE)
    settings = load_settings({"stack": "remote", "api_url": "http://127.0.0.1:8001", "bootstrap_servers": "a:9092"})
    checks = checks_for(settings, make_stack(settings, "a-run"), try_it=False)
    assert shown == [check.name for check in checks]


def test_the_example_of_a_failure_ends_with_the_advice_that_belongs_to_it() -> None:
    scene = Scene()
    scene.expect()
    scene.arrive(scene.event(key=b"patient-5"))
    advice = failure(check_published, scene.observer, "patient.created", SHORT_TIMEOUT).splitlines()[-1]
    assert advice.strip() in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_is_short_and_its_scenario_uses_real_steps() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= LONGEST_README
    example = text.partition("```gherkin\n")[2].partition("```")[0]
    feature = parse_feature(f"Feature: README\n{example}")  # type: ignore[no-untyped-call]
    assert all(bound(step.step_type, step.name) for step in feature.scenarios[0].steps)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8"))
    missing = [target for target in targets if "://" not in target and not (document.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize(
    "document", [ROOT / "README.md", *(ROOT / "docs").glob("*.md")], ids=lambda path: path.name
)
def test_commands_to_paste_need_only_what_make_acceptance_installs(document: Path) -> None:
    """What needs more is a target of make, which installs it. Who reads CONTRIBUTING.md has run `make test`."""
    more = re.findall(r"^([\w-]+)==", (ROOT / "requirements-dev.txt").read_text(encoding="utf-8"), re.MULTILINE)
    blocks = re.findall(r"^```sh\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines() if not line.startswith("make ")]
    assert [line for line in commands if set(more) & set(line.partition("#")[0].split())] == []


def test_every_scenario_has_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tools that read JUnit files take two cases of one name for one."""
    settings = ConfigParser(interpolation=None)
    settings.read(ROOT / "behave.ini", encoding="utf-8")
    monkeypatch.setattr(
        ScenarioOutline, "annotation_schema", settings["behave"]["scenario_outline_annotation_schema"]
    )
    parse: Callable[[str], Any] = parse_file
    features = [parse(str(file)) for file in sorted((ROOT / "features").glob("*.feature"))]
    names = [f"{feature.name}: {each.name}" for feature in features for each in feature.walk_scenarios()]
    assert any(" -- " in name for name in names), "examples have names"
    assert [name for name, count in Counter(names).items() if count > 1] == []
