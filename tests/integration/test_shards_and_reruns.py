"""Shards of a run that are merged, and a run whose failed scenarios are run again, on a real broker."""

from pathlib import Path

from bdd.results.folder import newest_file, read_run
from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from tests.support.running import QUICK, ModuleRun, patient_service, run_behave

FAULTY = "tests.support.faulty_service", "patient-service"
DELETED = "features/patient_deleted.feature"
COUNT = 2


def test_merged_shards_are_the_whole_run(tmp_path: Path, api_url: str, broker: EmbeddedBroker) -> None:
    to = remote(api_url, broker.bootstrap_servers)
    run_behave(tmp_path / "whole", DELETED, QUICK, *to)
    whole = read_run(newest_file(tmp_path / "whole" / "results"))
    files = []
    for number in range(1, COUNT + 1):
        run_behave(tmp_path / f"{number}", DELETED, QUICK, *to, f"-Dshard={number}/{COUNT}")
        files.append(newest_file(tmp_path / f"{number}" / "results"))
    into = tmp_path / "merged.json"
    command = ModuleRun(tmp_path / "merge", "bdd", "merge", *map(str, files), "--into", str(into))
    assert command.end() == 0, command.output
    merged = read_run(into)
    assert [(str(each), each.status) for each in merged.scenarios] == [
        (str(each), each.status) for each in whole.scenarios
    ]
    assert len(merged.scenarios) == len(whole.run.selected) > COUNT
    assert list(merged.run.selected) == list(whole.run.selected)
    assert (merged.green, merged.run.selection) == (whole.green, whole.run.selection)
    assert {each.shard for each in merged.scenarios} == {f"{number}/{COUNT}" for number in range(1, COUNT + 1)}

    incomplete = ModuleRun(tmp_path / "incomplete", "bdd", "merge", str(files[0]), "--into", str(into))
    assert incomplete.end() == 1
    assert incomplete.output.splitlines()[-1].endswith("; shard 2/2 is missing")


def test_what_failed_is_run_again_with_the_same_settings(
    tmp_path: Path, api_url: str, broker: EmbeddedBroker
) -> None:
    with patient_service(tmp_path, broker.bootstrap_servers, *FAULTY, "key-none", "8000000") as url:
        run_behave(tmp_path / "red", QUICK, *remote(url, broker.bootstrap_servers), exit_code=1)
    results = tmp_path / "red" / "results"
    again = ModuleRun(tmp_path / "again", "bdd", "rerun", str(results), "-D", f"api_url={api_url}")
    assert again.end() == 0, again.output
    assert "GREEN: 1 scenario passed" in again.output
    run = read_run(newest_file(tmp_path / "again" / "results"))
    assert run.run.settings["bootstrap_servers"] == broker.bootstrap_servers
    nothing = ModuleRun(tmp_path / "nothing", "bdd", "rerun", str(tmp_path / "again" / "results"))
    assert (nothing.end(), nothing.output.startswith("Nothing failed in ")) == (0, True)
