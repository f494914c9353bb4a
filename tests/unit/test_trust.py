"""Whose certificates are accepted at https addresses, and what the message about a refused one says."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bdd.api.client import ApiClient, NoResponse, tls_advice
from bdd.api.clock import service_clock_difference
from bdd.recorder.client import RecorderClient, RecorderUnreachable
from bdd.settings.settings import InvalidSetting, load_settings
from tests.support.certificates import Authority
from tests.support.http_service import http_service

HERE = ("127.0.0.1", "localhost")
DAY = timedelta(days=1)
BROKER = {"stack": "remote", "bootstrap_servers": "127.0.0.1:9092"}


@pytest.fixture(autouse=True)
def _no_authorities_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "own")


@contextmanager
def service(authority: Authority, hosts: tuple[str, ...] = HERE, valid_for: timedelta = DAY) -> Iterator[str]:
    certificate = authority.issue("service", hosts, valid_for=valid_for)
    date = {"Date": "Mon, 01 Jan 2024 00:00:00 GMT"}
    with http_service(lambda *_: (200, b'{"ready": true}', date), certificate) as url:
        yield url


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_authorities_that_the_environment_names_are_trusted(
    name: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, str(authority.ca))
    with service(authority) as url:
        assert ApiClient(url).send("GET", "/").status == 200
        assert RecorderClient(url, "token").ready()


def test_the_authorities_of_both_variables_are_trusted(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(Authority(tmp_path / "another").ca))
    with service(authority) as url:
        assert ApiClient(url).send("GET", "/").status == 200


def test_the_authority_that_the_setting_names_is_trusted_and_no_other(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(Authority(tmp_path / "another").ca))
    with service(authority) as url:
        settings = load_settings({**BROKER, "api_url": url, "api_ca": str(authority.ca)})
        client = ApiClient(url, settings.api_ca)
        assert [client.send("GET", "/").status for _ in range(2)] == [200, 200]
        service_clock_difference(url, settings.api_ca)
        assert RecorderClient(url, "token", settings.api_ca).ready()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.ca))
        with pytest.raises(NoResponse):
            ApiClient(url, Authority(tmp_path / "third").ca).send("GET", "/")


def test_an_untrusted_certificate_is_told_with_the_setting_that_helps(authority: Authority) -> None:
    advice = "-D api_ca=…   # a PEM file of the authority that issued it"
    with service(authority) as url:
        with pytest.raises(NoResponse, match="its certificate is not accepted: unable to") as failed:
            ApiClient(url).send("GET", "/")
        with pytest.raises(RecorderUnreachable):
            RecorderClient(url, "token").ready()
    assert f"next:     {advice}" in str(failed.value)
    assert "whether the service runs" not in str(failed.value)
    assert tls_advice(url, failed.value, "api_url") == f" Its certificate is not accepted: {advice}"


@pytest.mark.parametrize(
    ("certified", "why"),
    [
        (partial(service, hosts=("elsewhere",)), "IP address mismatch"),
        (partial(service, valid_for=-timedelta(hours=1)), "certificate has expired"),
    ],
)
def test_a_certificate_that_no_authority_helps_is_told_otherwise(
    certified: "partial[Iterator[str]]", why: str, authority: Authority
) -> None:
    with certified(authority) as url, pytest.raises(NoResponse, match=why) as failed:  # type: ignore[attr-defined]
        ApiClient(url, authority.ca).send("GET", "/")
    assert "api_ca" not in str(failed.value)
    assert "use a name that it is for, or have it renewed" in tls_advice(url, failed.value, "api_url")


def test_a_bundle_that_is_not_there_is_named(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca")
    with service(authority) as url, pytest.raises(NoResponse, match="REQUESTS_CA_BUNDLE names /nowhere/ca, "):
        ApiClient(url).send("GET", "/")


def test_authorities_that_no_address_uses_are_refused(authority: Authority) -> None:
    with pytest.raises(InvalidSetting, match="no address begins with https://"):
        load_settings({**BROKER, "api_url": "http://127.0.0.1:8001", "api_ca": str(authority.ca)})
