"""The features against brokers that require a login or a certificate; no secret is left anywhere."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from bdd.kafka.client_settings import client_settings
from bdd.run.broker import having_topics
from bdd.run.process import remote
from bdd.settings.settings import load_settings
from bdd.stacks.embedded.broker import Distribution
from bdd.stacks.local_recorder import LocalRecorder
from tests.support.certificates import Authority
from tests.support.running import QUICK, SLOW_SECONDS, BehaveRun, patient_service, run_behave
from tests.support.special_broker import PASSWORD, USER, Listener, SpecialBroker

KEY_PASSWORD = "staple-and-battery"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(
    distribution: Distribution, tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[SpecialBroker]:
    listeners = {"SASL_TLS": Listener("SASL_SSL"), "MUTUAL": Listener("SSL", mutual=True)}
    folder = tmp_path_factory.mktemp("secured") / "kafka"
    with having_topics(SpecialBroker(distribution, folder, listeners, authority)) as started:
        started.add_scram_user()
        yield started


@pytest.fixture(scope="module")
def api_url(secured: SpecialBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service publishes over the broker's listener without security: it is not what is tested here."""
    with patient_service(tmp_path_factory.mktemp("service"), secured.bootstrap_servers) as url:
        yield url


def sasl(secured: SpecialBroker, authority: Authority, api_url: str, mechanism: str) -> dict[str, str]:
    return {
        "api_url": api_url,
        "bootstrap_servers": secured.address("SASL_TLS"),
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": mechanism,
        "sasl_username": USER,
        "ssl_ca": str(authority.ca),
    }


def behave(
    folder: Path, features: str, given: Mapping[str, str], secrets: Mapping[str, str], exit_code: int = 0
) -> BehaveRun:
    folder.mkdir(exist_ok=True)
    run = run_behave(folder, features, *remote(**given), environment=secrets, exit_code=exit_code)
    assert not run.left_over()
    left = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert not [text for text in left for secret in (PASSWORD, KEY_PASSWORD) if secret.encode() in text]
    return run


def test_all_features_pass_over_sasl_and_tls(
    secured: SpecialBroker, authority: Authority, api_url: str, tmp_path: Path
) -> None:
    given = sasl(secured, authority, api_url, "SCRAM-SHA-512")
    run = behave(tmp_path, "features/", given, {"BDD_SASL_PASSWORD": PASSWORD})
    assert "\nGREEN: " in run.output


def test_a_password_may_come_from_a_file(
    secured: SpecialBroker, authority: Authority, api_url: str, tmp_path: Path
) -> None:
    password = tmp_path.parent / "password"
    password.write_text(PASSWORD + "\n")
    given = sasl(secured, authority, api_url, "SCRAM-SHA-256") | {"sasl_password_file": str(password)}
    run = behave(tmp_path, QUICK, given, {})
    assert "1 scenario passed" in run.output


def test_a_run_presents_its_certificate_to_a_broker_that_requires_one(
    secured: SpecialBroker, authority: Authority, api_url: str, tmp_path: Path
) -> None:
    issued = authority.issue("client", password=KEY_PASSWORD)
    given = {
        "api_url": api_url,
        "bootstrap_servers": secured.address("MUTUAL"),
        "security_protocol": "SSL",
        "ssl_ca": str(authority.ca),
        "ssl_certificate": str(issued.certificate),
        "ssl_key": str(issued.key),
    }
    run = behave(tmp_path, QUICK, given, {"BDD_SSL_KEY_PASSWORD": KEY_PASSWORD})
    assert "1 scenario passed" in run.output


def test_wrong_credentials_end_the_run_before_anything_is_started(
    secured: SpecialBroker, authority: Authority, api_url: str, tmp_path: Path
) -> None:
    given = sasl(secured, authority, api_url, "SCRAM-SHA-256")
    run = behave(tmp_path, QUICK, given, {"BDD_SASL_PASSWORD": f"not-{PASSWORD[::-1]}"}, exit_code=1)
    assert f"refuses the credentials of the user “{USER}” (SCRAM-SHA-256)" in run.output
    assert "RED: nothing was executed: The broker cannot be reached" in run.output
    assert PASSWORD[::-1] not in run.output


def test_a_recorder_gets_secrets_where_nobody_sees_them(
    secured: SpecialBroker, authority: Authority, api_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BDD_SASL_PASSWORD", PASSWORD)
    settings = load_settings({"stack": "remote", **sasl(secured, authority, api_url, "PLAIN")})
    recorder = LocalRecorder(tmp_path, secured.address("SASL_TLS"), settings)
    try:
        recorder.wait_ready(SLOW_SECONDS).close()
        assert PASSWORD not in " ".join(psutil.Process(recorder.process.pid).cmdline())
    finally:
        recorder.process.stop(SLOW_SECONDS)
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and PASSWORD.encode() in file.read_bytes()]

    refused = client_settings(secured.address("SASL_TLS"), settings) | {"security.protocol": "SASL_SSL_SYNTHETIC"}
    assert PASSWORD in refused.values()
    monkeypatch.setattr("bdd.stacks.local_recorder.client_settings", lambda *_: refused)
    broken = LocalRecorder(tmp_path / "broken", secured.address("SASL_TLS"), settings)
    with pytest.raises(AssertionError, match="SASL_SSL_SYNTHETIC") as wrong:
        broken.wait_ready(SLOW_SECONDS)
    assert PASSWORD not in str(wrong.value)
    assert PASSWORD not in broken.process.log.read_text()
