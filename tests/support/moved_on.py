"""A patient's API and events of a platform that has moved on: what differs from the project's contracts.

The service `tests.support.moved_on_service` keeps these patients.
"""

from pathlib import Path
from typing import Any

from bdd.system.paths import ASYNCAPI
from tests.support.api_contracts import Change, changed

REQUIRED, MADE = "geburtsdatum", "versichertennummer"
"""A field that is required at creation, and one that the service makes."""
SERVICE, PAGED = "tests.support.moved_on_service", "paged"
"""The module of the service, and its argument that makes it list patients in pages."""

STATUSES = ("neu", "in Behandlung", "beendet")


def required_field(document: Any) -> None:
    """Let a patient have one more field, which a creation requires."""
    _properties(document, REQUIRED, {"type": "string", "format": "date"})
    if "NewPatient" in (schemas := document["components"]["schemas"]):
        schemas["NewPatient"]["allOf"][1]["required"].append(REQUIRED)


def read_only_field(document: Any) -> None:
    """Let a patient have one more field, which the service makes."""
    _properties(document, MADE, {"type": "string", "pattern": "^[A-Z][0-9]{9}$", "readOnly": True})


def statuses(document: Any) -> None:
    """Let a patient have other statuses."""
    schemas = document["components"]["schemas"]
    schemas["PatientStatus"]["enum"] = [*STATUSES]
    if "NewPatient" in schemas:
        schemas["NewPatient"]["allOf"][1]["properties"]["status"]["default"] = STATUSES[0]


def page(document: Any) -> None:
    """Let the API answer a page object in place of a list; events do not change."""
    if "paths" not in document:
        return
    content = document["paths"]["/api/patients"]["get"]["responses"]["200"]["content"]["application/json"]
    fields = {"items": content["schema"], "total": {"type": "integer", "minimum": 0}}
    content["schema"] = {
        "type": "object",
        "required": [*fields],
        "additionalProperties": False,
        "properties": fields,
    }


def contracts(folder: Path, *changes: Change) -> list[str]:
    """Write the two contracts of a platform with these changes; return the settings that name them."""

    def change(document: Any) -> None:
        for each in changes:
            each(document)

    files = {"openapi": changed(folder, change), "contract": changed(folder, change, ASYNCAPI)}
    return [f"-D{setting}={file}" for setting, file in files.items()]


def _properties(document: Any, name: str, schema: dict[str, Any]) -> None:
    """Add a field to what the API answers and takes, or to what the events have; there it must be."""
    schemas = document["components"]["schemas"]
    for holder in {"Patient", "PatientData", "PatientChanges"} & schemas.keys():
        schemas[holder]["properties"][name] = schema
        if "required" in schemas[holder]:
            schemas[holder]["required"].append(name)
