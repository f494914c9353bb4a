"""Synthetic scenarios of runs' results: a patient that is created and deleted, as the suite writes them."""

import json
from collections.abc import Sequence
from typing import Any

from bdd.results.model import (
    Difference,
    Event,
    Exchange,
    Expectation,
    Failure,
    Fence,
    Finding,
    Scenario,
    ScenarioName,
    Status,
    Step,
)

BEGAN = 1_780_000_000.0
"""When the first run began, in seconds since 1970 UTC."""
FEATURE = "features/patient_deleted.feature"
TITLE = "patient.deleted with the key “patient-5”"
ADVICE = "let the service send its patient.deleted event with the patient's id as key"
SENTENCES = (
    "Given a patient",
    "When I delete the patient",
    "Then the service responds with 200 “Patient deleted successfully”",
    "And a patient.deleted event is published",
)
_PATIENT = {"vorname": "Erika", "nachname": "Muster", "telefon": "+49 30 5550100", "status": "offen"}


def a_scenario(
    name: str = "A deletion is published",
    status: Status = "passed",
    *,
    feature: str = FEATURE,
    line: int = 7,
    began: float = BEGAN + 2,
    seconds: float = 0.25,
    latency: float | None = 0.02,
    title: str = TITLE,
    sentences: Sequence[str] = SENTENCES,
    nachname: str | None = None,
    **fields: Any,
) -> Scenario:
    """Return a scenario that creates a patient and deletes it; if it failed, in its last step, by the event's key.

    Args:
        name: its name.
        status: how it ended.
        feature: its file.
        line: its line.
        began: when.
        seconds: how long it took.
        latency: how long after the response its events were received, in seconds; None: it expects none.
        title: the title of its cause, if it failed.
        sentences: its steps.
        nachname: that of the patient, in the table of the first step. By default it is the scenario's name, so that
            two scenarios have different steps, and the one is not taken for the other under a new name.
        fields: others of the model.
    """
    failed = status in {"failed", "error"}
    exchanges = (
        _exchange(sentences[0], "POST", 201, json.dumps({"id": 5, **_PATIENT}), began + 0.01),
        _exchange(sentences[1], "DELETE", 200, '{"message": "Patient deleted successfully"}', began + 0.08),
    )
    steps = [_step(each, "passed", began + at / 20) for at, each in enumerate(sentences)]
    table = f"| field    | value |\n| nachname | {name if nachname is None else nachname} |"
    made: dict[str, Any] = {
        "tags": ("deleted",),
        "steps": [steps[0].model_copy(update={"text": table}), *steps[1:]],
        "exchanges": exchanges,
        "fences": (Fence(step=sentences[-1], requested_at=began + 0.13, seconds=0.004),),
    }
    if latency is not None:
        kinds = ("patient.created", "patient.deleted")
        events = [_event(kind, e.sent_at + e.seconds + latency) for kind, e in zip(kinds, exchanges, strict=True)]
        asked = [_expectation(event, e, latency) for event, e in zip(events, exchanges, strict=True)]
        made |= {"events": events, "expectations": asked}
        if failed:
            wrong = events[1].model_copy(update={"key": "patient-5", "kind": "unexpected"})
            made |= {"events": [events[0], wrong], "expectations": [asked[0], _missed(asked[1])]}
    if failed:
        made["steps"][-1] = _step(sentences[-1], status, began + 0.15)
        made["failure"] = a_failure(title, step=sentences[-1])
    return Scenario(
        feature=feature, name=name, line=line, status=status, began=began, seconds=seconds, **made | fields
    )


def a_failure(title: str = TITLE, **fields: Any) -> Failure:
    """Return why a scenario failed: by default the only cause of its run."""
    message = f'Expected: one patient.deleted event on patient-events with key "5"\n     but: {title}'
    made = {"step": SENTENCES[-1], "message": message, "cause": 1, "title": title, "advice": ADVICE}
    return Failure(**made | fields)


def a_finding(title: str = "patient.deleted comes twice", *, scenario: ScenarioName | None = None) -> Finding:
    """Return what the audit found, about a scenario that passed."""
    about = scenario or ScenarioName(feature=FEATURE, name="A deletion is published", line=7)
    message = f"{title}: “When I delete the patient” promised one, at patient-events/2@1"
    return Finding(scenario=about, message=message, advice="let the service publish it once", title=title)


def moved(scenario: Scenario, began: float) -> Scenario:
    """Return a scenario that began at another time, with all that happened in it."""
    by = began - scenario.began

    def later(several: Sequence[Any], *fields: str) -> list[Any]:
        return [each.model_copy(update={name: getattr(each, name) + by for name in fields}) for each in several]

    return scenario.model_copy(
        update={
            "began": began,
            "steps": later(scenario.steps, "began"),
            "exchanges": later(scenario.exchanges, "sent_at"),
            "events": later(scenario.events, "published", "received"),
            "expectations": later(scenario.expectations, "requested_at"),
            "fences": later(scenario.fences, "requested_at"),
        }
    )


def _step(sentence: str, status: Status, began: float) -> Step:
    return Step(sentence=sentence, status=status, began=began, seconds=0.04)


def _exchange(step: str, method: str, status: int, body: str, sent_at: float) -> Exchange:
    path, operation = "/api/patients", f"{method} /api/patients"
    if method != "POST":
        path, operation = f"{path}/5", f"{operation}/{{id}}"
    return Exchange(
        step=step,
        noun="patient",
        method=method,
        path=path,
        operation=operation,
        sent=json.dumps(_PATIENT) if method == "POST" else None,
        status=status,
        body=body,
        sent_at=sent_at,
        seconds=0.024,
    )


def _event(event_type: str, received: float) -> Event:
    offset = 0 if event_type == "patient.created" else 1
    payload: dict[str, Any] = {"patient_id": 5} | ({"patient_data": _PATIENT} if offset == 0 else {})
    value = {"eventId": f"0000000{offset}-aaaa-4bbb-8ccc-dddddddddddd", "eventType": event_type, "payload": payload}
    return Event(
        topic="patient-events",
        partition=2,
        offset=offset,
        key="5",
        event_type=event_type,
        value=json.dumps(value),
        published=received - 0.004,
        received=received,
        kind="expected",
    )


def _expectation(event: Event, exchange: Exchange, latency: float) -> Expectation:
    payload = json.loads(event.value or "{}")["payload"]
    return Expectation(
        event_type=event.event_type,
        topic=event.topic,
        key="5",
        payload=payload,
        step=exchange.step,
        requested_at=exchange.sent_at,
        event=event.place,
        seconds=latency,
    )


def _missed(expectation: Expectation) -> Expectation:
    differs = Difference(sentence='its key is "patient-5", expected "5"', field="key")
    missing = {"event": None, "seconds": None, "deadline": 5.0, "closest": expectation.event}
    return expectation.model_copy(update={**missing, "differences": [differs]})
