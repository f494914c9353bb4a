"""No Then step is one that cannot fail: each passes in a sound world and fails in every broken one."""

import re
from collections.abc import Mapping, Sequence

import pytest

from bdd.domain.entity import Entity
from bdd.domain.test_data import example, stored
from bdd.verdict.audit import audit
from tests.support.builders import PATIENTS, REMOVED, envelope, record
from tests.support.fake_platform import FakePlatform
from tests.support.stage import (
    CREATED,
    DELETED,
    UPDATED,
    Act,
    Stage,
    all_of,
    come,
    deleted,
    expect,
    look,
    nothing,
    programs_played,
    read,
    responds,
    seen,
    stores,
    topics,
)
from tests.support.suite_steps import bound, patterns

ONCE, TWICE = all_of(expect(), come()), all_of(expect(), come(), come())
MANY = all_of(expect(), expect(), come(), come())
NOTHING_CAME = (expect(), "nothing about it was recorded since the request")
WRONG_FIELD = (all_of(expect(), come(producer="another-service")), 'producer is "another-service"')
WRONG_KEY = (all_of(expect(), come(key=b"6")), 'its key is "6"')
NOT_CAUSED = (nothing, "the scenario's actions cause 0 such events")
CAUSED_ONCE = (ONCE, "the scenario's actions cause 1 such event ")
CAME_AGAIN = (all_of(MANY, come()), "1 came: patient.created at")
NO_REQUEST = (nothing, "this scenario has sent no request yet")
NO_EVENT = (nothing, "no event of this scenario was recorded")
USED_ID = "00000000-0000-4000-8000-000000000001"
SOMEBODY_ELSE = {"id": 6, "nachname": "Fremd", "email": None}

