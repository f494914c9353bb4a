"""Explains a diagnosis: what is wrong, what was found, and the exact lines to write next."""

import socket

from bdd.kafka.connection.diagnosis import Diagnosis
from bdd.kafka.connection.probe import ProbeResult
from bdd.kafka.connection.problem import Problem
from bdd.system.network import is_local

_PORTS, _DISTANCE = 65_536, 20_000
_SOLUTIONS = """\
There are two solutions:
  1. Read inside the broker's network, with a recorder that the run starts there:
       behave features/ -D stack=attached -D project=…   # its name: docker compose ls
  2. Give the broker a second listener for {outside}, in the environment of its container:
       KAFKA_LISTENERS: INTERNAL://:{port},EXTERNAL://:{listens},CONTROLLER://:{controller}
       KAFKA_ADVERTISED_LISTENERS: INTERNAL://{inside}:{port},EXTERNAL://{outside}
       KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: INTERNAL:{protocol},EXTERNAL:{protocol},CONTROLLER:PLAINTEXT
       KAFKA_INTER_BROKER_LISTENER_NAME: INTERNAL
     and in its ports: ["{publish}"]; CONTROLLER stays as it is. Then this command works."""


def explain(diagnosis: Diagnosis) -> str:
    """Return the message: a sentence, what was found, and what to do."""
    bootstrap = [f"  bootstrap:  {_sentence(each, diagnosis)}" for each in diagnosis.bootstrap]
    facts = bootstrap + [
        f"  advertised: by broker {number}: {_sentence(each, diagnosis)}"
        for number, each in diagnosis.advertised.items()
    ]
    if diagnosis.sound:
        return "\n".join([f"The broker answers at {diagnosis.answered_by}.", *facts])
    if bad := diagnosis.unusable:
        return "\n".join([_sends_on(bad, diagnosis), *facts, *_next_steps(bad, diagnosis)])
    # The server that came closest to responding is most likely the intended one.
    connected = (each for each in diagnosis.bootstrap if each.problem and not each.problem.of_network)
    bad = next(connected, diagnosis.bootstrap[0])
    facts = facts if len(facts) > 1 else []
    first = f"The broker cannot be reached: {_sentence(bad, diagnosis)}."
    return "\n".join([first, *facts, *_next_steps(bad, diagnosis)])


def _sends_on(bad: ProbeResult, diagnosis: Diagnosis) -> str:
    assert diagnosis.answered_by, "advertised servers come from metadata"
    wrong, subject = _sentence(bad, diagnosis), str(bad)
    wrong = f"which{wrong.removeprefix(subject)}" if wrong.startswith(subject) else f"and {wrong}"
    return (
        f"The broker at {diagnosis.answered_by.server} answers, but sends its clients on to {bad.server}, {wrong}."
    )


def _sentence(result: ProbeResult, diagnosis: Diagnosis) -> str:
    template = result.problem.sentence if result.problem else "{server} answers as a Kafka broker"
    return template.format_map(_words(result, diagnosis))


def _next_steps(bad: ProbeResult, diagnosis: Diagnosis) -> list[str]:
    assert bad.problem, "only a problem has next steps"
    if bad.problem.of_network and diagnosis.answered_by:
        return _solutions(bad, diagnosis.answered_by, diagnosis)
    words = _words(bad, diagnosis)
    first, *others = (line.format_map(words) for line in bad.problem.steps)
    return [f"  next:       {first}", *(f"              {line}" for line in others)]


def _words(result: ProbeResult, diagnosis: Diagnosis) -> dict[str, str]:
    """Return the values of the templates' placeholders, without secrets."""
    client = diagnosis.client
    protocol = client.get("security.protocol", "PLAINTEXT")
    sasl, tls = protocol.startswith("SASL"), protocol.endswith("SSL")
    return {
        "server": str(result),
        "host": result.server.host,
        "detail": result.detail or "no reason given",
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


def _solutions(bad: ProbeResult, answered_by: ProbeResult, diagnosis: Diagnosis) -> list[str]:
    """Return both solutions, with the ports and hosts of the case at hand."""
    outside, port = answered_by.server, bad.server.port
    listens = port + (_DISTANCE if port + _DISTANCE < _PORTS else -_DISTANCE)
    publish = f"{outside.port}:{listens}"
    lines = _SOLUTIONS.format(
        outside=outside,
        port=port,
        listens=listens,
        controller=port + 1,
        # A broker that advertises localhost needs another name inside too.
        inside="kafka" if bad.problem is Problem.ELSEWHERE else bad.server.host,
        protocol=diagnosis.client.get("security.protocol", "PLAINTEXT"),
        publish=f"127.0.0.1:{publish}" if all(map(is_local, answered_by.addresses)) else publish,
    ).splitlines()
    if len(diagnosis.advertised) > 1:
        lines.append("     Each broker has a port of its own there: these are the lines for one of them.")
    return lines
