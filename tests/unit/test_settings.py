"""The settings: where they come from, what is refused before anything starts, and that no secret is shown."""

from pathlib import Path

import pytest
from behave.userdata import parse_user_define

from bdd.output import masking
from bdd.settings.settings import SECRETS, InvalidSetting, Settings, load_settings
from tests.support.certificates import Authority

ENV_FILE = Path(".env")
PASSWORD_FILE = Path("password")
REMOTE = {"stack": "remote", "api_url": "http://127.0.0.1:8001", "bootstrap_servers": "127.0.0.1:9092"}
SASL = {**REMOTE, "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "suite"}
PASSWORD = "correct-horse"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has its own `.env` and its own known secrets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(masking, "_known", set())


def refusal(given: dict[str, str]) -> str:
    """Return the message that a run with these settings is refused with."""
    with pytest.raises(InvalidSetting) as wrong:
        load_settings(given, ENV_FILE)
    assert PASSWORD not in str(wrong.value)
    return str(wrong.value)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "certificates")


def defined(text: str) -> dict[str, str]:
    """What behave makes of `-D text`."""
    return dict([parse_user_define(text)])  # type: ignore[no-untyped-call]


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    ENV_FILE.write_text("BDD_DEADLINE=1\nBDD_SETTLING=1\nBDD_CLOCK_TOLERANCE=1\n")
    monkeypatch.setenv("BDD_DEADLINE", "2")
    monkeypatch.setenv("BDD_SETTLING", "2")
    settings = load_settings({"deadline": "3"}, ENV_FILE)
    assert (settings.deadline, settings.settling, settings.clock_tolerance) == (3, 2, 1)


def test_an_unknown_name_is_refused_with_the_one_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = {"-D deadlnie": refusal({"deadlnie": "3"})}
    ENV_FILE.write_text("BDD_DEADLNIE=3\n")
    messages[f"BDD_DEADLNIE in {ENV_FILE}"] = refusal({})
    ENV_FILE.unlink()
    monkeypatch.setenv("BDD_DEADLNIE", "3")
    messages["BDD_DEADLNIE"] = refusal({})
    for spelt, message in messages.items():
        start = f"The setting {spelt} is unknown. Did you mean deadline? There are: stack, api_url, "
        assert message.startswith(start)
        assert all(name in message for name in Settings.model_fields)


SECONDS = "a number from 0 to 600. ("
MILLISECONDS = "a whole number from 1 to 3600000. ("
COUNT = "a whole number from 1 to 1000000. ("
SEED = "a whole number from 0 on, or new. ("
ADDRESS = "an address that begins with http:// or https://, without user and password, ? and #. ("
SERVERS = "host:port, several with commas between them. ("
FILES = "files that can be read, several with commas between them; here: "
HOSTS = "names of hosts without port, several with commas between them. ("


