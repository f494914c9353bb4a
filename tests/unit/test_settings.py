"""The settings: where they come from, and what is refused before anything starts."""

from pathlib import Path

import pytest
from behave.userdata import parse_user_define

from bdd.settings.settings import SECRETS, InvalidSetting, Settings, load_settings

REMOTE = {"stack": "remote", "api_url": "http://127.0.0.1:8001", "bootstrap_servers": "127.0.0.1:9092"}

REMOTE_EXAMPLE = "-D api_url=http://host:8001 -D bootstrap_servers=host:9092"


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def refusal(given: dict[str, str], env_file: Path) -> str:
    with pytest.raises(InvalidSetting) as wrong:
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
        ("deadline", "soon", "a number from 0 to 600. ("),
        ("deadline", "-1", "a number from 0 to 600. ("),
        ("deadline", "601", "a number from 0 to 600. ("),
        ("deadline", "nan", "a number from 0 to 600. ("),
        ("settling", "inf", "a number from 0 to 600. ("),
        ("deadline_factor", "0.5", "a number from 1 to 100. ("),
        ("request_timeout_ms", "1.5", "a whole number from 1 to 3600000. ("),
        ("fetch_max_wait_ms", "0", "a whole number from 1 to 3600000. ("),
        ("external_port", "65536", "a whole number from 0 to 65535. ("),
        ("model_seed", "often", "a whole number from 0 on, or new. ("),
        ("model_seed", "-1", "a whole number from 0 on, or new. ("),
        ("model_programs", "0", "a whole number from 1 to 1000000. ("),
        ("model_programs", "1.5", "a whole number from 1 to 1000000. ("),
        ("keep", "maybe", "yes or no. ("),
        ("api_url", "localhost:8001", "http:// or https://"),
        ("api_url", "http://h:8001/api/patients?status=offen", "ends before its ? or #: http://h:8001. ("),
        ("api_url", "http://h:8001/#top", "ends before its ? or #: http://h:8001. ("),
        ("api_url", "http://h/v1/api/patients/", "without /api/patients, which is added to it: http://h/v1. ("),
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
    assert "\n" not in said
    assert (Settings.model_fields[name].description or "?") in said


@pytest.mark.parametrize("name", Settings.model_fields)
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_value_is_refused_wherever_it_comes_from(
    name: str, value: str, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meaning = Settings.model_fields[name].description
    told = f"The setting {name} is empty. Give it a value, or leave it out. ({meaning})"
    if name not in SECRETS:
        assert refusal({name: value}, env_file) == told
    env_file.write_text(f"BDD_{name.upper()}='{value}'\n")
    assert refusal({}, env_file) == told
    env_file.unlink()
    monkeypatch.setenv(f"BDD_{name.upper()}", value)
    assert refusal({}, env_file) == told


@pytest.mark.parametrize("name", ["deadline", "evidence_dir", "project", "stack"])
def test_a_name_without_a_value_is_not_taken_for_true(name: str, env_file: Path) -> None:
    assert refusal(dict([parse_user_define(name)]), env_file).startswith(  # type: ignore[no-untyped-call]
        f"The setting -D {name} has no value. Give it one: -D {name}=… ("
    )


@pytest.mark.parametrize("value", ["", "=yes", "=y", "=TRUE", "=on", "=1"])
def test_what_is_kept_may_be_said_in_several_words(value: str, env_file: Path) -> None:
    given = dict([parse_user_define(f"keep{value}")])  # type: ignore[no-untyped-call]
    assert load_settings({"stack": "compose", **given}, env_file).keep is True


@pytest.mark.parametrize("given", ["=5", ""])
def test_a_setting_without_a_name_is_told_from_an_unknown_one(given: str, env_file: Path) -> None:
    said = refusal(dict([parse_user_define(given)]), env_file)  # type: ignore[no-untyped-call]
    assert said == "The setting -D has no name. It is given as -D name=value or as BDD_NAME=value."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"kaputt ohne gleich\n", "Line 1 of {} cannot be read. It must be NAME=value"),
        (b'# mine\n\n\nBDD_DEADLINE="7', "Line 4 of {} cannot be read. It must be NAME=value"),
        (b"\r\n\r\nBDD_DEADLINE='7\r\n", "Line 3 of {} cannot be read. It must be NAME=value"),
        (b"OTHER\nBDD_DEADLINE\n", "Line 2 of {} has no value. Write BDD_DEADLINE=…, or remove the line."),
        ("BDD_PROJECT=Größe\n".encode("latin-1"), "The file {} is not text in UTF-8. Save it in that encoding."),
    ],
)
def test_a_line_of_the_file_that_cannot_be_read_stops_the_run(
    content: bytes, said: str, env_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    env_file.write_bytes(content)
    told = refusal({}, env_file)
    assert told.startswith(said.format(env_file))
    assert "\n" not in told
    assert not caplog.records, "what is said in a sentence need not be warned of too"


def test_a_line_that_cannot_be_read_is_not_shown(env_file: Path) -> None:
    env_file.write_text('BDD_SASL_PASSWORD="correct-horse\n')
    assert "horse" not in refusal({}, env_file)


def test_the_file_may_hold_what_is_for_others_and_need_not_be_a_file(env_file: Path) -> None:
    env_file.write_text("\ufeffexport BDD_DEADLINE = '7' # seconds\n\nOTHER\nother=\n", encoding="utf-8")
    assert load_settings({}, env_file).deadline == 7
    env_file.unlink()
    env_file.mkdir()
    assert load_settings({}, env_file).deadline == 5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"connections_max_idle_ms": "10000"}, "they are 10000, 10000, 500"),
        ({"request_timeout_ms": "500"}, "they are 60000, 500, 500"),
        ({"fetch_max_wait_ms": "20000"}, "connections_max_idle_ms > request_timeout_ms > fetch_max_wait_ms"),
        ({"stack": "attached"}, "the platform's project (-D project=…) or its network (-D network=…)"),
        ({"stack": "attached", "project": "a", "network": "b"}, "give project or network, not both."),
        ({"keep": "yes"}, "keep belongs to -D stack=compose; the stack is embedded"),
        ({"stack": "remote"}, f"stack=remote needs api_url and bootstrap_servers too: {REMOTE_EXAMPLE}."),
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
