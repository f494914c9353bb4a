"""SASL, TLS and secrets among the settings: what goes together, where secrets come from, what is never shown."""

from pathlib import Path

import pytest

from bdd.kafka.client_settings import client_settings
from bdd.output import masking
from bdd.settings.settings import SECRETS, InvalidSetting, Settings, load_settings
from tests.support.certificates import Authority, Certificate

REMOTE = {"stack": "remote", "api_url": "http://127.0.0.1:8001", "bootstrap_servers": "127.0.0.1:9092"}
SASL = {
    **REMOTE,
    "security_protocol": "SASL_SSL",
    "sasl_mechanism": "SCRAM-SHA-512",
    "sasl_username": "suite",
}
PASSWORD = "correct-horse"


@pytest.fixture(autouse=True)
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a test gives away is masked in that test only."""
    monkeypatch.setattr(masking, "_known", set())
    return tmp_path / ".env"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "certificates")


def refusal(given: dict[str, str], env_file: Path) -> str:
    with pytest.raises(InvalidSetting) as wrong:
        load_settings(given, env_file)
    assert PASSWORD not in str(wrong.value)
    return str(wrong.value)


def mutual(certificate: Certificate) -> dict[str, str]:
    files = {"ssl_certificate": str(certificate.certificate), "ssl_key": str(certificate.key)}
    return {**REMOTE, "security_protocol": "SSL", **files}


@pytest.mark.parametrize(
    "source", ["environment", "env_file", "file named on the command line", "file named in .env"]
)
def test_a_secret_comes_from_the_environment_or_from_a_file(
    source: str, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = dict(SASL)
    file = env_file.with_name("password")
    file.write_text(PASSWORD + "\n")
    if source == "environment":
        monkeypatch.setenv("BDD_SASL_PASSWORD", PASSWORD)
    elif source == "env_file":
        env_file.write_text(f"BDD_SASL_PASSWORD={PASSWORD}\n")
    elif source == "file named on the command line":
        given["sasl_password_file"] = str(file)
    else:
        env_file.write_text(f"BDD_SASL_PASSWORD_FILE={file}\n")
    settings = load_settings(given, env_file)
    assert settings.sasl_password is not None
    assert settings.sasl_password.get_secret_value() == PASSWORD
    assert PASSWORD not in repr(settings)
    assert masking.mask(f"said {PASSWORD} aloud") == "said *** aloud"


@pytest.mark.parametrize("name", ["sasl_password", "ssl_key_password", "recorder_token"])
def test_a_secret_on_the_command_line_is_refused_with_the_two_other_ways(name: str, env_file: Path) -> None:
    assert name in SECRETS
    said = refusal({**SASL, name: PASSWORD}, env_file)
    assert said.startswith(f"The setting -D {name} is refused")
    assert f"BDD_{name.upper()}=" in said
    assert f"-D {name}_file=" in said


def test_a_secret_that_is_given_twice_is_refused(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BDD_SASL_PASSWORD", PASSWORD)
    file = env_file.with_name("password")
    file.write_text("another")
    said = refusal({**SASL, "sasl_password_file": str(file)}, env_file)
    assert "sasl_password is given by itself and by sasl_password_file: leave out one of them" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file or directory"), ("", "this one is empty"), ("\n", "this one is empty")],
)
def test_a_file_without_a_secret_is_named(content: str | None, said: str, env_file: Path) -> None:
    file = env_file.with_name("password")
    if content is not None:
        file.write_text(content)
    told = refusal({**SASL, "sasl_password_file": str(file)}, env_file)
    assert told.startswith("The setting sasl_password_file is ")
    assert str(file) in told
    assert said in told


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (SASL, "security_protocol=SASL_SSL needs sasl_password too; a password is given as BDD_SASL_PASSWORD"),
        (
            {**REMOTE, "security_protocol": "SASL_PLAINTEXT"},
            "needs sasl_mechanism and sasl_username and sasl_password",
        ),
        (
            {**REMOTE, "sasl_username": "suite"},
            "sasl_username is not used with security_protocol=PLAINTEXT; it would",
        ),
        (
            {**REMOTE, "security_protocol": "SSL", "sasl_username": "a", "sasl_mechanism": "PLAIN"},
            "sasl_mechanism and sasl_username are not used with security_protocol=SSL; it would be SASL",
        ),
        ({"security_protocol": "SSL"}, "security_protocol belongs to -D stack=remote; the stack is embedded"),
        ({"allow_host": "example.org"}, "allow_host belongs to -D stack=remote"),
        ({**REMOTE, "recorder_url": "http://recorder:8080"}, "recorder_url and recorder_token are given together"),
    ],
)
def test_security_settings_that_do_not_go_together_are_refused(
    given: dict[str, str], said: str, env_file: Path
) -> None:
    told = refusal(given, env_file)
    assert told.startswith("Settings that do not go together: ")
    assert said in told


@pytest.mark.parametrize(
    ("name", "content", "allowed"),
    [
        ("ssl_ca", None, "a file that can be read; here: No such file or directory"),
        ("ssl_ca", "no certificate", "-----BEGIN CERTIFICATE----- in it"),
        ("ssl_certificate", "-----BEGIN PRIVATE KEY-----", "-----BEGIN CERTIFICATE----- in it"),
        ("ssl_key", "-----BEGIN CERTIFICATE-----", "-----BEGIN PRIVATE KEY----- in it"),
    ],
)
def test_a_file_that_is_no_pem_file_is_refused(
    name: str, content: str | None, allowed: str, env_file: Path
) -> None:
    file = env_file.with_name("some.pem")
    if content:
        file.write_text(content)
    told = refusal({**REMOTE, "security_protocol": "SSL", name: str(file)}, env_file)
    assert told.startswith(f"The setting {name} is ")
    assert str(file) in told
    assert allowed in told


def test_an_authority_that_is_damaged_is_refused(env_file: Path) -> None:
    file = env_file.with_name("ca.pem")
    file.write_text("-----BEGIN CERTIFICATE-----\nbm90aGluZw==\n-----END CERTIFICATE-----\n")
    assert f"ssl_ca={file} holds no certificate" in refusal(
        {**REMOTE, "security_protocol": "SSL", "ssl_ca": str(file)}, env_file
    )


def test_a_certificate_and_a_key_need_each_other(authority: Authority, env_file: Path) -> None:
    given = mutual(authority.issue("client"))
    for name in ("ssl_certificate", "ssl_key"):
        alone = {other: value for other, value in given.items() if other != name}
        assert "ssl_certificate and ssl_key are given together" in refusal(alone, env_file)
    other = mutual(authority.issue("other"))
    said = refusal({**given, "ssl_key": other["ssl_key"]}, env_file)
    assert f"ssl_key={other['ssl_key']} is not the key of ssl_certificate={given['ssl_certificate']}" in said


def test_an_encrypted_key_needs_its_own_password(
    authority: Authority, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = mutual(authority.issue("client", password=PASSWORD))
    assert "is encrypted and needs ssl_key_password too; a password is given as BDD_SSL_KEY_PASSWORD" in refusal(
        given, env_file
    )
    monkeypatch.setenv("BDD_SSL_KEY_PASSWORD", "of another key")
    assert f"ssl_key_password does not open ssl_key={given['ssl_key']}" in refusal(given, env_file)
    monkeypatch.setenv("BDD_SSL_KEY_PASSWORD", PASSWORD)
    assert load_settings(given, env_file).ssl_key == Path(given["ssl_key"])


def test_an_address_with_a_password_is_refused_without_showing_it(env_file: Path) -> None:
    said = refusal({**REMOTE, "api_url": f"https://suite:{PASSWORD}@patients.example.org"}, env_file)
    assert "allowed is: an address without user and password" in said


def test_the_client_gets_what_the_protocol_needs_and_nothing_for_plaintext(
    authority: Authority, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = client_settings("a:1", load_settings(REMOTE, env_file))
    assert [name for name in plain if name.startswith(("s", "ss")) and name != "socket.timeout.ms"] == []
    monkeypatch.setenv("BDD_SASL_PASSWORD", PASSWORD)
    secured = client_settings("a:1", load_settings({**SASL, "ssl_ca": str(authority.ca)}, env_file))
    assert {name: value for name, value in secured.items() if name not in plain} == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "suite",
        "sasl.password": PASSWORD,
        "ssl.ca.location": str(authority.ca),
    }


def test_files_are_found_from_every_folder(
    authority: Authority, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(authority.ca.parent)
    settings = load_settings({**REMOTE, "security_protocol": "SSL", "ssl_ca": authority.ca.name}, env_file)
    assert settings.ssl_ca == authority.ca


def test_a_recorder_that_runs_already_needs_no_brokers(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BDD_RECORDER_TOKEN", PASSWORD)
    given = {name: value for name, value in REMOTE.items() if name != "bootstrap_servers"}
    settings = load_settings({**given, "recorder_url": "http://recorder:8080/"}, env_file)
    assert (settings.recorder_url, settings.bootstrap_servers) == ("http://recorder:8080", None)


def test_allowed_hosts_are_a_list_with_commas(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings(REMOTE, env_file).allow_host == ()
    given = {**REMOTE, "allow_host": "Staging.example.org, 192.0.2.7"}
    assert load_settings(given, env_file).allow_host == ("staging.example.org", "192.0.2.7")
    monkeypatch.setenv("BDD_ALLOW_HOST", "one.example.org,2001:db8::1")
    assert load_settings(REMOTE, env_file).allow_host == ("one.example.org", "2001:db8::1")
    for wrong in ("*.example.org", "staging.example.org:9092", "a,,b", "https://a"):
        assert "names of hosts without port" in refusal({**REMOTE, "allow_host": wrong}, env_file)


def test_every_secret_has_a_file_setting() -> None:
    secrets = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert secrets == set(SECRETS) == {"sasl_password", "ssl_key_password", "recorder_token"}
