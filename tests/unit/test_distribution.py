"""Preparing the embedded broker, without network: what is trusted, what is refused, what is said.

The repository, and what Java would do, are stand-ins; tests/integration has the real ones.
"""

import errno
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from bdd.stacks.embedded import distribution as module
from bdd.stacks.embedded import jars as jars_module
from bdd.stacks.embedded.distribution import BrokerUnavailable, prepare
from bdd.stacks.embedded.jars import Jar, pinned_jars

CONTENT = b"a synthetic jar"
JARS = [
    Jar("org.example", f"part-{number}", "1.0", hashlib.sha256(CONTENT).hexdigest()) for number in range(1, 4)
]


class Repository:
    """Stands in for jgo's MavenContext: `content` decides what a jar's download gives."""

    def __init__(self, cache: Path, content: Callable[[str], bytes]) -> None:
        self._cache = cache
        self._content = content
        self._artifact = ""

    def project(self, _group: str, artifact: str) -> "Repository":
        asked = Repository(self._cache, self._content)
        asked._artifact = artifact
        return asked

    def at_version(self, _version: str) -> "Repository":
        return self

    def artifact(self) -> "Repository":
        return self

    def resolve(self) -> Path:
        file = self._cache / self._artifact / "download.jar"
        file.parent.mkdir(parents=True)
        file.write_bytes(self._content(self._artifact))
        return file


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], bytes]], None]:
    """Make a repository that serves what it is told, and a Java that does at once what is asked."""

    def formats(distribution: module.Distribution, _folder: Path) -> None:
        distribution.template.mkdir()
        (distribution.template / "meta.properties").touch()

    def use(content: Callable[[str], bytes]) -> None:
        monkeypatch.setattr(jars_module, "_maven_repository", lambda cache: Repository(cache, content))
        monkeypatch.setattr(module, "pinned_jars", lambda: JARS)
        monkeypatch.setattr(module, "_format_storage", formats)
        monkeypatch.setattr(module, "_make_startup_cache", lambda folder, _: bool(folder.joinpath("startup.aot").touch()))

    return use


def intact(_artifact: str) -> bytes:
    return CONTENT


def test_the_pinned_list_names_each_jar_once_with_a_sum() -> None:
    jars = pinned_jars()
    assert len({(jar.group, jar.artifact) for jar in jars}) == len(jars) > 30
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in jars)
