"""No Then step is one that cannot fail: each passes on a sound world and fails on every spoilt one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from tests.support.stage import (
    CREATED,
    DELETED,
    UPDATED,
    Set,
    Stage,
    all_of,
    answer,
    come,
    comes_with,
    deleted,
    edited,
    expect,
    in_two_partitions,
    kept,
    listed,
    listed_twice,
    nothing,
    patient_with,
    read,
    same_id,
    seen,
    seen_with_key,
    shows,
    still_has,
    topics,
)
from tests.support.suite_steps import bound, patterns


@dataclass(frozen=True)
class Case:
    """A step, a world in which it must pass, and worlds in which it must fail, each with words that say why."""

    step: str
    sound: Set
    spoilt: Sequence[tuple[Set, str]]
    rows: Sequence[str] = field(default=())


NOTHING_CAME = (all_of(expect()), "nothing about it was recorded since the request")
WRONG_FIELD = (
    all_of(expect(), comes_with(lambda fields: fields.update(producer="another-service"))),
    'producer is "another-service"',
)
WRONG_KEY = (all_of(expect(), come(key=b"6")), 'its key is "6"')
NO_REQUEST = (nothing, "this scenario has sent no request yet")
NOT_SEEN = (nothing, "no earlier step of this scenario has seen an event")
NOT_ASKED_FOR = (nothing, "the scenario's actions cause 0 such events")
ONCE = all_of(expect(), come())
TWICE = all_of(expect(), come(times=2))
MANY = all_of(expect(times=2), come(times=2))
ASKED_FOR_ONCE = (ONCE, "the scenario's actions cause 1 such event ")
CAME_AGAIN = (all_of(MANY, come()), "1 came: patient.created at")
LIFE = (CREATED, UPDATED, DELETED)

CASES = [
    Case(
        "the service responds with 201",
        answer(201),
        [
            (answer(200), "responded with 200, expected 201"),
            (answer(500), "responded with 500, expected 201"),
            NO_REQUEST,
        ],
    ),
    Case(
        "the service responds with 404 “Patient not found”",
        answer(404, {"message": "Patient not found"}),
        [
            (answer(200, {"message": "Patient not found"}), "responded with 200, expected 404"),
            (answer(404, {"message": "Not found"}), 'message is "Not found"'),
            (answer(404, {}), "message is missing"),
        ],
    ),
    Case(
        "the service refuses with 400, naming “status”",
        answer(400, {"message": "status is unknown"}),
        [
            (answer(200, {"message": "status is unknown"}), "responded with 200, expected 400"),
            (answer(400, {"message": "Bad request"}), 'message is "Bad request", expected one that names “status”'),
            (answer(400, {}), "message is null, expected one that names “status”"),
        ],
    ),
    Case(
        "the service responds with the patient",
        patient_with(),
        [(patient_with(vorname="Max"), 'vorname is "Max"'), (patient_with(id=6), "id is 6, expected 5")],
    ),
    Case(
        "the service responds with a list that has the patient",
        listed("in Therapie", "offen"),
        [
            (listed(), "the patient is not among the 0 that are listed"),
            (listed("in Therapie"), 'status is "in Therapie"'),
            (listed_twice, "the patient is listed 2 times"),
            NO_REQUEST,
        ],
    ),
    Case(
        "every patient in the list has the status “offen”",
        listed("offen", "offen"),
        [(listed("offen", "in Therapie"), "1 of 2 have another status"), NO_REQUEST],
    ),
    Case(
        "the stored patient is unchanged",
        still_has(),
        [(still_has(vorname="Max"), 'vorname is "Max"'), (still_has(id=None), "id is null")],
    ),
    Case(
        "the service stores each patient of this scenario exactly once",
        kept(lambda patient: [patient, patient | {"id": 6, "nachname": "Fremd", "email": None}]),
        [
            (kept(lambda patient: []), "patient 5 is not listed"),
            (kept(lambda patient: [patient, patient]), "patient 5 is listed 2 times"),
            (kept(lambda patient: [patient, patient | {"id": 6}]), "patient 6 is listed, who should not be there"),
            (kept(lambda patient: [patient | {"status": "in Therapie"}]), 'patient 5.status is "in Therapie"'),
            (kept(lambda patient: patient), "the response is not a list of patients"),
            (all_of(deleted, kept(lambda patient: [])), "this scenario has no patient that is not deleted"),
            (nothing, "the response is not a list of patients but {}"),
        ],
    ),
    Case(
        "the service stores no patient of this scenario",
        all_of(deleted, kept(lambda patient: [patient | {"id": 6, "nachname": "Fremd", "email": None}])),
        [
            (all_of(deleted, kept(lambda patient: [patient])), "patient 5 is listed, who should not be there"),
            (
                all_of(deleted, kept(lambda patient: [patient | {"id": 6, "nachname": None}])),
                "patient 6 is listed, who should not be there",
            ),
            (kept(lambda patient: []), "this scenario has a patient that is not deleted"),
            (deleted, "the response is not a list of patients but {}"),
        ],
    ),
    Case("a patient.created event is published", ONCE, [NOTHING_CAME, WRONG_FIELD, WRONG_KEY, NOT_ASKED_FOR]),
    Case(
        "a patient.created event is published within 0.05 seconds",
        ONCE,
        [NOTHING_CAME, WRONG_FIELD, NOT_ASKED_FOR],
    ),
    Case(
        "exactly one patient.created event is published",
        ONCE,
        [
            NOTHING_CAME,
            (TWICE, "1 came: patient.created at"),
            (MANY, "the scenario's actions cause 2 such events"),
            WRONG_FIELD,
        ],
    ),
    Case("exactly 2 patient.created events are published", MANY, [ASKED_FOR_ONCE, CAME_AGAIN, NOT_ASKED_FOR]),
    Case("exactly 2 patient.created events are published within 0.05 seconds", MANY, [ASKED_FOR_ONCE, CAME_AGAIN]),
    Case(
        "no event is published",
        nothing,
        [
            (come(), "1 came: patient.created at"),
            (come(DELETED), "1 came: patient.deleted at"),
            (come(topic="matching-events"), "1 came: patient.created at matching-events/"),
        ],
    ),
    Case(
        "no patient.updated event is published",
        come(),
        [(come(UPDATED), "1 came: patient.updated at")],
    ),
    Case(
        "no other event is published",
        seen(),
        [
            (all_of(seen(), come()), "is a duplicate of"),
            (all_of(seen(), come(DELETED)), "was not caused by any action"),
            (come(), "was not caused by any action"),
        ],
    ),
    Case(
        "each patient's events are in the order of the changes",
        all_of(seen(offset=1), seen(UPDATED, offset=2)),
        [
            (all_of(seen(offset=2), seen(UPDATED, offset=1)), 'patient-events/0@1, key "5" lies before'),
            (nothing, "no earlier step has seen an event of this scenario"),
        ],
    ),
    Case(
        "the patient's events are, in this order",
        all_of(seen(offset=1), seen(UPDATED, offset=2), seen(DELETED, offset=3)),
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
            (nothing, "no earlier step has seen an event of this scenario"),
        ],
        rows=LIFE,
    ),
    Case(
        "all of them are in the same partition",
        all_of(seen(), seen(UPDATED)),
        [(in_two_partitions, "was <{0, 2}> with length of <2>"), NOT_SEEN],
    ),
    Case(
        "the event's version is “1.0”",
        seen(),
        [(edited(version="1.1"), "was '1.1'"), (edited(version=1.0), "was <1.0>"), NOT_SEEN],
    ),
    Case(
        "the event shows the patient's vorname as “Erika”",
        seen(),
        [(shows(vorname="Max"), "was 'Max'"), (shows(vorname=None), "was <None>")],
    ),
    Case(
        "the event holds the patient's id and nothing else",
        seen(DELETED),
        [
            (seen(), "was <{'patient_id': 5, 'patient_data': "),
            (edited(payload={"patient_id": 6}), "was <{'patient_id': 6}>"),
            (edited(payload={"patient_id": "5"}), "was <{'patient_id': '5'}>"),
            (edited(payload={}), "was <{}>"),
            NOT_SEEN,
        ],
    ),
    Case(
        "the event's key is the patient's id",
        seen(),
        [(seen_with_key(b"6"), "was <b'6'>"), (seen_with_key(b""), "was <b''>")],
    ),
    Case(
        "every event has an id of its own",
        all_of(seen(), seen(UPDATED)),
        [(same_id, "with length of <1>"), NOT_SEEN],
    ),
    Case(
        "the other service finds what the event says",
        read(UPDATED),
        [
            (read(UPDATED, anrede=None), "anrede is null"),
            (read(CREATED, status=404), "the service responded with 404 in place of the patient"),
            (read(DELETED), "the service responded with 200, expected 404"),
            (lambda stage: stage.world.start_reader(), "no event of this scenario has come"),
            (nothing, "there is no reader"),
        ],
    ),
    Case(
        "every sequence has published the events that the model predicts, and no others",
        lambda stage: setattr(stage.world, "counterexample", ""),
        [
            (lambda stage: setattr(stage.world, "counterexample", "Expected: one event"), "Expected: one event"),
            (nothing, "no random sequences have been carried out"),
        ],
    ),
    Case(
        "the topic patient-events exists with 3 partitions",
        topics(patient_events=3),
        [
            (topics(patient_events=1), "was <1>"),
            (topics(therapist_events=3), "the broker has: therapist-events"),
            (topics(), "the broker has: none"),
        ],
    ),
]


def test_every_then_step_has_a_case() -> None:
    assert {bound("then", case.step)[0] for case in CASES} == set(patterns("then"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.step)
def test_a_then_step_passes_on_a_sound_world(case: Case) -> None:
    stage = Stage()
    case.sound(stage)
    stage.look(case.step, case.rows)


@pytest.mark.parametrize(
    ("case", "number"),
    [(case, n) for case in CASES for n in range(len(case.spoilt))],
    ids=lambda each: getattr(each, "step", each),
)
def test_a_then_step_fails_on_a_spoilt_world(case: Case, number: int) -> None:
    stage, (spoil, words) = Stage(), case.spoilt[number]
    spoil(stage)
    with pytest.raises(AssertionError, match=re.escape(words)):
        stage.look(case.step, case.rows)
