"""What is in deploy/: each file is checked by the tool for its kind, and names only what the project has."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer
import yaml

from bdd.commands.cli import app
from bdd.domain.resources import short_names
from bdd.settings.settings import load_settings
from bdd.system.paths import ROOT
from bdd.system.processes import CommandFailed, run_command

DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
BASE = KUBERNETES / "base"
WORKFLOWS = sorted((DEPLOY / "github").glob("*.yml"))
FILES = sorted(file for file in DEPLOY.rglob("*") if file.is_file() and file.suffix != ".md")
VERSION = "1.37"
SECONDS = 120.0


def documents(text: str) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(text) if each]


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the template of each pod, with the name of its file."""
    for file in ("shards.yaml", "merge.yaml"):
        (cron,) = documents((BASE / file).read_text(encoding="utf-8"))
        yield file, cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    "file", [file for file in KUBERNETES.rglob("*.yaml") if file.name != "kustomization.yaml"], ids=lambda f: f.name
)
def test_each_manifest_is_one_of_kubernetes(file: Path) -> None:
    for document in documents(file.read_text(encoding="utf-8")):
        kubernetes_validate.validate(document, VERSION, strict=True)


def test_a_misspelt_field_of_a_manifest_would_be_noticed() -> None:
    (claim,) = documents((BASE / "results.yaml").read_text(encoding="utf-8"))
    claim["spec"]["acessModes"] = claim["spec"].pop("accessModes")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(claim, VERSION, strict=True)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl, which builds the overlay, is not on PATH")
def test_the_overlay_can_be_built() -> None:
    built = documents(run_command(["kubectl", "kustomize", str(KUBERNETES / "overlays/example")], timeout=SECONDS))
    for document in built:
        kubernetes_validate.validate(document, VERSION, strict=True)
    (name,) = [each["metadata"]["name"] for each in built if each["kind"] == "ConfigMap"]
    used = re.findall(r"name: (acceptance-\w{10})\b", yaml.safe_dump_all(built))
    assert set(used) == {name}, "all pods have the settings of the overlay"


def test_no_pod_may_do_more_than_it_needs() -> None:
    for file, pod in pods():
        assert pod["automountServiceAccountToken"] is False, file
        assert pod["securityContext"]["runAsNonRoot"] is True, file
        for container in [*pod.get("initContainers", ()), *pod["containers"]]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, f"{file}: {container['name']}"


def test_each_scheduler_runs_as_many_shards_as_it_says() -> None:
    (cron,) = documents((BASE / "shards.yaml").read_text(encoding="utf-8"))
    job = cron["spec"]["jobTemplate"]["spec"]
    assert job["completionMode"] == "Indexed"
    command = job["template"]["spec"]["containers"][0]["command"]
    assert command[-2:] == ["--shard", f"auto/{job['completions']}"]
    matrix = yaml.safe_load((DEPLOY / "github/nightly.yml").read_text(encoding="utf-8"))["jobs"]["shard"][
        "strategy"
    ]
    shards = matrix["matrix"]["shard"]
    assert shards == [f"{number}/{len(shards)}" for number in range(1, len(shards) + 1)]


@pytest.mark.skipif(
    not shutil.which("actionlint"),
    reason="actionlint is not on PATH: go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7",
)
@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_each_workflow_is_one_of_github(file: Path) -> None:
    run_command(["actionlint", "-no-color", str(file)], timeout=SECONDS)


@pytest.mark.parametrize("file", [*WORKFLOWS, DEPLOY / "gitlab/.gitlab-ci.yml"], ids=lambda file: file.name)
def test_each_pipeline_is_yaml(file: Path) -> None:
    assert isinstance(yaml.safe_load(file.read_text(encoding="utf-8")), dict)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on PATH")
@pytest.mark.parametrize("name", ["acceptance-nightly.service", "acceptance-nightly.timer"])
def test_each_unit_is_one_of_systemd(tmp_path: Path, name: str) -> None:
    for file in (DEPLOY / "systemd").iterdir():
        text = file.read_text(encoding="utf-8")
        # It looks for the program, which is not there on this machine.
        (tmp_path / file.name).write_text(text.replace("/opt/acceptance/.venv/bin/python", sys.executable))
    try:
        said = run_command(["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], timeout=SECONDS)
    except CommandFailed as error:
        said = error.output
        if "Failed to" in said and name not in said:
            pytest.skip(f"systemd-analyze does not work here: {said.splitlines()[0]}")
    assert name not in said, said


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_setting_that_is_named_exists(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    named = {each.lower() for each in re.findall(r"\bBDD_([A-Z_]+)\b", text)} | set(re.findall(r"-D (\w+)=", text))
    known = type(load_settings({}, services=short_names())).model_fields
    assert named - set(known) == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_command_that_is_named_has_these_options(file: Path) -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    text = file.read_text(encoding="utf-8").replace("[python, -m, bdd, ", "python -m bdd ").replace(", ", " ")
    for command, rest in re.findall(r"python -m bdd (\w+)(.*)", text):
        known = {option for each in commands[command].params for option in each.opts}
        assert set(re.findall(r"(?<=\s)--[\w-]+", rest)) <= known, f"{command}{rest}"


def test_the_page_about_it_names_each_file() -> None:
    page = (DEPLOY / "README.md").read_text(encoding="utf-8")
    assert [file.name for file in FILES if file.name not in page and file.parent.name not in page] == []
