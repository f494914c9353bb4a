"""Puts a diagnosis into words: what is wrong, what was seen, and the exact lines to write next."""

import socket
from typing import TYPE_CHECKING

from bdd.kafka.probing import Fault, Seen
from bdd.network import Server, is_local

if TYPE_CHECKING:
    from bdd.kafka.listeners import Broker, Diagnosis

_PORTS = 65536
_INSIDE_AND_OUTSIDE = 20_000
# What a second listener, or a client elsewhere, puts right.
_OF_THE_NETWORK = {Fault.UNRESOLVED, Fault.REFUSED, Fault.UNREACHABLE, Fault.ELSEWHERE}


def explain(diagnosis: "Diagnosis") -> str:
    """Return the message: a sentence, what was seen, and what to do."""
    if diagnosis.sound:
        return "\n".join([f"The broker answers at {diagnosis.told_by}.", *_facts(diagnosis)])
    if diagnosis.faulty_brokers:
        return _explain_advertised(diagnosis, diagnosis.faulty_brokers[0])
    first = diagnosis.bootstrap[0]
    seen = next((seen for seen in diagnosis.bootstrap if seen.connects), first)
    return "\n".join(
        [
            f"The broker cannot be reached: {_clause(seen, diagnosis)}.",
            *(_facts(diagnosis) if len(diagnosis.bootstrap) > 1 else ()),
            *_next(seen, diagnosis),
        ]
    )


def fact(seen: Seen) -> str:
    """Say in a line how a server is seen from here."""
    if seen.fault is None:
        return f"{seen} answers as a Kafka broker"
    detail = f" ({seen.detail})" if seen.detail else ""
    return f"{seen}: {seen.fault.value}{detail}"


def _facts(diagnosis: "Diagnosis") -> list[str]:
    bootstrap = [f"  bootstrap:  {fact(seen)}" for seen in diagnosis.bootstrap]
    advertised = [f"  advertised: by broker {each.number}: {fact(each.seen)}" for each in diagnosis.brokers]
    return [*bootstrap, *advertised]


def _clause(seen: Seen, diagnosis: "Diagnosis") -> str:
    """What is wrong with a server, as a part of a sentence."""
    client = diagnosis.client
    protocol = client.get("security.protocol", "PLAINTEXT")
    mechanism, user = client.get("sasl.mechanism", "SASL"), client.get("sasl.username", "")
    return {
        None: f"{seen} answers, but names no brokers",
        Fault.UNRESOLVED: f"the name {seen.server.host} does not resolve on {_here()}: {seen.detail}",
        Fault.REFUSED: f"{seen} refuses connections from {_here()}",
        Fault.UNREACHABLE: f"{seen} does not answer {_here()}: {seen.detail}",
        Fault.CLOSED: f"{seen} takes connections and closes them at once",
        Fault.SILENT: f"{seen} takes connections, but says nothing that a Kafka broker would say",
        Fault.NOT_KAFKA: f"{seen} is no Kafka broker: its answer begins with “{seen.detail}”",
        Fault.WANTS_TLS: f"{seen} speaks TLS, which security_protocol={protocol} does not",
        Fault.NO_TLS: f"{seen} speaks no TLS, which security_protocol={protocol} asks for",
        Fault.UNTRUSTED: f"the certificate of {seen} is not trusted: {seen.detail}",
        Fault.WRONG_NAME: f"the certificate of {seen} is for {seen.detail or 'other names'}",
        Fault.WANTS_CERTIFICATE: f"{seen} {_about_client_certificate(diagnosis)}: {seen.detail}",
        Fault.WANTS_SASL: f"{seen} wants a login by SASL, and security_protocol={protocol} has none",
        Fault.NO_SASL: f"{seen} knows no login by SASL, and security_protocol={protocol} wants one",
        Fault.MECHANISM: f"{seen} does not offer sasl_mechanism={mechanism}; it offers: {seen.detail}",
        Fault.AUTHENTICATION: f"{seen} refuses the credentials of the user “{user}” ({mechanism}): {seen.detail}",
        Fault.NO_METADATA: f"{seen} takes connections, but gives no metadata: {seen.detail or 'no answer'}",
        Fault.ELSEWHERE: f"{seen.server.host} means {_here()} itself here, not the broker's machine",
    }[seen.fault]


def _about_client_certificate(diagnosis: "Diagnosis") -> str:
    own = diagnosis.client.get("ssl.certificate.location")
    return f"does not accept the certificate {own}" if own else "wants a client's certificate"


