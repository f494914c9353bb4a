"""Whether what is installed here is what the project is tested with."""

import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import confluent_kafka

from bdd.commands.doctor.check import Check, Failed
from bdd.system.paths import REQUIREMENTS

_PINNED = re.compile(r"^([\w.-]+)==([\w.]+)", re.MULTILINE)


def installation_checks(requirements: Path = REQUIREMENTS) -> list[Check]:
    """Return the one check of this machine's own side."""
    return [Check("versions", lambda: _versions(requirements))]


def _versions(requirements: Path) -> str:
    pinned = _PINNED.findall(requirements.read_text(encoding="utf-8"))
    other = [f"{name} is {_installed(name)}, not {wanted}" for name, wanted in pinned if _installed(name) != wanted]
    if other:
        raise Failed(
            f"not what the project is tested with: {', '.join(other)}",
            f"pip install -r {requirements.name} -c constraints.txt",
        )
    python, librdkafka = platform.python_version(), confluent_kafka.libversion()[0]
    return f"Python {python}, librdkafka {librdkafka}, and {len(pinned)} packages as {requirements.name} pins them"


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
