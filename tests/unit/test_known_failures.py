"""Known failures turn no run red until their day is over, and nothing else is let through."""

import datetime as dt
from pathlib import Path

import pytest

from bdd.results.known import InvalidKnownFailures, KnownFailures, load_known_failures

FEATURE = "features/patients.feature"
TODAY = dt.date(2026, 11, 28)


def entry(**changed: str) -> str:
    given = {"scenario": "One", "reason": "it is slow", "who": "Team A", "until": "2026-11-28"} | changed
    return "- " + "\n  ".join(f"{name}: {value}" for name, value in given.items() if value) + "\n"


def known(tmp_path: Path, text: str, today: dt.date = TODAY) -> KnownFailures:
    file = tmp_path / "known.yaml"
    file.write_text(text, encoding="utf-8")
    return load_known_failures(file, today)


@pytest.mark.parametrize(
    ("scenario", "allowed"),
    [("One", True), (f"'{FEATURE}: One'", True), ("'features/other.feature: One'", False), ("Two", False)],
)
def test_a_scenario_is_meant_by_its_name_alone_or_with_its_feature(
    tmp_path: Path, scenario: str, *, allowed: bool
) -> None:
    assert known(tmp_path, entry(scenario=scenario)).allow(FEATURE, "One") is allowed


def test_an_entry_holds_until_its_day_is_over(tmp_path: Path) -> None:
    assert known(tmp_path, entry()).allow(FEATURE, "One")
    assert not known(tmp_path, entry(), TODAY + dt.timedelta(days=1)).allow(FEATURE, "One")


@pytest.mark.parametrize(
    ("status", "today", "state"),
    [
        ("failed", TODAY, "failed as known"),
        ("failed", TODAY + dt.timedelta(days=1), "expired"),
        ("passed", TODAY, "passed"),
        ("not executed", TODAY, "not executed"),
        ("error", TODAY, "not executed"),
        (None, TODAY, "not executed"),
    ],
)
def test_each_entry_has_a_state_when_the_run_has_ended(
    tmp_path: Path, status: str | None, today: dt.date, state: str
) -> None:
    statuses = {(FEATURE, "One"): status} if status else {}
    (outcome,) = known(tmp_path, entry(), today).outcomes(statuses)  # type: ignore[arg-type]
    assert (outcome.state, outcome.who, outcome.until) == (state, "Team A", "2026-11-28")


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert load_known_failures(tmp_path / "known.yaml").outcomes({}) == []
    assert known(tmp_path, "").outcomes({}) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (entry(who=""), "entry 1, who: Field required"),
        (entry(until="soon"), "entry 1, until: "),
        (entry(reason="''"), "entry 1, reason: String should have at least 1 character"),
        (entry() + entry(unti="x"), "entry 2, unti: Extra inputs are not permitted"),
        ("scenario: One\n", "the file: a valid list"),
        ("- [", "cannot be read"),
    ],
)
def test_a_file_with_a_mistake_is_refused_and_the_entry_named(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(InvalidKnownFailures) as refused:
        known(tmp_path, text)
    assert sentence in str(refused.value)
    assert "known.yaml" in str(refused.value)


def test_all_mistakes_of_a_file_are_named_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidKnownFailures) as refused:
        known(tmp_path, "- scenario: One\n")
    assert "entry 1, reason: Field required; entry 1, who: Field required; entry 1, until:" in str(refused.value)
    assert str(refused.value).count("The file is a list") == 1