CASES: Mapping[str, tuple[Act, Sequence[tuple[Act, str]]]] = {
    "the service responds with 201": (
        responds(201),
        [(responds(200), "responded with 200, expected 201"), NO_REQUEST],
    ),
    "the service responds with 503 within 0.1 seconds": (
        responds(503),
        [
            (responds(500), "responded with 500, expected 503"),
            (responds(503, seconds=0.2), "the response took 0.2 s, 0.1 s were promised"),
            NO_REQUEST,
        ],
    ),
    "the service responds with 404 “Patient not found”": (
        responds(404, lambda p: {"message": "Patient not found"}),
        [
            (responds(200, lambda p: {"message": "Patient not found"}), "responded with 200, expected 404"),
            (responds(404, lambda p: {"message": "Not found"}), 'message is "Not found"'),
            (responds(404), "message is missing"),
        ],
    ),
    "the service refuses with 400, naming “status”": (
        responds(400, lambda p: {"message": "status is unknown"}),
        [
            (responds(200, lambda p: {"message": "status is unknown"}), "responded with 200, expected 400"),
            (responds(400), "message is null, expected one that names “status”"),
            (responds(400, lambda p: {"message": "No"}), 'message is "No", expected one that names “status”'),
        ],
    ),
    "the service responds with the patient": (
        responds(200, lambda p: p),
        [
            (responds(200, lambda p: p | {"vorname": "Max"}), 'vorname is "Max"'),
            (responds(200, lambda p: p | {"id": 6}), "id is 6, expected 5"),
        ],
    ),
    "the service responds with a list that has the patient": (
        responds(200, lambda p: [p | {"id": 6}, p]),
        [
            (responds(200, lambda p: []), "patient 5 is not among the 0 that are listed"),
            (responds(200, lambda p: [p | {"status": "in Therapie"}]), 'status is "in Therapie"'),
            (responds(200, lambda p: [p, p]), "patient 5 is listed 2 times"),
            NO_REQUEST,
        ],
    ),
    "the service responds with the patient or with 503 within 0.1 seconds": (
        responds(200, lambda p: p),
        [
            (responds(404), "responded with 404 in place of the patient"),
            (responds(200, lambda p: p | {"vorname": "Max"}), 'vorname is "Max"'),
            (responds(503, seconds=0.2), "the response took 0.2 s, 0.1 s were promised"),
            NO_REQUEST,
        ],
    ),
    "the service responds with a list that has the patient or with 503 within 0.1 seconds": (
        responds(503),
        [
            (responds(500), "responded with 500 in place of the list of patients"),
            (responds(200, lambda p: []), "patient 5 is not among the 0 that are listed"),
            (responds(200, lambda p: [p], seconds=0.2), "the response took 0.2 s, 0.1 s were promised"),
            NO_REQUEST,
        ],
    ),
    "every patient in the list has the status “offen”": (
        responds(200, lambda p: [p, p]),
        [(responds(200, lambda p: [p, p | {"status": "in Therapie"}]), "1 of 2 have another status"), NO_REQUEST],
    ),
    "the stored patient is unchanged": (
        stores(lambda p: p),
        [
            (stores(lambda p: p | {"vorname": "Max"}), 'vorname is "Max"'),
            (stores(lambda p: p | {"id": None}), "id is null"),
        ],
    ),
    "the service stores each patient of this scenario exactly once": (
        stores(lambda p: [p, p | SOMEBODY_ELSE]),
        [
            (stores(lambda p: []), "patient 5 is not among the 0 that are listed"),
            (stores(lambda p: [p, p]), "patient 5 is listed 2 times"),
            (stores(lambda p: [p, p | {"id": 6}]), "patient 6 is listed, but should not exist"),
            (stores(lambda p: [p | {"status": "in Therapie"}]), 'patient 5.status is "in Therapie"'),
            (all_of(deleted, stores(lambda p: [])), "this scenario has no patient that is not deleted"),
            (nothing, "the response is not a list of patients"),
        ],
    ),
    "the service stores no patient of this scenario": (
        all_of(deleted, stores(lambda p: [p | SOMEBODY_ELSE])),
        [
            (all_of(deleted, stores(lambda p: [p])), "patient 5 is listed, but should not exist"),
            (
                all_of(deleted, stores(lambda p: [p | SOMEBODY_ELSE | {"email": p["email"]}])),
                "patient 6 is listed, but",
            ),
            (stores(lambda p: []), "this scenario has a patient that is not deleted"),
            (deleted, "the response is not a list of patients"),
        ],
    ),
    "a patient.created event is published": (ONCE, [NOTHING_CAME, WRONG_FIELD, WRONG_KEY, NOT_CAUSED]),
    "a patient.created event is published within 0.05 seconds": (ONCE, [NOTHING_CAME, WRONG_FIELD, NOT_CAUSED]),
    "exactly one patient.created event is published": (
        ONCE,
        [
            NOTHING_CAME,
            (TWICE, "1 came: patient.created at"),
            (MANY, "the scenario's actions cause 2 such events"),
            WRONG_FIELD,
        ],
    ),
    "exactly 2 patient.created events are published": (MANY, [CAUSED_ONCE, CAME_AGAIN, NOT_CAUSED]),
    "exactly 2 patient.created events are published within 0.05 seconds": (MANY, [CAUSED_ONCE, CAME_AGAIN]),
    "no event is published": (
        nothing,
        [
            (come(), "1 came: patient.created at"),
            (come(DELETED), "1 came: patient.deleted at"),
            (come(topic="matching-events"), "1 came: patient.created at matching-events/"),
        ],
    ),
    "no patient.updated event is published": (come(), [(come(UPDATED), "1 came: patient.updated at")]),
    "no other event is published": (
        seen(),
        [
            (all_of(seen(), come()), "is a duplicate of"),
            (all_of(seen(), come(DELETED)), "was not caused by any action"),
            (come(), "was not caused by any action"),
        ],
    ),
    "each patient's events are in the order of the changes": (
        all_of(seen(offset=1), seen(UPDATED, offset=2)),
        [
            (all_of(seen(offset=2), seen(UPDATED, offset=1)), 'patient-events/0@1, key "5" lies before'),
            (come(), "no earlier step has seen an event of a patient of this scenario"),
        ],
    ),
    "the patient's events are, in this order": (
        all_of(seen(offset=1), seen(UPDATED, offset=2), seen(DELETED, offset=3), come(UPDATED, patient_id=6)),
        [
            (
                all_of(seen(offset=1), seen(UPDATED, offset=3), seen(DELETED, offset=2)),
                'patient-events/0@2, key "5" lies before',
            ),
            (all_of(seen(offset=1), seen(UPDATED, offset=2)), "No item matched: 'patient.deleted'"),
            (
                all_of(seen(offset=1), seen(UPDATED, offset=2), seen(UPDATED, offset=3), seen(DELETED, offset=4)),
                "item 2: was 'patient.updated'",
            ),
            (
                all_of(seen(offset=1), seen(UPDATED, offset=3), seen(DELETED, offset=4), come(DELETED, offset=2)),
                "item 1: was 'patient.deleted'",
            ),
        ],
    ),
    "the event's version is “1.0”": (
        all_of(come(version="1.1"), come(eventId=USED_ID), come(eventId=USED_ID, version="2")),
        [
            (all_of(come(), come(version="1.1")), "value for 'version' was '1.1'"),
            (come(version=1.0), "value for 'version' was <1.0>"),
            (come(version=REMOVED), "no 'version' key"),
            NO_EVENT,
        ],
    ),
    "the event shows the patient's vorname as “Erika”": (
        come(),
        [
            (come(payload={"patient_data": {"vorname": "Max"}}), "value for 'vorname' was 'Max'"),
            (come(payload={"patient_data": {"vorname": None}}), "value for 'vorname' was <None>"),
            (come(DELETED), "no 'patient_data' key"),
            NO_EVENT,
        ],
    ),
    "the event shows the patient's telefon as “(none)”": (
        come(payload={"patient_data": {"telefon": None}}),
        [(come(), "value for 'telefon' was '+49"), (come(payload={"patient_data": {}}), "no 'telefon' key")],
    ),
    "the event holds the patient's id and nothing else": (
        come(DELETED),
        [
            (come(), "was <{'patient_id': 5, 'patient_data': "),
            (come(payload={"patient_id": 6}), "was <{'patient_id': 6}>"),
            (come(payload={"patient_id": "5"}), "was <{'patient_id': '5'}>"),
            NO_EVENT,
        ],
    ),
    "the event's key is the patient's id": (
        come(),
        [(come(key=b"6"), "was <b'6'>"), (come(key=None), "was <None>"), NO_EVENT],
    ),
    "every event has an id of its own": (
        all_of(come(), come(UPDATED), seen(DELETED, eventId=USED_ID), come(DELETED, eventId=USED_ID)),
        [
            (
                all_of(come(eventId="1"), come(UPDATED), come(eventId="1", eventType=DELETED)),
                'has the eventId "1" of patient.created at',
            ),
            NO_EVENT,
        ],
    ),
    "the event gives “Beschwerde” as the reason of the block": (
        come(UPDATED, payload={"reason": "Beschwerde"}),
        [
            (come(UPDATED, payload={"reason": None}), "value for 'reason' was <None>"),
            (come(UPDATED), "a dictionary containing"),
            NO_EVENT,
        ],
    ),
    "the other service finds what the event says": (
        read(UPDATED),
        [
            (read(UPDATED, anrede=None), "anrede is null"),
            (read(CREATED, status=404), "the service responded with 404 in place of the patient"),
            (read(DELETED), "the service responded with 200, expected 404"),
            (lambda stage: stage.world.start_reader(PATIENTS), "no event of this scenario has arrived"),
            (nothing, "there is no reader"),
        ],
    ),
    "every sequence has published the events that the model predicts, and no others": (
        programs_played(),
        [
            (programs_played("Expected: one event"), "Expected: one event"),
            (nothing, "no random sequences have been carried out"),
        ],
    ),
    "the topic patient-events exists with 3 partitions": (
        topics(patient_events=3),
        [
            (topics(patient_events=1), "was <1>"),
            (topics(therapist_events=3), "the broker shows: therapist-events"),
            (topics(), "the broker shows: none"),
        ],
    ),
}
"""Each Then step: a world in which it must pass, and those in which it must fail, with words that say why."""


