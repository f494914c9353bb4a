"""Puts a diagnosis into words: what is wrong, what was seen, and the exact lines to write next."""

import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bdd.kafka.connection.probe import Fault, Seen
from bdd.system.network import Server, is_local

if TYPE_CHECKING:
    from bdd.kafka.connection.diagnosis import Broker, Diagnosis

_PORTS = 65536
_INSIDE_AND_OUTSIDE = 20_000
# What a second listener, or a client elsewhere, puts right.
_OF_THE_NETWORK = {Fault.UNRESOLVED, Fault.REFUSED, Fault.UNREACHABLE, Fault.ELSEWHERE}

_WHAT_IS_WRONG = {
    Fault.UNRESOLVED: "the name {host} does not resolve on {here}: {detail}",
    Fault.REFUSED: "{server} refuses connections from {here}",
    Fault.UNREACHABLE: "{server} does not answer {here}: {detail}",
    Fault.CLOSED: "{server} takes connections and closes them at once",
    Fault.SILENT: "{server} takes connections, but says nothing that a Kafka broker would say",
    Fault.NOT_KAFKA: "{server} is no Kafka broker: its answer begins with “{detail}”",
    Fault.WANTS_TLS: "{server} speaks TLS, which security_protocol={protocol} does not",
    Fault.NO_TLS: "{server} speaks no TLS, which security_protocol={protocol} asks for",
    Fault.UNTRUSTED: "the certificate of {server} is not trusted: {detail}",
    Fault.WRONG_NAME: "the certificate of {server} is for {detail}, not for {host}",
    Fault.WANTS_CERTIFICATE: "{server} does not accept this client, whose certificate is {certificate}: {detail}",
    Fault.WANTS_SASL: "{server} wants a login by SASL, and security_protocol={protocol} has none",
    Fault.NO_SASL: "{server} knows no login by SASL, and security_protocol={protocol} wants one",
    Fault.MECHANISM: "{server} does not offer sasl_mechanism={mechanism}; it offers: {detail}",
    Fault.AUTHENTICATION: "{server} refuses the credentials of the user “{user}” ({mechanism}): {detail}",
    Fault.NO_METADATA: "{server} takes connections, but gives no metadata: {detail}",
    Fault.ELSEWHERE: "{host} means {here} itself here, not the broker's machine",
}

_WHICH_PORT = "docker compose ps   # does kafka run, and which port of this machine leads to it?"
_CORRECT_NAME = (
    "correct bootstrap_servers; where the name belongs to a Docker network, read inside that:",
    "behave features/ -D stack=attached -D project=…   # its name: docker compose ls",
    "or bootstrap at the port of this machine that leads to the broker: docker compose ps",
)
_NEXT = {
    Fault.UNRESOLVED: _CORRECT_NAME,
    Fault.ELSEWHERE: _CORRECT_NAME,
    Fault.REFUSED: (_WHICH_PORT, "then correct bootstrap_servers, or start it: docker compose up -d kafka"),
    Fault.UNREACHABLE: ("look for a firewall, or a machine that is down, between here and there",),
    Fault.CLOSED: ("docker compose logs kafka   # is it still starting, does its port lead to a listener?",),
    Fault.SILENT: (_WHICH_PORT, "then correct bootstrap_servers, or restart a broker that hangs"),
    Fault.NOT_KAFKA: (_WHICH_PORT, "then correct bootstrap_servers: Kafka's usual port is 9092"),
    Fault.WANTS_TLS: (
        "-D security_protocol={with_tls}   # and -D ssl_ca=… for an authority of your own",
        "or bootstrap at the broker's listener without TLS",
    ),
    Fault.NO_TLS: ("-D security_protocol={without_tls}", "or bootstrap at the broker's listener with TLS"),
    Fault.UNTRUSTED: (
        "-D ssl_ca=…   # a PEM file of the authority that issued it; now: {authority}",
        "or, where it has expired, have the broker's certificate renewed",
    ),
    Fault.WRONG_NAME: (
        "bootstrap at a name that the certificate is for",
        "or have the certificate issued for {host} too",
    ),
    Fault.WANTS_CERTIFICATE: (
        "-D ssl_certificate=… -D ssl_key=…   # issued by an authority that the broker trusts",
    ),
    Fault.WANTS_SASL: (
        "-D security_protocol={with_sasl} -D sasl_mechanism=… -D sasl_username=…",
        "the password: BDD_SASL_PASSWORD in the environment, or -D sasl_password_file=…",
    ),
    Fault.NO_SASL: ("-D security_protocol={without_sasl}", "or bootstrap at the broker's listener with SASL"),
    Fault.MECHANISM: ("-D sasl_mechanism=…   # one of those that it offers",),
    Fault.AUTHENTICATION: (
        "correct sasl_username, and BDD_SASL_PASSWORD or the file that sasl_password_file names;",
        "a user of SCRAM exists for each mechanism by itself, so look at sasl_mechanism too",
    ),
    Fault.NO_METADATA: ("docker compose logs kafka   # what does it say of this moment?",),
}


def explain(diagnosis: "Diagnosis") -> str:
    """Return the message: a sentence, what was seen, and what to do."""
    if diagnosis.sound:
        return "\n".join([f"The broker answers at {diagnosis.told_by}.", *_facts(diagnosis)])
    if diagnosis.faulty_brokers:
        return _explain_advertised(diagnosis, diagnosis.faulty_brokers[0])
    # The one that came closest is most likely the one that was meant.
    seen = next((seen for seen in diagnosis.bootstrap if seen.connects), diagnosis.bootstrap[0])
    facts = _facts(diagnosis) if len(diagnosis.bootstrap) > 1 else []
    return "\n".join([f"The broker cannot be reached: {_wrong(seen, diagnosis)}.", *facts, *_next(seen, diagnosis)])


