"""The HTTP API of each reference service. The client of the tests holds every response to the contract."""

import json
import logging
import sqlite3
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import event, inspect, text

from bdd.contracts.asyncapi import read_contract, read_document
from bdd.system.paths import ASYNCAPI
from reference.patient_service.service import PATIENT_SERVICE
from reference.shared import database as database_module
from reference.shared.app import create_app
from reference.shared.database import Database, open_database
from reference.shared.models import OutboxEntry
from reference.shared.relay import OutboxRelay
from reference.shared.serving import THREADS
from reference.shared.validation import Rules
from reference.therapist_service.service import THERAPIST_SERVICE
from tests.support.builders import LONG_TIMEOUT
from tests.unit.reference.fakes import FakeBroker
from tests.unit.reference.served import API_CONTRACTS, NAMES, Served

SERVICES = [PATIENT_SERVICE, THERAPIST_SERVICE]


def fields_in_order(served: Served) -> list[str]:
    """Return the fields of the contract's API."""
    document = read_document(API_CONTRACTS[served.noun], "openapi")
    return list(document["components"]["schemas"][served.noun.capitalize()]["properties"])


def published(resource: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a resource that its events contain, too."""
    return {name: value for name, value in resource.items() if name != "sperrgrund"}


def test_the_service_has_the_contracts_names(served: Served) -> None:
    document, noun = read_document(API_CONTRACTS[served.noun], "openapi"), served.noun.capitalize()
    statuses = document["components"]["schemas"][f"{noun}Status"]["enum"]

    assert read_contract(ASYNCAPI).topic_of[f"{served.noun}.created"] == served.service.topic
    assert list(served.service.rules.statuses) == statuses
    assert {name for name in fields_in_order(served) if name != "id"} == served.full.keys()


def test_a_service_has_its_own_table_and_an_outbox_only(served: Served) -> None:
    with served.database.reading() as session:
        tables = inspect(session.connection()).get_table_names()
    assert sorted(tables) == ["outbox", served.service.table.__tablename__]


@pytest.mark.parametrize("names", [{}, {"vorname": "ü" * 255, "nachname": "x" * 255}])
def test_what_is_created_is_returned_and_published_with_all_fields_in_order(
    served: Served, names: dict[str, str]
) -> None:
    data, before = served.full | names, datetime.now(UTC)
    response = served.api.post(served.path, json=data)

    assert (response.status_code, response.json) == (201, {"id": 1, **data})
    assert list(json.loads(response.data)) == fields_in_order(served)
    assert data["nachname"] in response.text
    (created,) = served.events()
    assert list(created) == ["eventId", "eventType", "version", "timestamp", "producer", "payload"]
    assert created["eventType"] == f"{served.noun}.created"
    assert before <= datetime.fromisoformat(created["timestamp"]) <= datetime.now(UTC)
    assert created["payload"] == {f"{served.noun}_id": 1, f"{served.noun}_data": published(data)}
    schemas = read_contract(ASYNCAPI).document["components"]["schemas"]
    in_order = schemas[f"{served.noun.capitalize()}Data"]["properties"]
    assert list(created["payload"][f"{served.noun}_data"]) == list(in_order)


def test_what_is_left_out_at_creation_is_null_and_the_status_is_the_first(served: Served) -> None:
    nothing = dict.fromkeys(served.service.rules.optional)
    assert served.create() == {"id": 1, **NAMES, **nothing, "status": next(iter(served.service.rules.statuses))}


@pytest.mark.parametrize("fields", [("email", "status"), ()])
def test_an_update_changes_the_given_fields_only_and_has_an_event(served: Served, fields: tuple[str, ...]) -> None:
    changes = {name: value for name, value in {**served.full, "email": None}.items() if name in fields}
    expected = served.create(email="alt@example.org", telefon="1") | changes

    assert served.change(**changes) == expected
    assert served.api.get(f"{served.path}/1").json == expected
    _, updated = served.events()
    assert updated["eventType"] == f"{served.noun}.updated"
    assert served.returned(updated) == published(expected)


def test_what_is_deleted_is_not_found_and_its_id_not_reused(served: Served) -> None:
    served.create()

    response = served.api.delete(f"{served.path}/1")

    assert response.status_code == 200
    assert response.json == {"message": f"{served.noun.capitalize()} deleted successfully"}
    assert served.api.get(f"{served.path}/1").status_code == 404
    assert served.create()["id"] == 2


def test_each_status_can_be_listed_and_reading_has_no_event(served: Served) -> None:
    statuses = list(served.service.rules.statuses)
    assert served.api.get(served.path, query_string={"status": statuses[0]}).json == []
    created = [served.create(status=status) for status in statuses]

    assert [each["status"] for each in created] == statuses
    assert served.all() == created
    for each in created:
        assert served.api.get(served.path, query_string={"status": each["status"]}).json == [each]
        assert served.api.get(f"{served.path}/{each['id']}").json == each
    assert [each["eventType"] for each in served.events()] == [f"{served.noun}.created"] * len(created)


@pytest.mark.parametrize("unknown", ["2", "0", "-1", "abc", "²", "2147483648", "9" * 20, "9" * 5000])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_id_is_not_found(served: Served, method: str, unknown: str) -> None:
    served.create()
    assert served.api.open(f"{served.path}/{unknown}", method=method, json=NAMES).status_code == 404
    assert len(served.events()) == 1


def field(name: str, value: object, problem: str) -> tuple[bytes, str]:
    """Return a body with a wrong field, and the message about it."""
    return json.dumps({**NAMES, name: value}).encode(), f"{name} {problem}"


def refused(rules: Rules) -> list[tuple[bytes, str]]:
    """Return bodies that these rules refuse, each with its message."""
    names = (*rules.required, *rules.optional, "status")
    not_json = [b"", b"vorname=Test", b'{"vorname": "Test"', b"\xff\xfe\xfd", b"[" * 100_000, b"9" * 5000]
    no_object = f"the body must be a JSON object with the {rules.noun}'s fields"
    return [
        *[field(name, wrong, "must be text") for name in names for wrong in (True, 1, 1.5, ["x"], {"x": "y"})],
        *[field(name, None, "must be text") for name in ("vorname", "nachname", "status")],
        *[field(name, blank, "must not be blank") for name in NAMES for blank in ("", " \t\n")],
        *[field(name, "x" * 256, "must not be longer than 255") for name in names],
        field("vorname", "Te\0st", "holds a character that cannot be stored"),
        field("email", "\ud800@example.org", "holds a character that cannot be stored"),
        field("status", "OFFEN", f"must be one of: {', '.join(rules.statuses)}"),
        field("status", "", "must be one of"),
        *[(body, "the body is not JSON") for body in not_json],
        *[(body, no_object) for body in (b"null", b"[]", b'"Test"')],
    ]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("service", "body", "message"), [(service, *each) for service in SERVICES for each in refused(service.rules)]
)
def test_a_wrong_body_is_refused_with_what_is_wrong_and_changes_nothing(
    served: Served, method: str, body: bytes, message: str
) -> None:
    created = served.create()
    response = served.api.open(served.path if method == "POST" else f"{served.path}/1", method=method, data=body)
    assert response.status_code == 400
    assert message in response.text
    assert served.all() == [created]
    assert len(served.events()) == 1


def test_a_creation_needs_the_names_and_everything_that_is_wrong_is_named_at_once(served: Served) -> None:
    for sent, *wrong in (
        ({"vorname": "Test"}, "nachname is missing"),
        (
            {"nachname": 1, "status": "neu"},
            "vorname is missing",
            "nachname must be text",
            "status must be one of: ",
        ),
    ):
        response = served.api.post(served.path, json=sent)
        assert response.status_code == 400
        assert [each for each in wrong if each not in response.text] == []
    assert served.events() == []


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_other_fields_are_ignored(served: Served, method: str) -> None:
    created = served.create()
    path = served.path if method == "POST" else f"{served.path}/1"

    response = served.api.open(path, method=method, data=json.dumps({**NAMES, "id": 7, "name": ["x"], "\ud800": 1}))

    assert response.json == created | {"id": 2 if method == "POST" else 1}
    assert served.returned(served.events()[-1])["id"] == (response.json or {})["id"]


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        *[("GET", f"{{path}}?status={value}", 400, "status must be one of") for value in ("neu", "", "OFFEN")],
        *[("GET", path, 404, "not found") for path in ("/", "{path}/", "{doubled}")],
        ("PATCH", "{path}/1", 405, "not allowed"),
        ("DELETE", "{path}", 405, "not allowed"),
    ],
)
def test_an_unknown_status_route_or_method_is_refused(
    served: Served, method: str, path: str, status: int, message: str
) -> None:
    doubled = served.path.replace("/api/", "/api//")
    response = served.api.open(path.format(path=served.path, doubled=doubled), method=method)
    assert response.status_code == status
    assert message in response.text
    assert ("Allow" in response.headers) == (status == 405)


@contextmanager
def events_cannot_be_stored(message: str) -> Iterator[None]:
    def fail(*_arguments: object) -> None:
        raise RuntimeError(message)

    event.listen(OutboxEntry, "before_insert", fail)
    try:
        yield
    finally:
        event.remove(OutboxEntry, "before_insert", fail)


@pytest.mark.parametrize(
    ("service", "method"),
    [(service, method) for service in SERVICES for method in ("POST", "PUT")] + [(PATIENT_SERVICE, "DELETE")],
)
def test_no_change_is_stored_when_its_event_cannot_be_stored(served: Served, method: str) -> None:
    created = served.create()
    with events_cannot_be_stored("Probe"):
        path = served.path if method == "POST" else f"{served.path}/1"
        response = served.api.open(path, method=method, json=served.full)

    assert (response.status_code, response.json) == (500, {"message": "Internal server error"})
    assert served.all() == [created]
    assert len(served.events()) == 1


def test_changes_at_the_same_time_have_their_events_in_the_order_of_the_changes(
    served: Served, relay: OutboxRelay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLite serves whoever waits in no order: on a busy machine the service's 5 s may not be enough.
    options = {"isolation_level": None, "timeout": LONG_TIMEOUT}
    monkeypatch.setattr(database_module, "_connect_args", lambda _url: options)
    served.create()
    fields = ["vorname", "nachname", "anrede", "email", "telefon"]

    def change(field: str) -> list[int]:
        # A connection of its own, as another process has it.
        another = open_database(f"sqlite:///{tmp_path / 'service.db'}", served.service.table)
        client = create_app(served.service, another, relay).test_client()
        responses = [client.put(f"{served.path}/1", json={field: f"{field} {number}"}) for number in range(10)]
        another.close()
        return [response.status_code for response in responses]

    with ThreadPoolExecutor(len(fields)) as threads:
        assert list(threads.map(change, fields)) == [[200] * 10] * len(fields)

    states = [served.returned(each) for each in served.events()]
    changed = [[name for name in fields if one[name] != next_[name]] for one, next_ in pairwise(states)]
    assert sorted(changed) == sorted([field] for field in fields for _ in range(10))
    assert states[-1] == published(served.api.get(f"{served.path}/1").json or {})


def test_the_log_names_events_and_no_data(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        served.create(**served.full)
        served.change(email="neu@example.org")
        served.api.post(served.path, json={"vorname": "vorname Müster", "nachname": 1})
        served.api.get("/api/Müster")
        with events_cannot_be_stored("Müster"):
            served.api.post(served.path, json=served.full)
        served.api.delete(f"{served.path}/1")

    assert f"{served.noun}.created {served.noun}_id=1 event_id=" in caplog.text
    assert f"POST {served.path} answered 400" in caplog.text
    assert f"POST {served.path} failed with RuntimeError" in caplog.text
    without_event = f"DELETE {served.noun}_id=1 has no event" in caplog.text
    assert without_event == (served.events()[-1]["eventType"] != f"{served.noun}.deleted")
    assert not [word for word in ("Müster", "example.org") if word in caplog.text]


def test_a_request_is_answered_when_the_database_does_not_work(served: Served) -> None:
    with served.database.writing() as session:
        session.execute(text(f"DROP TABLE {served.service.table.__tablename__}"))
        session.commit()

    response = served.api.post(served.path, json=NAMES)

    assert (response.status_code, response.json) == (503, {"message": "The database does not answer"})


@pytest.mark.parametrize(("is_away", "status", "state"), [(False, 200, "reachable"), (True, 503, "not reachable")])
def test_health_names_the_state_of_the_database_and_the_broker(
    served: Served, broker: FakeBroker, is_away: bool, status: int, state: str
) -> None:
    broker.is_away = is_away
    response = served.api.get("/health")
    assert (response.status_code, response.json) == (status, {"database": "reachable", "broker": state})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_changed_while_the_database_is_locked(served: Served, method: str) -> None:
    created = served.create()
    path = served.path if method == "POST" else f"{served.path}/1"
    others = THREADS + 1

    def respond() -> tuple[int, object]:
        response = served.api.open(path, method=method, json={**NAMES, "vorname": "Neu"})
        return response.status_code, response.json

    with locked(served.database), ThreadPoolExecutor(others) as threads:
        responses = [each.result() for each in [threads.submit(respond) for _ in range(others)]]
        assert served.all() == [created], "it can be read"

    assert responses == [(503, {"message": "The database does not answer"})] * others
    assert served.all() == [created]
    assert len(served.events()) == 1
    assert served.change(vorname="Neu")["vorname"] == "Neu"


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Keep another program's lock on the database."""
    with database.reading() as session:
        file = next(iter(session.execute(text("PRAGMA database_list")))).file
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
