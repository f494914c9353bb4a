"""The contracts of the APIs as the one source: what is sent, answered and listed, and which document says so."""

import json
from pathlib import Path
from typing import Any

import pytest

from bdd.api.exchange import Exchange
from bdd.contracts import openapi
from bdd.contracts.asyncapi import InvalidContract
from bdd.contracts.openapi import NO_SUCH_REQUEST, Api, Apis, api_for
from bdd.system.paths import OPENAPI
from tests.support.api_contracts import Change, changed, in_use

PATIENTS, ONE = "/api/patients", "/api/patients/{id}"
THERAPISTS = OPENAPI.with_name("therapists.openapi.yaml")
NAMES = ["anrede", "vorname", "nachname", "email", "telefon", "status"]


def schemas(document: Any) -> Any:
    return document["components"]["schemas"]


def got(path: str, status: int, body: object, method: str = "GET") -> Exchange:
    return Exchange(method, path, None, 0, 0.004, status, json.dumps(body))


def test_the_fields_of_a_request_are_found_through_references_and_all_of() -> None:
    sent = Api(OPENAPI).sent("POST", PATIENTS)
    assert list(sent) == NAMES
    assert [name for name, field in sent.items() if field.required] == ["vorname", "nachname"]
    assert [name for name, field in sent.items() if field.nullable] == ["anrede", "email", "telefon"]
    assert [(name, field.default) for name, field in sent.items() if field.has_default] == [("status", "offen")]
    assert sent["status"].enum[:2] == ("offen", "auf der Suche")
    assert (sent["email"].format, sent["email"].examples) == ("email", ("erika@example.org",))
    assert [name for name, field in sent.items() if field.is_free_text] == [
        "anrede",
        "vorname",
        "nachname",
        "telefon",
    ]


def test_a_change_requires_nothing_and_what_is_not_in_the_contract_has_no_fields() -> None:
    api = Api(OPENAPI)
    assert not any(field.required for field in api.sent("PUT", ONE).values())
    assert list(api.sent("PUT", "/api/patients/{patient_id}")) == NAMES
    assert api.sent("PATCH", ONE) == api.sent("POST", "/api/rooms") == api.answered("/api/rooms") == {}


