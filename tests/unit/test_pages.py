"""The pages of the report: what they say, and that they never look better than their run."""

import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bdd.pages.outcome import outcome
from bdd.pages.report import Form, make_report
from bdd.pages.words import LANGUAGES, Code
from bdd.results.folder import History
from bdd.results.model import KnownFailure, Run, Scenario, ScenarioName
from bdd.results.summary import summary_of
from tests.support.runs import a_run
from tests.support.scenarios import a_finding, a_scenario

_VOID = {"meta", "link", "br", "hr", "img", "input"}
GOOD = a_scenario()
BAD = a_scenario("Another deletion is published", "failed")
NOT_EXECUTED = ScenarioName(feature=GOOD.feature, name="A third one", line=30)


def a_known(state: str, scenario: str = BAD.name) -> KnownFailure:
    return KnownFailure.model_validate(
        {"scenario": scenario, "reason": "a", "who": "Team Events", "until": "2026-12-31", "state": state}
    )


RED_RUNS: dict[str, Callable[[], Run]] = {
    "a scenario failed": lambda: a_run([GOOD, BAD]),
    "a step had an error": lambda: a_run([GOOD, a_scenario("Another", "error")]),
    "the audit found something": lambda: a_run([GOOD], findings=[a_finding()]),
    "it was killed": lambda: a_run([GOOD], killed=True),
    "it was killed at once": lambda: a_run([], killed=True, selected=[NOT_EXECUTED]),
    "it ended early": lambda: a_run([GOOD], abort_reason="the run ended early: the broker has ended"),
    "it did not start": lambda: a_run([], abort_reason="nothing was executed: the broker does not answer"),
    "it executed nothing": lambda: a_run([]),
    "it was not audited": lambda: a_run([GOOD], end={"audited": False}),
    "it says nothing of the platform": lambda: a_run([GOOD], end={"judged": False}),
    "a clean-up failed": lambda: a_run([GOOD], end={"hook_failures": ["the container stays"]}),
    "a scenario was not executed": lambda: a_run([GOOD], selected=[GOOD, NOT_EXECUTED]),
    "a scenario was skipped": lambda: a_run([GOOD, a_scenario("Another", "skipped")]),
    "an event came late": lambda: a_run([GOOD, _late()]),
    "a known failure has expired": lambda: a_run([GOOD, BAD], end={"known": [a_known("expired")]}),
    "it says so itself": lambda: a_run([GOOD], end={"green": False, "sentence": "RED: something else"}),
}
"""Each kind of run that is not green."""


def _late() -> Scenario:
    failed = a_scenario("Another", "failed")
    assert failed.failure
    return failed.model_copy(update={"failure": failed.failure.model_copy(update={"late": True})})


def pages_of(run: Run, folder: Path, language: Code = "en", *, single: bool = False) -> dict[str, str]:
    make_report(run, History([summary_of(run)]), folder, Form(language=language, single=single))
    files = sorted(folder.rglob("*.html"))
    return {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in files}


@pytest.mark.parametrize("claims_green", [False, True], ids=["", "and calls itself green"])
@pytest.mark.parametrize("kind", RED_RUNS)
def test_no_page_looks_green_while_the_run_was_red(kind: str, claims_green: bool, tmp_path: Path) -> None:
    run = RED_RUNS[kind]()
    if claims_green and run.end and kind != "it says so itself":
        run = run.model_copy(update={"end": run.end.model_copy(update={"green": True})})
    assert not outcome(run).green
    front = pages_of(run, tmp_path)["index.html"]
    assert 'class="verdict kept"' not in front
    assert "The platform keeps its promise" not in front
    assert 'class="breaches"' in front or " breaks " in front, "it says why"


def test_a_green_run_is_green(tmp_path: Path) -> None:
    front = pages_of(a_run([GOOD, a_scenario("Another")]), tmp_path)["index.html"]
    assert 'class="verdict kept"' in front
    assert "The platform keeps its promises: all 2 scenarios passed." in front