def test_every_then_step_has_a_case() -> None:
    assert {bound("then", step)[0] for step in CASES} == set(patterns("then"))


@pytest.mark.parametrize("step", CASES)
def test_a_then_step_passes_in_a_sound_world_and_fails_in_each_broken_one(step: str) -> None:
    sound, broken_ones = CASES[step]
    stage = Stage()
    sound(stage)
    look(stage.world, step, (CREATED, UPDATED, DELETED))
    for broken, words in broken_ones:
        stage = Stage()
        broken(stage)
        with pytest.raises(AssertionError, match=re.escape(words)):
            look(stage.world, step, (CREATED, UPDATED, DELETED))


def payload_with_another_id(patient: Entity, event_type: str) -> dict[str, object]:
    data = {} if event_type == DELETED else {"patient_data": patient.data}
    return {"patient_id": patient.id + (event_type == DELETED), **data}


DEFECTS: Mapping[str, tuple[str, object, Mapping[str, object]]] = {
    "the event's key is the patient's id": (
        "domain.entity.Entity.key",
        property(lambda self: str(self.id + 1)),
        {},
    ),
    "the event holds the patient's id and nothing else": (
        "domain.entity.Entity.payload",
        payload_with_another_id,
        {},
    ),
    "the event shows the patient's status as “offen”": (
        "domain.world.stored",
        lambda *sent: stored(*sent) | {"status": "in Therapie"},
        {},
    ),
    "the event's version is “1.0”": ("contracts.schema.Schema.located", lambda *_: iter(()), {"version": "1.1"}),
    "every event has an id of its own": (
        "verdict.ledger.Ledger.differences",
        lambda self, expectation, event: expectation.differences(event, 2),
        {"eventId": USED_ID},
    ),
}
"""By the step that sees it: what is wrong in the suite's expectation, and in the service's envelopes."""


