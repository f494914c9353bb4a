"""What the settings about the brokers become for the client of Kafka."""

from pathlib import Path

import pytest

from bdd.kafka.client_settings import client_settings
from bdd.output import masking
from bdd.settings.settings import load_settings
from tests.support.certificates import Authority

REMOTE = {"stack": "remote", "api_url": "http://127.0.0.1:8001", "bootstrap_servers": "127.0.0.1:9092"}
SASL = {**REMOTE, "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "suite"}
PASSWORD = "correct-horse"


def test_the_client_gets_what_the_protocol_needs_and_nothing_for_plaintext(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setattr(masking, "_known", set())
    plain = client_settings("a:1", load_settings(REMOTE))
    assert [name for name in plain if name.startswith(("s", "ss")) and name != "socket.timeout.ms"] == []
    monkeypatch.setenv("BDD_SASL_PASSWORD", PASSWORD)
    monkeypatch.chdir(authority.ca.parent)  # files are found from every folder
    secured = client_settings("a:1", load_settings({**SASL, "ssl_ca": authority.ca.name}))
    assert {name: value for name, value in secured.items() if name not in plain} == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "suite",
        "sasl.password": PASSWORD,
        "ssl.ca.location": str(authority.ca),
    }
