"""Fetching and keeping the embedded broker: what is refused, left behind and reported."""

import errno
import gc
import hashlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from bdd.stacks.embedded import distribution as distribution_module
from bdd.stacks.embedded.distribution import prepare
from bdd.stacks.embedded.jars import BrokerUnavailable, Jar, fetch_jars, pinned_jars
from tests.support import maven_repository
from tests.support.closed_port import closed_port

CONTENT = {f"part-{number}-1.0.jar": f"synthetic jar {number}".encode() for number in range(1, 11)}
JARS = [
    Jar("org.example", name.removesuffix("-1.0.jar"), "1.0", hashlib.sha256(content).hexdigest())
    for name, content in CONTENT.items()
]


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes | None]]:
    """The files of a repository on this machine; a test changes them before it fetches."""
    files: dict[str, bytes | None] = {**CONTENT}
    with maven_repository.serving(files) as address:
        maven_repository.use_as_central(address, tmp_path, monkeypatch)
        yield files


@pytest.fixture
def no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with closed_port() as port:
        maven_repository.use_as_central(f"http://127.0.0.1:{port}", tmp_path, monkeypatch)
        yield


def test_the_pinned_list_names_each_jar_once_with_its_sum() -> None:
    jars = pinned_jars()
    assert len({(jar.group, jar.artifact) for jar in jars}) == len(jars) > 30
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in jars)


@pytest.mark.usefixtures("repository")
def test_jars_come_from_the_repository_named_in_jgos_settings(tmp_path: Path, lines: list[str]) -> None:
    fetch_jars(JARS, tmp_path / "jars", lines.append)
    assert {path.name: path.read_bytes() for path in (tmp_path / "jars").iterdir()} == CONTENT
    assert [re.sub(r"^fetched part-\d+-1\.0\.jar ", "", line) for line in lines] == [
        f"({count} of 10, 0.0 MB)" for count in range(1, 11)
    ]


@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"something else", rf"^part-4-1\.0\.jar was refused and deleted: its SHA-256 sum is .*{JARS[3].sha256}"),
        (None, r"part-4-1\.0\.jar could not be fetched \(.+ not found in remote"),
    ],
)
def test_a_jar_that_differs_or_is_not_there_is_named_and_not_kept(
    repository: dict[str, bytes | None], tmp_path: Path, lines: list[str], content: bytes | None, message: str
) -> None:
    repository["part-4-1.0.jar"] = content
    with pytest.raises(BrokerUnavailable, match=message):
        fetch_jars(JARS, tmp_path / "jars", lines.append)
    assert not list(tmp_path.rglob("part-4*.jar"))
    gc.collect()  # jgo leaves the socket of such an answer to the garbage collector, which warns


@pytest.mark.usefixtures("no_network")
def test_without_network_the_first_use_says_what_it_needs_and_leaves_nothing(
    tmp_path: Path, lines: list[str]
) -> None:
    with pytest.raises(BrokerUnavailable) as error:
        prepare(tmp_path / "cache", lines.append)
    assert re.match(
        r"The embedded broker needs the network once, to fetch Apache Kafka: \S+\.jar could not be fetched "
        r"\(.*Connection refused.*\)\. Connect, or set HTTPS_PROXY, and run again\.",
        str(error.value),
    )
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.parametrize("is_full", [True, False])
def test_a_cache_folder_that_cannot_be_written_is_named_with_the_setting(
    tmp_path: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch, is_full: bool
) -> None:
    if is_full:
        full = OSError(errno.ENOSPC, "No space left on device")
        monkeypatch.setattr(distribution_module, "fetch_jars", Mock(side_effect=full))
    else:
        (tmp_path / "cache").write_text("a file in its place")
    reason = "No space left on device" if is_full else ".+"
    with pytest.raises(BrokerUnavailable, match=rf"cache cannot be written: {reason}\..* -D cache_dir=… or BDD_"):
        prepare(tmp_path / "cache", lines.append)
    assert not is_full or not list((tmp_path / "cache").iterdir())


@pytest.mark.usefixtures("no_network")
def test_what_a_killed_preparation_left_is_removed_after_an_hour(tmp_path: Path, lines: list[str]) -> None:
    abandoned, at_work = tmp_path / ".building-abandoned", tmp_path / ".building-at-work"
    for folder, age in ((abandoned, 3700), (at_work, 3500)):
        (folder / "jars").mkdir(parents=True)
        os.utime(folder, (time.time() - age,) * 2)
    with pytest.raises(BrokerUnavailable):
        prepare(tmp_path, lines.append)
    assert not abandoned.exists()
    assert at_work.exists()
