"""The folder of results: reading one file, the history of a run, the removal of old files."""

import os
import platform
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from bdd.results import folder as results_folder
from bdd.results.folder import (
    History,
    UnreadableResults,
    newest_file,
    read_history,
    read_run,
    remove_old,
    results_at,
)
from bdd.results.model import FORMAT, Run
from tests.support.runs import BEGAN, NIGHT, a_run, a_scenario, history, written

THIS_PROCESS = {"name": platform.node(), "process": str(os.getpid())}


def ids(found: History) -> list[str]:
    return [each.run.id for each in found.runs]


def nights(folder: Path, count: int, **head: Any) -> list[Run]:
    runs = history(*[[a_scenario()]] * count, **head)
    for run in runs:
        written(folder, run)
    return runs


def damaged(folder: Path, damage: Callable[[bytes], bytes]) -> Path:
    file = written(folder, a_run([a_scenario()], began=BEGAN - NIGHT))
    file.write_bytes(damage(file.read_bytes()))
    return file


DAMAGE = {
    "empty": (lambda content: b"", "it is empty"),
    "blank": (lambda content: b"\n", "it is empty"),
    "cut off": (lambda content: content[: len(content) // 2], "it is cut off"),
    "cut off at once": (lambda content: content[:9], "it is cut off"),
    "not JSON": (lambda content: b"<html>", "it is not JSON: expected value at line 1 column 1"),
    "not text": (lambda content: b"\xff\xfe" + content, "it is not JSON"),
    "another document": (lambda content: b'{"version": 3}', "it is not a file of results: format: Field required"),
    "a list": (lambda content: b"[1]", "it is not a file of results"),
    "newer": (
        lambda content: content.replace(b'"format":1', b'"format":2'),
        f"a newer version of the suite wrote it (format 2, this one reads {FORMAT}). Update the suite.",
    ),
    "newer and different": (
        lambda content: b'{"format":9,"runs":[]}',
        "a newer version of the suite wrote it (format 9",
    ),
}


@pytest.mark.parametrize(("damage", "why"), DAMAGE.values(), ids=DAMAGE)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, damage: Callable[[bytes], bytes], why: str
) -> None:
    file = damaged(tmp_path, damage)
    with pytest.raises(UnreadableResults) as raised:
        read_run(file)
    assert str(raised.value).startswith(f"{file} cannot be read: {why}")


@pytest.mark.parametrize(("damage", "why"), DAMAGE.values(), ids=DAMAGE)
def test_a_history_passes_over_what_cannot_be_read_and_says_so(
    tmp_path: Path, damage: Callable[[bytes], bytes], why: str
) -> None:
    file = damaged(tmp_path, damage)
    runs = nights(tmp_path, 3)
    found = read_history(tmp_path, runs[-1])
    assert ids(found) == [run.run.id for run in runs]
    assert [each for each in found.passed_over if each.startswith(f"{file} cannot be read: {why}")]
    assert len(found.passed_over) == 1


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableResults, match="cannot be read: there is no such file"):
        read_run(tmp_path / "20260101-000000-aaaaaa.json")


def test_a_folder_in_place_of_a_file_is_reported_as_one(tmp_path: Path) -> None:
    with pytest.raises(UnreadableResults, match="it is a folder"):
        read_run(tmp_path)


def test_a_place_that_is_no_folder_is_named_with_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "results"
    file.write_text("")
    with pytest.raises(UnreadableResults, match=r"results cannot be read: .*-D results_dir="):
        newest_file(file)
    assert len(read_history(file, a_run([a_scenario()])).passed_over) == 1


def test_results_are_those_of_the_file_or_the_folder_that_is_given(tmp_path: Path) -> None:
    first = written(tmp_path / "one", a_run([a_scenario()]))
    second = written(tmp_path / "two", a_run([a_scenario()]))
    assert results_at(first, tmp_path / "two") == first
    assert results_at(tmp_path / "one", tmp_path / "two") == first
    assert results_at(None, tmp_path / "two") == second


