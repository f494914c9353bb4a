"""The words of a diagnosis, on facts that no test machine can bring about."""

import pytest

from bdd.kafka.connection.advice import explain
from bdd.kafka.connection.diagnosis import Diagnosis, diagnose
from bdd.kafka.connection.probe import ProbeResult
from bdd.kafka.connection.problem import Problem
from bdd.system.network import Server

MODULE = "bdd.kafka.connection.diagnosis"
FAR = ProbeResult(Server("kafka.example.org", 9092), ("203.0.113.7",))


def diagnosis(*advertised: ProbeResult, bootstrap: ProbeResult = FAR, protocol: str = "PLAINTEXT") -> Diagnosis:
    return Diagnosis({"security.protocol": protocol}, (bootstrap,), dict(enumerate(advertised, start=1)))


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_a_sentence_and_a_next_step_wherever_it_is_found(problem: Problem) -> None:
    broken = ProbeResult(Server("kafka", 9092), ("10.0.0.1",), problem, "the detail")
    for found in (diagnosis(bootstrap=broken), diagnosis(broken)):
        first, *others = explain(found).splitlines()
        assert first.startswith("The broker ")
        assert "kafka" in first
        assert first.endswith(".")
        assert found.sound or any("next:" in line or "two solutions" in line for line in others)
    assert found.sound is (not problem.certain)


@pytest.mark.parametrize("own", [False, True])
def test_localhost_is_wrong_only_if_another_machine_advertises_it(
    own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ProbeResult(Server("localhost", 9092), ("127.0.0.1", "::1"))
    monkeypatch.setattr(f"{MODULE}.probe", lambda server, *_: FAR if server == FAR.server else here)
    monkeypatch.setattr(f"{MODULE}.is_own", lambda _: own)
    monkeypatch.setattr(f"{MODULE}.fetch_brokers", lambda _: {1: here.server})
    monkeypatch.setattr(f"{MODULE}.fetch_topics", lambda _: {"patient-events": 3})
    found = diagnose(str(FAR.server), {})
    assert found.sound is own
    message = explain(found)
    if own:
        assert found.topics == {"patient-events": 3}
        assert message.startswith("The broker answers at kafka.example.org:9092 (203.0.113.7).")
        return
    assert "sends its clients on to localhost:9092, which means this machine" in message
    assert "INTERNAL://kafka:9092,EXTERNAL://kafka.example.org:9092" in message
    assert '["9092:29092"]' in message


def test_the_lines_fit_several_brokers_high_ports_and_the_protocol() -> None:
    missing = ProbeResult(Server("kafka-2", 60092), (), Problem.UNRESOLVED, "Name or service not known")
    fine = ProbeResult(Server("kafka-1.example.org", 9092), ("203.0.113.8",))
    message = explain(diagnosis(fine, missing, protocol="SASL_SSL"))
    assert "advertised: by broker 1: kafka-1.example.org:9092 (203.0.113.8) answers as a Kafka broker" in message
    assert "KAFKA_LISTENERS: INTERNAL://:60092,EXTERNAL://:40092" in message
    assert "INTERNAL:SASL_SSL,EXTERNAL:SASL_SSL,CONTROLLER:PLAINTEXT" in message
    assert "Each broker has a port of its own" in message
