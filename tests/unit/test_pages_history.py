"""The pages about several runs: what has changed since the last one, the trends, and what nobody looks at."""

import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import get_args

import pytest

from bdd.pages.charts import BOTTOM, LEFT, TOP, WIDTH, Plane
from bdd.pages.report import make_report
from bdd.pages.words import LANGUAGES, Code, Language, words_of
from bdd.results.coverage import Kind
from bdd.results.folder import History
from bdd.results.model import Finding, Promises, Run, Scenario
from bdd.results.summary import summary_of
from tests.support.runs import NIGHT, a_run, history
from tests.support.scenarios import BEGAN, TITLE, a_scenario

GOOD = a_scenario()
BAD = a_scenario(status="failed")
OTHER = a_scenario("Another one", line=20)
MOVED = GOOD.model_copy(update={"feature": "features/other.feature"})
RENAMED = GOOD.model_copy(update={"name": "A new name"})


def page(runs: Sequence[Run], folder: Path, name: str = "index.html") -> str:
    make_report(runs[-1], History([summary_of(each) for each in runs]), folder)
    return (folder / name).read_text(encoding="utf-8")


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def part(html: str, name: str) -> str:
    """The text of a part of a page, from its heading to the next part."""
    return text_of(html.partition(f'id="{name}"')[2].partition("</section>")[0].partition(">")[2])


def test_the_first_run_says_that_it_is_the_first(tmp_path: Path) -> None:
    front = page(history([GOOD]), tmp_path)
    assert "This is the first run of its kind" in part(front, "changes")


def night(number: int) -> str:
    return Language("en").date(BEGAN + number * NIGHT)


