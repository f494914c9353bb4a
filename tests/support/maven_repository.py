"""A Maven repository on this machine, and jgo configured to use it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.support.http_service import http_service

Files = Mapping[str, bytes | None]
"""File name -> content; a file is served whatever its folder is."""


@contextmanager
def serving(files: Files) -> Iterator[str]:
    """Serve `files` and yield the repository's address."""

    def respond(request: BaseHTTPRequestHandler, _sent: bytes) -> tuple[int, bytes, Mapping[str, str]]:
        content = files.get(request.path.rpartition("/")[2])
        return 404 if content is None else 200, content or b"", {}

    with http_service(respond) as address:
        yield f"{address}/maven"


def use_as_central(address: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the repository in jgo's settings, as someone behind a mirror does."""
    settings = folder / "jgo.conf"
    settings.write_text(f"[repositories]\ncentral = {address}\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(settings))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
