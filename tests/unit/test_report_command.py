"""`python -m bdd report`: what it makes, what it says, its exit codes."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bdd.commands.cli import app
from bdd.pages import pdf
from bdd.pages.words import Language
from tests.support.runs import a_run, history, written
from tests.support.scenarios import a_scenario

GOOD = a_scenario()
BAD = a_scenario(status="failed")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", *arguments])


def text_of(page: Path) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page.read_text(encoding="utf-8")))


def test_it_is_about_the_newest_run_and_prints_its_first_page(here: Path) -> None:
    for run in history([GOOD], [BAD]):
        written(here / "results", run)
    result = report()
    assert result.exit_code == 0
    assert result.output.splitlines()[-1] == str(Path("reports/pages/index.html"))
    front = text_of(here / "reports/pages/index.html")
    assert "The platform breaks 1 of its 1 promises." in front
    assert "1 newly broken" in front


def test_it_is_about_the_run_that_is_given(here: Path) -> None:
    first, _ = [written(here / "nights", run) for run in history([GOOD], [BAD])]
    assert report(str(first), "--output", "out", "--language", "de").exit_code == 0
    front = text_of(here / "out/index.html")
    say = Language("de")
    assert say("verdict_kept", n=1) in front
    assert say("first_run") in front


def test_one_file_holds_everything(here: Path) -> None:
    written(here / "results", a_run([GOOD, BAD]))
    assert report("--single", "--output", "out").exit_code == 0
    assert [each.name for each in (here / "out").iterdir()] == ["index.html"]
    page = (here / "out/index.html").read_text(encoding="utf-8")
    assert '<link rel="stylesheet"' not in page
    assert "its key is &#34;patient-5&#34;, expected &#34;5&#34;" in page


def test_a_file_that_cannot_be_read_is_named_and_passed_over(here: Path) -> None:
    written(here / "results", a_run([GOOD]))
    (here / "results/20261127-broken.json").write_text("{")
    result = report()
    assert result.exit_code == 0
    assert "20261127-broken.json" in result.output


@pytest.mark.parametrize("content", [None, "", "{", '{"format": 99, "run": {}, "scenarios": []}'])
def test_without_results_it_says_so_and_makes_nothing(here: Path, content: str | None) -> None:
    if content is not None:
        (here / "some.json").write_text(content)
    result = report("some.json")
    assert result.exit_code == 2
    assert "some.json" in result.output
    assert not (here / "reports").exists()


def test_without_a_folder_of_results_it_says_what_to_do(here: Path) -> None:
    result = report()
    assert result.exit_code == 2
    assert "behave features/" in result.output


def test_a_folder_that_cannot_be_written_is_reported(here: Path) -> None:
    written(here / "results", a_run([GOOD]))
    (here / "taken").write_text("a file")
    result = report("--output", "taken")
    assert result.exit_code == 1
    assert "The report cannot be written to taken" in result.output
    assert "--output DIR" in result.output


def test_without_chromium_the_pages_are_made_and_the_missing_pdf_is_reported(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "BROWSERS", ("no-such-browser",))
    written(here / "results", a_run([GOOD]))
    result = report("--pdf")
    assert result.exit_code == 1
    assert "No PDF was made" in result.output
    assert str(Path("reports/pages/index.html")) in result.output
    assert (here / "reports/pages/index.html").exists()


@pytest.mark.parametrize("wrong", ["--language=fr", "-Dno_such=1"])
def test_a_wrong_option_is_refused(here: Path, wrong: str) -> None:
    assert report(wrong).exit_code == 2
