"""The doctor's checks of a service, against a small real one."""

import json
import time
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import NoReturn

import pytest

from bdd.api import clock
from bdd.commands.doctor.examination import Result, State, examine
from bdd.domain.resources import services
from bdd.settings.settings import load_settings
from bdd.stacks.checks import service as service_checks
from bdd.stacks.checks.check import Check
from bdd.stacks.checks.service import ServiceChecks
from bdd.system.network import Unresolved
from tests.support.builders import LONG_TIMEOUT, patient
from tests.support.closed_port import closed_port
from tests.support.http_service import http_service
from tests.support.third_resource import rooms_known

PATIENT = patient("doctor").body
Answer = tuple[int, object]


def examined(url: str, **others: str) -> list[Result]:
    """Examine the patient service at this address, and others at theirs; any other one is absent."""
    api_urls = {"patient-service": url, **{f"{short}-service": other for short, other in others.items()}}
    absent = {name: "no address is given" for name in services() if name not in api_urls}
    return examine(ServiceChecks(load_settings({}), api_urls, absent).checks())


class Service:
    """Responds to each path as the test sets; `date` replaces its header Date."""

    url: str

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {"/health": (200, {}), "/api/patients": (200, [PATIENT])}
        self.date: str | None = ""
        self.not_found = "Patient not found"

    def respond(self, request: BaseHTTPRequestHandler, _sent: bytes) -> tuple[int, bytes, Mapping[str, str]]:
        status, body = self.answers.get(request.path, (404, {"message": self.not_found}))
        headers = {"Content-Type": "application/json"}
        if self.date is not None:
            headers["Date"] = self.date or formatdate(usegmt=True)
        return status, json.dumps(body).encode(), headers

    def looked_at(self) -> dict[str, Result]:
        return {each.name: each for each in examined(self.url)}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A service with ample time to answer."""
    monkeypatch.setattr(clock, "_SECONDS", LONG_TIMEOUT)
    monkeypatch.setattr(service_checks, "_CONNECT_SECONDS", LONG_TIMEOUT)
    service = Service()
    with http_service(service.respond) as service.url:
        yield service


def failed(results: dict[str, Result]) -> list[str]:
    return [name for name, result in results.items() if result.state is State.FAILED]


def test_a_sound_service_passes(service: Service) -> None:
    assert not failed(service.looked_at())


@pytest.mark.parametrize(
    ("path", "answer", "check", "message"),
    [
        ("/health", (503, {"broker": "not reachable"}), "health", "not reachable"),
        ("/api/patients", (500, {}), "API", "500"),
        ("/api/patients", (200, [PATIENT | {"status": "PatientStatus.OPEN"}]), "API", "PatientStatus"),
        ("/api/patients", (200, {}), "API", "openapi.yaml"),
    ],
)
def test_a_service_that_is_not_well_fails_one_check(
    service: Service, path: str, answer: Answer, check: str, message: str
) -> None:
    service.answers[path] = answer
    results = service.looked_at()
    assert failed(results) == [check]
    assert message in results[check].sentence
    assert results[check].next_command == f"curl -i '{service.url}{path}'"


def test_an_empty_patient_with_404_is_noticed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bdd.domain.test_data._UNUSED_IDS", [7])
    service.answers["/api/patients/7"] = (404, {"id": None})
    assert failed(service.looked_at()) == ["API"]


def test_a_service_without_a_health_page_passes(service: Service) -> None:
    del service.answers["/health"]
    assert not failed(service.looked_at())


@pytest.mark.parametrize(
    ("date", "message"),
    [
        (formatdate(time.time() + 3600, usegmt=True), "ahead"),
        (formatdate(time.time() - 3600, usegmt=True), "behind"),
        (None, "without a Date header"),
        ("yesterday", "without a Date header that can be parsed"),
    ],
)
def test_a_clock_that_differs_or_is_unknown_fails(service: Service, date: str | None, message: str) -> None:
    service.date = date
    results = service.looked_at()
    assert failed(results) == ["clock difference"]
    assert message in results["clock difference"].sentence


def test_nobody_listens() -> None:
    with closed_port() as port:
        results = examined(f"http://127.0.0.1:{port}")
    there = [result.state for result in results if result.state is not State.ABSENT]
    assert there == [State.FAILED, *[State.NOT_REACHED] * 3]
    assert "connection refused" in results[0].sentence
    assert results[0].next_command == "docker compose ps --all"


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(host: str, timeout: float) -> NoReturn:
        raise Unresolved("Name or service not known")

    monkeypatch.setattr(service_checks, "resolve", unknown)
    [result, *_] = examined("http://nobody.invalid:8001")
    assert "nobody.invalid does not resolve" in result.sentence


@pytest.fixture
def room_service(tmp_path: Path) -> Iterator[Service]:
    """Another sound service, of a resource that the suite has come to know."""
    rooms = Service()
    rooms.answers = {"/health": (200, {}), "/api/rooms": (200, [])}
    rooms.not_found = "Room not found"
    with rooms_known(tmp_path), http_service(rooms.respond) as rooms.url:
        yield rooms


def test_each_service_has_checks_of_its_own(service: Service, room_service: Service) -> None:
    results = {each.name: each for each in examined(service.url, room=room_service.url)}
    assert not failed(results)
    own = [name for name in results if name.startswith("room-service")]
    assert own == ["room-service", "room-service health", "room-service API", "room-service clock difference"]
    assert "GET /api/rooms -> 200" in results["room-service API"].sentence
    room_service.not_found = "Patient not found"
    results = {each.name: each for each in examined(service.url, room=room_service.url)}
    assert failed(results) == ["room-service API"]
    assert "rooms.openapi.yaml" in results["room-service API"].sentence


def test_another_service_that_is_down_is_named_with_its_own_setting(
    service: Service, room_service: Service
) -> None:
    with closed_port() as port:
        results = {each.name: each for each in examined(service.url, room=f"http://127.0.0.1:{port}")}
    assert failed(results) == ["room-service"]
    assert "the service is not running, or room_api_url is not its address" in results["room-service"].sentence
    assert results["room-service API"].state is State.NOT_REACHED
    results = {each.name: each for each in examined(service.url, room=room_service.url.replace("http:", "https:"))}
    assert f"try -D room_api_url={room_service.url}" in results["room-service health"].sentence


@pytest.mark.parametrize("known_before", [True, False])
def test_a_service_that_the_platform_has_not_is_one_line_with_the_reason(
    service: Service, room_service: Service, known_before: bool
) -> None:
    reason = {"room-service": "no container looks like it"}
    absent = dict(reason) if known_before else {}
    checks = ServiceChecks(load_settings({}), {"patient-service": service.url}, absent)
    absent |= {name: "not asked for" for name in services() if name not in {"patient-service", "room-service"}}
    made = [Check("platform", lambda: str(absent.update(reason))), *checks.checks("platform")]
    made.append(Check("start", lambda: "started", checks.listening))
    results = {each.name: each for each in examine(made)}
    assert [name for name in results if name.startswith("room-service")] == ["room-service"]
    assert results["room-service"].state is State.ABSENT
    assert results["room-service"].sentence == "the platform has none: no container looks like it"
    assert results["start"].state is State.PASSED