CHANGES = {
    "newly": ([[GOOD], [BAD]], f"1 newly broken {TITLE} A deletion is published"),
    "still": ([[GOOD], [BAD], [BAD]], f"1 still broken since {night(1)}, for 2 runs · {TITLE}"),
    "always": ([[BAD], [BAD]], f"1 still broken since {night(0)} or longer, for 2 runs · {TITLE}"),
    "mended": ([[GOOD], [BAD], [GOOD]], f"1 mended was broken since {night(1)}, in 1 run A deletion is published"),
    "mended, broken from the first": ([[BAD], [GOOD]], f"was broken since {night(0)} or longer, in 1 run"),
    "new": ([[GOOD], [GOOD, OTHER]], "1 new Another one"),
    "removed": ([[GOOD, OTHER], [GOOD]], "1 removed Another one"),
    "renamed": ([[GOOD], [RENAMED]], "1 renamed formerly “A deletion is published” A new name"),
    "moved": ([[GOOD], [MOVED]], f"1 renamed formerly “{GOOD.feature}” A deletion is published"),
    "nothing": ([[GOOD], [GOOD]], "Nothing has changed."),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_what_has_changed_is_said_with_names_and_since_when(kind: str, tmp_path: Path) -> None:
    nights, said = CHANGES[kind]
    assert said in part(page(history(*nights), tmp_path), "changes")


@pytest.mark.parametrize(
    ("found_in", "said"),
    [
        ([False, True, True], f"1 still found by the audit since {night(1)}, for 2 runs a title"),
        ([False, True, False], f"1 no longer found by the audit was found since {night(1)}, in 1 run a title"),
        ([True, True, False], f"audit was found since {night(0)} or longer, for 2 runs a title"),
    ],
)
def test_what_the_audit_finds_no_longer_says_how_long_it_did(
    found_in: Sequence[bool], said: str, tmp_path: Path
) -> None:
    runs = history(*[[GOOD]] * len(found_in))
    finding = Finding(scenario=GOOD.as_name, message="a message", advice="advice", title="a title")
    found = [
        run.model_copy(update={"end": run.end.model_copy(update={"findings": [finding] if there else []})})
        for run, there in zip(runs, found_in, strict=True)
        if run.end
    ]
    assert said in part(page(found, tmp_path), "changes")


def test_a_cause_says_since_when_it_is_there(tmp_path: Path) -> None:
    front = page(history([GOOD], [BAD], [BAD]), tmp_path)
    assert f"1 scenario {TITLE} since {night(1)}, for 2 runs" in part(front, "causes")


@pytest.mark.parametrize(
    ("nights", "said"),
    [
        ([[GOOD], [BAD], [BAD]], "it has been 2 runs since."),
        ([[BAD], [BAD]], "In the run before this one it did not either."),
        ([[BAD], [GOOD]], "In the run before this one it did not."),
        ([[BAD], [GOOD], [GOOD], [GOOD]], "So it did in the 2 runs before."),
    ],
)
def test_the_verdict_says_how_it_was_before(
    nights: Sequence[Sequence[Scenario]], said: str, tmp_path: Path
) -> None:
    front = text_of(page(history(*nights), tmp_path))
    assert said in front
    assert f"The last {len(nights)} runs" in front


def test_an_earlier_run_that_calls_itself_green_and_is_not_is_shown_as_it_is(tmp_path: Path) -> None:
    first, last = history([BAD], [GOOD])
    assert first.end
    lying = first.model_copy(update={"end": first.end.model_copy(update={"green": True})})
    assert "1 kept, 1 not" in text_of(page([lying, last], tmp_path))


def test_the_trends_are_there_as_charts_and_as_a_table(tmp_path: Path) -> None:
    html = page(history([GOOD, OTHER], [BAD, OTHER], [GOOD, OTHER]), tmp_path, "history.html")
    assert re.findall(r"<h2 id=\"(\w+)\"", html) == ["scenarios", "duration", "latency", "flaky", "runs", "each"]
    rows = [text_of(each) for each in re.findall(r"<tr>.*?</tr>", html.partition('id="runs"')[2], re.DOTALL)]
    moment = Language("en").moment
    assert rows[1] == f"{moment(BEGAN + 2 * NIGHT)} kept 2 0 100% 15 s 20 ms 20 ms"
    assert rows[2] == f"{moment(BEGAN + NIGHT)} not kept 2 1 50% 15 s 20 ms 20 ms"
    assert "Passed in the newest run: 100%; in all runs between 50% and 100%." in text_of(html)


def test_a_flaky_scenario_is_named_with_how_often_and_since_when(tmp_path: Path) -> None:
    html = page(history([GOOD], [BAD], [GOOD], [BAD], [GOOD]), tmp_path, "history.html")
    assert f"changed 4 times since {night(1)} · failed in 2 of 5" in part(html, "flaky")


def test_a_history_in_which_nothing_was_executed_is_shown(tmp_path: Path) -> None:
    runs = [a_run([], abort_reason="nothing was executed", began=BEGAN + night * NIGHT) for night in range(2)]
    html = page(runs, tmp_path, "history.html")
    assert "not judged" in part(html, "runs")


def test_what_no_scenario_looks_at_is_named(tmp_path: Path) -> None:
    html = page([a_run([GOOD])], tmp_path, "gaps.html")
    gaps = part(html, "gaps")
    assert "patient.updated: no scenario covers this event." in gaps
    assert "POST /api/patients: no scenario gets the status code 400." in gaps
    assert "2 of 3" in text_of(html)


def test_without_contracts_there_is_no_page_of_gaps(tmp_path: Path) -> None:
    page([a_run([GOOD], promises=Promises())], tmp_path)
    assert not (tmp_path / "gaps.html").exists()


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("code", LANGUAGES)
def test_each_kind_of_gap_has_a_sentence(kind: str, code: Code) -> None:
    words = words_of(code)[f"gap_{kind.replace(' ', '_')}"]
    assert "{of}" in words


@pytest.mark.parametrize("highest", [0, 1, 2, 9, 10, 183, 4000])
def test_a_chart_of_counts_has_whole_numbers_at_its_lines(highest: int) -> None:
    lines = Plane(30, highest, whole=True).grid(repr)
    assert all(float(text).is_integer() for _, text in lines)
    assert 1 <= len(lines) <= 6


@pytest.mark.parametrize("highest", [0.0, 0.004, 0.06, 1.0, 15.0, 183.0, 4000.0])
def test_a_chart_has_a_few_lines_with_round_values_and_nothing_outside(highest: float) -> None:
    plane = Plane(30, highest)
    lines = plane.grid(str)
    assert 1 <= len(lines) <= 7
    assert lines[0] == (BOTTOM, "0")
    assert plane.y(highest) >= TOP
    assert plane.y(-1.0) == BOTTOM
    bar = plane.bar("broken", 29, 0, highest, "")
    assert LEFT < bar.x < bar.x + bar.width < WIDTH
    assert bar.y + bar.height == pytest.approx(BOTTOM)


def test_a_line_has_a_gap_where_a_run_has_no_value() -> None:
    line = Plane(4, 2.0).line("first", [1.0, 2.0, None, 1.0], ["", "", "", ""])
    assert line.path.count("M") == 2
    assert len(line.points) == 3
