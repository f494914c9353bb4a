"""Which promises the scenarios of a run have looked at, and the gaps: also counted in another way from the file."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from bdd.results.coverage import Gap, Share, coverage
from bdd.results.model import Event, Exchange, Expectation, LeftOut, Promises, Run, Scenario
from tests.support.runs import a_run, a_scenario, named, written

CREATED, DELETED, BLOCKED = "patient.created", "patient.deleted", "therapist.blocked"
LIST, ONE = "GET /api/patients", "DELETE /api/patients/{id}"
PROMISES = Promises(
    events={
        CREATED: ["eventId", "payload.patient_id", "payload.patient_data.telefon", "payload.patient_data.status"],
        DELETED: ["eventId", "payload.patient_id"],
        BLOCKED: ["eventId", "payload.reason"],
        "match.created": ["eventId", "payload"],
    },
    values={CREATED: {"payload.patient_data.status": ["offen", "in Therapie", "Suche abgebrochen"]}},
    operations={
        "POST /api/patients": ["201", "400"],
        LIST: ["200", "4XX"],
        ONE: ["200", "404", "503", "default"],
        "GET /api/rooms": ["200"],
    },
    parameters={LIST: {"status": ["offen", "in Therapie"], "page": []}},
)


def asked(path: str, status: int | None = 200, *, method: str = "GET", **fields: Any) -> Exchange:
    operation = f"{method} {path.partition('?')[0]}".replace("/5", "/{id}")
    made = {"step": "When I ask", "noun": "patient", "sent": None, "body": "[]", "sent_at": 1.0, "seconds": 0.1}
    return Exchange(method=method, path=path, operation=operation, status=status, **{**made, **fields})


def got(event_type: str, payload: dict[str, Any], *, value: str | None = "", offset: int = 0) -> dict[str, Any]:
    """The parts of a scenario that has expected an event and got it."""
    whole = json.dumps({"eventId": "one", "eventType": event_type, "payload": payload}) if value == "" else value
    event = Event(
        topic="t",
        partition=0,
        offset=offset,
        key="5",
        event_type=event_type,
        value=whole,
        published=1.0,
        received=1.1,
        kind="expected",
    )
    expectation = Expectation(
        event_type=event_type,
        topic="t",
        key="5",
        payload=payload,
        step="When I do it",
        requested_at=1.0,
        event=event.place,
    )
    return {"events": [event], "expectations": [expectation]}


def run_of(*scenarios: Scenario, promises: Promises = PROMISES, **head: Any) -> Run:
    return a_run(scenarios, promises=promises, **head)


def looking(name: str = "One", **fields: Any) -> Scenario:
    return a_scenario(name, latency=None, **{"exchanges": [], **fields})


def gaps(run: Run, of: str) -> list[tuple[str, list[str], list[Any]]]:
    return [(gap.kind, [*gap.parts], [*gap.values]) for gap in coverage(run).gaps if gap.of == of]


def test_a_run_that_executed_nothing_has_looked_at_nothing() -> None:
    found = coverage(run_of())
    whole = [Gap("event", each) for each in PROMISES.events] + [
        Gap("operation", each) for each in PROMISES.operations
    ]
    assert found.gaps == whole, "what is in them is no gap of its own"
    assert found.share("fields") == Share(0, 10)
    assert found.share("codes") == Share(0, 9)
    assert found.share("parameters") == Share(0, 2)


def test_an_event_that_was_as_expected_counts_with_the_fields_that_it_had() -> None:
    with_phone = got(CREATED, {"patient_id": 5, "patient_data": {"telefon": "1", "status": "offen"}})
    run = run_of(looking(**with_phone), looking("Two", **got(BLOCKED, {"reason": None})))
    assert gaps(run, CREATED) == [
        ("field values", ["payload.patient_data.status"], ["in Therapie", "Suche abgebrochen"])
    ]
    assert gaps(run, BLOCKED) == [("empty fields", ["payload.reason"], [])]
    assert gaps(run, DELETED) == [("event", [], [])]
    assert coverage(run).share("events") == Share(2, 4)
    assert coverage(run).share("fields") == Share(4 + 1, 10, empty=1)
    again = run_of(*run.scenarios, looking("Three", **got(BLOCKED, {"reason": "Urlaub"})))
    assert gaps(again, BLOCKED) == []
    assert coverage(again).share("fields") == Share(6, 10)


@pytest.mark.parametrize(
    ("payload", "absent", "empty"),
    [
        ({"patient_id": 5, "patient_data": {"status": "offen"}}, ["payload.patient_data.telefon"], []),
        (
            {"patient_id": 5, "patient_data": {"telefon": [], "status": "offen"}},
            [],
            ["payload.patient_data.telefon"],
        ),
        ({"patient_id": 5, "patient_data": {"telefon": False, "status": "offen"}}, [], []),
        ({"patient_id": 5, "patient_data": [{"telefon": "1"}, {"status": "offen"}]}, [], []),
        (
            {"patient_id": 5, "patient_data": None},
            ["payload.patient_data.telefon", "payload.patient_data.status"],
            [],
        ),
    ],
)
def test_a_field_that_an_event_did_not_have_is_a_gap(
    payload: dict[str, Any], absent: list[str], empty: list[str]
) -> None:
    found = {
        gap.kind: gap.parts for gap in coverage(run_of(looking(**got(CREATED, payload)))).gaps if gap.of == CREATED
    }
    assert (list(found.get("fields", [])), list(found.get("empty fields", []))) == (absent, empty)


@pytest.mark.parametrize("value", [None, "no JSON… (9000 characters)", "[]"])
def test_the_payload_is_known_where_the_results_have_a_part_of_the_event_only(value: str | None) -> None:
    run = run_of(looking(**got(DELETED, {"patient_id": 5}, value=value)))
    assert gaps(run, DELETED) == [("fields", ["eventId"], [])]


def test_an_event_that_did_not_come_as_expected_is_a_gap_of_its_own_kind() -> None:
    parts = got(DELETED, {"patient_id": 5})
    parts["expectations"] = [parts["expectations"][0].model_copy(update={"event": None})]
    run = run_of(looking(status="failed", negative={"Then no event is published": None}, **parts))
    assert coverage(run).gaps[0] == Gap("event missed", DELETED), "it comes first"
    assert coverage(run).share("events").looked_at == 0
    (look,) = coverage(run).looks
    assert (look.missed, look.nothing, look.fields) == ([DELETED], [None], {})
    mended = run_of(*run.scenarios, looking("Two", **got(DELETED, {"patient_id": 5})))
    assert gaps(mended, DELETED) == []


def test_a_response_counts_with_its_status_code_as_the_contract_has_it() -> None:
    sent = [asked("/api/patients", 404), asked("/api/patients/5", 200, method="DELETE")]
    run = run_of(looking(exchanges=sent))
    assert gaps(run, LIST)[0] == ("codes", ["200"], [])
    assert gaps(run, ONE) == [("codes", ["404", "503", "default"], [])]
    assert coverage(run).share("operations") == Share(2, 4)
    assert coverage(run).share("codes") == Share(2, 9)


@pytest.mark.parametrize(
    ("exchange", "code"),
    [
        (asked("/api/patients/5", 503, method="DELETE"), None),
        (asked("/api/patients/5", 503, method="DELETE", in_outage=True), "503"),
        (asked("/api/patients/5", 418, method="DELETE"), "default"),
        (asked("/api/patients/5", None, method="DELETE"), None),
        (asked("/api/patients", 302), None),
        (asked("/api/halls", 200), None),
    ],
)
def test_a_response_that_the_contract_does_not_promise_does_not_count(exchange: Exchange, code: str | None) -> None:
    (look,) = coverage(run_of(looking(exchanges=[exchange]))).looks
    assert look.codes == ({exchange.operation: {code}} if code else {})


@pytest.mark.parametrize(
    ("queries", "found"),
    [
        (["", "sort=up"], [("parameter", ["status"], []), ("parameter", ["page"], [])]),
        (["status=offen"], [("parameter", ["page"], []), ("unknown value", ["status"], [])]),
        ([f"status={quote('in Therapie')}&page=1", "status=offen", "status="], []),
        (["page=1&status=x"], [("parameter values", ["status"], ["offen", "in Therapie"])]),
    ],
)
def test_a_query_parameter_counts_with_known_and_unknown_values(queries: list[str], found: list[Any]) -> None:
    sent = [asked(f"/api/patients?{query}".removesuffix("?"), status) for query in queries for status in (200, 400)]
    run = run_of(looking(exchanges=sent))
    missing_known = [("parameter values", ["status"], ["in Therapie"])] if queries == ["status=offen"] else []
    assert gaps(run, LIST) == found + missing_known


def test_a_removed_scenario_makes_a_gap_appear() -> None:
    list_by_status = looking(
        "A list", exchanges=[asked("/api/patients?status=offen"), asked("/api/patients?status=x", 400)]
    )
    deletion = a_scenario()
    whole = run_of(list_by_status, deletion)
    assert not {LIST, DELETED, ONE} & {gap.of for gap in coverage(whole).gaps if gap.kind in ("event", "operation")}
    without = coverage(run_of(list_by_status))
    assert {Gap("event", DELETED), Gap("event", CREATED), Gap("operation", ONE)} <= set(without.gaps)
    assert Gap("operation", LIST) in coverage(run_of(deletion)).gaps
    assert without.share("events").looked_at < coverage(whole).share("events").looked_at


def test_each_capability_has_its_scenarios_and_what_they_look_at() -> None:
    other = looking("Reading", feature="features/patient_read.feature", exchanges=[asked("/api/patients")])
    found = coverage(run_of(a_scenario(), a_scenario("Another", "failed"), other))
    assert [(feature.file, [look.scenario.name for look in looks]) for feature, looks in found.capabilities] == [
        ("features/patient_deleted.feature", ["A deletion is published", "Another"]),
        ("features/patient_read.feature", ["Reading"]),
    ]
    assert [look.scenario.name for look in found.looking_at(DELETED)] == ["A deletion is published"]
    assert [look.scenario.name for look in found.looking_at(CREATED, "payload.patient_data.telefon")] == [
        "A deletion is published",
        "Another",
    ]
    assert [look.scenario.name for look in found.looking_at(LIST, "200")] == ["Reading"]
    assert found.looking_at(LIST, "4XX") == found.looking_at(LIST, "status") == []


def test_a_scenario_that_was_not_executed_to_its_end_is_incomplete() -> None:
    passed, failed = a_scenario(), a_scenario("Failed", "failed")
    waiting, out = a_scenario("Waiting"), a_scenario("Without a service")
    run = run_of(
        passed,
        failed,
        selected=[named(each) for each in (passed, failed, waiting, out)],
        left_out=[LeftOut(reason="there is no therapist-service", scenarios=[named(out)])],
    )
    assert [each.name for each in coverage(run).incomplete] == ["Failed", "Waiting", "Without a service"]


def test_a_feature_that_the_file_does_not_describe_has_its_file_as_its_name() -> None:
    ((feature, looks),) = coverage(run_of(a_scenario(), features=[])).capabilities
    assert (feature.name, len(looks)) == ("features/patient_deleted.feature", 1)


def test_another_count_from_the_file_comes_to_the_same(tmp_path: Path) -> None:
    run = run_of(
        a_scenario(),
        a_scenario("Another", "failed"),
        looking("A block", **got(BLOCKED, {"reason": None})),
        looking("A list", exchanges=[asked("/api/patients?status=offen"), asked("/api/patients?status=x", 400)]),
        looking("An outage", exchanges=[asked("/api/patients/5", 503, method="DELETE", in_outage=True)]),
    )
    raw = json.loads(written(tmp_path, run).read_text(encoding="utf-8"))
    promises = raw["run"]["promises"]
    scenarios = raw["scenarios"]
    filled, there = set(), set()
    for scenario in scenarios:
        fulfilled = {each["event"] for each in scenario["expectations"]}
        for event in scenario["events"]:
            if f"{event['topic']}/{event['partition']}@{event['offset']}" in fulfilled:
                for path, value in flat(json.loads(event["value"])):
                    there.add((event["event_type"], path))
                    if value is not None:
                        filled.add((event["event_type"], path))
    promised = {(event_type, name) for event_type, names in promises["events"].items() for name in names}
    found = coverage(Run.model_validate(raw))
    share = found.share("fields")
    assert (share.looked_at, share.of) == (len(promised & filled), len(promised))
    assert share.empty == len(promised & there - filled) == 1
    assert found.share("events").looked_at == len({event_type for event_type, _ in there})
    exchanges = [
        (each["operation"], str(each["status"])) for scenario in scenarios for each in scenario["exchanges"]
    ]
    codes = {(of, code.replace("400", "4XX") if of == LIST else code) for of, code in exchanges}
    assert found.share("codes").looked_at == len(codes) == 5
    assert {gap.of for gap in found.gaps if gap.kind == "operation"} == promises["operations"].keys() - {
        of for of, _ in codes
    }


def flat(value: Any, path: str = "") -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        return [(path, value)]
    return [pair for name, each in value.items() for pair in flat(each, f"{path}.{name}".removeprefix("."))]
