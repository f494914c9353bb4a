"""The message when the container engine cannot be used."""

from types import SimpleNamespace
from typing import NoReturn

import pytest
import requests
from docker.errors import DockerException

from bdd.containers import engine
from bdd.containers.engine import RUN_WITHOUT_IT, EngineUnavailable, connect

ADVICE = "behave features/ -D stack=embedded"


def why(monkeypatch: pytest.MonkeyPatch, reason: OSError, host: str | None = None, instead: str = "") -> str:
    """As Docker's library raises it: around an error of another library around the operating system's."""

    def refused(**_options: object) -> NoReturn:
        try:
            try:
                raise reason
            except OSError as error:
                raise requests.ConnectionError("Connection aborted.") from error
        except requests.ConnectionError as error:
            raise DockerException("Error while fetching server API version") from error

    monkeypatch.setattr(engine, "docker", SimpleNamespace(from_env=refused))
    monkeypatch.setattr(engine, "DockerClient", refused)
    monkeypatch.setattr(engine, "_host_of_context", lambda: host)
    with pytest.raises(EngineUnavailable) as raised:
        connect(instead)
    return str(raised.value)


@pytest.mark.parametrize("host", [None, "unix:///other.sock"])
def test_a_socket_without_permission_is_not_an_engine_that_is_down(
    monkeypatch: pytest.MonkeyPatch, host: str | None
) -> None:
    message = why(monkeypatch, PermissionError(13, "Permission denied"), host)
    assert message.startswith("This user may not use the container engine's socket ([Errno 13] Permission denied")
    assert "group docker" in message
    assert "DOCKER_HOST" in message
    assert "Start Docker" not in message


def test_an_engine_that_is_down_is_to_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    message = why(monkeypatch, FileNotFoundError(2, "No such file or directory"), "unix:///other.sock")
    assert message.startswith(
        "The container engine does not answer ([Errno 2] No such file or directory, at unix:///other.sock). Start"
    )


def test_the_advice_to_do_without_it_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ADVICE not in why(monkeypatch, ConnectionRefusedError(111, "Connection refused"))
    assert ADVICE in why(monkeypatch, ConnectionRefusedError(111, "Connection refused"), instead=RUN_WITHOUT_IT)
