"""The proof: its list of defects, how a run is judged, and what its exit code says."""

import datetime as dt
import json
import re
import uuid
from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner

from bdd.commands.cli import app
from bdd.report.junit import write_audit
from bdd.system.paths import ROOT
from bdd.verdict.audit import Finding
from proof import command
from proof.defect import SOUND, Defect
from proof.defects import DEFECTS
from proof.judging import Outcome, Verdict, headline, judge, reds_in
from proof.outgoing import CREATED, DELETED, UPDATED, Outgoing
from proof.report import Result, write_reports

KEY_NONE = Defect(name="key-none", says="no key", pattern="its key is none", features=("event_envelope",))
MESSAGE = """Expected: one patient.created event on patient-events with key "5"
     but: the closest event differs in 1 way: its key is none, expected "5"
          closest:  patient.created at patient-events/0@17, key none"""
FINDING = Finding(
    scenario="Deleted",
    location="features/patient_deleted.feature:6",
    step="When I delete it",
    sentence="left a record: its key is none",
    advice="correct it",
)


def published(event_type: str, patient: int, **changed: str | None) -> Outgoing:
    data: dict[str, str | None] = {
        "vorname": "Jürgen",
        "nachname": "O'Testington",
        "anrede": "Frau",
        "email": "a@example.org",
    }
    data |= {"telefon": "+49 30 5550100", "status": "offen"}
    event = {
        "eventId": str(uuid.uuid4()),
        "eventType": event_type,
        "version": "1.0",
        "timestamp": dt.datetime.now(dt.UTC).isoformat(timespec="microseconds"),
        "producer": "patient-service",
        "payload": {"patient_id": patient} | ({} if event_type == DELETED else {"patient_data": data | changed}),
    }
    return Outgoing("patient-events", str(patient).encode(), b"").holding(event)


def life(patient: int) -> list[Outgoing]:
    """A patient's events, with everything in them that a defect may befall."""
    changes: list[dict[str, str | None]] = [
        {"vorname": "Ä" * 255, "nachname": "Probe", "anrede": "Herr", "telefon": None},
        {"email": "b@example.org", "status": "in Therapie"},
    ]
    changed = [published(UPDATED, patient, **change) for change in changes]
    return [published(CREATED, patient, email=None), *changed, published(DELETED, patient)]


TITLE = "The envelope names type, version and producer"


def write_feature(folder: Path, failure: str | None) -> Path:
    bad = f'<failure type="AssertionError" message=""><![CDATA[{failure}]]></failure>' if failure else ""
    folder.mkdir(exist_ok=True)
    case = f'<testcase classname="event_envelope" name="{TITLE}">{bad}</testcase>'
    (folder / "TESTS-event_envelope.xml").write_text(f"<testsuite>{case}</testsuite>", encoding="utf-8")
    return folder


def outcome(verdict: Verdict, defect: Defect = KEY_NONE) -> Outcome:
    return Outcome(defect, verdict, 1.0, by=TITLE, said="<its key is none>")


def test_there_are_enough_defects_and_each_has_a_name_of_its_own() -> None:
    assert len(DEFECTS) >= 60
    assert len({defect.name for defect in (SOUND, *DEFECTS)}) == len(DEFECTS) + 1


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_is_well_formed(defect: Defect) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", defect.name)
    assert defect.says
    assert defect.pattern
    assert not re.search(defect.pattern, ""), "such a pattern names nothing"
    assert defect.publish or defect.serve or defect.store
    assert not (defect.store and (defect.serve or defect.publish)), "only one of them would be put on"
    files = [ROOT / "features" / f"{feature}.feature" for feature in defect.features]
    assert files
    assert re.search(f"Scenario.*({defect.scenario})", "".join(file.read_text(encoding="utf-8") for file in files))


def test_every_layer_has_defects() -> None:
    assert {defect.layer for defect in DEFECTS} == {"publisher", "HTTP", "store"}


def test_a_pattern_that_the_headline_matches_names_the_defect(tmp_path: Path) -> None:
    judged = judge(KEY_NONE, write_feature(tmp_path, MESSAGE), 1, 2.0, [])
    assert judged.verdict is Verdict.NAMED
    assert judged.by == TITLE


def test_what_stands_below_the_headline_does_not_name_the_defect(tmp_path: Path) -> None:
    below = "Expected: one event\n     but: nothing came\n          closest: its key is none"
    assert judge(KEY_NONE, write_feature(tmp_path, below), 1, 2.0, []).verdict is Verdict.KILLED


def test_a_finding_of_the_audit_kills_too(tmp_path: Path) -> None:
    write_feature(tmp_path, None)
    write_audit(tmp_path, [FINDING])
    judged = judge(KEY_NONE, tmp_path, 1, 2.0, [])
    assert judged.verdict is Verdict.NAMED
    assert judged.by.startswith("audit: Deleted")


