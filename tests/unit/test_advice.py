"""The words of a diagnosis, on facts that no test machine can bring about."""

import pytest

from bdd.kafka.connection import diagnosis as listeners
from bdd.kafka.connection.advice import explain
from bdd.kafka.connection.diagnosis import Broker, Diagnosis, diagnose
from bdd.kafka.connection.probe import Fault, Seen
from bdd.system.network import Server

FAR = Seen(Server("kafka.example.org", 9092), ("203.0.113.7",))


def diagnosis(*brokers: Seen, bootstrap: Seen = FAR, client: dict[str, str] | None = None) -> Diagnosis:
    numbered = tuple(Broker(number, seen) for number, seen in enumerate(brokers, start=1))
    return Diagnosis(client or {}, (bootstrap,), numbered)


@pytest.mark.parametrize("error", Fault)
def test_every_fault_has_a_sentence_and_a_next_step_wherever_it_is_found(error: Fault) -> None:
    broken = Seen(Server("kafka", 9092), ("10.0.0.1",), error, "the detail")
    for found in (diagnosis(bootstrap=broken), diagnosis(broken)):
        first, *others = explain(found).splitlines()
        assert first.startswith("The broker ")
        assert "kafka" in first
        assert first.endswith(".")
        if found.faulty_brokers or not found.brokers:
            assert any("next:" in line or "two ways out" in line for line in others)


class Elsewhere:
    """A broker on another machine that advertises localhost."""

    def __init__(self, *, own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        here = Seen(Server("localhost", 9092), ("127.0.0.1", "::1"))
        monkeypatch.setattr(listeners, "probe", lambda server, *_: FAR if server == FAR.server else here)
        monkeypatch.setattr(listeners, "is_own", lambda _: own)
        monkeypatch.setattr(listeners, "Question", lambda _: self)

    def brokers(self) -> dict[int, Server]:
        return {1: Server("localhost", 9092)}

    def topics(self) -> dict[str, int]:
        return {"patient-events": 3}


def test_localhost_advertised_by_another_machine_is_told_although_something_answers_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Elsewhere(own=False, monkeypatch=monkeypatch)
    found = diagnose(str(FAR.server), {})
    assert found.faulty_brokers[0].seen.error is Fault.ELSEWHERE
    said = explain(found)
    assert "sends its clients on to localhost:9092, and localhost means this machine" in said
    assert "INTERNAL://kafka:9092,EXTERNAL://kafka.example.org:9092" in said
    assert '["9092:29092"]' in said


def test_localhost_advertised_by_this_machine_under_another_name_is_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Elsewhere(own=True, monkeypatch=monkeypatch)
    found = diagnose(str(FAR.server), {})
    assert found.sound
    assert found.topics == {"patient-events": 3}
    assert explain(found).startswith("The broker answers at kafka.example.org:9092 (203.0.113.7).")


def test_the_lines_fit_several_brokers_high_ports_and_the_protocol() -> None:
    deleted = Seen(Server("kafka-2", 60092), (), Fault.UNRESOLVED, "Name or service not known")
    fine = Seen(Server("kafka-1.example.org", 9092), ("203.0.113.8",))
    said = explain(diagnosis(fine, deleted, client={"security.protocol": "SASL_SSL"}))
    assert "advertised: by broker 1: kafka-1.example.org:9092 (203.0.113.8) answers as a Kafka broker" in said
    assert "KAFKA_LISTENERS: INTERNAL://:60092,EXTERNAL://:40092" in said
    assert "INTERNAL:SASL_SSL,EXTERNAL:SASL_SSL,CONTROLLER:PLAINTEXT" in said
    assert "Each broker has a port of its own" in said
