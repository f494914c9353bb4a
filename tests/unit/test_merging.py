"""Joining the results of shards into those of one run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bdd.commands.cli import app
from bdd.results.folder import read_run
from bdd.results.merging import CannotMerge, merge
from bdd.results.model import Component, KnownFailure, LeftOut, Run, Scenario, ScenarioName
from bdd.results.sharding import shards_of
from tests.support.runs import BEGAN, a_finding, a_run, a_scenario, named, written

KNOWN = KnownFailure(
    scenario="Scenario 0", reason="a defect", who="me", until="2026-12-31", state="failed as known"
)
FEATURES = ("features/patient_created.feature", "features/patient_deleted.feature", "features/topics.feature")


def scenarios(count: int = 12) -> list[Scenario]:
    """Return scenarios of three features, of which each fifth fails, because of one cause or another."""
    return [
        a_scenario(
            f"Scenario {at}",
            "failed" if at % 5 == 0 else "passed",
            title=f"no {'key' if at % 2 else 'payload'}",
            feature=FEATURES[at * len(FEATURES) // count],
            line=at,
        )
        for at in range(count)
    ]


def sharded(several: Sequence[Scenario], count: int = 3, **more: Any) -> list[Run]:
    """Return the runs of the shards."""
    whole = [named(each) for each in several]
    return [
        a_run(
            [each for each in several if named(each) in shard],
            began=BEGAN + number,
            shard=f"{number}/{count}",
            whole=whole,
            id=f"run-{number}",
            machine={"name": f"ci-{number}", "process": str(number), "system": "Linux"},
            settings={"deadline": "5", "shard": f"{number}/{count}"},
            **more,
        )
        for number, shard in enumerate(shards_of(whole, count, {}), start=1)
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_merged_shards_are_the_whole_run(count: int) -> None:
    every = scenarios()
    whole = a_run(every)
    merged = merge(sharded(every, count)[::-1])
    assert [
        each.model_copy(update={"shard": None}).model_dump(exclude={"failure": {"cause"}})
        for each in merged.scenarios
    ] == [each.model_dump(exclude={"failure": {"cause"}}) for each in whole.scenarios]
    assert list(merged.run.selected) == list(whole.run.selected)
    assert merged.run.whole == ()
    assert [each.file for each in merged.run.features] == list(FEATURES)
    assert merged.end is not None
    assert whole.end is not None
    assert {each.title: {str(name) for name in each.failures} for each in merged.end.causes} == {
        each.title: {str(name) for name in each.failures} for each in whole.end.causes
    }
    assert merged.green == whole.green
    assert f"RED: 3 of 12 scenarios in {count} shard" in merged.end.sentence


def test_each_scenario_says_in_which_shard_it_was_executed() -> None:
    merged = merge(sharded(scenarios(3)))
    assert [each.shard for each in merged.scenarios] == ["1/3", "2/3", "3/3"]


def test_each_failure_has_the_number_of_its_cause_in_the_merged_run() -> None:
    merged = merge(sharded(scenarios()))
    assert merged.end is not None
    numbers = {each.title: list(each.numbers) for each in merged.end.causes}
    assert sorted(numbers.values()) == [[1], [2]]
    failures = [each.failure for each in merged.scenarios if each.failure]
    assert len(failures) == 3
    assert all(numbers[each.title] == [each.cause] for each in failures)
    assert [len(each.failures) for each in merged.end.causes] == [2, 1], "those of most scenarios first"


def test_each_finding_has_the_number_of_its_cause_in_the_merged_run() -> None:
    runs = []
    for title, run in zip(("comes once", "comes twice"), sharded(scenarios(), 2), strict=True):
        assert run.end
        finding = a_finding(f"{title}, and has no key").model_copy(update={"cause": 9})
        cause = run.end.causes[0].model_copy(update={"numbers": [9], "title": title, "failures": [], "findings": 1})
        end = run.end.model_copy(update={"findings": [finding], "causes": [*run.end.causes, cause]})
        runs.append(run.model_copy(update={"end": end}))
    merged = merge(runs)
    assert merged.end
    numbers = {each.title: each.numbers[0] for each in merged.end.causes}
    assert [each.cause for each in merged.end.findings] == [numbers["comes once"], numbers["comes twice"]]
    assert len(set(numbers.values())) == len(numbers)


def test_green_shards_are_a_green_run() -> None:
    every = [a_scenario(f"Scenario {at}", line=at) for at in range(4)]
    merged = merge(sharded(every))
    assert merged.green
    assert merged.end is not None
    assert merged.end.audited
    assert merged.end.sentence == "GREEN: 4 scenarios passed in 3 shards, and the audit left nothing unexplained"


def test_a_missing_shard_is_red_and_named() -> None:
    every = [a_scenario(f"Scenario {at}", line=at) for at in range(4)]
    merged = merge([sharded(every)[0], sharded(every)[2]])
    assert merged.end is not None
    assert (merged.green, merged.end.audited) == (False, False)
    assert merged.end.abort_reason == "shard 2/3 is missing"
    assert merged.end.sentence == "RED: 0 of 3 scenarios in 2 shards failed; shard 2/3 is missing"
    assert [each.name for each in merged.not_executed()] == ["Scenario 1"]


def test_scenarios_that_are_in_no_shard_are_red_and_named() -> None:
    every = [a_scenario(f"Scenario {at}", line=at) for at in range(4)]
    first, second, third = sharded(every)
    merged = merge([a_run([], began=BEGAN, shard="1/3", whole=first.run.whole), second, third])
    assert not merged.green
    assert merged.end is not None
    assert merged.end.abort_reason == "2 scenarios in no shard, because the shards had different earlier results"
    assert [each.name for each in merged.not_executed()] == ["Scenario 0", "Scenario 3"]


def test_a_scenario_that_two_shards_executed_counts_once_and_failed_if_one_failed() -> None:
    every = [a_scenario(f"Scenario {at}", line=at) for at in range(3)]
    first, second, third = sharded(every)
    again = a_scenario("Scenario 0", "failed", line=0)
    second = a_run([*second.scenarios, again], shard="2/3", whole=second.run.whole)
    merged = merge([first, second, third])
    assert [(each.name, each.status) for each in merged.scenarios] == [
        ("Scenario 0", "failed"),
        ("Scenario 1", "passed"),
        ("Scenario 2", "passed"),
    ]
    assert not merged.green


def test_a_shard_that_was_killed_is_red_and_keeps_its_failures() -> None:
    every = scenarios()
    shards = sharded(every)
    shards[0] = shards[0].model_copy(update={"end": None, "scenarios": shards[0].scenarios[:1]})
    merged = merge(shards)
    assert merged.end is not None
    assert not merged.green
    assert "shard 1/3 was killed" in merged.end.sentence
    assert [each.name for each in merged.not_executed()] == ["Scenario 3", "Scenario 6", "Scenario 9"]
    (first,) = [each for each in merged.end.causes if "Scenario 0" in {name.name for name in each.failures}]
    assert first.title == "no payload"


def test_a_shard_that_was_aborted_says_so_in_the_merged_run() -> None:
    shards = sharded([a_scenario(f"Scenario {at}", line=at) for at in range(4)])
    first = shards[0].run
    broken = a_run(
        [], shard="2/3", selected=shards[1].run.selected, abort_reason="the broker has ended\nlast lines: …"
    )
    shards[1] = broken.model_copy(update={"run": broken.run.model_copy(update={"whole": first.whole})})
    merged = merge(shards)
    assert merged.end is not None
    assert merged.end.abort_reason == "shard 2/3: the broker has ended\nlast lines: …"
    assert merged.end.sentence.endswith("; shard 2/3: the broker has ended")
    assert merged.end.judged


def test_a_shard_that_was_run_twice_counts_as_it_was_run_last() -> None:
    every = [a_scenario(f"Scenario {at}", line=at) for at in range(3)]
    shards = sharded(every)
    broken = a_run(
        [a_scenario("Scenario 1", "failed", line=1)],
        began=BEGAN - 60,
        shard="2/3",
        id="earlier",
        whole=shards[0].run.whole,
    )
    assert merge([*shards, broken]).green
    later = broken.model_copy(update={"run": broken.run.model_copy(update={"began": BEGAN + 60, "id": "later"})})
    merged = merge([later, *shards])
    assert not merged.green
    assert merged.run.merged_from == ["run-1", "later", "run-3"]
    assert len(merged.scenarios) == 3


def test_findings_hook_failures_and_left_out_scenarios_are_those_of_all() -> None:
    every = [a_scenario(f"Scenario {at}", line=at) for at in range(2)]
    out = ScenarioName(feature=FEATURES[0], name="Left out", line=99)
    more = {
        "findings": [a_finding("comes twice")],
        "left_out": [LeftOut(reason="no database", scenarios=[out])],
        "end": {"hook_failures": ["clean-up failed"]},
    }
    merged = merge(sharded(every, 2, **more))
    assert merged.end is not None
    assert [each.title for each in merged.end.findings] == ["comes twice"] * 2
    assert [(each.title, each.findings) for each in merged.end.causes] == [("comes twice", 2)]
    assert merged.end.hook_failures == ["clean-up failed"]
    assert [(each.reason, each.scenarios) for each in merged.run.left_out] == [("no database", [out])]
    assert "the audit found 2 things that no scenario explains" in merged.end.sentence


def test_what_differs_between_shards_is_joined() -> None:
    every = [a_scenario(f"Scenario {at}", line=at) for at in range(2)]
    first, second = sharded(every, 2)
    part = Component(name="patient-service", version="1.4.1")
    second = second.model_copy(update={"run": second.run.model_copy(update={"seed": 2, "platform": [part]})})
    head = merge([first, second]).run
    assert head.machine == {"name": "ci-1, ci-2", "system": "Linux"}
    assert head.settings == {"deadline": "5"}
    assert head.seed is None
    assert [each.version for each in head.platform] == ["1.4.0", "4.1.0", "1.4.1"]
    assert (head.shard, head.id, head.began) == (None, "run-1-merged", first.run.began)


def test_a_known_failure_has_the_state_of_the_shard_that_has_its_scenario() -> None:
    every = [a_scenario(f"Scenario {at}", line=at) for at in range(2)]
    known = [
        KnownFailure(scenario="Scenario 1", reason="a defect", who="me", until="2026-12-31", state=state)
        for state in ("not executed", "failed as known")
    ]
    shards = [
        run.model_copy(update={"end": run.end.model_copy(update={"known": [each]})})
        for run, each in zip(sharded(every, 2), known, strict=True)
        if run.end
    ]
    merged = merge(shards)
    assert merged.end is not None
    assert merged.end.known == [known[1]]


def test_a_run_that_is_green_although_a_known_failure_is_in_it_says_so() -> None:
    every = [a_scenario("Scenario 0", "failed", line=0), a_scenario("Scenario 1", line=1)]
    merged = merge(sharded(every, 2, end={"green": True, "known": [KNOWN]}))
    assert merged.end is not None
    assert merged.end.sentence == (
        "GREEN: 1 scenario passed in 2 shards, and the audit left nothing unexplained; 1 failed as known"
    )


def test_known_failures_are_not_among_the_failures_of_a_red_run() -> None:
    every = [a_scenario("Scenario 0", "failed", line=0), a_scenario("Scenario 1", "failed", line=1)]
    finding = a_finding("comes twice", scenario=named(every[0]))
    merged = merge(sharded(every, 2, findings=[finding], end={"known": [KNOWN]}))
    assert merged.end is not None
    assert "RED: 1 of 2 scenarios in 2 shards failed" in merged.end.sentence
    assert merged.end.sentence.endswith("; 1 failed as known")
    assert "the audit found" not in merged.end.sentence


def test_a_run_that_is_red_because_of_a_clean_up_alone_names_it() -> None:
    every = [a_scenario(f"Scenario {at}", line=at) for at in range(2)]
    merged = merge(sharded(every, 2, end={"green": False, "hook_failures": ["clean-up failed: no volume"]}))
    assert merged.end is not None
    assert merged.end.sentence == "RED: 0 of 2 scenarios in 2 shards failed; clean-up failed: no volume"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (
            {"selection": "features/topics.feature"},
            r"their selections differ \(features, features/topics.feature\)",
        ),
        ({"stack": "compose"}, "their stacks differ"),
        ({"commit": "0000000"}, r"their commits differ \(9f1c2ab, 0000000\)"),
        ({"checksums": {"features": "e" * 64, "contracts": "c" * 64}}, "their features differ"),
        (
            {"checksums": {"features": "f" * 64, "contracts": "d" * 64}},
            r"their contracts differ \(c{12}…, d{12}…\)",
        ),
        ({"whole": [ScenarioName(feature=FEATURES[0], name="Another one", line=3)]}, "their scenarios differ"),
        ({"shard": "2/4"}, "The shards are those of different runs: 1/3, 2/4, 3/3"),
        ({"shard": None}, "The run run-2 is a whole one"),
        ({"shard": "two"}, "names the shard “two”, which is none"),
    ],
)
def test_shards_of_different_runs_are_refused(other: dict[str, Any], why: str) -> None:
    first, second, third = sharded(scenarios())
    second = second.model_copy(update={"run": second.run.model_copy(update=other)})
    with pytest.raises(CannotMerge, match=why):
        merge([first, second, third])


def command(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["merge", *map(str, arguments)])
    return result.exit_code, result.output


def test_the_command_writes_the_merged_run_and_prints_its_verdict(tmp_path: Path) -> None:
    shards = sharded([a_scenario(f"Scenario {at}", line=at) for at in range(4)])
    files = [written(tmp_path / "shards", run) for run in shards]
    into = tmp_path / "merged" / "night.json"
    code, output = command(*files, "--into", into)
    assert (code, output.splitlines()) == (
        0,
        [
            f"{into}: run-1, run-2, run-3",
            "GREEN: 4 scenarios passed in 3 shards, and the audit left nothing unexplained",
        ],
    )
    assert read_run(into).model_dump(mode="json") == merge(shards).model_dump(mode="json")
    assert list(into.parent.iterdir()) == [into]


def test_a_folder_stands_for_its_files_and_can_be_merged_again(tmp_path: Path) -> None:
    shards = sharded(scenarios())
    for run in shards:
        written(tmp_path, run)
    for _ in range(2):
        assert command(tmp_path)[0] == 1
    assert read_run(tmp_path / "run-1-merged.json").run.merged_from == ["run-1", "run-2", "run-3"]


def test_a_file_that_cannot_be_read_is_reported_and_its_shard_is_missing(tmp_path: Path) -> None:
    shards = sharded([a_scenario(f"Scenario {at}", line=at) for at in range(4)])
    files = [written(tmp_path, run) for run in shards]
    files[1].write_text("", encoding="utf-8")
    code, output = command(*files)
    assert code == 1
    assert f"{files[1]} cannot be read: it is empty" in output
    assert output.splitlines()[-1].endswith("; shard 2/3 is missing")


@pytest.mark.parametrize("wrong", ["nothing", "whole", "cannot be written"])
def test_what_cannot_be_merged_ends_with_2(tmp_path: Path, wrong: str) -> None:
    folder = tmp_path / "shards"
    folder.mkdir()
    into = ["--into", tmp_path / "file" / "merged.json"] if wrong == "cannot be written" else []
    (tmp_path / "file").write_text("", encoding="utf-8")
    if wrong == "whole":
        written(folder, a_run([a_scenario()]))
    elif wrong != "nothing":
        for run in sharded(scenarios()):
            written(folder, run)
    code, output = command(folder, *into)
    assert code == 2
    assert {"nothing": "There are no results", "whole": "a whole one"}.get(
        wrong, "Name another file: --into"
    ) in output
