"""What stands below the verdict: which capabilities are broken, and since when."""

import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path

import pytest

from bdd.pages.headline import since_of_several
from bdd.pages.report import Form, make_report
from bdd.pages.words import Code, Language
from bdd.results.comparison import Since
from bdd.results.folder import History
from bdd.results.model import KnownFailure, Run
from bdd.results.summary import summary_of
from tests.support.runs import NIGHT, a_run, history
from tests.support.scenarios import BEGAN, a_finding, a_scenario

GOOD = a_scenario()
BAD = a_scenario(status="failed")
OTHER = "features/patient_order.feature"
GOOD_ORDER, BAD_ORDER = (a_scenario("In order", status, feature=OTHER) for status in ("passed", "failed"))
SAY = Language("en")


def night(number: int) -> str:
    return SAY.date(BEGAN + number * NIGHT)


def below_the_verdict(runs: Sequence[Run], folder: Path, language: Code = "en") -> str:
    file = make_report(runs[-1], History([summary_of(each) for each in runs]), folder, Form(language=language))
    box = file.read_text(encoding="utf-8").partition("</h1>")[2].partition("</section>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", box)).split())


SINCE = {
    "new": ([[GOOD], [BAD]], "New in this run. Patient deleted 1 of 1 promises not kept"),
    "for some runs": ([[GOOD], [BAD], [BAD]], f"Since {night(1)}, for 2 runs. Patient deleted"),
    "since the history begins": ([[BAD], [BAD]], f"Since {night(0)} or longer, for 2 runs. Patient deleted"),
    "at a first run": (
        [[BAD]],
        "Since when is not known: there is no earlier run to compare with. Patient deleted",
    ),
    "after runs that judged nothing": ([[], [BAD]], "Since when is not known: there is no earlier run"),
    "two times": (
        [[GOOD, GOOD_ORDER], [BAD, GOOD_ORDER], [BAD, BAD_ORDER]],
        f"1 new in this run, 1 since {night(1)}."
        f" Patient deleted 1 of 1 promises not kept · since {night(1)}, for 2 runs"
        " Patient order 1 of 1 promises not kept · new in this run",
    ),
}


@pytest.mark.parametrize("kind", SINCE)
def test_a_red_page_says_what_is_broken_and_since_when(kind: str, tmp_path: Path) -> None:
    nights, said = SINCE[kind]
    assert below_the_verdict(history(*nights), tmp_path).startswith(said)


def test_in_german(tmp_path: Path) -> None:
    runs = history([GOOD], [BAD])
    assert below_the_verdict(runs, tmp_path, "de").startswith("Neu in diesem Lauf. Patient deleted")


def test_a_green_page_says_nothing_of_it(tmp_path: Path) -> None:
    assert below_the_verdict(history([GOOD], [GOOD]), tmp_path).startswith("So it did in the run before.")


def test_what_only_the_audit_found_has_its_time(tmp_path: Path) -> None:
    nights = [a_run([GOOD], began=BEGAN + n * NIGHT, findings=[a_finding()][: n > 0]) for n in range(3)]
    assert f"What the audit found: since {night(1)}, for 2 runs." in below_the_verdict(nights, tmp_path)
    assert "What the audit found: new in this run." in below_the_verdict(nights[:2], tmp_path)
    assert "What the audit found:" not in below_the_verdict(nights[1:2], tmp_path), "nobody knows at a first run"


def test_a_known_failure_and_one_that_could_not_be_judged_are_not_counted(tmp_path: Path) -> None:
    known = KnownFailure(
        scenario=BAD.name, reason="a", who="Team Events", until="2026-12-31", state="failed as known"
    )
    assert BAD_ORDER.failure
    late = BAD_ORDER.failure.model_copy(update={"late": True})
    run = a_run([BAD, BAD_ORDER.model_copy(update={"failure": late})], end={"known": [known]})
    assert "not kept" not in below_the_verdict([run], tmp_path)


def test_of_many_capabilities_the_first_ones_are_named(tmp_path: Path) -> None:
    many = [a_scenario(f"Of {n}", "failed", feature=f"features/f{n}.feature") for n in range(8)]
    said = below_the_verdict(history(many, many), tmp_path)
    assert said.count("promises not kept") == 5
    assert "3 more capabilities" in said


def test_of_many_times_the_first_one_is_named() -> None:
    runs = [summary_of(each).run for each in history(*[[BAD]] * 6)]
    times = [Since(runs[5], 1), Since(runs[3], 3), Since(runs[2], 4), Since(runs[1], 5)]
    assert since_of_several(times, SAY) == f"1 new in this run, 3 for longer, the oldest since {night(1)}"
    longer = [*times, Since(runs[0], 6, at_least=True)]
    assert since_of_several(longer, SAY).endswith(f"4 for longer, the oldest since {night(0)} or longer")
