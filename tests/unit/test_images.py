"""What is built for a run, what is taken as it is, and what is removed when a later build has its name."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from docker.errors import APIError, ImageNotFound
from typer.testing import CliRunner, Result

from bdd.commands import prune as pruning
from bdd.commands.cli import app
from bdd.containers import images as images_module
from bdd.containers.compose import ComposeFailed
from bdd.containers.images import GIVEN, NAMES, SUITE, Images
from bdd.system.processes import CommandFailed

SERVICE = NAMES["patient-service"]


class Engine:
    """An engine with images; `builds` is what the next build makes of a service.

    Attributes:
        names: name -> image.
        untagged: images without a name.
        used: images that a container uses.
    """

    def __init__(self) -> None:
        self.names = {SUITE: "suite-1", SERVICE: "service-1", "theirs:1": "theirs-1"}
        self.untagged: list[str] = []
        self.used: set[str] = set()
        self.builds: dict[str, str] = {}
        self.built: list[str] = []
        self.images = SimpleNamespace(get=self._get, remove=self._remove)
        self.api = SimpleNamespace(images=self._listed)

    def build(self, services: list[str], progress: Any) -> None:
        for service in services:
            self.built.append(service)
            before = self.names.get(NAMES[service])
            now = self.builds.get(service, before or f"{service}-new")
            self.names[NAMES[service]] = now
            if before and now != before:
                self.untagged.append(before)
            progress(service, "Built")

    def _get(self, image: str) -> Any:
        identity = self.names.get(image, image)
        if identity not in [*self.names.values(), *self.untagged]:
            raise ImageNotFound("no such image")
        return SimpleNamespace(id=identity, tags=[name for name, there in self.names.items() if there == identity])

    def _remove(self, image: str) -> None:
        if image in self.used:
            raise APIError("conflict")
        if image in self.untagged:
            self.untagged.remove(image)
        else:
            del self.names[image]

    def _listed(self, *, filters: dict[str, Any], quiet: bool = False) -> list[Any]:
        if filters["dangling"]:
            assert quiet
            return list(self.untagged)
        return [{"RepoTags": [name]} for name in self.names if name.startswith("psychotherapy-acceptance/")]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    there = Engine()
    monkeypatch.delenv(GIVEN, raising=False)
    monkeypatch.setattr(images_module, "Compose", lambda _client, project, _variables: project and there)
    monkeypatch.setattr(pruning, "connect", lambda: there)
    monkeypatch.setattr(pruning, "find", lambda _client: [])
    return there


def stack_command(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["stack", *arguments])


@pytest.mark.parametrize("names", [{SUITE: "suite-1"}, {}], ids=["unchanged", "first build"])
def test_a_build_that_takes_no_name_removes_nothing(engine: Any, names: dict[str, str]) -> None:
    engine.names = dict(names)
    images = Images(engine)
    reported: list[tuple[str, str]] = []
    images.prepare(["recorder"], lambda *status: reported.append(status))
    images.remove_untagged()
    assert reported == [("recorder", "Built")]
    assert engine.names == (names or {SUITE: "recorder-new"})


def test_what_the_own_build_has_taken_the_name_from_goes_and_nothing_else_does(engine: Any) -> None:
    engine.untagged = ["somebody-elses"]
    engine.builds = {"recorder": "suite-2"}
    images = Images(engine)
    images.prepare(["recorder"])
    assert engine.untagged == ["somebody-elses", "suite-1"], "not before the end of the run"
    images.remove_untagged()
    assert engine.untagged == ["somebody-elses"]
    assert engine.names[SUITE] == "suite-2"


def test_what_another_run_has_taken_the_name_from_goes_with_the_run_that_used_it(engine: Any) -> None:
    images, others = Images(engine), Images(engine)
    images.prepare(["recorder"])
    engine.builds = {"recorder": "suite-2"}
    engine.used = {"suite-1"}
    others.prepare(["recorder"])
    others.remove_untagged()
    assert engine.untagged == ["suite-1"], "a container uses it"
    engine.used = set()
    images.remove_untagged()
    assert engine.untagged == []


def test_a_given_image_is_taken_as_it_is(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GIVEN, "theirs:1")
    images = Images(engine)
    images.prepare(["patient-service", "recorder"])
    assert engine.built == ["recorder"]
    assert images.variables["ACCEPTANCE_SERVICE_IMAGE"] == "theirs:1"
    images.remove_untagged()
    assert engine.names["theirs:1"] == "theirs-1"


@pytest.mark.parametrize("error", [None, CommandFailed("`docker` ended", 1, "Error\nno such host")])
def test_a_given_image_that_is_not_here_is_fetched_or_named(
    engine: Any, monkeypatch: pytest.MonkeyPatch, error: CommandFailed | None
) -> None:
    run = Mock(side_effect=error)
    monkeypatch.setenv(GIVEN, "theirs:2")
    monkeypatch.setattr(images_module, "run_command", run)
    message = (
        r"^The image theirs:2 \(PATIENT_SERVICE_IMAGE\) is not here and cannot be fetched\.\n"
        r"    next: docker pull theirs:2\n    Docker reports: no such host$"
    )
    with pytest.raises(ComposeFailed, match=message) if error else nullcontext():
        Images(engine).prepare(["patient-service"])
    run.assert_called_once_with(["docker", "pull", "--quiet", "theirs:2"])


def test_images_without_a_name_are_counted_and_always_pruned(engine: Any) -> None:
    engine.untagged = ["one", "two", "in-use"]
    engine.used = {"in-use"}
    assert stack_command("list").output == (
        "3 images of earlier builds, without a name, which `python -m bdd stack prune` removes\n"
    )
    assert stack_command("prune").output == "removed 2 images of earlier builds, without a name\n"
    assert engine.untagged == ["in-use"]
    assert SUITE in engine.names
    assert stack_command("prune").output == "There is nothing to remove.\n"


def test_images_with_a_name_are_pruned_with_images(engine: Any) -> None:
    assert stack_command("list").output == "There is nothing of any run.\n"
    assert stack_command("prune", "--images").output == f"removed images: {SUITE}, {SERVICE}\n"
    assert list(engine.names) == ["theirs:1"]
