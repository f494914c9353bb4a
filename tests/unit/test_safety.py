"""Where the suite may write: what a name's addresses say, and what is allowed by name."""

import socket
from typing import Any

import pytest

from bdd.stacks import safety
from bdd.stacks.base import CannotStart
from bdd.stacks.safety import refuse_public_hosts, refuse_unknown_host
from bdd.system import network
from tests.support.builders import LONG_TIMEOUT, stand_in


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names as the resolver knows them in this test."""
    known = {
        "staging.example.org": ["203.0.113.7"],
        "patients.corp.example.org": ["10.1.2.3", "fd00::5"],
        "half.example.org": ["10.1.2.3", "2001:db8::1"],
        "kafka": ["172.18.0.3"],
        "single": ["198.51.100.4"],
    }

    def look_up(host: str, *rest: Any, **options: Any) -> list[Any]:
        if host in known:
            return [entry for address in known[host] for entry in socket.getaddrinfo(address, *rest, **options)]
        if any(character.isalpha() for character in host.replace("localhost", "")) and ":" not in host:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return list(socket.getaddrinfo(host, *rest, **options))

    monkeypatch.setattr(safety, "_RESOLVE_SECONDS", LONG_TIMEOUT)
    monkeypatch.setattr(network, "socket", stand_in(socket, getaddrinfo=look_up))
    return known


def refusal(*hosts: str, allowed: tuple[str, ...] = ()) -> str:
    with pytest.raises(CannotStart) as refused:
        refuse_public_hosts({"api_url": hosts}, allowed)
    return str(refused.value)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.8.8.8",
        "::1",
        "0.0.0.0",  # noqa: S104 - an address to connect to: this machine
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.254",
        "192.168.178.20",
        "169.254.1.1",
        "fe80::1",
        "fd12:3456::1",
        "::ffff:10.0.0.1",
        "patients.corp.example.org",
        "kafka",
    ],
)
def test_this_machine_and_private_networks_are_written_to(host: str) -> None:
    refuse_public_hosts({"api_url": [host]}, ())
    refuse_unknown_host("api_url", host, ())


@pytest.mark.parametrize(
    "host",
    [
        "203.0.113.7",
        "172.32.0.1",
        "192.169.0.1",
        "11.0.0.1",
        "100.64.0.1",
        "2001:db8::1",
        "::ffff:8.8.8.8",
        "single",
    ],
)
def test_every_other_address_is_refused_however_it_is_called(host: str) -> None:
    assert f"-D allow_host={host}" in refusal(host)


@pytest.mark.parametrize(
    ("host", "public"), [("staging.example.org", "203.0.113.7"), ("half.example.org", "2001:db8::1")]
)
def test_the_message_has_the_host_its_public_addresses_and_the_setting(host: str, public: str) -> None:
    assert refusal(host) == (
        f"Refused: api_url leads to {host} ({public}), which is neither this machine nor in a "
        "private network. A run writes test data, so it must not meet a platform that people use. If this one "
        f"is made for tests, allow it by name: -D allow_host={host}"
    )


def test_the_setting_to_write_allows_all_that_was_refused_and_what_was_allowed_before() -> None:
    with pytest.raises(CannotStart) as refused:
        refuse_public_hosts(
            {"api_url": ["staging.example.org"], "bootstrap_servers": ["kafka", "single"]}, ("other.example.org",)
        )
    setting = str(refused.value).rpartition("allow_host=")[2]
    assert setting == "other.example.org,staging.example.org,single"
    refuse_public_hosts({"api_url": ["staging.example.org"], "bootstrap_servers": ["single"]}, setting.split(","))


@pytest.mark.parametrize("written", ["Staging.Example.ORG", "staging.example.org."])
def test_a_name_is_allowed_however_it_is_spelt_and_no_other_is(written: str) -> None:
    refuse_public_hosts({"api_url": [written]}, ("staging.example.org",))
    assert refusal(written, allowed=("example.org",))


def test_a_name_that_does_not_resolve_is_left_to_who_connects_unless_it_is_written_to() -> None:
    refuse_public_hosts({"bootstrap_servers": ["nowhere.example.org"]}, ())
    with pytest.raises(
        CannotStart,
        match=r"^therapist_api_url leads to nowhere\.example\.org, and .* Is therapist_api_url right\?",
    ):
        refuse_unknown_host("therapist_api_url", "nowhere.example.org", ())
    refuse_unknown_host("api_url", "nowhere.example.org", ("nowhere.example.org",))