@pytest.mark.parametrize(
    ("name", "values", "allowed"),
    [
        ("stack", ["docker"], "'embedded', 'compose', 'attached' or 'remote'"),
        ("deadline", ["soon", "-1", "601", "nan", "inf"], SECONDS),
        ("time_limit", ["0", "-1", "1441", "nan"], "a number above 0, up to 1440. ("),
        ("deadline_factor", ["0.5", "101", "inf"], "a number from 1 to 100. ("),
        ("request_timeout_ms", ["1.5", "0", "3600001"], MILLISECONDS),
        ("external_port", ["65536", "-1"], "a whole number from 0 to 65535. ("),
        ("port", ["0", "65536", "http"], "a whole number from 1 to 65535. ("),
        ("model_seed", ["often", "-1"], SEED),
        ("model_programs", ["0", "1.5", "1000001"], COUNT),
        ("keep", ["maybe"], "yes or no. ("),
        ("api_url", ["localhost:8001", "ftp://h", "http://", "http://h:0", "http://h:x", "http://u@h"], ADDRESS),
        ("api_url", ["http://h:8001/?a=b", "http://h:8001/#top"], ADDRESS),
        (
            "api_url",
            ["http://h/v1/api/patients/", "http://h/v1/api/patients?status=offen"],
            "an address without /api/patients, which is added to it: http://h/v1. (",
        ),
        (
            "api_url",
            ["http://h/api/v2/api/therapists", "http://h/api/v2/api/therapists/17"],
            "an address without /api/therapists, which is added to it: http://h/api/v2. (",
        ),
        (
            "api_url",
            ["http://api:8001/api", "http://api:8001/api/", "http://api:8001/api//"],
            "an address without /api, which is added to it: http://api:8001. (",
        ),
        ("bootstrap_servers", ["SASL_SSL://kafka:9092"], "host:port without SASL_SSL://, "),
        (
            "bootstrap_servers",
            ["PLAINTEXT://kafka:9092,PLAINTEXT://b:9092", "PLAINTEXT://kafka:9092,b:9092"],
            "host:port without PLAINTEXT://, which brokers have before their listeners: kafka:9092,b:9092. (",
        ),
        ("bootstrap_servers", ["kafka", "kafka:9092,", ":9092", "kafka:0", "kafka:65536"], SERVERS),
        ("openapi", ["missing.yaml", ".,missing.yaml", "a.yaml, "], FILES),
        ("allow_host", ["*.example.org", "staging.example.org:9092", "a,,b", "https://a"], HOSTS),
    ],
)
def test_a_wrong_value_is_refused_with_name_value_and_what_is_allowed(
    name: str, values: list[str], allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = {other: text for other, text in REMOTE.items() if other != name}
    for value in values:
        message = refusal({**others, name: value})
        assert message.startswith(f"The setting {name} is {value!r}; allowed is: {allowed}")
        assert (Settings.model_fields[name].description or "?") in message
        assert "\n" not in message
        monkeypatch.setenv(f"BDD_{name.upper()}", value)
        assert refusal(others) == message, "wherever it came from"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("model_seed", "7", 7),
        ("model_programs", "10.0", 10),  # pydantic's whole numbers
        ("model_programs", "1_0", 10),
        *[("keep", word, True) for word in ("true", "yes", "y", "TRUE", "on", "1")],
        ("api_url", "https://patients.example.org/", "https://patients.example.org"),
        ("api_url", "http://[::1]:8001/v1/", "http://[::1]:8001/v1"),
        *[("api_url", address, address) for address in ("http://h/api/v2", "http://api", "http://h/rapi")],
        ("bootstrap_servers", "a:1, b:2,[::1]:3", "a:1, b:2,[::1]:3"),
        (
            "allow_host",
            "Staging.example.org, 192.0.2.7,2001:db8::1",
            ("staging.example.org", "192.0.2.7", "2001:db8::1"),
        ),
    ],
)
def test_a_value_may_be_written_in_several_ways(name: str, text: str, value: object) -> None:
    others = {"stack": "compose"} if name == "keep" else REMOTE
    assert getattr(load_settings({**others, name: text}, ENV_FILE), name) == value


def test_a_new_seed_is_another_one_each_time() -> None:
    assert len({load_settings({"model_seed": "new"}, ENV_FILE).model_seed for _ in range(5)}) == 5


