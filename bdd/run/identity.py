"""What identifies a run in its results: the suite, the platform, the settings, the machine."""

import hashlib
import os
import platform
import sys
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from behave.model import Feature, Scenario

from bdd.contracts import asyncapi as contract
from bdd.domain.resources import apis
from bdd.output.masking import MASK
from bdd.results.collecting import file_of, name_of
from bdd.results.model import Feature as FeatureResult
from bdd.results.model import Head
from bdd.results.promises import promises_of
from bdd.run.shard import OwnShard
from bdd.settings.settings import SECRETS, Settings
from bdd.stacks.base import Stack
from bdd.system.paths import CONTRACTS, ROOT
from bdd.system.processes import CommandFailed, run_command

_GIT_SECONDS = 5.0


def head_of(
    run_id: str,
    began: float,
    selection: str,
    scenarios: Sequence[Scenario],
    shard: OwnShard | None = None,
    *,
    stack: str,
) -> Head:
    """Return what is known of a run before it has started.

    Args:
        run_id: its name.
        began: when it began, in seconds since 1970 UTC.
        selection: the paths, tags and names that were requested.
        scenarios: those that were selected.
        shard: the run's shard, None for a whole run.
        stack: how it gets its platform; empty if the settings are wrong.
    """
    features = dict.fromkeys(scenario.feature for scenario in scenarios if scenario.feature)
    files = ROOT.glob("features/**/*.feature")
    commit, changed = _commit()
    return Head(
        id=run_id,
        began=began,
        stack=stack,
        selection=selection,
        commit=commit,
        changed=changed,
        version=_version(),
        checksums={
            "features": _checksum(files),
            "contracts": _checksum(CONTRACTS.iterdir()),
        },
        machine=_machine(),
        features=[_feature(each) for each in features],
        selected=[name_of(each) for each in scenarios],
        shard=str(shard.shard) if shard else None,
        whole=shard.whole if shard else (),
    )


def started(head: Head, settings: Settings, stack: Stack) -> Head:
    """Return what identifies a run, completed with what is known since it has started."""
    given = settings.model_fields_set
    documents = [path for path in [settings.contract, *settings.openapi] if path]
    return head.model_copy(
        update={
            "platform": stack.components(),
            "settings": {
                name: MASK if name in SECRETS else _as_given(getattr(settings, name)) for name in sorted(given)
            },
            "seed": settings.model_seed,
            "promises": promises_of(contract.current(), apis()),
            "checksums": {**head.checksums, **({"contracts": _checksum(documents)} if documents else {})},
        }
    )


def _as_given(value: object) -> str:
    """Return a setting's value in the form in which it can be given."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _feature(feature: Feature) -> FeatureResult:
    return FeatureResult(
        file=file_of(feature.filename),
        name=feature.name,
        description="\n".join(feature.description),
        tags=[str(tag) for tag in feature.tags],
    )


def _checksum(files: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for file in sorted(files):
        if file.is_file():
            whole.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return whole.hexdigest()


def _commit() -> tuple[str, bool | None]:
    """Return the suite's commit, and whether there are uncommitted changes; nothing without a repository or git."""
    git = ["git", "-C", str(ROOT), "-c", f"safe.directory={ROOT}"]
    try:
        commit = run_command([*git, "rev-parse", "HEAD"], timeout=_GIT_SECONDS).strip()
        return commit, bool(run_command([*git, "status", "--porcelain"], timeout=_GIT_SECONDS).strip())
    except CommandFailed:
        return "", None


def _version() -> str:
    file = ROOT / "pyproject.toml"
    return str(tomllib.loads(file.read_text(encoding="utf-8"))["project"]["version"]) if file.is_file() else ""


def _machine() -> dict[str, str]:
    return {
        "name": platform.node(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "processors": str(os.cpu_count() or ""),
        "process": str(os.getpid()),
        "command": Path(sys.argv[0]).name,
    }
