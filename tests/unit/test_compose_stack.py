"""How the compose stack takes a port for the broker's second listener."""

from itertools import count

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


def bring_up(compose: Compose, **given: str) -> None:
    stack = ComposeStack(load_settings({"stack": "compose", **given}), "run")
    stack._bring_up(compose)  # type: ignore[arg-type]


def test_a_free_port_that_somebody_was_quicker_to_take_is_replaced() -> None:
    compose = Compose(taken=2)
    bring_up(compose, external_port="0")
    assert len(set(compose.ports)) == 3


def test_a_port_that_was_asked_for_is_not_replaced() -> None:
    compose = Compose(taken=1)
    with pytest.raises(PortTaken):
        bring_up(compose, external_port="29092")
    assert compose.ports == ["29092"]


def test_it_does_not_try_for_ever() -> None:
    with pytest.raises(PortTaken):
        bring_up(Compose(taken=100), external_port="0")


def test_without_a_second_listener_no_port_is_named() -> None:
    compose = Compose(taken=0)
    bring_up(compose)
    assert compose.ports == [None]
