"""The settings: where they come from, and what is refused before anything starts."""

from pathlib import Path

import pytest

from bdd.settings import Settings, WrongSetting, load_settings

REMOTE = {"stack": "remote", "api_url": "http://127.0.0.1:8001", "bootstrap_servers": "127.0.0.1:9092"}


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def refusal(given: dict[str, str], env_file: Path) -> str:
    with pytest.raises(WrongSetting) as wrong:
        load_settings(given, env_file)
    return str(wrong.value)


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("BDD_DEADLINE=1\nBDD_SETTLING=1\nBDD_CLOCK_TOLERANCE=1\n")
    monkeypatch.setenv("BDD_DEADLINE", "2")
    monkeypatch.setenv("BDD_SETTLING", "2")
    settings = load_settings({"deadline": "3"}, env_file)
    assert (settings.deadline, settings.settling, settings.clock_tolerance) == (3, 2, 1)


@pytest.mark.parametrize("source", ["-D", "environment", "file"])
def test_an_unknown_name_is_refused_with_the_one_that_was_meant(
    source: str, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"deadlnie": "3"} if source == "-D" else {}
    if source == "environment":
        monkeypatch.setenv("BDD_DEADLNIE", "3")
    if source == "file":
        env_file.write_text("BDD_DEADLNIE=3\n")
    spelt = {"-D": "-D deadlnie", "environment": "BDD_DEADLNIE", "file": f"BDD_DEADLNIE in {env_file}"}[source]
    said = refusal(given, env_file)
    assert said.startswith(f"The setting {spelt} is unknown. Did you mean deadline? There are: stack, api_url, ")
    assert all(name in said for name in Settings.model_fields)


def test_a_name_in_the_file_without_its_prefix_is_not_silently_ignored(env_file: Path) -> None:
    env_file.write_text("deadline=3\n")
    assert "deadline" in refusal({}, env_file)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("stack", "docker", "'embedded', 'compose', 'attached' or 'remote'"),
        ("deadline", "soon", "a valid number"),
        ("deadline", "-1", "greater than or equal to 0"),
        ("deadline", "601", "less than or equal to 600"),
        ("deadline", "nan", ""),
        ("settling", "inf", "less than or equal to 600"),
        ("deadline_factor", "0.5", "greater than or equal to 1"),
        ("clock_tolerance", "", "a valid number"),
        ("request_timeout_ms", "1.5", "a valid integer"),
        ("fetch_max_wait_ms", "0", "greater than 0"),
        ("model_seed", "often", "a valid integer"),
        ("model_seed", "-1", "greater than or equal to 0"),
        ("model_stories", "0", "greater than or equal to 1"),
        ("api_url", "localhost:8001", "http:// or https://"),
        ("bootstrap_servers", "kafka", "host:port"),
        ("bootstrap_servers", "kafka:9092,", "host:port"),
        ("bootstrap_servers", ":9092", "host:port"),
    ],
)
def test_a_wrong_value_is_refused_with_name_value_and_what_is_allowed(
    name: str, value: str, allowed: str, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {other: text for other, text in REMOTE.items() if name in REMOTE and other != name}
    said = refusal({**others, name: value}, env_file)
    monkeypatch.setenv(f"BDD_{name.upper()}", value)
    assert refusal(others, env_file) == said, "wherever it came from"
    assert said.startswith(f"The setting {name} is {value!r}; allowed is: ")
    assert allowed in said
    assert (Settings.model_fields[name].description or "?") in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"connections_max_idle_ms": "10000"}, "they are 10000, 10000, 500"),
        ({"request_timeout_ms": "500"}, "they are 60000, 500, 500"),
        ({"fetch_max_wait_ms": "20000"}, "connections_max_idle_ms > request_timeout_ms > fetch_max_wait_ms"),
        ({"stack": "attached"}, "stack=attached needs the platform's project or its network"),
        (
            {"stack": "attached", "project": "a", "network": "b"},
            "stack=attached needs the platform's project or its",
        ),
        ({"keep": "yes"}, "keep belongs to -D stack=compose; the stack is embedded"),
        ({"stack": "remote"}, "stack=remote needs api_url and bootstrap_servers too: -D api_url="),
        ({**REMOTE, "stack": "embedded"}, "api_url belongs to -D stack=remote"),
        *[
            ({other: REMOTE[other] for other in REMOTE if other != name}, f"stack=remote needs {name} too")
            for name in ("api_url", "bootstrap_servers")
        ],
        *[
            ({name: REMOTE[name]}, f"{name} belongs to -D stack=remote")
            for name in ("api_url", "bootstrap_servers")
        ],
    ],
)
def test_settings_that_do_not_go_together_are_refused(given: dict[str, str], said: str, env_file: Path) -> None:
    told = refusal(given, env_file)
    assert told.startswith("Settings that do not go together: ")
    assert said in told


def test_a_new_seed_is_another_one_each_time(env_file: Path) -> None:
    seeds = {load_settings({"model_seed": "new"}, env_file).model_seed for _ in range(5)}
    assert len(seeds) == 5
    assert load_settings({"model_seed": "7"}, env_file).model_seed == 7


def test_a_remote_stack_with_both_addresses_is_taken(env_file: Path) -> None:
    given = {**REMOTE, "api_url": "https://patients.example.org/", "bootstrap_servers": "a:1, b:2"}
    settings = load_settings(given, env_file)
    assert (settings.api_url, settings.bootstrap_servers) == ("https://patients.example.org", "a:1, b:2")