@pytest.mark.parametrize("red", [None, *DEFECTS])
def test_what_is_wrong_in_service_and_expectation_alike_is_seen_by_one_step_alone(
    red: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: Mapping[str, object] = {}
    if red:
        name, wrong, sent = DEFECTS[red]
        monkeypatch.setattr(f"bdd.{name}", wrong)
    platform = FakePlatform(publish=lambda event: [])
    world = platform.world()

    def failing(*steps: str) -> list[str]:
        """Publish exactly what the suite expects, and return the steps that fail."""
        for each in world.observer.scenario_log.open():
            fields = {**envelope(each.event_type, each.payload), **sent}
            platform.scene.arrive(record(fields, key=each.key.encode()))
        return [step for step in steps if not passes(step)]

    def passes(step: str) -> bool:
        try:
            look(world, step)
        except AssertionError:
            return False
        return True

    world.create(PATIENTS, example(PATIENTS, world.mark))
    found = failing(
        "exactly one patient.created event is published",
        "the event's version is “1.0”",
        "the event's key is the patient's id",
        "the event shows the patient's status as “offen”",
    )
    world.delete(world.the(PATIENTS))
    found += failing(
        "a patient.deleted event is published",
        "the event holds the patient's id and nothing else",
        "every event has an id of its own",
        "each patient's events are in the order of the changes",
        "no other event is published",
    )
    assert found == ([red] if red else [])
    assert audit(platform.scene.ledger, platform.scene.observer_of) == []