def test_a_file_that_changes_while_it_is_read_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run([a_scenario()])
    whole = written(tmp_path, run).read_bytes()
    contents = iter([whole[:500], whole[:900], whole])
    monkeypatch.setattr(results_folder, "_content", lambda file: next(contents))
    assert read_run(tmp_path / "any").run.id == run.run.id


def test_a_history_has_the_newest_runs_the_oldest_first(tmp_path: Path) -> None:
    runs = nights(tmp_path, 5)
    assert ids(read_history(tmp_path, runs[-1], newest=3)) == [run.run.id for run in runs[2:]]
    assert ids(read_history(tmp_path, runs[3])) == [run.run.id for run in runs[:4]], "nothing that began later"


def test_a_summary_has_what_trends_are_made_of(tmp_path: Path) -> None:
    runs = history([a_scenario(latency=0.5)], [a_scenario("Another one", "failed", title="no key")])
    for run in runs:
        written(tmp_path, run)
    first, second = read_history(tmp_path, runs[-1]).runs
    assert (first.green, second.green) == (True, False)
    assert first.scenarios[0].latencies == [0.5, 0.5]
    assert second.scenarios[0].verdict == "failed"
    assert second.scenarios[0].failure is not None
    assert second.scenarios[0].failure.title == "no key"
    assert [step.sentence for step in first.scenarios[0].steps] == [
        step.sentence for step in runs[0].scenarios[0].steps
    ]


