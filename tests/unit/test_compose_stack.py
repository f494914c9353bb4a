"""How the compose stack takes a port for the broker's second listener."""

from contextlib import nullcontext
from itertools import count
from typing import Any

import pytest

from bdd.containers.compose import PortTaken
from bdd.settings.settings import load_settings
from bdd.stacks import compose as compose_module
from bdd.stacks.compose import ComposeStack


class Compose:
    """Finds the first so many ports taken."""

    def __init__(self, taken: int) -> None:
        self.variables: dict[str, str] = {}
        self.ports: list[str | None] = []
        self._taken = taken

    def up(self, *_arguments: object) -> None:
        self.ports.append(self.variables.get("KAFKA_EXTERNAL_PORT"))
        if len(self.ports) <= self._taken:
            raise PortTaken("A port is taken")


@pytest.fixture(autouse=True)
def _ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Free ports are drawn: now and then the same one is drawn twice."""
    ports = count(20_000)
    monkeypatch.setattr(compose_module, "free_port", lambda: next(ports))


@pytest.mark.parametrize(
    ("taken", "given", "ports", "fails"),
    [
        (2, {"external_port": "0"}, ["20000", "20001", "20002"], False),
        (3, {"external_port": "0"}, ["20000", "20001", "20002"], True),  # not for ever
        (1, {"external_port": "29092"}, ["29092"], True),  # a given port is not replaced
        (0, {}, [None], False),  # no second listener
    ],
)
def test_a_free_port_that_another_program_takes_meanwhile_is_replaced(
    taken: int, given: dict[str, str], ports: list[str | None], fails: bool
) -> None:
    compose: Any = Compose(taken)
    stack = ComposeStack(load_settings({"stack": "compose", **given}), "run")
    with pytest.raises(PortTaken) if fails else nullcontext():
        stack._bring_up(compose)
    assert compose.ports == ports
