"""What is special about the patient service: its refusal of other fields, and the event of a deletion."""

import json

import pytest

from reference.patient_service.service import PATIENT_SERVICE
from reference.shared.service import Service
from tests.unit.reference.served import NAMES, Served


@pytest.fixture
def service() -> Service:
    return PATIENT_SERVICE


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(("name", "shown"), [("name", "name"), ("id", "id"), ("\ud800", "\\ud800")])
def test_a_field_that_a_patient_does_not_have_is_refused(
    served: Served, method: str, name: str, shown: str
) -> None:
    created = served.create()
    path = served.path if method == "POST" else f"{served.path}/1"

    response = served.api.open(path, method=method, data=json.dumps({**NAMES, name: "x"}))

    assert response.status_code == 400
    assert response.json == {"message": f"{shown} is not a field of a patient"}
    assert served.all() == [created]
    assert len(served.events()) == 1


def test_the_event_of_a_deletion_has_no_data(served: Served) -> None:
    served.create()
    served.api.delete("/api/patients/1")

    deleted = served.events()[-1]
    assert (deleted["eventType"], deleted["payload"]) == ("patient.deleted", {"patient_id": 1})
