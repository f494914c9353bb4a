"""The file of a run's results is a whole document at any time, and a disk without room loses nothing of it."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bdd.output import masking
from bdd.results.model import End, Head, Run, Scenario
from bdd.results.writing import ResultsFile

HEAD = Head(id="20261128-010203-abc123", began=1.0)
END = End(ended=9.0, green=True, sentence="GREEN: 2 scenarios passed")


def scenario(name: str, **fields: object) -> Scenario:
    given = {"feature": "features/a.feature", "name": name, "status": "passed", "began": 2.0, "seconds": 1.0}
    return Scenario.model_validate({**given, **fields})


def read(folder: Path) -> Run:
    (file,) = folder.iterdir()
    return Run.model_validate_json(file.read_bytes())


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_it_can_be_read_after_each_step(tmp_path: Path) -> None:
    results = ResultsFile(tmp_path / "results", HEAD)
    assert read(tmp_path / "results").end is None
    results.begin(HEAD.model_copy(update={"stack": "embedded"}))
    for count, name in enumerate(("One", "Zwei äöü", "Three"), start=1):
        results.add(scenario(name))
        run = read(tmp_path / "results")
        assert (run.run.stack, len(run.scenarios), run.end) == ("embedded", count, None)
        assert run.scenarios[-1].name == name
    results.end(END, {1: scenario("Zwei äöü", notes=["known later"])})
    run = read(tmp_path / "results")
    assert [each.name for each in run.scenarios] == ["One", "Zwei äöü", "Three"]
    assert run.scenarios[1].notes == ["known later"]
    assert run.end
    assert run.end.model_dump_json() == END.model_dump_json()
    assert results.path.name == f"{HEAD.id}.json"


def test_a_run_without_scenarios_has_an_end(tmp_path: Path) -> None:
    results = ResultsFile(tmp_path, HEAD)
    results.end(END, {})
    assert read(tmp_path).scenarios == []


def test_what_has_no_room_is_reported_once_and_the_rest_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = ResultsFile(tmp_path, HEAD)
    results.add(scenario("One"))
    with no_file_larger_than(results.path.stat().st_size + 60):  # the next scenario fits only in part
        results.add(scenario("Two"))
        assert [each.name for each in read(tmp_path).scenarios] == ["One"]
        results.add(scenario("Three"))
        assert [each.name for each in read(tmp_path).scenarios] == ["One"]
    assert capsys.readouterr().out.count("cannot be written") == 1
    results.end(END, {})  # there is room again
    assert [each.name for each in read(tmp_path).scenarios] == ["One", "Two", "Three"]


def test_a_folder_that_cannot_be_made_is_reported_and_raises_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    results = ResultsFile(tmp_path / "file" / "results", HEAD)
    results.add(scenario("One"))
    results.end(END, {})
    assert "The results cannot be written: " in capsys.readouterr().out


def test_secrets_and_half_characters_stay_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masking, "_known", {"s3cret-of-the-run"})
    results = ResultsFile(tmp_path, HEAD)
    results.add(scenario("One", notes=['{"password": "geheim"}', "s3cret-of-the-run", "half \ud800", "\x00"]))
    text = results.path.read_text(encoding="utf-8")
    assert "geheim" not in text
    assert "s3cret" not in text
    assert read(tmp_path).scenarios[0].notes == ['{"password": "***"}', "***", "half ?", "\x00"]
    assert json.loads(text)["format"] == 1
