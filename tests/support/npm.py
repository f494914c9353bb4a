"""Brings packages of npm, whose schemas documents are checked against."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.running import SLOW_SECONDS


def installed(package: str, folder: Path) -> Path:
    """Install a package of npm and return the folder of all that is installed; skip the test without npm.

    Args:
        package: its name and its version.
        folder: where it is installed.
    """
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm is not installed, which brings the schema ({package})")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", str(folder)]
    command = [npm, "install", *options, package]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SLOW_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "node_modules"
