"""The proof: its list of defects, how a run is judged, and what its exit code says."""

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from typer.testing import CliRunner, Result

from bdd.commands.cli import app
from bdd.domain.entity import Entity
from bdd.domain.resources import resources
from bdd.domain.test_data import example, stored
from bdd.results.junit import write_junit
from bdd.results.model import ScenarioName
from bdd.run.process import ModuleProcess
from bdd.system.paths import ROOT
from proof import command, report
from proof.defect import SOUND, Defect
from proof.defects import DEFECTS
from proof.judging import Outcome, Verdict, judge, reds_in, suites_in
from proof.outgoing import CREATED, DELETED, UPDATED, Outgoing
from proof.pairs import PAIRS, Pair
from tests.support.builders import envelope, patient
from tests.support.runs import a_run
from tests.support.scenarios import a_failure, a_finding, a_scenario

KEY_NONE = Defect("event_envelope", "key-none", "no key", "its key is none")
MESSAGE = """Expected: one patient.created event on patient-events with key "5"
     but: the closest event differs in 1 way: its key is none, expected "5"
          closest:  patient.created at patient-events/0@17, key none"""
FINDING = a_finding("a record without a key", scenario=ScenarioName(feature="features/a.feature", name="Deleted"))
FINDING = FINDING.model_copy(update={"message": "left a record: its key is none"})
TITLE = "The envelope names type, version and producer"


def prove(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["prove", *arguments], env={"COLUMNS": "200"})


THERAPISTS = resources()["therapist"]
BLOCK, NO_REASON = {"reason": "Beschwerde"}, {"reason": None}
LIFE_OF_A_THERAPIST: list[tuple[str, str, dict[str, Any]]] = [
    ("blocked", "gesperrt", NO_REASON),
    ("unblocked", "aktiv", {}),
    ("blocked", "gesperrt", BLOCK),
    ("updated", "gesperrt", {}),
    ("updated", "inaktiv", {}),
    ("updated", "inaktiv", {}),
    ("blocked", "gesperrt", BLOCK),
    ("updated", "inaktiv", {}),
    ("updated", "aktiv", {}),
]


