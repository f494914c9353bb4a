"""What is about people whom no scenario has made is in nothing that a run leaves, says or sends."""

import json
from pathlib import Path

import pytest
import requests
from confluent_kafka import Producer

from bdd.domain.resources import resources
from bdd.domain.test_data import example
from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from soak.repeating import again_and_again
from tests.support.receivers import webhook
from tests.support.running import SLOW_SECONDS, ModuleRun, patient_service

FAULTY = "tests.support.faulty_service", "patient-service"
LISTS = "features/patient_read.feature", "features/patient_refused.feature"
STORED, PUBLISHED = "Fremdling-Gespeichert", "Fremdling-Ereignis"
EVENT = {"eventType": "patient.created", "payload": {"patient_id": 1_999_999_999, "nachname": PUBLISHED}}
"""Against the contract, so that a run looks at it."""


def found_in(*folders: Path) -> set[str]:
    """Return which of the others are in a file of these folders."""
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    assert files, folders
    texts = [file.read_text("utf-8", "replace") for file in files]
    return {each for each in (STORED, PUBLISHED) if any(each in text for text in texts)}


@pytest.mark.parametrize(
    ("defect", "first"),
    [("list-ignores-the-filter", "41000000"), ("unknown-status-lists-everybody", "42000000")],
)
def test_others_are_nowhere(tmp_path: Path, broker: EmbeddedBroker, defect: str, first: str) -> None:
    service, night_folder, report = tmp_path / "service", tmp_path / "night", tmp_path / "report"
    service.mkdir()
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers})

    def publish() -> None:
        producer.produce("patient-events", json.dumps(EVENT), key="1999999999", headers={"about": PUBLISHED})
        assert producer.flush(SLOW_SECONDS) == 0

    with webhook() as hook, patient_service(service, broker.bootstrap_servers, *FAULTY, defect, first) as url:
        patient = {**example(resources()["patient"], "foreign"), "nachname": STORED}
        assert requests.post(f"{url}/api/patients", json=patient, timeout=SLOW_SECONDS).status_code == 201
        with again_and_again(publish, 0.2):
            night = ModuleRun(
                night_folder,
                *["bdd", "nightly", "--report", str(report), *remote(url, broker.bootstrap_servers), *LISTS],
                environment={"BDD_NOTIFY_TO": hook.url},
            )
            assert night.end() == 1, night.output
    (notice,) = hook.got
    (tmp_path / "received").mkdir()
    (tmp_path / "received" / "notice.json").write_text(json.dumps(notice, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "received" / "console.txt").write_text(night.output, encoding="utf-8")
    evidence = night_folder / "evidence"
    texts = "".join(file.read_text("utf-8") for file in [*evidence.rglob("http.txt"), *evidence.rglob("*.jsonl")])
    assert " that this run has not made]" in texts, "the run has seen a list with them"
    assert f'"nachname":"text of {len(PUBLISHED)} characters"' in texts, "it has seen their events"
    assert found_in(night_folder, report, tmp_path / "received") == set()