def test_a_known_failure_leaves_a_run_green_and_is_named(tmp_path: Path) -> None:
    known = a_known("failed as known")
    run = a_run([GOOD, BAD], end={"green": True, "known": [known]})
    front = pages_of(run, tmp_path)["index.html"]
    assert "The platform keeps its promises, except for one that is known." in front
    assert "accepted until 31 December 2026. Team Events takes care of it." in front


def test_only_the_scenario_that_is_known_may_fail() -> None:
    known = a_known("failed as known", f"features/other.feature: {BAD.name}")
    assert not outcome(a_run([GOOD, BAD], end={"green": True, "known": [known]})).green


@pytest.mark.parametrize("meant", [True, False])
def test_only_a_finding_about_a_known_failure_leaves_a_run_green(meant: bool) -> None:
    found = a_finding("patient.created comes twice")
    known = a_known("failed as known", found.scenario.name if meant else "Another")
    run = a_run([GOOD], findings=[found], end={"green": True, "known": [known]})
    assert outcome(run).green is meant


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", RED_RUNS)
def test_each_page_is_well_formed_and_asks_no_other_host(
    kind: str, language: Code, single: bool, tmp_path: Path
) -> None:
    for text in pages_of(RED_RUNS[kind](), tmp_path, language, single=single).values():
        page = Page(text)
        assert page.errors == []
        assert [each for each in page.addresses if re.match(r"(?!data:,$)(\w+:|//)", each)] == []
        assert "url(" not in text
        assert "@import" not in text
        assert "<script" not in text


@pytest.mark.parametrize("single", [False, True])
def test_every_link_leads_to_a_part_that_is_there(single: bool, tmp_path: Path) -> None:
    pages = {name: Page(text) for name, text in pages_of(RED_RUNS["a scenario failed"](), tmp_path).items()}
    for name, page in pages.items():
        for address in page.links:
            target, _, part = address.partition("#")
            file = (tmp_path / name).parent / target if target else tmp_path / name
            assert file.exists(), address
            if file.suffix == ".html" and part:
                assert part in pages[file.resolve().relative_to(tmp_path.resolve()).as_posix()].ids


_HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">&amp;{{ 70001 * 70001 }}\'"'


@pytest.mark.parametrize("single", [False, True])
def test_what_scenarios_and_services_say_cannot_become_a_part_of_the_page(single: bool, tmp_path: Path) -> None:
    hostile = a_scenario(_HOSTILE, "failed", title=_HOSTILE)
    end = {"hook_failures": [_HOSTILE], "sentence": _HOSTILE, "known": [a_known("failed as known", _HOSTILE)]}
    found = a_finding(_HOSTILE)
    run = a_run([hostile], findings=[found], abort_reason=_HOSTILE, end=end, stack=_HOSTILE, commit=_HOSTILE)
    for text in pages_of(run, tmp_path, single=single).values():
        page = Page(text)
        assert page.errors == []
        assert {"script", "img"} & page.tags == set()
        assert "4900140001" not in page.text


def test_a_report_takes_the_place_of_an_earlier_one_and_of_nothing_else(tmp_path: Path) -> None:
    pages_of(a_run([GOOD]), tmp_path)
    (tmp_path / "mine.html").write_text("mine")
    assert set(pages_of(a_run([GOOD]), tmp_path, single=True)) == {"index.html", "mine.html"}


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.errors: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.errors += [f"{tag} is not closed" for tag in self._open]
        self.errors += [f"id {each} is there twice" for each in {i for i in self.ids if self.ids.count(i) > 1}]

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in _VOID:
            self._open.append(tag)
        for name, value in attrs:
            self.ids += [value or ""] if name == "id" else []
            self.links += [value or ""] if name == "href" and value != "data:," else []
            self.addresses += [value or ""] if name in {"href", "src", "srcset", "action"} else []

    def handle_startendtag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.errors.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        self.text += data
