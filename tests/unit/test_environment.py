"""What a run starts, and the installation, take nothing from the environment that they do not need."""

import sys
from pathlib import Path

import pytest

from bdd.containers import compose
from bdd.system.environment import NETWORK, for_python, inherited
from bdd.system.paths import ROOT
from bdd.system.processes import run_command
from tests.support.builders import LONG_TIMEOUT

FOREIGN = {
    *("PYTHONSAFEPATH", "PYTHONWARNINGS", "PYTHONHOME"),
    *("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "KAFKA_OPTS"),
    *("LOG_LEVEL", "HOST", "PORT", "DATABASE_URL", "UVICORN_PORT", "RECORDER_TOPICS", "BDD_STACK", "COMPOSE_FILE"),
}


@pytest.fixture(autouse=True)
def _foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FOREIGN:
        monkeypatch.setenv(name, "of another program")


def test_only_what_the_operating_system_needs_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_TIME", "https_proxy", "SSL_CERT_FILE", "PYTHONPATH"):
        monkeypatch.setenv(name, "ours")
    assert not {*FOREIGN, "https_proxy", "SSL_CERT_FILE", "PYTHONPATH"} & inherited().keys()
    assert {"PATH", "LC_TIME"} <= inherited().keys()
    assert {"https_proxy", "SSL_CERT_FILE"} <= inherited(NETWORK).keys()
    assert for_python()["PYTHONPATH"] == "ours", "what this process has found, another one must find"


def test_a_command_is_run_without_the_rest() -> None:
    print_names = "import os; print(*os.environ)"
    assert not FOREIGN & {*run_command([sys.executable, "-c", print_names]).split()}


def test_compose_keeps_what_configures_docker_and_drops_what_changes_the_platform(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DOCKER_HOST", "KAFKA_EXTERNAL_PORT", "POSTGRES_PASSWORD", "COMPOSE_PROFILES", "AWS_PROFILE"):
        monkeypatch.setenv(name, "of the user")
    made = compose._environment({"KAFKA_EXTERNAL_PORT": "9094", "ACCEPTANCE_RUN": "1"})
    assert (made["DOCKER_HOST"], made["AWS_PROFILE"]) == ("of the user",) * 2
    assert (made["KAFKA_EXTERNAL_PORT"], made["ACCEPTANCE_RUN"]) == ("9094", "1")
    assert not {"POSTGRES_PASSWORD", "COMPOSE_PROFILES", "COMPOSE_FILE", "RECORDER_TOPICS"} & made.keys()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no make")
def test_an_installation_takes_its_sources_and_nothing_else_of_pip_and_uv(tmp_path: Path) -> None:
    sources = {"PIP_INDEX_URL", "PIP_CERT", "UV_DEFAULT_INDEX", "UV_INDEX_OWN_PASSWORD", "UV_NATIVE_TLS"}
    others = {"PIP_TARGET", "PIP_USER", "PIP_CONSTRAINT", "PIP_NO_DEPS", "UV_PYTHON", "UV_CONSTRAINT", "PYTHONHOME"}
    show = tmp_path / "show.mk"
    show.write_text(f"include {ROOT / 'Makefile'}\nshow: ; @$(CLEAN) env\n", encoding="utf-8")
    command = ["make", "-C", str(ROOT), "-f", str(show), "show"]
    shown = run_command(command, timeout=LONG_TIMEOUT, env=dict.fromkeys(sources | others, "x"))
    names = {line.partition("=")[0] for line in shown.splitlines()}
    assert sources <= names
    assert not others & names