def test_a_scenario_comes_before_the_findings(tmp_path: Path) -> None:
    write_feature(tmp_path, MESSAGE)
    write_audit(tmp_path, [FINDING])
    assert [red.by.partition(":")[0] for red in reds_in(tmp_path)] == [
        TITLE,
        "audit",
    ]


def test_a_green_run_means_that_the_defect_survived(tmp_path: Path) -> None:
    write_feature(tmp_path, None)
    write_audit(tmp_path, [])
    assert judge(KEY_NONE, tmp_path, 0, 2.0, []).verdict is Verdict.SURVIVED


def test_a_run_that_broke_down_kills_nothing(tmp_path: Path) -> None:
    judged = judge(KEY_NONE, tmp_path, 1, 2.0, ["The broker cannot be reached"])
    assert judged.verdict is Verdict.NOT_RUN
    assert "The broker cannot be reached" in judged.said


def test_a_green_run_without_an_audit_proves_nothing(tmp_path: Path) -> None:
    assert judge(KEY_NONE, write_feature(tmp_path, None), 0, 2.0, []).verdict is Verdict.NOT_RUN


def test_a_report_that_is_no_xml_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "TESTS-event_envelope.xml").write_text("<testsuite>\x00", encoding="utf-8")
    assert judge(KEY_NONE, tmp_path, 1, 2.0, []).verdict is Verdict.NOT_RUN


def test_a_message_without_but_has_its_first_line_as_headline() -> None:
    assert headline("the response is not a patient: []\nTraceback") == "the response is not a patient: []"


@pytest.mark.parametrize(
    ("sound", "verdicts", "exit_code"),
    [
        (Verdict.SURVIVED, [Verdict.NAMED, Verdict.NAMED], 0),
        (Verdict.SURVIVED, [Verdict.NAMED, Verdict.KILLED], 1),
        (Verdict.SURVIVED, [Verdict.NAMED, Verdict.SURVIVED], 1),
        (Verdict.SURVIVED, [Verdict.NAMED, Verdict.NOT_RUN], 1),
        (Verdict.SURVIVED, [], 1),
        (Verdict.KILLED, [Verdict.NAMED], 1),
        (Verdict.NOT_RUN, [], 1),
    ],
)
def test_only_a_full_proof_ends_with_0(sound: Verdict, verdicts: list[Verdict], exit_code: int) -> None:
    result = Result(outcome(sound, SOUND), [outcome(verdict) for verdict in verdicts])
    assert result.exit_code == exit_code


def test_the_reports_hold_every_outcome_and_html_is_escaped(tmp_path: Path) -> None:
    result = Result(outcome(Verdict.SURVIVED, SOUND), [outcome(Verdict.NAMED), outcome(Verdict.SURVIVED)])
    page = write_reports(result, tmp_path, 3.0).read_text(encoding="utf-8")
    content = json.loads((tmp_path / "prove.json").read_text(encoding="utf-8"))
    assert [each["verdict"] for each in content["outcomes"]] == ["killed and named", "survived"]
    assert (content["proven"], content["killed"], content["named"]) == (False, 1, 1)
    assert "1 of 2 defects killed, 1 of 2 named" in page
    assert "&lt;its key is none&gt;" in page


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no-such-thing", "there is no defect no-such-thing; see"),
        ("key-nun", "there is no defect key-nun (did you mean key-none?); see"),
        ("", "there is no defect ''; see: python -m bdd prove --list"),
    ],
)
def test_an_unknown_defect_is_told_from_the_known_ones(name: str, said: str) -> None:
    told = CliRunner().invoke(app, ["prove", "--only", name], env={"COLUMNS": "200"})
    assert told.exit_code == 2
    assert said in told.output


def no_proof(_say: object) -> NoReturn:
    raise AssertionError("nothing must be started")


def test_reports_that_cannot_be_written_are_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reports").write_text("in the way")
    monkeypatch.setattr(command, "REPORTS", tmp_path / "reports" / "prove")
    monkeypatch.setattr(command, "Proof", no_proof)
    told = CliRunner().invoke(app, ["prove", "--only", "key-none"], env={"COLUMNS": "200"})
    assert told.exit_code == 1
    assert isinstance(told.exception, SystemExit)


def test_a_wrong_setting_ends_it_as_it_ends_every_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "REPORTS", tmp_path)
    monkeypatch.setenv("BDD_CACHE_DIR", "")
    assert CliRunner().invoke(app, ["prove", "--only", "key-none"]).exit_code == 2


def test_the_defects_can_be_listed() -> None:
    told = CliRunner().invoke(app, ["prove", "--list"], terminal_width=200)
    assert told.exit_code == 0
    assert "key-none" in told.output


@pytest.mark.parametrize("defect", [each for each in DEFECTS if each.publish], ids=lambda defect: defect.name)
def test_a_publisher_defect_changes_what_goes_out(defect: Defect) -> None:
    """Else the suite would be blamed for a defect that was never put on."""
    assert defect.publish
    went_in = [out for patient in (5, 6, 7) for out in life(patient)]
    went_out = [out for event in went_in for out in defect.publish(event)]
    assert went_out != went_in