@pytest.mark.parametrize("name", Settings.model_fields)
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_value_is_refused_wherever_it_comes_from(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    meaning = Settings.model_fields[name].description
    message = f"The setting {name} is empty. Give it a value, or leave it out. ({meaning})"
    if name not in SECRETS:
        assert refusal({name: value}) == message
    ENV_FILE.write_text(f"BDD_{name.upper()}='{value}'\n")
    assert refusal({}) == message
    ENV_FILE.unlink()
    monkeypatch.setenv(f"BDD_{name.upper()}", value)
    assert refusal({}) == message


def test_a_definition_without_a_value_or_a_name_is_refused() -> None:
    for name in ("deadline", "evidence_dir", "project", "stack"):
        message = f"The setting -D {name} has no value. Give it one: -D {name}=… ("
        assert refusal(defined(name)).startswith(message)
    assert load_settings({"stack": "compose", **defined("keep")}, ENV_FILE).keep is True
    for text in ("=5", ""):
        message = "The setting -D has no name. It is given as -D name=value or as BDD_NAME=value."
        assert refusal(defined(text)) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"BDD_DEADLINE 3\n", "Line 1 of {} cannot be read. It must be NAME=value"),
        (b"A=1\nexport bdd_deadline: 3\n", "Line 2 of {} cannot be read. It must be NAME=value"),
        (b'A="1\nBDD_DEADLINE=3\nB="2"\n', "Line 1 of {} cannot be read. It must be NAME=value, each quotation"),
        (b"BDD_PROJECT='a\nBDD_DEADLINE=3\nB='\n", "Line 1 of {} cannot be read. It must be NAME=value, each"),
        (b'# mine\n\n\nBDD_DEADLINE="7', "Line 4 of {} cannot be read. It must be NAME=value"),
        (b"\r\n\r\nBDD_SASL_PASSWORD='correct-horse\r\n", "Line 3 of {} cannot be read. It must be NAME=value"),
        (b"OTHER\nBDD_DEADLINE\n", "Line 2 of {} has no value. Write BDD_DEADLINE=…, or remove the line."),
        ("BDD_PROJECT=Größe\n".encode("latin-1"), "The file {} is not text in UTF-8. Save it in that encoding."),
        ("BDD_PROJECT=a\n".encode("utf-16"), "The file {} is not text in UTF-8. Save it in that encoding."),
    ],
)
def test_a_line_of_the_file_that_cannot_be_used_stops_the_run_and_is_not_shown(
    content: bytes, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    ENV_FILE.write_bytes(content)
    printed = refusal({})
    assert printed.startswith(message.format(ENV_FILE))
    assert "\n" not in printed
    assert not caplog.records, "a sentence is enough, without a warning"


OF_OTHERS = """\
COMPOSE_PROJECT_NAME=x
PATIENT_SERVICE_IMAGE=registry.example.org/patient:1
DEADLINE=9
PORT=8001
OTHER
other=
of no form that is known
SINGLE='quote
DOUBLE="several
lines"
"""


def test_the_file_may_hold_what_is_for_others_and_need_not_be_a_file() -> None:
    ENV_FILE.write_text("\ufeffexport BDD_DEADLINE = '7' # seconds\n\n" + OF_OTHERS, encoding="utf-8")
    assert load_settings({}, ENV_FILE).deadline == 7
    for content in (OF_OTHERS.encode(), "# Größe\nA=1".encode("latin-1"), b"\0\xff"):
        ENV_FILE.write_bytes(content)
        settings = load_settings({}, ENV_FILE)
        assert (settings.deadline, settings.model_fields_set) == (5, set())
    ENV_FILE.unlink()
    ENV_FILE.mkdir()
    assert load_settings({}, ENV_FILE).deadline == 5


def test_what_is_defined_for_runners_and_formatters_is_left_alone() -> None:
    of_others = {
        "worker_id": "3",
        "parallel": "0",
        "AllureFormatter.hide_excluded": "true",
        "behave.formatter.html-pretty.show_summary": "true",
        "pool.parallel": "4",
        "qase-testops-run-title": "nightly",
    }
    settings = load_settings({"deadline": "3", **of_others}, ENV_FILE)
    assert (settings.deadline, settings.model_fields_set) == (3, {"deadline"})
    assert refusal({"api-url": "http://a"}).startswith("The setting -D api-url is unknown. Did you mean api_url?")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"connections_max_idle_ms": "10000"}, "they are 10000, 10000, 500"),
        ({"request_timeout_ms": "500"}, "they are 60000, 500, 500"),
        ({"fetch_max_wait_ms": "20000"}, "connections_max_idle_ms > request_timeout_ms > fetch_max_wait_ms"),
        ({"stack": "attached"}, "the platform's project (-D project=…) or its network (-D network=…)"),
        ({"stack": "attached", "project": "a", "network": "b"}, "give project or network, not both."),
        ({"keep": "yes"}, "keep belongs to -D stack=compose; the stack is embedded"),
        ({"api_url": REMOTE["api_url"]}, "api_url belongs to -D stack=remote"),
        ({"bootstrap_servers": "a:1"}, "bootstrap_servers belongs to -D stack=remote"),
        ({"security_protocol": "SSL"}, "security_protocol belongs to -D stack=remote; the stack is embedded"),
        ({"allow_host": "example.org"}, "allow_host belongs to -D stack=remote"),
        ({**REMOTE, "service": "api"}, "service belongs to -D stack=attached; the stack is remote"),
        ({**REMOTE, "port": "80"}, "port belongs to -D stack=attached; the stack is remote"),
        ({"broker": "kafka"}, "broker belongs to -D stack=attached; the stack is embedded"),
        (
            {"stack": "remote"},
            "stack=remote needs api_url and bootstrap_servers too: "
            "-D api_url=http://host:8001 -D bootstrap_servers=host:9092.",
        ),
        ({"stack": "remote", "bootstrap_servers": "a:1"}, "stack=remote needs api_url too"),
        ({"stack": "remote", "api_url": "http://a"}, "stack=remote needs bootstrap_servers too"),
        ({**REMOTE, "recorder_url": "http://recorder:8080"}, "recorder_url and recorder_token are given together"),
        ({"database_away": "docker pause db"}, "database_away and database_back are given together or not at all"),
        (SASL, "security_protocol=SASL_SSL needs sasl_password too; a password is given as BDD_SASL_PASSWORD"),
        (
            {**REMOTE, "security_protocol": "SASL_PLAINTEXT"},
            "needs sasl_mechanism and sasl_username and sasl_password",
        ),
        (
            {**REMOTE, "sasl_username": "suite"},
            "sasl_username is not used with security_protocol=PLAINTEXT; it would be SASL_PLAINTEXT or SASL_SSL",
        ),
        (
            {**REMOTE, "security_protocol": "SSL", "sasl_username": "a", "sasl_mechanism": "PLAIN"},
            "sasl_mechanism and sasl_username are not used with security_protocol=SSL; it would be SASL",
        ),
    ],
)
def test_settings_that_do_not_go_together_are_refused(given: dict[str, str], message: str) -> None:
    printed = refusal(given)
    assert printed.startswith("Settings that do not go together: ")
    assert message in printed


