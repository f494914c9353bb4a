"""A platform whose contract has moved on is tested by two changed YAML files."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from behave.model import Scenario
from behave.parser import parse_file

from bdd.contracts.openapi import Api
from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.stacks.embedded.service import database_file
from bdd.system.paths import OPENAPI, ROOT
from proof import database
from tests.support import moved_on
from tests.support.api_contracts import Change
from tests.support.running import patient_service, run_behave

ONE_PATIENT = "features/patient_created.feature:6"
ALL_PATIENTS = "features/patient_read.feature:12"
MOVED_ON = (moved_on.required_field, moved_on.read_only_field, moved_on.statuses)
UNKNOWN_STATUS = re.compile(
    r"ASSERT FAILED: cause \d+: “(?P<status>.+)” is not a status of a patient in \S+/patients\.openapi\.yaml; "
    r"there are: neu, in Behandlung, beendet\n +evidence: \S+"
)


@pytest.fixture
def moved_on_to(tmp_path: Path, broker: EmbeddedBroker) -> Iterator[list[str]]:
    """The arguments that make behave use the platform that has moved on."""
    with patient_service(tmp_path, broker.bootstrap_servers, moved_on.SERVICE) as url:
        outages = database.settings([database_file(tmp_path, "patient-service")])
        yield remote(url, broker.bootstrap_servers, **outages)


@pytest.fixture
def behind(broker: EmbeddedBroker, api_url: str) -> list[str]:
    """The arguments that make behave use the platform as the project's contracts have it."""
    return remote(api_url, broker.bootstrap_servers)


@pytest.fixture
def paged_to(tmp_path: Path, broker: EmbeddedBroker) -> Iterator[list[str]]:
    """The same of one that also lists patients in pages."""
    with patient_service(tmp_path, broker.bootstrap_servers, moved_on.SERVICE, moved_on.PAGED) as url:
        yield remote(url, broker.bootstrap_servers)


def test_two_files_are_enough_and_each_status_that_is_gone_is_one_line(
    tmp_path: Path, moved_on_to: list[str]
) -> None:
    report = tmp_path / "report.json"
    own = [*moved_on_to, *moved_on.contracts(tmp_path, *MOVED_ON)]
    run = run_behave(
        tmp_path / "all", "features/", *own, "-D", "causes=each", "-f", "json", "-o", str(report), exit_code=1
    )
    red, named = failures(report), statuses_that_are_gone()
    assert red.keys() == {place for place, statuses in named.items() if statuses}
    for place, (message,) in red.items():
        found = UNKNOWN_STATUS.fullmatch(message)
        assert found, f"{place}: {message}"
        assert found["status"] in named[place]
    assert run.output.strip().splitlines()[-1].startswith(f"RED: {len(red)} of {len(named)} scenarios failed; ")

    without = [place for place in named if place not in red]
    run = run_behave(tmp_path / "without", *without, *own)
    assert run.output.strip().splitlines()[-1].startswith(f"GREEN: {len(without)} scenarios passed")


def test_a_page_object_is_read_too(tmp_path: Path, paged_to: list[str]) -> None:
    own = moved_on.contracts(tmp_path, *MOVED_ON, moved_on.page)
    places = [place for place, statuses in statuses_that_are_gone().items() if not statuses]
    run_behave(tmp_path / "pages", *places, *paged_to, *own)
    without = moved_on.contracts(tmp_path, *MOVED_ON)
    run = run_behave(tmp_path / "no pages", ONE_PATIENT, ALL_PATIENTS, *paged_to, *without, exit_code=1)
    assert "\nRED: 1 of 2 scenarios failed; 1 cause: " in run.output
    assert "the response is not a list of patients but" in run.output


def test_the_projects_own_contracts_are_red(tmp_path: Path, moved_on_to: list[str]) -> None:
    run = run_behave(tmp_path / "run", ONE_PATIENT, *moved_on_to, exit_code=1)
    assert "the service responded with 400, expected 201" in run.output
    assert f"{moved_on.REQUIRED} is missing" in run.output


@pytest.mark.parametrize(
    ("change", "features", "says"),
    [
        (moved_on.required_field, ONE_PATIENT, f"{moved_on.REQUIRED} is missing, expected"),
        (moved_on.read_only_field, ONE_PATIENT, f"the response has no {moved_on.MADE}, which the service makes"),
        (moved_on.statuses, ONE_PATIENT, 'status is "offen", expected "neu"'),
        (moved_on.page, ALL_PATIENTS, "the response is not a list of patients but"),
    ],
    ids=["required field", "read-only field", "statuses", "page"],
)
def test_a_platform_that_has_not_moved_on_is_red(
    change: Change, features: str, says: str, tmp_path: Path, behind: list[str]
) -> None:
    run = run_behave(tmp_path / "run", features, *behind, *moved_on.contracts(tmp_path, change), exit_code=1)
    assert says in run.output


def failures(report: Path) -> dict[str, list[str]]:
    """Return the place of each scenario that has failed, and its messages, from behave's JSON."""
    features = json.loads(report.read_text(encoding="utf-8"))
    return {
        element["location"]: [message for step in element["steps"] if (message := message_of(step))]
        for feature in features
        for element in feature.get("elements", ())  # those left out have none
        if element["type"] == "scenario" and element["status"] == "failed"
    }


def message_of(step: Any) -> str:
    """Return the message of a step that has failed; behave splits one that has several lines."""
    lines = step.get("result", {}).get("error_message", "")
    return lines if isinstance(lines, str) else "\n".join(lines)


def statuses_that_are_gone() -> dict[str, set[str]]:
    """Return the place of each scenario about patients, and the statuses in it that the new contract has not."""
    before = set(Api(OPENAPI).answered("/api/patients")["status"].enum)
    gone = before - set(moved_on.STATUSES)
    found: dict[str, set[str]] = {}
    for file in sorted((ROOT / "features").glob("*.feature")):
        feature: Any = parse_file(str(file.relative_to(ROOT)))  # type: ignore[no-untyped-call]
        if "therapist-service" not in feature.tags:
            found |= {str(each.location): gone & set(values_in(each)) for each in feature.walk_scenarios()}
    return found


def values_in(scenario: Scenario) -> Iterator[str]:
    """Yield the values that the steps name, in quotation marks and in tables."""
    for step in scenario.all_steps:
        yield from re.findall("“([^”]*)”", step.name)
        yield from (cell for row in step.table or () for cell in row.cells)