def lifecycle_of_therapist(therapist_id: int, first: str) -> list[Outgoing]:
    """Return a therapist's events, the first one with this status."""
    events = []
    for number, (kind, status, more) in enumerate([("created", first, {}), *LIFE_OF_A_THERAPIST]):
        data = stored(THERAPISTS, {**example(THERAPISTS, "m"), "telefon": str((number + 1) // 2), "status": status})
        entity = Entity(THERAPISTS, therapist_id, data | {"sperrgrund": more.get("reason")})
        fields = envelope(f"therapist.{kind}", entity.payload(f"therapist.{kind}"))
        empty = Outgoing(THERAPISTS.topic, entity.key.encode(), b"")
        events.append(empty.holding(fields | {"producer": "therapist-service"}))
    return events


def lifecycle(patient_id: int) -> list[Outgoing]:
    """Return a patient's events, which have everything that a defect changes."""
    data = patient("m").data | {"vorname": "Jürgen", "nachname": "O'Testington", "email": None}
    changed = {"vorname": "Ä" * 255, "nachname": "Probe", "anrede": "Herr", "telefon": None, "email": "a@b.de"}
    events: list[tuple[str, dict[str, Any]]] = [
        (CREATED, {"patient_data": data}),
        (UPDATED, {"patient_data": data | changed}),
        (UPDATED, {"patient_data": data | {"email": "b@example.org", "status": "in Therapie"}}),
        (DELETED, {}),
    ]
    empty = Outgoing("patient-events", str(patient_id).encode(), b"")
    return [
        empty.holding(
            envelope(kind, {"patient_id": patient_id, **payload})
            | {"timestamp": f"2026-01-01T12:00:0{number}+00:00"}
        )
        for number, (kind, payload) in enumerate(events)
    ]


def write_run(folder: Path, message: str | None = None, **fields: Any) -> None:
    """Write the JUnit file of a run whose folder this is, of one scenario; it has failed if there is a message."""
    title = "patient.created without a key"
    scenario = a_scenario(TITLE, "failed" if message else "passed")
    if message:
        scenario = scenario.model_copy(update={"failure": a_failure(title, message=message)})
    write_junit(folder / "junit" / "TESTS-a.xml", a_run([scenario], **fields))


def outcome(verdict: Verdict, defect: Defect = KEY_NONE) -> Outcome:
    return Outcome(defect, verdict, 1.0, by=TITLE, message="<its key is none>")


def test_the_defects_are_many_in_every_layer_and_each_is_well_formed() -> None:
    by_service = Counter(defect.service for defect in DEFECTS)
    assert by_service["patient-service"] >= 166
    assert by_service["therapist-service"] >= 60
    assert len({defect.name for defect in (SOUND, *DEFECTS)}) == len(DEFECTS) + 1
    assert {defect.layer for defect in DEFECTS} == {"publisher", "HTTP", "store"}
    for defect in DEFECTS:
        text = (ROOT / "features" / f"{defect.feature}.feature").read_text(encoding="utf-8")
        assert re.fullmatch(r"[a-z0-9-]+", defect.name), defect.name
        assert defect.description, defect.name
        assert defect.pattern, defect.name
        assert not re.search(defect.pattern, ""), f"{defect.name}: such a pattern names nothing"
        assert defect.publish or defect.serve, f"{defect.name} changes nothing"
        assert re.search(f"Scenario.*({defect.scenario})", text), f"{defect.name}: {defect.scenario}"


def test_each_defect_of_the_publisher_changes_what_is_published() -> None:
    """Otherwise the suite would be blamed for a defect that was never injected."""
    patients = [out for patient in (5, 6, 7) for out in lifecycle(patient)]
    therapists = [out for n, first in ((5, "aktiv"), (6, "gesperrt")) for out in lifecycle_of_therapist(n, first)]
    for defect in DEFECTS:
        if defect.publish:
            sound = patients if defect.service == "patient-service" else therapists
            assert [out for event in sound for out in defect.publish(event)] != sound, defect.name


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        (MESSAGE, Verdict.NAMED),
        ("its key is none: []\nTraceback", Verdict.NAMED),
        ("the response is not a patient: []\nrequest: …\nits key is none", Verdict.KILLED),
        ("Expected: one event\n     but: nothing came\n          closest: its key is none", Verdict.KILLED),
    ],
)
def test_only_the_headline_can_name_the_defect(tmp_path: Path, message: str, verdict: Verdict) -> None:
    write_run(tmp_path, message)
    judged = judge(KEY_NONE, tmp_path, 1, 2.0, [])
    assert (judged.verdict, judged.by) == (verdict, TITLE)


def test_a_finding_of_the_audit_kills_too_but_a_scenario_comes_first(tmp_path: Path) -> None:
    write_run(tmp_path, findings=[FINDING])
    judged = judge(KEY_NONE, tmp_path, 1, 2.0, [])
    assert judged.verdict is Verdict.NAMED
    assert judged.by.startswith("audit: Deleted")
    write_run(tmp_path, MESSAGE, findings=[FINDING])
    assert [by.partition(":")[0] for by, _ in reds_in(suites_in(tmp_path / "junit"))] == [TITLE, "audit"]


def test_a_green_run_means_that_the_defect_survived_if_there_was_an_audit(tmp_path: Path) -> None:
    write_run(tmp_path, end={"audited": False})
    assert judge(KEY_NONE, tmp_path, 0, 2.0, []).verdict is Verdict.NOT_RUN
    write_run(tmp_path)
    assert judge(KEY_NONE, tmp_path, 0, 2.0, []).verdict is Verdict.SURVIVED


@pytest.mark.parametrize("exit_code", [1, None])
def test_a_run_that_ended_early_proves_nothing(tmp_path: Path, exit_code: int | None) -> None:
    judged = judge(KEY_NONE, tmp_path, exit_code, 2.0, ["The broker cannot be reached"])
    assert judged.verdict is Verdict.NOT_RUN
    assert "The broker cannot be reached" in judged.message
    write_run(tmp_path, abort_reason="the broker has ended")
    write_junit(tmp_path / "junit" / "TESTS-b.xml", a_run(abort_reason="nothing was executed"))
    assert judge(KEY_NONE, tmp_path, exit_code, 2.0, []).verdict is Verdict.NOT_RUN
    (tmp_path / "junit" / "TESTS-c.xml").write_text("<testsuite>\x00", encoding="utf-8")
    assert "a JUnit file that is not XML" in judge(KEY_NONE, tmp_path, exit_code, 2.0, []).message


@pytest.mark.parametrize(
    ("sound", "verdicts", "proven"),
    [
        (Verdict.SURVIVED, [Verdict.NAMED, Verdict.NAMED], True),
        (Verdict.SURVIVED, [Verdict.NAMED, Verdict.KILLED], False),
        (Verdict.SURVIVED, [Verdict.NAMED, Verdict.SURVIVED], False),
        (Verdict.SURVIVED, [Verdict.NAMED, Verdict.NOT_RUN], False),
        (Verdict.SURVIVED, [], False),
        (Verdict.KILLED, [Verdict.NAMED], False),
        (Verdict.NOT_RUN, [], False),
    ],
)
def test_only_a_full_proof_is_proven(sound: Verdict, verdicts: list[Verdict], proven: bool) -> None:
    result = report.Result(outcome(sound, SOUND), [outcome(verdict) for verdict in verdicts])
    assert result.proven is proven


def test_the_report_holds_every_outcome(tmp_path: Path) -> None:
    result = report.Result(outcome(Verdict.SURVIVED, SOUND), [outcome(Verdict.NAMED), outcome(Verdict.SURVIVED)])
    report.write_report(result, tmp_path / "new" / "prove.json", 3.0)
    content = json.loads((tmp_path / "new" / "prove.json").read_text(encoding="utf-8"))
    assert [each["verdict"] for each in content["outcomes"]] == ["killed and named", "survived"]
    assert {each["message"] for each in content["outcomes"]} == {"<its key is none>"}
    assert (content["proven"], content["killed"], content["named"]) == (False, 1, 1)
    assert str(result) == "1 of 2 defects killed, 1 of 2 named"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no-such-thing", "there is no defect no-such-thing; see"),
        ("key-nun", "there is no defect key-nun (did you mean key-none?); see"),
        ("", "there is no defect ''; see: python -m bdd prove --list"),
    ],
)
def test_an_unknown_defect_is_refused(name: str, message: str) -> None:
    result = prove("--only", name)
    assert result.exit_code == 2
    assert message in result.output