def fact(seen: Seen) -> str:
    """Say in a line how a server is seen from here."""
    if seen.error is None:
        return f"{seen} answers as a Kafka broker"
    detail = f" ({seen.detail})" if seen.detail else ""
    return f"{seen}: {seen.error.value}{detail}"


def _facts(diagnosis: "Diagnosis") -> list[str]:
    bootstrap = [f"  bootstrap:  {fact(seen)}" for seen in diagnosis.bootstrap]
    advertised = [f"  advertised: by broker {each.number}: {fact(each.seen)}" for each in diagnosis.brokers]
    return [*bootstrap, *advertised]


def _wrong(seen: Seen, diagnosis: "Diagnosis") -> str:
    """What is wrong with a server, as a part of a sentence."""
    return _WHAT_IS_WRONG[seen.error or Fault.NO_METADATA].format_map(_words(seen, diagnosis.client))


def _next(seen: Seen, diagnosis: "Diagnosis") -> list[str]:
    """What to do about a server, in lines that can be typed."""
    words = _words(seen, diagnosis.client)
    first, *others = (line.format_map(words) for line in _NEXT[seen.error or Fault.NO_METADATA])
    return [f"  next:       {first}", *(f"              {line}" for line in others)]


def _words(seen: Seen, client: Mapping[str, str]) -> dict[str, str]:
    """What the sentences are filled with; no secret is among it."""
    protocol = client.get("security.protocol", "PLAINTEXT")
    sasl, tls = protocol.startswith("SASL"), protocol.endswith("SSL")
    return {
        "server": str(seen),
        "host": seen.server.host,
        "detail": seen.detail or "it does not say why",
        "here": f"this machine ({socket.gethostname()})",  # in a container, that is what `docker ps` shows
        "protocol": protocol,
        "mechanism": client.get("sasl.mechanism", ""),
        "user": client.get("sasl.username", ""),
        "authority": client.get("ssl.ca.location", "those of this machine"),
        "certificate": client.get("ssl.certificate.location", "missing"),
        "with_tls": "SASL_SSL" if sasl else "SSL",
        "without_tls": "SASL_PLAINTEXT" if sasl else "PLAINTEXT",
        "with_sasl": "SASL_SSL" if tls else "SASL_PLAINTEXT",
        "without_sasl": "SSL" if tls else "PLAINTEXT",
    }


def _explain_advertised(diagnosis: "Diagnosis", broker: "Broker") -> str:
    assert diagnosis.told_by, "somebody has told of the brokers"
    wrong, subject = _wrong(broker.seen, diagnosis), str(broker.seen)
    wrong = f"which{wrong.removeprefix(subject)}" if wrong.startswith(subject) else f"and {wrong}"
    sends_on = f"The broker at {diagnosis.told_by.server} answers, but sends its clients on to {broker.seen.server}"
    ways = _ways_out(diagnosis, broker) if broker.seen.error in _OF_THE_NETWORK else _next(broker.seen, diagnosis)
    return "\n".join([f"{sends_on}, {wrong}.", *_facts(diagnosis), *ways])


def _ways_out(diagnosis: "Diagnosis", broker: "Broker") -> list[str]:
    """The two ways out, with the ports and hosts of the case at hand."""
    assert diagnosis.told_by, "somebody has told of the brokers"
    outside, inside = diagnosis.told_by.server, broker.seen.server
    listens = inside.port + _INSIDE_AND_OUTSIDE
    listens = listens if listens < _PORTS else inside.port - _INSIDE_AND_OUTSIDE
    protocol = diagnosis.client.get("security.protocol", "PLAINTEXT")
    local = all(map(is_local, diagnosis.told_by.addresses))
    publish = f"127.0.0.1:{outside.port}:{listens}" if local else f"{outside.port}:{listens}"
    lines = [
        "There are two ways out:",
        "  1. Read inside the broker's network, with a recorder that the run starts there:",
        "       behave features/ -D stack=attached -D project=…   # its name: docker compose ls",
        f"  2. Give the broker a second listener for {outside}, in the environment of its container:",
        f"       KAFKA_LISTENERS: INTERNAL://:{inside.port},EXTERNAL://:{listens},CONTROLLER://:{inside.port + 1}",
        f"       KAFKA_ADVERTISED_LISTENERS: INTERNAL://{_inside_name(broker)},EXTERNAL://{outside}",
        "       KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "
        f"INTERNAL:{protocol},EXTERNAL:{protocol},CONTROLLER:PLAINTEXT",
        "       KAFKA_INTER_BROKER_LISTENER_NAME: INTERNAL",
        f'     and in its ports: ["{publish}"]; CONTROLLER stays as it is. Then this command works.',
    ]
    if len(diagnosis.brokers) > 1:
        lines.append("     Each broker has a port of its own there: these are the lines for one of them.")
    return lines


def _inside_name(broker: "Broker") -> Server:
    """A broker that calls itself localhost needs another name inside too."""
    server = broker.seen.server
    return Server("kafka", server.port) if broker.seen.error is Fault.ELSEWHERE else server
