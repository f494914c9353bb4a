"""Two nights at once on one platform: the second one does not begin, and says why."""

import os
import re
import sys
import tempfile
from pathlib import Path

import pytest

from bdd.nightly.lock import AnotherNight, lock_on, platform_of
from bdd.settings.settings import load_settings
from bdd.system.processes import ChildProcess
from bdd.system.waiting import wait_until
from tests.support.builders import LONG_TIMEOUT

HOLDS = """
import sys
sys.path.insert(0, "")
from bdd.nightly.lock import lock_on
with lock_on("a platform"):
    print("held", flush=True)
    sys.stdin = None
    __import__("threading").Event().wait()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def held_by_another(tmp_path: Path) -> ChildProcess:
    child = ChildProcess(
        "the night", [sys.executable, "-c", HOLDS], log=tmp_path / "log", env={"TMPDIR": str(tmp_path)}
    )

    def is_held() -> None:
        assert "held" in child.last_lines()

    wait_until(is_held, description="the lock", timeout=LONG_TIMEOUT, abort_if=child.trouble)
    return child


def test_a_second_night_is_refused_and_names_the_first(tmp_path: Path) -> None:
    child = held_by_another(tmp_path)
    try:
        with pytest.raises(AnotherNight) as refused, lock_on("a platform"):
            pass
        assert re.search(rf"process {child.pid} since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d$", str(refused.value))
        with lock_on("another platform") as trouble:
            assert trouble is None
    finally:
        child.kill()


def test_the_lock_of_a_process_that_was_killed_is_taken_over(tmp_path: Path) -> None:
    held_by_another(tmp_path).kill()
    with lock_on("a platform") as trouble:
        assert trouble is None
    with lock_on("a platform") as trouble:
        assert trouble is None


def test_a_lock_that_cannot_be_written_is_reported_and_stops_no_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", os.devnull)
    with lock_on("a platform") as trouble:
        assert trouble
        assert trouble.startswith("two nights at once would not be noticed: ")


def test_a_platform_is_known_by_its_addresses_and_one_of_its_own_by_the_folder_of_the_results() -> None:
    def platform(folder: str = "/a", **given: str) -> str:
        return platform_of(load_settings({"results_dir": folder, **given}, services=["therapist"]))

    there = {"stack": "remote", "api_url": "http://127.0.0.1:8001", "bootstrap_servers": "127.0.0.1:9092"}
    assert platform() != platform("/b")
    assert platform() != platform(stack="compose")
    assert platform(**there) == platform("/b", **there)
    assert platform(**there) != platform(**there | {"api_url": "http://127.0.0.1:8002"})
    assert platform(shard="1/3") != platform(shard="2/3")