def test_what_is_wrong_with_the_folder_or_a_setting_is_reported_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "REPORT", tmp_path / "reports" / "prove.json")
    monkeypatch.setenv("BDD_CACHE_DIR", "")
    assert prove("--only", "key-none").exit_code == 2
    (tmp_path / "reports").write_text("in the way")
    monkeypatch.setattr(command, "proving", Mock(side_effect=RuntimeError("nothing must be started")))
    result = prove("--only", "key-none")
    assert result.exit_code == 1
    assert "cannot be written" in result.output


def test_the_defects_can_be_listed_each_in_one_line_of_a_pipe(tmp_path: Path) -> None:
    run = ModuleProcess(tmp_path, "bdd", "prove", "--list", environment={"COLUMNS": "40", "FORCE_COLOR": "1"})
    assert run.end() == 0
    lines = run.printed.splitlines()
    for defect in DEFECTS:
        assert any(defect.name in line and defect.layer in line and defect.description in line for line in lines)


@pytest.mark.parametrize(
    ("causes", "verdict"),
    [
        (["x without a key", "version is wrong"], Verdict.NAMED),
        (["x without a key", "version is wrong", "something else"], Verdict.KILLED),
        (["x without a key", "something else"], Verdict.KILLED),
        (["x without a key"], Verdict.KILLED),
        ([], Verdict.SURVIVED),
    ],
)
def test_of_two_defects_at_once_both_must_be_the_causes_and_nothing_else(
    tmp_path: Path, causes: list[str], verdict: Verdict
) -> None:
    version = replace(KEY_NONE, name="version", pattern="version is wrong")
    pair = Pair("", "both", "both", "", parts=(replace(KEY_NONE, pattern="without a key"), version))
    write_run(tmp_path, "another message")
    (tmp_path / "evidence" / "a-run").mkdir(parents=True)
    told = [{"cause": each, "best": {"message": "a message"}} for each in causes]
    (tmp_path / "evidence" / "a-run" / "causes.json").write_text(json.dumps(told), encoding="utf-8")
    assert judge(pair, tmp_path, 1, 2.0, [], whole=True).verdict is verdict


def test_the_pairs_are_of_defects_of_one_service_of_which_one_at_most_changes_responses() -> None:
    for pair in PAIRS:
        first, second = pair.parts
        assert first.service == second.service == pair.service
        assert not (first.serve and second.serve), f"{pair.name}: one of them would be lost"