@pytest.mark.parametrize(
    "other", [{"stack": "compose"}, {"selection": "features --tags=@deleted"}, {"shard": "1/2"}]
)
def test_a_history_has_only_whole_runs_of_the_same_stack_and_selection(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    written(tmp_path, a_run([a_scenario()], began=BEGAN - NIGHT, **other))
    runs = nights(tmp_path, 2)
    found = read_history(tmp_path, runs[-1])
    assert ids(found) == [run.run.id for run in runs]
    assert found.passed_over == []


def test_the_history_of_a_shard_is_that_of_whole_runs(tmp_path: Path) -> None:
    runs = nights(tmp_path, 2)
    shard = a_run([a_scenario()], began=BEGAN + 9 * NIGHT, shard="1/2")
    assert ids(read_history(tmp_path, shard)) == [*(run.run.id for run in runs), shard.run.id]


def test_copying_the_files_of_two_folders_together_merges_their_histories(tmp_path: Path) -> None:
    runs = nights(tmp_path / "one", 4)
    written(tmp_path / "two", runs[1])
    later = a_run([a_scenario()], began=BEGAN + 8 * NIGHT)
    written(tmp_path / "two", later)
    for file in (tmp_path / "two").iterdir():
        shutil.copy(file, tmp_path / "one")
    shutil.copy(tmp_path / "one" / f"{runs[2].run.id}.json", tmp_path / "one" / "copy.json")
    assert ids(read_history(tmp_path / "one", later)) == [run.run.id for run in [*runs, later]]


def test_the_run_itself_need_not_be_in_the_folder(tmp_path: Path) -> None:
    run = a_run([a_scenario()])
    assert ids(read_history(tmp_path / "nowhere", run)) == [run.run.id]


def test_a_head_that_is_written_in_another_order_is_read_too(tmp_path: Path) -> None:
    runs = history([a_scenario()], [a_scenario()])
    early = runs[0].model_dump_json()
    start, end = early.index('"run":'), early.index('"scenarios":')
    turned = f"{early[:start]}{early[end:-1]},{early[start : end - 1]}}}"
    (tmp_path / "turned.json").write_text(turned, encoding="utf-8")
    assert ids(read_history(tmp_path, runs[1])) == [run.run.id for run in runs]


@pytest.mark.parametrize(
    ("machine", "began", "age", "is_running"),
    [
        pytest.param(THIS_PROCESS, psutil.Process().create_time() + 1, 0, True, id="this process"),
        pytest.param(THIS_PROCESS, psutil.Process().create_time() - 60, 0, False, id="its number was given anew"),
        pytest.param({**THIS_PROCESS, "process": "999999999"}, BEGAN, 0, False, id="no such process"),
        pytest.param({"name": platform.node()}, BEGAN, 0, False, id="no number is known"),
        pytest.param({"name": "elsewhere", "process": "1"}, BEGAN, 60, True, id="elsewhere, a minute ago"),
        pytest.param({"name": "elsewhere", "process": "1"}, BEGAN, 4000, False, id="elsewhere, long ago"),
        pytest.param({}, BEGAN, 4000, False, id="nothing is known, long ago"),
    ],
)
def test_a_run_without_an_end_is_running_or_was_killed(
    tmp_path: Path, machine: dict[str, str], began: float, age: float, is_running: bool
) -> None:
    open_run = a_run([a_scenario()], began=began, killed=True, machine=machine)
    file = written(tmp_path, open_run)
    os.utime(file, (time.time() - age, time.time() - age))
    now = a_run([a_scenario()], began=began + 60)
    found = read_history(tmp_path, now)
    assert ids(found) == [*([] if is_running else [open_run.run.id]), now.run.id]
    assert found.passed_over == ([f"{file} is passed over: its run has not ended."] if is_running else [])


def test_the_newest_file_is_that_of_the_run_that_began_last(tmp_path: Path) -> None:
    runs = nights(tmp_path, 3)
    os.utime(tmp_path / f"{runs[0].run.id}.json")
    assert newest_file(tmp_path).stem == runs[-1].run.id


def test_a_folder_without_results_says_what_to_do(tmp_path: Path) -> None:
    damaged(tmp_path, lambda content: b"")
    with pytest.raises(UnreadableResults, match="Run `behave features/` first") as raised:
        newest_file(tmp_path)
    assert "it is empty" in str(raised.value)


def test_old_files_go_by_number_those_of_each_selection_for_themselves(tmp_path: Path) -> None:
    of_one = nights(tmp_path, 4)
    of_two = nights(tmp_path, 2, selection="features/topics.feature", id="one")
    assert len(of_two) == 2
    assert remove_old(tmp_path, keep=3, days=36_500) == []
    assert {file.stem for file in tmp_path.iterdir()} == {"one", *(run.run.id for run in of_one[1:])}


def test_old_files_go_by_age(tmp_path: Path) -> None:
    now = time.time()
    young, old = (a_run([a_scenario()], began=now - days * NIGHT) for days in (2, 4))
    files = [written(tmp_path, run) for run in (young, old)]
    assert remove_old(tmp_path, keep=10, days=3) == []
    assert [file.exists() for file in files] == [True, False]


def test_nothing_is_removed_but_whole_results_of_runs_that_have_ended(tmp_path: Path) -> None:
    nights(tmp_path, 2)
    others = [tmp_path / name for name in ("notes.txt", "ctrf.json", "broken.json", "newer.json", "open.json")]
    kept = damaged(tmp_path, DAMAGE["newer"][0])
    cut = written(tmp_path, a_run([a_scenario()], began=BEGAN - 5 * NIGHT))
    cut.write_bytes(cut.read_bytes()[:-9])
    for other in others:
        other.write_text('{"results": []}', encoding="utf-8")
    (tmp_path / "folder.json").mkdir()
    going_on = a_run([a_scenario()], began=psutil.Process().create_time() + 1, killed=True, machine=THIS_PROCESS)
    others += [kept, cut, tmp_path / "folder.json", written(tmp_path, going_on)]
    later = written(tmp_path, a_run([a_scenario()], began=time.time() + 60))
    assert remove_old(tmp_path, keep=1, days=36_500) == []
    assert set(tmp_path.iterdir()) == {*others, later}