def test_what_the_service_makes_is_answered_and_not_sent(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        for name in ("Patient", "PatientChanges"):
            schemas(document)[name]["properties"]["erstellt"] = {"$ref": "#/components/schemas/Made"}
            schemas(document)[name]["properties"]["kennwort"] = {"type": "string", "writeOnly": True}
        schemas(document)["Made"] = {"type": "string", "format": "date-time", "readOnly": True}

    api = Api(changed(tmp_path, change))
    assert list(api.sent("POST", PATIENTS)) == [*NAMES, "kennwort"]
    assert list(api.answered(PATIENTS)) == [*NAMES, "erstellt"]
    assert api.answered(PATIENTS)["erstellt"].read_only
    assert list(Api(OPENAPI).answered(PATIENTS)) == NAMES


@pytest.mark.parametrize(
    ("version", "schema"),
    [
        ("3.0.3", {"type": "string", "nullable": True}),
        ("3.0.3", {"allOf": [{"type": "string"}], "nullable": True}),
        ("3.1.0", {"type": ["string", "null"]}),
        ("3.1.0", {"anyOf": [{"type": "null"}, {"type": "string"}]}),
        ("3.1.0", {"oneOf": [{"$ref": "#/components/schemas/Text"}, {"type": "null"}]}),
    ],
)
def test_each_way_to_write_null_is_understood(version: str, schema: dict[str, Any], tmp_path: Path) -> None:
    def change(document: Any) -> None:
        document["openapi"] = version
        schemas(document)["Text"] = {"type": "string"}
        for name in ("Patient", "PatientChanges"):
            schemas(document)[name]["properties"]["anrede"] = schema

    api = Api(changed(tmp_path, change))
    field = api.sent("POST", PATIENTS)["anrede"]
    assert (field.type, field.nullable, field.accepts("Frau"), field.accepts(1)) == ("string", True, True, False)
    patient = {"id": 5, "vorname": "a", "nachname": "b", "email": None, "telefon": None, "status": "offen"}
    if version == "3.0.3":
        patient |= {"email": "x", "telefon": "x"}
    assert api.violations(got("/api/patients/5", 200, patient | {"anrede": None})) == []
    assert api.violations(got("/api/patients/5", 200, patient | {"anrede": 1})) != []


@pytest.mark.parametrize(
    ("version", "schema"),
    [
        ("3.0.3", {"type": "string", "enum": ["a", "b", None], "nullable": True}),
        ("3.0.3", {"allOf": [{"$ref": "#/components/schemas/Choice"}], "nullable": True}),
        ("3.1.0", {"enum": ["a", "b", None]}),
        ("3.1.0", {"oneOf": [{"$ref": "#/components/schemas/Choice"}, {"type": "null"}], "default": None}),
        ("3.1.0", {"anyOf": [{"enum": [None]}, {"$ref": "#/components/schemas/Choice"}]}),
        ("3.1.0", {"oneOf": [{"const": None}, {"$ref": "#/components/schemas/Choice"}]}),
    ],
)
def test_an_enum_may_have_null(version: str, schema: dict[str, Any], tmp_path: Path) -> None:
    def change(document: Any) -> None:
        document["openapi"] = version
        schemas(document)["Choice"] = {"type": "string", "enum": ["a", "b"]}
        schemas(document)["PatientChanges"]["properties"]["anrede"] = schema

    field = Api(changed(tmp_path, change)).sent("PUT", ONE)["anrede"]
    assert (field.type, field.enum, field.nullable, field.default) == ("string", ("a", "b"), True, None)
    assert not field.accepts("c")


def test_a_list_has_the_query_parameters_of_its_path_and_of_its_request(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        document["components"]["parameters"] = {"Page": {"name": "page", "in": "query"}}
        document["paths"][PATIENTS]["parameters"] = [
            {"$ref": "#/components/parameters/Page"},
            {"name": "X-Request", "in": "header"},
        ]

    assert Api(OPENAPI).filters(PATIENTS) == ["status"]
    assert Api(changed(tmp_path, change)).filters(PATIENTS) == ["page", "status"]
    assert Api(OPENAPI).filters("/api/rooms") == []


def test_the_id_in_the_path_may_have_any_name(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        item = document["paths"].pop(ONE)
        item["parameters"][0]["name"] = "patient_id"
        document["paths"]["/api/patients/{patient_id}"] = item

    api = Api(changed(tmp_path, change))
    api.check(PATIENTS)
    assert list(api.answered(PATIENTS)) == NAMES
    assert api.message("GET", ONE, 404) == "Patient not found"
    assert api.violations(got("/api/patients/5", 404, {"message": "Patient not found"})) == []


def page(document: Any, *lists: str) -> None:
    content = document["paths"][PATIENTS]["get"]["responses"]["200"]["content"]["application/json"]
    content["schema"] = {
        "type": "object",
        "properties": {"total": {"type": "integer"}, **dict.fromkeys(lists, content["schema"])},
    }


def test_the_things_in_a_list_are_found_in_a_page_too(tmp_path: Path) -> None:
    plain, paged = Api(OPENAPI), Api(changed(tmp_path, lambda document: page(document, "patients")))
    things = [{"id": 1}]
    assert plain.listed(PATIENTS, things) == paged.listed(PATIENTS, {"total": 1, "patients": things}) == things
    not_lists: list[object] = [{"patients": things}, None, "text"]
    not_pages: list[object] = [things, None, {}, {"patients": {}}, {"patients": None}]
    assert [body for body in not_lists if plain.listed(PATIENTS, body) is not None] == []
    assert [body for body in not_pages if paged.listed(PATIENTS, body) is not None] == []


def test_a_message_is_known_where_the_contract_has_one() -> None:
    api = Api(OPENAPI)
    assert api.message("GET", ONE, 404) == "Patient not found"
    assert api.message("DELETE", ONE, 200) == "Patient deleted successfully"
    assert api.message("POST", PATIENTS, 400) is None
    assert api.message("DELETE", ONE, 204) is None


def test_each_response_is_judged_by_the_document_that_has_its_path() -> None:
    apis = Apis([Api(OPENAPI), Api(THERAPISTS)])
    not_found = {"message": "Patient not found"}
    assert apis.violations(got("/api/patients/5?x=1", 404, not_found)) == []
    assert apis.violations(got("/api/therapists/5", 404, not_found)) == [
        'message is "Patient not found", expected "Therapist not found"'
    ]
    assert str(apis.judging(got("/api/therapists/5", 404, {}))) == "contracts/therapists.openapi.yaml"
    assert apis.violations(got("/api/rooms", 200, [])) == [NO_SUCH_REQUEST]
    assert apis.judging(got("/api/rooms", 200, [])) is None


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("PUT", "/api/patients/5", "PUT /api/patients/{id}"),
        ("GET", "/api/therapists?status=x", "GET /api/therapists"),
        ("GET", "/api/patients/not-an-id?x=/", "GET /api/patients/{id}"),
        ("PATCH", "/api/patients/5", ""),
        ("PUT", "/api/patients", ""),
        ("GET", "/api/patients/5/notes", ""),
        ("GET", "/api/rooms", ""),
    ],
)
def test_the_operation_of_a_request_is_called_as_the_contract_calls_it(
    method: str, path: str, operation: str
) -> None:
    assert Apis([Api(OPENAPI), Api(THERAPISTS)]).operation_of(method, path) == operation


def test_a_path_that_two_contracts_have_counts_once_as_the_contract_that_judges_it_has_it(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        document["paths"]["/api/patients/{number}"] = document["paths"].pop(ONE)
        document["paths"][PATIENTS]["patch"] = {"responses": {"4XX": {"description": "any"}}}

    operations = [str(each) for each in Apis([Api(OPENAPI)]).operations()]
    assert operations == [f"POST {PATIENTS}", f"GET {PATIENTS}", f"GET {ONE}", f"PUT {ONE}", f"DELETE {ONE}"]
    other = Api(changed(tmp_path, change))
    assert [str(each) for each in Apis([Api(OPENAPI), other]).operations()] == operations
    both = {str(each): each.codes for each in Apis([other, Api(OPENAPI)]).operations()}
    assert both[f"PATCH {PATIENTS}"] == ("4XX",)
    assert both["PUT /api/patients/{number}"] == ("200", "400", "404", "503")
    assert not both.keys() & {f"PUT {ONE}"}


@pytest.mark.parametrize(("status", "known"), [(507, True), (418, True), (302, False), (None, False)])
def test_a_contract_may_have_responses_without_json_and_ranges_of_statuses(
    status: int | None, known: bool, tmp_path: Path
) -> None:
    def change(document: Any) -> None:
        responses = document["paths"][ONE]["get"]["responses"]
        responses["4XX"] = responses[507] = {"description": "an error page"}

    exchange = Exchange("GET", "/api/patients/5", None, 0, 0.004, status, "<p>", "text/html")
    wrong = [f"the status is {status}, the contract has 200, 404, 503, 4XX, 507"]
    assert Api(changed(tmp_path, change)).violations(exchange) == ([] if known else wrong)


def test_a_path_without_parameters_comes_first(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        search = {"get": {"responses": {"200": {"description": "any", "content": {}}}}}
        document["paths"]["/api/patients/search"] = search

    api = Api(changed(tmp_path, change))
    assert api.violations(got("/api/patients/search", 200, [])) == []
    assert api.violations(got("/api/patients/5", 200, [])) != []


def test_the_format_of_what_is_sent_is_not_required_of_what_is_stored() -> None:
    patient = dict.fromkeys(NAMES, "x") | {"id": 5, "status": "offen"}
    assert Api(OPENAPI).violations(got("/api/patients/5", 200, patient)) == []


def test_a_document_replaces_those_that_have_its_paths(tmp_path: Path) -> None:
    own = changed(tmp_path, lambda document: schemas(document)["PatientStatus"]["enum"].remove("offen"))
    with in_use([PATIENTS, "/api/therapists"], own):
        assert api_for(PATIENTS, OPENAPI).file == own
        assert api_for("/api/therapists", THERAPISTS).file == THERAPISTS
    assert api_for(PATIENTS, OPENAPI).file == OPENAPI
    assert api_for(PATIENTS, OPENAPI) is api_for(PATIENTS, OPENAPI)


def removed(*place: str) -> Change:
    def change(document: Any) -> None:
        *parents, name = place
        for parent in parents:
            document = document[parent]
        del document[name]

    return change


def put(value: object, *place: str) -> Change:
    def change(document: Any) -> None:
        *parents, name = place
        for parent in parents:
            document = document[parent]
        document[name] = value

    return change


OUTSIDE = {"$ref": "other.yaml"}
CYCLE = {"allOf": [{"$ref": "#/components/schemas/NewPatient"}]}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (put("2.0", "openapi"), "is not a document of openapi 3: "),
        (removed("paths"), "cannot be used: it has no paths"),
        (put([], "paths"), "cannot be used: it has no paths"),
        (
            put({"/api/rooms": {}}, "paths"),
            "replaces none of the project's: it has none of the paths /api/patients",
        ),
        (removed("paths", PATIENTS, "post"), "cannot be used: POST /api/patients takes no JSON object"),
        (removed("paths", PATIENTS, "post", "requestBody"), "POST /api/patients takes no JSON object"),
        (removed("paths", ONE, "get"), "GET /api/patients/{id} does not answer 200 with a JSON object"),
        (removed("paths", ONE, "get", "responses", "200"), "GET /api/patients/{id} does not answer 200"),
        (removed("components", "schemas", "Patient"), "cannot be used: Patient is missing"),
        (removed("paths", ONE, "put", "responses"), "cannot be used: responses is missing"),
        (
            put(OUTSIDE, "components", "schemas", "Patient"),
            "cannot be used: other.yaml is not in the document itself",
        ),
        (put(OUTSIDE, "components", "schemas", "Deleted"), "other.yaml"),
        (put(CYCLE, "components", "schemas", "NewPatient"), "cannot be used: a schema contains itself"),
        (put({"type": 5}, "components", "schemas", "Refused"), "cannot be used: "),
        (put("text", "components", "schemas", "NewPatient"), "cannot be used: "),
        (page, "GET /api/patients answers neither a list nor an object with one list in it"),
        (lambda document: page(document, "a", "b"), "answers neither a list nor an object with one list in it"),
    ],
)
def test_a_document_that_cannot_be_used_is_refused_in_one_line(change: Change, reason: str, tmp_path: Path) -> None:
    file = changed(tmp_path, change)
    with pytest.raises(InvalidContract) as wrong:
        openapi.use([file], [PATIENTS])
    assert str(file) in str(wrong.value)
    assert reason in str(wrong.value)
    assert "\n" not in str(wrong.value)
    assert api_for(PATIENTS, OPENAPI).file == OPENAPI


def test_two_documents_with_the_same_path_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    file = changed(tmp_path, lambda document: None)
    with pytest.raises(InvalidContract, match="both have the path /api/patients"):
        openapi.use([file, file], [PATIENTS])
    with pytest.raises(InvalidContract, match="Is its path right"):
        openapi.use([tmp_path / "missing.yaml"], [PATIENTS])