@pytest.mark.parametrize("source", ["environment", "env_file", "named on the command line", "named in .env"])
def test_a_secret_comes_from_the_environment_or_from_a_file(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = dict(SASL)
    PASSWORD_FILE.write_text(PASSWORD + "\n")
    if source == "environment":
        monkeypatch.setenv("BDD_SASL_PASSWORD", PASSWORD)
    elif source == "env_file":
        ENV_FILE.write_text(f"BDD_SASL_PASSWORD={PASSWORD}\n")
    elif source == "named on the command line":
        given["sasl_password_file"] = str(PASSWORD_FILE)
    else:
        ENV_FILE.write_text(f"BDD_SASL_PASSWORD_FILE={PASSWORD_FILE}\n")
    settings = load_settings(given, ENV_FILE)
    assert settings.sasl_password is not None
    assert settings.sasl_password.get_secret_value() == PASSWORD
    assert PASSWORD not in repr(settings)
    assert masking.mask(f"said {PASSWORD} aloud") == "said *** aloud"


def test_a_secret_on_the_command_line_is_refused_with_the_two_other_ways() -> None:
    secrets = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert secrets == set(SECRETS) == {"sasl_password", "ssl_key_password", "recorder_token", "notify_to"}
    for name in SECRETS:
        message = refusal({**SASL, name: PASSWORD})
        assert message.startswith(f"The setting -D {name} is refused")
        assert f"BDD_{name.upper()}=" in message
        assert f"-D {name}_file=" in message


def test_a_secret_given_twice_or_in_an_address_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "without user and password" in refusal({**REMOTE, "api_url": f"https://suite:{PASSWORD}@example.org"})
    monkeypatch.setenv("BDD_SASL_PASSWORD", PASSWORD)
    PASSWORD_FILE.write_text("another")
    message = refusal({**SASL, "sasl_password_file": str(PASSWORD_FILE)})
    assert "sasl_password is given by itself and by sasl_password_file: leave out one of them" in message


NOT_A_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n"
NO_CERTIFICATE = "a PEM file with a certificate that can be read; here: "


@pytest.mark.parametrize(
    ("name", "content", "allowed"),
    [
        ("sasl_password_file", None, "a file that can be read; here: No such file or directory"),
        ("sasl_password_file", b"", "a file that holds the secret; this one is empty"),
        ("sasl_password_file", b"\n", "a file that holds the secret; this one is empty"),
        ("sasl_password_file", b"\xff", "a file of text in UTF-8"),
        ("ssl_ca", None, "a file that can be read; here: No such file or directory"),
        ("ssl_ca", b"nothing", NO_CERTIFICATE),
        ("ssl_ca", NOT_A_CERTIFICATE.encode(), NO_CERTIFICATE),
        ("ssl_certificate", b"-----BEGIN PRIVATE KEY-----", NO_CERTIFICATE),
        ("ssl_key", None, "a file that can be read; here: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    name: str, content: bytes | None, allowed: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    assert refusal({**SASL, name: str(file)}).startswith(f"The setting {name} is '{file}'; allowed is: {allowed}")


def test_a_certificate_and_a_key_need_each_other(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    client = authority.issue("client", password=PASSWORD)
    certificate, key = str(client.certificate), str(client.key)
    given = {**REMOTE, "security_protocol": "SSL", "ssl_certificate": certificate, "ssl_key": key}
    for name in ("ssl_certificate", "ssl_key"):
        alone = {other: value for other, value in given.items() if other != name}
        assert "ssl_certificate and ssl_key are given together" in refusal(alone)
    message = (
        f"ssl_key={key} is encrypted and needs ssl_key_password too; a password is given as BDD_SSL_KEY_PASSWORD"
    )
    assert message in refusal(given)
    monkeypatch.setenv("BDD_SSL_KEY_PASSWORD", "of another key")
    assert f"ssl_key_password does not open ssl_key={key}" in refusal(given)
    assert "ssl_key_password is the password of ssl_key, which is not given" in refusal(
        {**REMOTE, "security_protocol": "SSL"}
    )
    monkeypatch.setenv("BDD_SSL_KEY_PASSWORD", PASSWORD)
    assert load_settings(given, ENV_FILE).ssl_key == Path(key)
    other = authority.issue("other")
    message = f"ssl_key={other.key} is not the key of ssl_certificate={certificate}"
    assert message in refusal({**given, "ssl_key": str(other.key)})
    other.key.write_text("nothing")
    message = f"ssl_key={other.key} is not a PEM file with a private key that can be read"
    assert message in refusal({**given, "ssl_key": str(other.key)})


def test_a_recorder_that_runs_already_needs_no_brokers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BDD_RECORDER_TOKEN", PASSWORD)
    given = {name: value for name, value in REMOTE.items() if name != "bootstrap_servers"}
    given["recorder_url"] = "http://recorder:8080/"
    settings = load_settings(given, ENV_FILE)
    assert "bootstrap_servers, which are not given" in refusal({**given, "security_protocol": "SSL"})
    assert (settings.recorder_url, settings.bootstrap_servers) == ("http://recorder:8080", None)
