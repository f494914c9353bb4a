"""What is built for a run, what is taken as it is, and what is removed when a later build has its name."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from unittest.mock import ANY, Mock

import pytest
from docker.errors import APIError, ImageNotFound
from typer.testing import CliRunner, Result

from bdd.commands import prune as pruning
from bdd.commands.cli import app
from bdd.containers import images as images_module
from bdd.containers.compose import ComposeFailed
from bdd.containers.images import SUITE, image_names, image_variables, prepare_images, remove_replaced_images
from bdd.system.processes import CommandFailed

GIVEN, SERVICE = "PATIENT_SERVICE_IMAGE", image_names()["patient-service"]


class Engine:
    """An engine with images.

    Attributes:
        names: name -> image.
        untagged: images without a name -> the name that they had.
        used: images that a container uses.
    """

    def __init__(self) -> None:
        self.names = {SUITE: "suite-1", SERVICE: "service-1", "theirs:1": "theirs-1"}
        self.untagged: dict[str, str] = {}
        self.used: set[str] = set()
        self.images = SimpleNamespace(get=self._get, remove=self._remove)
        self.api = SimpleNamespace(images=self._listed)

    def build(self, services: list[str], progress: Any) -> None:
        for service in services:
            progress(service, "Built")

    def _get(self, image: str) -> None:
        if image not in self.names:
            raise ImageNotFound("no such image")

    def _remove(self, image: str) -> None:
        if image in self.used:
            raise APIError("conflict")
        if self.untagged.pop(image, None) is None:
            del self.names[image]

    def _listed(self, *, filters: dict[str, Any], quiet: bool = False) -> list[Any]:
        label, _, name = filters["label"].partition("=")
        assert label == "acceptance.image"
        if filters["dangling"]:
            assert quiet
            return [image for image, had in self.untagged.items() if name in {"", had}]
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


def test_what_a_later_build_has_taken_the_name_from_goes_when_no_container_uses_it(engine: Any) -> None:
    engine.untagged = {"suite-0": SUITE, "service-0": SERVICE, "another-checkouts": "suite:of-another"}
    engine.used = {"suite-0"}
    remove_replaced_images(engine)
    assert list(engine.untagged) == ["suite-0", "another-checkouts"]
    engine.used = set()
    remove_replaced_images(engine)
    assert list(engine.untagged) == ["another-checkouts"]
    assert engine.names == Engine().names


@pytest.mark.parametrize("given", ["", "theirs:1"])
def test_images_are_built_but_a_given_one_is_taken_as_it_is(
    engine: Any, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv(GIVEN, given)
    built = ["recorder"] if given else ["patient-service", "recorder"]
    reported: list[tuple[str, str]] = []
    prepare_images(engine, ["patient-service", "recorder"], lambda *status: reported.append(status))
    assert reported == [(service, "Built") for service in built]
    assert image_variables()["ACCEPTANCE_PATIENT_SERVICE_IMAGE"] == (given or SERVICE)


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
        prepare_images(engine, ["patient-service"])
    run.assert_called_once_with(["docker", "pull", "--quiet", "theirs:2"], env=ANY)


def test_images_without_a_name_are_counted_and_always_pruned(engine: Any) -> None:
    engine.untagged = dict.fromkeys(["one", "two", "in-use"], SUITE)
    engine.used = {"in-use"}
    assert stack_command("list").output == (
        "3 images of earlier builds, without a name, which `python -m bdd stack prune` removes\n"
    )
    assert stack_command("prune").output == "removed 2 images of earlier builds, without a name\n"
    assert list(engine.untagged) == ["in-use"]
    assert SUITE in engine.names
    assert stack_command("prune").output == "There is nothing to remove.\n"


def test_images_with_a_name_are_pruned_with_images(engine: Any) -> None:
    assert stack_command("list").output == "There is nothing of any run.\n"
    assert stack_command("prune", "--images").output == f"removed images: {SUITE}, {SERVICE}\n"
    assert list(engine.names) == ["theirs:1"]
