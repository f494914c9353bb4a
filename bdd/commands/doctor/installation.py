"""Checks whether the installed packages are those that the project is tested with."""

import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bdd.kafka.admin import librdkafka_version
from bdd.stacks.checks.check import Check, Failed
from bdd.system.paths import REQUIREMENTS

_PINNED = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)


def installation_check(requirements: Path = REQUIREMENTS) -> Check:
    """Return the check of the packages that are installed."""
    return Check("versions", lambda: _versions(requirements))


def _versions(requirements: Path) -> str:
    pinned = _PINNED.findall(requirements.read_text(encoding="utf-8"))
    other = [f"{name} is {_installed(name)}, not {pin}" for name, pin in pinned if _installed(name) != pin]
    if other:
        raise Failed(
            f"not what the project is tested with: {', '.join(other)}",
            f"pip install -r {requirements.name} -c constraints.txt",
        )
    python, librdkafka = platform.python_version(), librdkafka_version()
    return f"Python {python}, librdkafka {librdkafka}, and {len(pinned)} packages as {requirements.name} pins them"


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
