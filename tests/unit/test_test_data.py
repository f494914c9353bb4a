"""The test data: made from the contract of the API, so that a changed contract changes what is sent and stored."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml
from behave.model import Row, Table

from bdd.contracts.asyncapi import InvalidContract, read_contract
from bdd.contracts.fields import fields_of
from bdd.domain import test_data
from bdd.domain.own_contracts import use_contracts
from bdd.domain.resource import Resource, Service
from bdd.domain.test_data import another_value, check_value, example, fields_in, read_value, stored, values
from bdd.system.paths import ASYNCAPI, OPENAPI
from tests.support.api_contracts import Change, changed, in_use

PATIENT = Resource("patient", "/api/patients", Service("patient-service", 8001))
THERAPIST = Resource("therapist", "/api/therapists", Service("therapist-service", 8002))
BOTH = pytest.mark.parametrize("resource", [PATIENT, THERAPIST], ids=lambda resource: resource.noun)
MARK = "bdd3f2a1cx12z"
SENT = {
    "anrede": "Frau",
    "vorname": "Erika",
    "nachname": f"Mustermann-{MARK}",
    "email": f"{MARK}@example.org",
    "telefon": "+49 30 5550100",
}


def more(required: bool = True, noun: str = "Patient", **fields: dict[str, Any]) -> Change:
    """Add fields to what is sent and answered; they are required at creation."""

    def change(document: Any) -> None:
        schemas = document["components"]["schemas"]
        for name, schema in fields.items():
            schemas[noun]["properties"][name] = schemas[f"{noun}Changes"]["properties"][name] = schema
            if required and not schema.get("readOnly"):
                schemas[f"New{noun}"]["allOf"][1]["required"].append(name)

    return change


def table(**fields: str) -> Table:
    rows = [Row(["field", "value"], [name, value]) for name, value in fields.items()]  # type: ignore[no-untyped-call]
    return Table(["field", "value"], rows=[row.cells for row in rows])  # type: ignore[no-untyped-call]


def test_a_patient_is_sent_with_all_fields_that_have_no_default() -> None:
    assert example(PATIENT, MARK) == SENT
    assert list(example(PATIENT, MARK)) == list(SENT)
    assert test_data.required_only(PATIENT, MARK) == {"vorname": "Erika", "nachname": SENT["nachname"]}


def test_a_therapist_is_sent_likewise() -> None:
    assert example(THERAPIST, MARK) == SENT | {"titel": "Dr."}
    nothing = {"status": "aktiv", "sperrgrund": None}
    assert stored(THERAPIST, example(THERAPIST, MARK)) == example(THERAPIST, MARK) | nothing


def test_what_is_stored_is_what_was_sent_else_the_default_else_nothing() -> None:
    names = test_data.required_only(PATIENT, MARK)
    nothing = {"anrede": None, "email": None, "telefon": None}
    assert stored(PATIENT, names) == names | nothing | {"status": "offen"}
    assert stored(PATIENT, SENT | {"status": "in Therapie", "telefon": None})["status"] == "in Therapie"
    assert stored(PATIENT, SENT | {"age": 5}) == SENT | {"status": "offen"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "format": "date"}, "2000-01-02"),
        ({"type": "string", "format": "date", "examples": ["1990-12-24"]}, "1990-12-24"),
        ({"type": "string", "format": "date-time"}, "2000-01-02T08:00:00Z"),
        ({"type": "string", "format": "uuid"}, "00000000-0000-4000-8000-000000000001"),
        ({"type": "string", "format": "email"}, f"{MARK}@example.org"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 18}, 18),
        ({"type": "integer", "exclusiveMinimum": 18}, 19),
        ({"type": "integer", "maximum": -5}, -5),
        ({"type": "integer", "minimum": 7, "multipleOf": 5}, 10),
        ({"type": ["null", "number"], "minimum": 0.5}, 1),
        ({"type": "boolean"}, True),
        ({"type": "string", "enum": ["privat", "gesetzlich"]}, "privat"),
        ({"enum": [None, 3, 4]}, 3),
        ({"const": "de"}, "de"),
        ({"type": "string", "maxLength": 13}, MARK),
        ({"type": "string", "maxLength": 20}, MARK),
        ({"type": "string", "maxLength": 3}, "1"),
        ({"type": "string", "minLength": 30}, f"{'Beispiela':x<30}-{MARK}"),
        ({"type": "string"}, f"Beispiela-{MARK}"),
        ({"type": "string", "pattern": "^[0-9]{5}$", "example": "10115"}, "10115"),
        ({"type": "array", "items": {"type": "string"}, "default": [], "examples": [["a"]]}, ["a"]),
        ({"anyOf": [{"$ref": "#/components/schemas/PatientStatus"}, {"type": "null"}]}, "offen"),
    ],
)
def test_one_more_required_field_is_sent_with_a_valid_value(
    schema: dict[str, Any], value: object, tmp_path: Path
) -> None:
    own = changed(tmp_path, more(neu=schema))
    with in_use([PATIENT.path], own):
        sent = example(PATIENT, MARK)
        field = PATIENT.api.sent("POST", PATIENT.path)["neu"]
        assert (sent["neu"], field.accepts(sent["neu"])) == (value, True)
        assert test_data.required_only(PATIENT, MARK)["neu"] == value
        assert stored(PATIENT, sent) == sent | {"status": "offen"}
        assert MARK in json.dumps(test_data.required_only(PATIENT, MARK))
    assert "neu" not in example(PATIENT, MARK)


def test_a_field_that_nothing_is_known_to_send_for_is_refused_or_left_out(tmp_path: Path) -> None:
    unknown = {"type": "string", "pattern": "^[A-Z]{2}[0-9]{9}$"}
    with in_use([PATIENT.path], changed(tmp_path, more(required=False, neu=unknown))):
        assert example(PATIENT, MARK) == SENT
    own = changed(tmp_path, more(neu=unknown))
    with in_use([PATIENT.path], own), pytest.raises(InvalidContract) as wrong:
        example(PATIENT, MARK)
    assert str(wrong.value) == (
        f"The contract {own} requires the field neu of a patient, but does not say what to send: give it an example"
    )


def test_without_a_required_text_the_mark_is_in_another_one(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        document["components"]["schemas"]["NewPatient"]["allOf"][1]["required"] = []

    with in_use([PATIENT.path], changed(tmp_path, change)):
        assert example(PATIENT, MARK) == SENT | {"nachname": "Mustermann", "telefon": f"+49 30 5550100-{MARK}"}


def test_other_statuses_are_sent_expected_and_named(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        schemas = document["components"]["schemas"]
        schemas["PatientStatus"]["enum"] = ["neu", "in Arbeit", "fertig"]
        schemas["NewPatient"]["allOf"][1]["properties"]["status"]["default"] = "neu"

    with in_use([PATIENT.path], changed(tmp_path, change)):
        assert stored(PATIENT, example(PATIENT, MARK))["status"] == "neu"
        assert values(PATIENT, "status") == ["neu", "in Arbeit", "fertig"]
        assert [another_value(PATIENT, "status", n) for n in range(3)] == ["in Arbeit", "fertig", "in Arbeit"]
        check_value(PATIENT, "status", "fertig")
        with pytest.raises(AssertionError, match="there are: neu, in Arbeit, fertig"):
            check_value(PATIENT, "status", "offen")


def test_what_the_service_makes_is_not_sent_and_taken_from_its_response(tmp_path: Path) -> None:
    made = {"type": "string", "readOnly": True}

    def change(document: Any) -> None:
        more(nummer=made)(document)
        document["components"]["schemas"]["Patient"]["properties"]["version"] = {"type": "integer"}

    with in_use([PATIENT.path], changed(tmp_path, change)):
        sent = example(PATIENT, MARK)
        assert sent == SENT
        answered = {"id": 5, **sent, "telefon": "another", "nummer": "P-5", "version": 3}
        assert test_data.made_by_service(PATIENT, answered) == {"nummer": "P-5", "version": 3}
        assert stored(PATIENT, sent, answered) == sent | {"status": "offen", "nummer": "P-5", "version": 3}
        assert stored(PATIENT, sent, "not JSON") == sent | {"status": "offen", "nummer": None, "version": None}
        assert list(test_data.changeable(PATIENT)) == [*SENT, "status"]


@BOTH
def test_other_values_are_valid_and_differ_from_the_example_and_from_each_other(resource: Resource) -> None:
    data = stored(resource, example(resource, MARK))
    for name, field in test_data.changeable(resource).items():
        others = [another_value(resource, name, number) for number in range(2 if field.enum else 50)]
        assert len({*others, data[name]}) == len(others) + 1
        assert all(field.accepts(value) for value in [*others, *values(resource, name)])


def test_other_values_look_like_the_example() -> None:
    assert another_value(PATIENT, "telefon", 0) == "+49 30 5550101"
    assert another_value(PATIENT, "telefon", 23) == "+49 30 5550124"
    assert another_value(PATIENT, "email", 0) == "beispiel1@example.org"
    assert another_value(PATIENT, "vorname", 10) == "Beispiel 7"


def test_a_field_with_one_value_has_no_other(tmp_path: Path) -> None:
    with in_use([PATIENT.path], changed(tmp_path, more(land={"const": "de"}, kurz={"type": "boolean"}))):
        assert [another_value(PATIENT, "kurz", number) for number in range(3)] == [False, False, False]
        with pytest.raises(AssertionError, match="a patient has no other land in "):
            another_value(PATIENT, "land", 0)


def test_a_change_may_have_values_that_a_creation_may_not(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        at_creation = document["components"]["schemas"]["NewPatient"]["allOf"][1]["properties"]
        at_creation["status"]["enum"] = ["offen"]

    with in_use([PATIENT.path], changed(tmp_path, change)):
        assert another_value(PATIENT, "status", 1) == "in Therapie"
        check_value(PATIENT, "status", "in Therapie")


def test_random_values_are_simple_first_and_have_letters_of_other_scripts() -> None:
    assert values(PATIENT, "vorname")[0] == "Beispiela"
    texts = "".join(map(str, values(PATIENT, "vorname")))
    assert all(letter in texts for letter in "öé太🦊'")
    assert values(PATIENT, "telefon") == [f"+49 30 555010{last}" for last in range(1, 5)]
    assert len(values(PATIENT, "status")) == 6


def test_what_the_contract_does_not_have_is_named_in_one_line() -> None:
    check_value(PATIENT, "status", "in Therapie")
    check_value(PATIENT, "vorname", "vielleicht")
    check_value(PATIENT, "status", None)
    with pytest.raises(AssertionError) as wrong:
        check_value(PATIENT, "status", "vielleicht")
    assert str(wrong.value) == (
        "“vielleicht” is not a status of a patient in contracts/patients.openapi.yaml; there are: offen, "
        "auf der Suche, in Therapie, Therapie abgeschlossen, Suche abgebrochen, Therapie abgebrochen"
    )
    for check in (check_value, read_value):
        with pytest.raises(AssertionError) as wrong:
            check(PATIENT, "alter", "5")
        first, *_ = str(
            wrong.value
        ).splitlines()  # pytest takes the module for a test's, by its name, and adds more
        assert first == (
            "a patient has no field “alter” in contracts/patients.openapi.yaml; "
            "there are: anrede, vorname, nachname, email, telefon, status"
        )


def test_the_fields_in_a_table_have_the_contracts_types(tmp_path: Path) -> None:
    own = changed(tmp_path, more(kinder={"type": "integer"}, privat={"type": ["boolean", "null"]}))
    with in_use([PATIENT.path], own):
        read = fields_in(PATIENT, table(kinder="2", privat="true", vorname="2", email="(none)"))
        assert read == {"kinder": 2, "privat": True, "vorname": "2", "email": None}
        assert read_value(PATIENT, "kinder", "zwei") == "zwei"
    with pytest.raises(AssertionError, match="“vielleicht” is not a status"):
        fields_in(PATIENT, table(status="vielleicht"))
    assert fields_in(PATIENT, table(status="vielleicht"), valid=False) == {"status": "vielleicht"}
    for valid in (True, False):
        with pytest.raises(AssertionError, match="no field “age”"):
            fields_in(PATIENT, table(age="5"), valid=valid)
    with pytest.raises(AssertionError, match="needs a table"):
        fields_in(PATIENT, None)


def test_a_wrong_value_is_what_the_words_say() -> None:
    assert [test_data.wrong_value(words) for words in ("a number", "true", "nothing", "“ja”")] == [
        12345,
        True,
        None,
        "ja",
    ]
    assert isinstance(test_data.wrong_value("a list"), list)
    assert isinstance(test_data.wrong_value("an object"), dict)


def test_an_unreadable_body_has_the_mark_and_is_not_an_object() -> None:
    for words in ("JSON that is cut off", "a web form", "a list of names", "a text that is not JSON"):
        body = test_data.unreadable_body(PATIENT, words, MARK)
        assert MARK in body
        with suppress(ValueError):
            assert not isinstance(json.loads(body), dict)
    form = parse_qs(test_data.unreadable_body(PATIENT, "a web form", MARK))
    assert form == {name: [value] for name, value in SENT.items()}
    with pytest.raises(
        AssertionError, match="no body is called “a fax”; there are: JSON that is cut off, a web form"
    ):
        test_data.unreadable_body(PATIENT, "a fax", MARK)


def test_ids_that_no_platform_assigns_differ() -> None:
    assert 2**31 > test_data.unused_id() >= 2 * 10**9
    assert 2**53 > test_data.too_large_id() > 2**40
    assert len({test_data.unused_id() for _ in range(20)}) > 10


def test_no_field_of_a_contract_is_named_in_the_module() -> None:
    source = Path(str(test_data.__file__)).read_text(encoding="utf-8")
    names = {*PATIENT.api.answered(PATIENT.path), *THERAPIST.api.answered(THERAPIST.path)}
    names.remove("email")  # a format of texts, too
    assert [name for name in names if name in source] == []


@BOTH
def test_each_field_of_an_event_is_a_field_of_the_api_with_the_same_values(resource: Resource) -> None:
    contract = read_contract(ASYNCAPI)
    topic = contract.topic_of[f"{resource.noun}.created"]
    in_api = resource.api.answered(resource.path)
    for event_type, message in contract.messages[topic].items():
        payload = fields_of(contract.document, message.value)["payload"]
        fields = fields_of(contract.document, {"allOf": list(payload.schemas)})
        if data := fields.get(f"{resource.noun}_data"):
            published = fields_of(contract.document, {"allOf": list(data.schemas)})
            assert published, event_type
            assert {name: field.enum for name, field in published.items()} == {
                name: in_api[name].enum for name in published
            }


def test_the_contracts_of_a_run_are_checked_and_used(tmp_path: Path) -> None:
    own = changed(tmp_path, more(neu={"type": "string", "pattern": "^x{40}$"}))
    try:
        with pytest.raises(InvalidContract, match="requires the field neu of a patient"):
            use_contracts(None, [own])
        use_contracts(None, [changed(tmp_path, more(neu={"const": 5}))])
        assert example(PATIENT, MARK)["neu"] == 5
    finally:
        use_contracts(None, [])
    assert yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))["paths"].keys() >= {PATIENT.path}
