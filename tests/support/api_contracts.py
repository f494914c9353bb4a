"""Changed copies of the project's contracts."""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from bdd.contracts import openapi
from bdd.contracts.asyncapi import read_document
from bdd.system.paths import OPENAPI

Change = Callable[[Any], object]
"""Changes a document in place."""


def changed(folder: Path, change: Change, file: Path = OPENAPI) -> Path:
    """Return a copy of a contract with a change in it."""
    *_, kind = file.stem.split(".")
    document = copy.deepcopy(read_document(file, kind))
    change(document)
    copied = folder / file.name
    copied.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return copied


@contextmanager
def in_use(paths: Sequence[str], *files: Path) -> Iterator[None]:
    """Let documents stand in place of the project's own for a while."""
    openapi.use(files, paths)
    try:
        yield
    finally:
        openapi.use([], paths)
