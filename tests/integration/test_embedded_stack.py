"""The embedded stack: what it does when a port that was free goes to another program in the meantime."""

import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bdd.api.health import wait_healthy
from bdd.domain.resources import services
from bdd.settings.settings import load_settings
from bdd.stacks.base import CannotStart
from bdd.stacks.embedded.broker import SERVER_PROPERTIES, Distribution
from bdd.stacks.embedded.stack import EmbeddedStack
from bdd.system.processes import free_port, free_ports
from tests.support.running import SLOW_SECONDS


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def stack(distribution: Distribution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedStack]:
    assert distribution, "it is prepared"
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = EmbeddedStack(load_settings({}), "synthetic")
    yield made
    made.stop()


@pytest.mark.parametrize("process", ["broker", "controller", "service"])
def test_it_starts_on_other_ports(
    process: str, taken: int, stack: EmbeddedStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = dict(zip(("broker", "controller", "service"), free_ports(3), strict=True)) | {process: taken}
    of_the_broker = iter([[first["broker"], first["controller"]]])
    of_the_service = iter([first["service"]])
    monkeypatch.setattr("bdd.stacks.embedded.broker.free_ports", lambda _: next(of_the_broker, free_ports(2)))
    monkeypatch.setattr("bdd.stacks.embedded.service.free_port", lambda: next(of_the_service, free_port()))
    before = set(psutil.Process().children())
    stack.start()
    assert stack.api_urls.keys() | stack.absent.keys() == services().keys()
    for url in stack.api_urls.values():
        wait_healthy(url, timeout=SLOW_SECONDS)
    (folder,) = tmp_path.iterdir()  # two: the first attempt left its own
    of_the_node = (folder / "kafka" / SERVER_PROPERTIES.name).read_text()
    addresses = f"{of_the_node}{stack.bootstrap_servers}{stack.api_urls}"
    ports = set(map(int, re.findall(r"127\.0\.0\.1:(\d+)", addresses)))
    assert len(ports) == 2 + len(stack.api_urls), "broker, controller and services"
    assert taken not in ports
    started = set(psutil.Process().children()) - before
    assert len(started) == 2 + len(stack.api_urls), "the first attempt left a process"


def test_it_does_not_try_for_ever(taken: int, stack: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bdd.stacks.embedded.broker.free_ports", lambda _: [taken, free_port()])
    with pytest.raises(CannotStart, match=rf"port {taken} of 127\.0\.0\.1 was taken .* run again"):
        stack.start()
