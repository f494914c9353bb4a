"""What is special about the patient service: the event of a deletion, and refusals in a text."""

import pytest

from reference.patient_service.service import PATIENT_SERVICE
from reference.shared.service import Service
from tests.unit.reference.served import Served


@pytest.fixture
def service() -> Service:
    return PATIENT_SERVICE


def test_the_event_of_a_deletion_has_no_data(served: Served) -> None:
    served.create()
    served.api.delete("/api/patients/1")

    deleted = served.events()[-1]
    assert (deleted["eventType"], deleted["payload"]) == ("patient.deleted", {"patient_id": 1})


def test_a_refusal_is_one_text(served: Served) -> None:
    response = served.api.post("/api/patients", json={"vorname": 1, "status": "neu"})

    status = "status must be one of: offen, auf der Suche, in Therapie, Therapie abgeschlossen"
    assert response.json
    assert response.json["message"].startswith(f"nachname is missing; vorname must be text; {status}")
    unknown = served.api.get("/api/patients", query_string={"status": "neu"}).json
    assert unknown
    assert unknown["message"].startswith(status)