def _next(seen: Seen, diagnosis: "Diagnosis") -> list[str]:
    """What to do about a server that was bootstrapped, in lines that can be typed."""
    protocol = diagnosis.client.get("security.protocol", "PLAINTEXT")
    sasl, tls = protocol.startswith("SASL"), protocol.endswith("SSL")
    with_tls, without_tls = ("SASL_SSL", "SASL_PLAINTEXT") if sasl else ("SSL", "PLAINTEXT")
    which_port = "docker compose ps   # does kafka run, and which port of this machine leads to it?"
    first, *others = {
        None: [which_port],
        Fault.UNRESOLVED: [
            "correct bootstrap_servers",
            "or, where the name belongs to a Docker network, read inside it:",
            "behave features/ -D stack=attached -D project=…   # its name: docker compose ls",
        ],
        Fault.REFUSED: [which_port, "then correct bootstrap_servers, or start it: docker compose up -d kafka"],
        Fault.UNREACHABLE: ["look for a firewall, or a machine that is down, between here and there"],
        Fault.CLOSED: ["docker compose logs kafka   # is it still starting, is something else on this port?"],
        Fault.SILENT: [which_port, "then correct bootstrap_servers, or restart a broker that hangs"],
        Fault.NOT_KAFKA: [which_port, "then correct bootstrap_servers: Kafka's usual port is 9092"],
        Fault.WANTS_TLS: [
            f"-D security_protocol={with_tls}   # and -D ssl_ca=… for an authority of your own",
            "or bootstrap at the broker's listener without TLS",
        ],
        Fault.NO_TLS: [f"-D security_protocol={without_tls}", "or bootstrap at the broker's listener with TLS"],
        Fault.UNTRUSTED: [
            f"-D ssl_ca=…   # a PEM file of the authority that issued it; now: {_authority(diagnosis)}",
            "or, where it has expired, have the broker's certificate renewed",
        ],
        Fault.WRONG_NAME: [
            "bootstrap at a name that the certificate is for",
            "or have the certificate issued for this name too",
        ],
        Fault.WANTS_CERTIFICATE: ["-D ssl_certificate=… -D ssl_key=…   # of an authority that it trusts"],
        Fault.WANTS_SASL: [
            f"-D security_protocol={'SASL_SSL' if tls else 'SASL_PLAINTEXT'} -D sasl_mechanism=… -D sasl_username=…",
            "the password: BDD_SASL_PASSWORD in the environment, or -D sasl_password_file=…",
        ],
        Fault.NO_SASL: [
            f"-D security_protocol={'SSL' if tls else 'PLAINTEXT'}",
            "or bootstrap at its listener with SASL",
        ],
        Fault.MECHANISM: ["-D sasl_mechanism=…   # one of those that it offers"],
        Fault.AUTHENTICATION: [
            "correct sasl_username, and BDD_SASL_PASSWORD or the file that sasl_password_file names;",
            "a user of SCRAM exists for each mechanism by itself, so look at sasl_mechanism too",
        ],
        Fault.NO_METADATA: ["docker compose logs kafka   # what does it say of this moment?"],
    }[seen.fault]
    return [f"  next:       {first}", *(f"              {line}" for line in others)]


def _explain_advertised(diagnosis: "Diagnosis", broker: "Broker") -> str:
    told_by = diagnosis.told_by
    assert told_by, "somebody has told of the brokers"
    clause = _clause(broker.seen, diagnosis)
    subject = str(broker.seen)
    clause = f"which{clause.removeprefix(subject)}" if clause.startswith(subject) else f"and {clause}"
    clause, subject = _clause(broker.seen, diagnosis), str(broker.seen)
    clause = f"which{clause.removeprefix(subject)}" if clause.startswith(subject) else f"and {clause}"
    sentence = (
        f"The broker at {told_by.server} answers, but sends its clients on to {broker.seen.server}, {clause}."
    )
    ways = _ways_out(diagnosis, broker) if broker.seen.fault in _OF_THE_NETWORK else _next(broker.seen, diagnosis)
    return "\n".join([sentence, *_facts(diagnosis), *ways])


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
        f"       KAFKA_LISTENERS: INTERNAL://:{inside.port},EXTERNAL://:{listens},CONTROLLER://:{_controller(inside)}",
        f"       KAFKA_ADVERTISED_LISTENERS: INTERNAL://{_inside_name(broker)},EXTERNAL://{outside}",
        "       KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "
        f"INTERNAL:{protocol},EXTERNAL:{protocol},CONTROLLER:PLAINTEXT",
        "       KAFKA_INTER_BROKER_LISTENER_NAME: INTERNAL",
        f'     and in its ports: ["{publish}"]; CONTROLLER stays as it is. Then this command works.',
    ]
    if len(diagnosis.brokers) > 1:
        lines.append("     Each broker has a port of its own there: these are the lines for the first one.")
    return lines


def _inside_name(broker: "Broker") -> Server:
    """A broker that calls itself localhost needs another name inside too."""
    server = broker.seen.server
    return Server("kafka", server.port) if broker.seen.fault is Fault.ELSEWHERE else server


def _controller(inside: Server) -> int:
    return inside.port + 1


def _authority(diagnosis: "Diagnosis") -> str:
    return diagnosis.client.get("ssl.ca.location") or "those of this machine"


def _here() -> str:
    """This machine by name: in a container, that is what `docker ps` shows."""
    return f"this machine ({socket.gethostname()})"
