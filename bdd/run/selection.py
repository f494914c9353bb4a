"""What a run was asked to execute, by which runs are compared and their JUnit files are named."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from bdd.settings.shard import VARIABLES as SHARD_VARIABLES
from bdd.system.paths import ROOT

_LETTERS_OF_A_NAME = 8


def selection_of(config: Any) -> str:
    """Return the paths, tags and names that were requested, from behave's configuration.

    Runs with the same selection are compared with each other, wherever the clone is.
    """
    paths = [_relative(str(path)) for path in config.paths] or ["features"]
    tags = [f"--tags={tag}" for tag in config.tags or ()]
    names = [f"--name={name}" for name in config.name or ()]
    return " ".join([*paths, *tags, *names])


def junit_file(config: Any) -> Path | None:
    """Return the JUnit file of a run from behave's configuration, None for a run without `--junit`.

    The name depends on the paths, tags, names and settings of the run: a run replaces the file of an earlier run
    with the same ones, and no other. Several runs may therefore write into one folder.
    """
    if not config.junit:
        return None
    variables = {
        name: value for name, value in os.environ.items() if name.startswith("BDD_") or name in SHARD_VARIABLES
    }
    given = json.dumps([selection_of(config), sorted({**variables, **config.userdata}.items())])
    name = hashlib.sha256(given.encode()).hexdigest()[:_LETTERS_OF_A_NAME]
    return Path(config.junit_directory) / f"TESTS-{name}.xml"


def _relative(path: str) -> str:
    return os.path.relpath(path, ROOT) if Path(path).is_absolute() else os.path.normpath(path)
