"""The diagnosis of a connection, against a real broker's listeners and against other servers."""

import http.server
import socket
import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bdd.kafka.connection.advice import explain
from bdd.kafka.connection.diagnosis import Diagnosis, diagnose
from bdd.kafka.connection.problem import Problem
from bdd.stacks.embedded.broker import Distribution
from tests.support.certificates import Authority
from tests.support.running import SLOW_SECONDS
from tests.support.special_broker import PASSWORD, USER, Listener, SpecialBroker

SASL = {"sasl.username": USER, "sasl.password": PASSWORD}
BACKOFF = {"reconnect.backoff.ms": "20", "reconnect.backoff.max.ms": "500"}
REPLY_SECONDS = "bdd.kafka.connection.probe._REPLY_SECONDS"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handshake with a busy broker may take longer than a second, which must not look like another problem."""
    monkeypatch.setattr(REPLY_SECONDS, 20.0)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def special(
    distribution: Distribution, tmp_path_factory: pytest.TempPathFactory, authority: Authority, closed_port: int
) -> Iterator[SpecialBroker]:
    listeners = {
        "PLAIN": Listener(),
        "SASL": Listener("SASL_PLAINTEXT", scram=False),
        "SASL_TLS": Listener("SASL_SSL"),
        "TLS": Listener("SSL"),
        "MUTUAL": Listener("SSL", mutual=True),
        "OTHER_NAME": Listener("SSL", hosts=("broker.example.org", "192.0.2.7")),
        "EXPIRED": Listener("SSL", valid_for=-timedelta(hours=1)),
        "ONE": Listener(advertised="kafka.invalid:9092"),
        "GONE": Listener(advertised=f"127.0.0.1:{closed_port}"),
        "NAMED": Listener("SSL", hosts=("localhost",)),
    }
    started = SpecialBroker(distribution, tmp_path_factory.mktemp("special") / "kafka", listeners, authority)
    try:
        started.wait_ready(SLOW_SECONDS)
        started.add_scram_user()
        yield started
    finally:
        started.process.kill()


def diagnosed(server: str, client: dict[str, str] | None = None) -> Diagnosis:
    found = diagnose(server, {**BACKOFF, **(client or {})})
    assert PASSWORD not in repr(found)
    assert PASSWORD not in explain(found)
    return found


def tls(authority: Authority) -> dict[str, str]:
    return {"security.protocol": "SSL", "ssl.ca.location": str(authority.ca)}


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_broker_with_a_login_over_tls_is_sound_for_its_user_only(
    mechanism: str, special: SpecialBroker, authority: Authority
) -> None:
    client = {**tls(authority), "security.protocol": "SASL_SSL", "sasl.mechanism": mechanism, **SASL}
    found = diagnosed(special.address("SASL_TLS"), client)
    assert found.sound, explain(found)
    assert [str(each.server) for each in found.advertised.values()] == [special.address("SASL_TLS")]

    refused = diagnosed(special.address("SASL_TLS"), {**client, "sasl.password": "wrong"})
    assert refused.bootstrap[0].problem is Problem.AUTHENTICATION
    assert f"refuses the credentials of the user “{USER}” ({mechanism}): " in explain(refused)
    assert "BDD_SASL_PASSWORD" in explain(refused)


def test_a_broker_that_requires_a_certificate_is_sound_for_a_trusted_one_only(
    special: SpecialBroker, authority: Authority, tmp_path: Path
) -> None:
    def shown(by: Authority) -> dict[str, str]:
        issued = by.issue("client")
        files = {"ssl.certificate.location": str(issued.certificate), "ssl.key.location": str(issued.key)}
        return {**tls(authority), **files}

    assert diagnosed(special.address("MUTUAL"), shown(authority)).sound
    none = diagnosed(special.address("MUTUAL"), tls(authority))
    assert "does not accept this client, whose certificate is missing" in explain(none)
    stranger = diagnosed(special.address("MUTUAL"), shown(Authority(tmp_path, "stranger")))
    assert f"does not accept this client, whose certificate is {tmp_path / 'client.pem'}" in explain(stranger)
    assert none.bootstrap[0].problem is stranger.bootstrap[0].problem is Problem.REQUIRES_CERTIFICATE


@pytest.mark.parametrize(
    ("listener", "security", "expected"),
    [
        ("TLS", "PLAINTEXT", ("REQUIRES_TLS", "speaks TLS, which security_protocol=PLAINTEXT", "=SSL ")),
        ("SASL_TLS", "SASL_PLAINTEXT", ("REQUIRES_TLS", "speaks TLS, which", "=SASL_SSL")),
        ("PLAIN", "SSL", ("NO_TLS", "does not speak TLS, which security_protocol=SSL", "=PLAINTEXT")),
        ("SASL", "SASL_SSL", ("NO_TLS", "does not speak TLS", "=SASL_PLAINTEXT")),
        ("SASL", "PLAINTEXT", ("REQUIRES_SASL", "requires a login by SASL", "=SASL_PLAINTEXT")),
        ("SASL_TLS", "SSL", ("REQUIRES_SASL", "requires a login by SASL", "=SASL_SSL")),
        ("PLAIN", "SASL_PLAINTEXT", ("NO_SASL", "has no login by SASL", "=PLAINTEXT")),
        ("TLS", "SASL_SSL", ("NO_SASL", "has no login by SASL", "=SSL")),
        ("OTHER_NAME", "SSL", ("WRONG_NAME", "is for broker.example.org, 192.0.2.7, not for", "use a name")),
        (
            "SASL",
            "SASL_PLAINTEXT SCRAM-SHA-512",
            ("MECHANISM", "SCRAM-SHA-512; it offers: PLAIN", "-D sasl_mechanism=…"),
        ),
        ("EXPIRED", "SSL", ("UNTRUSTED", "certificate has expired", "renewed")),
    ],
)
def test_a_listener_that_does_not_fit_the_settings_is_explained(
    listener: str, security: str, expected: tuple[str, str, str], special: SpecialBroker, authority: Authority
) -> None:
    problem, message, step = expected
    protocol, _, mechanism = security.partition(" ")
    client = {"security.protocol": protocol}
    if protocol.endswith("SSL"):
        client |= {"ssl.ca.location": str(authority.ca)}
    if protocol.startswith("SASL"):
        client |= {"sasl.mechanism": mechanism or "PLAIN", **SASL}
    found = diagnosed(special.address(listener), client)
    assert found.bootstrap[0].problem is Problem[problem]
    assert not found.sound
    first, *others = explain(found).splitlines()
    assert first.startswith("The broker cannot be reached: ")
    assert message in first
    prefix = "-D security_protocol" if step.startswith("=") else ""
    assert prefix + step in "\n".join(others) + " "


def test_an_authority_that_is_not_trusted_is_named(special: SpecialBroker, tmp_path: Path) -> None:
    found = diagnosed(special.address("TLS"), tls(Authority(tmp_path, "stranger")))
    assert found.bootstrap[0].problem is Problem.UNTRUSTED
    assert "is not trusted: unable to get local issuer certificate" in explain(found)
    assert f"now: {tmp_path / 'ca.pem'}" in explain(found)


def test_a_certificate_for_another_name_than_the_advertised_one_is_noticed(
    special: SpecialBroker, authority: Authority
) -> None:
    found = diagnosed(special.address("NAMED", "localhost"), tls(authority))
    assert found.bootstrap[0].problem is None
    assert found.advertised[1].problem is Problem.WRONG_NAME
    assert f"sends its clients on to {special.address('NAMED')}, and the certificate of" in explain(found)


def test_an_advertised_name_that_does_not_resolve_is_explained_with_the_two_ways_out(
    special: SpecialBroker,
) -> None:
    bootstrap = special.address("ONE", "localhost")
    port = bootstrap.rpartition(":")[2]
    found = diagnosed(bootstrap)
    assert found.answered_by is not None
    assert found.answered_by.server.host == "localhost"
    assert [str(each) for each in found.advertised.values()] == ["kafka.invalid:9092"]
    assert found.advertised[1].problem is Problem.UNRESOLVED
    lines = [line.strip() for line in explain(found).splitlines()]
    assert lines[0].startswith(
        f"The broker at {bootstrap} answers, but sends its clients on to kafka.invalid:9092, and the name of "
        f"kafka.invalid:9092 does not resolve on this machine ({socket.gethostname()}): "
    )
    for line in (
        "behave features/ -D stack=attached -D project=…   # its name: docker compose ls",
        "KAFKA_LISTENERS: INTERNAL://:9092,EXTERNAL://:29092,CONTROLLER://:9093",
        f"KAFKA_ADVERTISED_LISTENERS: INTERNAL://kafka.invalid:9092,EXTERNAL://localhost:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_INTER_BROKER_LISTENER_NAME: INTERNAL",
    ):
        assert line in lines
    assert f'"127.0.0.1:{port}:29092"' in explain(found)


def test_an_advertised_port_where_nothing_listens_is_named(special: SpecialBroker, closed_port: int) -> None:
    found = diagnosed(special.address("GONE"))
    assert found.advertised[1].problem is Problem.REFUSED
    message = f"sends its clients on to 127.0.0.1:{closed_port}, which refuses connections from this machine"
    assert message in explain(found)
    assert "two solutions" in explain(found)


def test_one_bootstrap_server_that_answers_is_enough(special: SpecialBroker, closed_port: int) -> None:
    special.create_topics({"synthetic": 2})
    found = diagnosed(f"kafka.invalid:9092,127.0.0.1:{closed_port},{special.address('PLAIN')}")
    assert found.sound, explain(found)
    assert found.topics == {"synthetic": 2}
    assert [each.problem for each in found.bootstrap] == [Problem.UNRESOLVED, Problem.REFUSED, None]


def test_servers_of_which_none_can_be_reached_are_named_with_the_reasons(closed_port: int) -> None:
    message = explain(diagnosed(f"kafka.invalid:9092,localhost:{closed_port}")).replace("::1, ", "")
    unresolved = "the name of kafka.invalid:9092 does not resolve on this machine"
    assert message.startswith(f"The broker cannot be reached: {unresolved}")
    assert f"bootstrap:  {unresolved}" in message
    assert f"bootstrap:  localhost:{closed_port} (127.0.0.1) refuses connections" in message
    assert "docker compose ps" in message


def test_a_controllers_port_is_named_and_a_broker_beside_it_is_used(special: SpecialBroker) -> None:
    message = explain(diagnosed(special.controller))
    sentence = f"{special.controller} is the port of a controller, which serves brokers and not clients"
    assert message.startswith(f"The broker cannot be reached: {sentence}.")
    assert "then correct bootstrap_servers: a broker's usual port is 9092, a controller's 9093" in message
    found = diagnosed(f"{special.controller},{special.bootstrap_servers}")
    assert found.sound, explain(found)
    assert str(found.answered_by) == special.bootstrap_servers


class Silent(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while self.request.recv(1024):
            pass


class Web(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class OtherServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that has closed its connection is no error here."""


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL"])
@pytest.mark.parametrize(
    ("handler", "problem", "message"),
    [
        (Silent, Problem.SILENT, "accepts connections, but sends nothing that a Kafka broker would send"),
        (socketserver.BaseRequestHandler, Problem.CLOSED, "accepts connections and closes them at once"),
        (Web, Problem.NOT_KAFKA, "is not a Kafka broker: its response begins with “HTTP/1.0 501 "),
    ],
)
def test_a_server_that_is_not_a_broker_is_reported(
    handler: type[socketserver.BaseRequestHandler],
    problem: Problem,
    message: str,
    protocol: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(REPLY_SECONDS, 2.0)  # the probe waits so long for each reply of a silent server
    with OtherServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = diagnosed(f"127.0.0.1:{server.server_address[1]}", {"security.protocol": protocol})
        server.shutdown()
    assert found.bootstrap[0].problem is problem
    assert message in explain(found)
