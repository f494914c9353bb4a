"""What is special about the therapist service: the events of a change of status, the reason of a block,
and refusals in an object."""

from itertools import product

import pytest

from reference.shared.service import Service
from reference.therapist_service.service import THERAPIST_SERVICE
from tests.unit.reference.served import Served

STATUSES = ("aktiv", "gesperrt", "inaktiv")
BLOCKED = {("aktiv", "gesperrt"), ("inaktiv", "gesperrt")}
UNBLOCKED = {("gesperrt", "aktiv")}


@pytest.fixture
def service() -> Service:
    return THERAPIST_SERVICE


def event_of(change: tuple[str, str]) -> str:
    return "blocked" if change in BLOCKED else "unblocked" if change in UNBLOCKED else "updated"


@pytest.mark.parametrize(
    ("before", "after", "event_type"), [(*change, event_of(change)) for change in product(STATUSES, STATUSES)]
)
@pytest.mark.parametrize("others", [{}, {"nachname": "Neu", "telefon": None}])
def test_a_change_of_status_has_one_event_with_all_the_new_values(
    served: Served, before: str, after: str, event_type: str, others: dict[str, str]
) -> None:
    served.create(status=before, telefon="1", sperrgrund="Urlaub")

    changed = served.change(status=after, **others)

    _created, event = served.events()
    assert event["eventType"] == f"therapist.{event_type}"
    assert served.returned(event) | {"sperrgrund": "Urlaub"} == changed
    assert event["payload"].get("reason") == ("Urlaub" if event_type == "blocked" else None)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("changes", [{}, {"titel": "Dr."}, {"sperrgrund": "Umzug"}])
def test_a_change_without_a_status_is_an_update(served: Served, status: str, changes: dict[str, str]) -> None:
    created = served.create(status=status)

    assert served.change(**changes) == created | changes
    assert [event["eventType"] for event in served.events()] == ["therapist.created", "therapist.updated"]


def test_a_therapist_that_is_created_as_blocked_has_the_event_of_its_creation_only(served: Served) -> None:
    assert served.create(status="gesperrt", sperrgrund="Urlaub")["sperrgrund"] == "Urlaub"

    (created,) = served.events()
    assert (created["eventType"], "reason" in created["payload"]) == ("therapist.created", False)


@pytest.mark.parametrize(
    ("stored", "sent", "reason"),
    [
        (None, {}, None),
        (None, {"sperrgrund": "Urlaub"}, "Urlaub"),
        ("Umzug", {}, "Umzug"),
        ("Umzug", {"sperrgrund": "Urlaub"}, "Urlaub"),
        ("Umzug", {"sperrgrund": None}, None),
    ],
)
def test_the_reason_of_a_block_is_the_sperrgrund_that_is_stored_with_it(
    served: Served, stored: str | None, sent: dict[str, str | None], reason: str | None
) -> None:
    served.create(sperrgrund=stored)

    assert served.change(status="gesperrt", **sent)["sperrgrund"] == reason
    assert served.events()[-1]["payload"]["reason"] == reason


def test_a_deletion_has_no_event(served: Served) -> None:
    served.create()
    assert served.api.delete("/api/therapists/1").status_code == 200
    assert [event["eventType"] for event in served.events()] == ["therapist.created"]


def test_a_refusal_is_an_object_from_field_to_text(served: Served) -> None:
    response = served.api.post("/api/therapists", json={"vorname": 1, "status": "neu"})

    status = {"status": "status must be one of: aktiv, gesperrt, inaktiv"}
    names = {"nachname": "nachname is missing", "vorname": "vorname must be text"}
    assert response.json == {"message": names | status}
    assert served.api.get("/api/therapists", query_string={"status": "neu"}).json == {"message": status}
    assert served.api.post("/api/therapists", data="[").json == {"message": "the body is not JSON"}
