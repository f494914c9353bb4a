"""Sites for the tests in the browser and for the pictures: reports of all kinds of runs and the story book.

All results are synthetic.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bdd.commands.stories import read_book
from bdd.pages.book import Book
from bdd.pages.report import Form, make_report
from bdd.pages.stories import make_stories
from bdd.results.folder import History
from bdd.results.model import Difference, Feature, KnownFailure, LeftOut, Run, Scenario, ScenarioName, Status
from bdd.results.summary import summary_of
from tests.support.runs import NIGHT, a_run, history
from tests.support.scenarios import a_failure, a_finding, a_scenario

NIGHTS = 30
_DELETIONS_BROKEN_FOR = 5
_REMOVED = 1
_FLAKY = (4, 11, 17)
"""The nights in which the order of events was wrong, counted from the first one."""
_LACKS_PHONE = Difference(
    sentence='its payload.patient_data lacks telefon, expected "+49 30 5550100"',
    field="payload.patient_data.telefon",
)
_DEADLINE = 5.0
_SURNAMES = ("Muster", "Beispiel", "Probe", "Test", "Vorlage", "Entwurf", "Skizze", "Etikett", "Attrappe", "Schema")
_ADVICE = "let the service send every field of the patient in its patient.updated event"
_FEATURES = (
    Feature(
        file="features/patient_updated.feature",
        name="Changes of patients are published",
        description="Whoever keeps a copy of a patient learns of each change from its event.",
    ),
    Feature(
        file="features/patient_deleted.feature",
        name="Deletions of patients are published",
        description="After a deletion no service may keep the patient's data.",
    ),
    Feature(
        file="features/patient_order.feature",
        name="A patient's events arrive in order",
        description="Of two changes the later one wins, in every service.",
    ),
    Feature(
        file="features/patient_refused.feature",
        name="What is refused is not published",
        description="A request that the service refuses changes nothing, so nobody hears of it.",
    ),
)
_AWAY = Feature(file="features/therapist_blocked.feature", name="Blocks of therapists are published")
_UPDATED, _DELETED, _ORDER, _REFUSED = (each.file for each in _FEATURES)
_WRONG_KEY = "patient.deleted with the key “patient-5” instead of “5”"
_TWICE = (
    "patient.updated comes twice: “When I change the patient's vorname to “Neu”” promised one event;\n"
    "the second one is at patient-events/2@9, with the same eventId, 310 ms after the first one"
)
_DISORDER = "a later event comes before an earlier one"
_NO_PHONE = "patient.updated without its payload.patient_data.telefon"


def a_night(number: int) -> list[Scenario]:
    """Return the scenarios of a night: all but a few tell of a platform that keeps its promises."""
    last = number == NIGHTS - 1
    changes = _state(broken=last)
    deletions = _state(broken=number >= NIGHTS - _DELETIONS_BROKEN_FOR)
    order = _state(broken=number in _FLAKY)
    latency = 0.018 + 0.004 * (number * 7 % 5)
    made = [
        _change("Changing one field: telefon", "telefon", changes, 6, latency),
        _change("Changing one field: vorname", "vorname", "passed", 10, latency),
        _change("Changing two fields at once", "nachname", changes, 14, latency),
        _made("A deletion is published", deletions, _DELETED, 7, latency, title=_WRONG_KEY),
        _made("A patient is deleted right after its creation", deletions, _DELETED, 13, latency, title=_WRONG_KEY),
        _made(f"Two changes publish {'two' if last else 'both'} events", "passed", _ORDER, 5, latency, same="Two"),
        _made("All events of a patient are in one partition", order, _ORDER, 12, latency, title=_DISORDER),
        _made("A patient without a nachname is refused", "passed", _REFUSED, 5),
        _made("An unreadable body is refused", "passed", _REFUSED, 11),
    ]
    if number < NIGHTS - _REMOVED:
        made.append(_made("An empty telefon is refused", "passed", _REFUSED, 17))
    if last:
        made.append(_made("A status that does not exist is refused", "passed", _REFUSED, 23))
    return made


def red() -> tuple[Run, Sequence[Run]]:
    """Return a run with two causes, a finding and scenarios that were left out, and the runs before it."""
    away = ScenarioName(feature=_AWAY.file, name="A block is published", line=5)
    left_out = [LeftOut(reason="the platform has no therapist-service", scenarios=[away])]
    features = (*_FEATURES, _AWAY)
    nights = [a_night(number) for number in range(NIGHTS)]
    *before, last = history(*nights, features=features, left_out=left_out)
    finding = a_finding("patient.updated comes twice", scenario=last.scenarios[1].as_name).model_copy(
        update={"message": _TWICE}
    )
    known = KnownFailure(
        scenario="All events of a patient are in one partition",
        reason="Under load the service sends with two producers; ticket 4711",
        who="Team Events",
        until="2026-12-31",
        state="passed",
    )
    run = a_run(
        last.scenarios,
        began=last.run.began,
        seconds=31.0,
        findings=[finding],
        features=features,
        left_out=left_out,
        end={"known": [known]},
    )
    return run, before


def green() -> tuple[Run, Sequence[Run]]:
    """Return a run that found nothing, a week after the first one."""
    *before, last = history(*(a_night(number) for number in range(12, 20)), features=_FEATURES)
    return last, before


def killed() -> tuple[Run, Sequence[Run]]:
    """Return a run that was killed after four scenarios."""
    scenarios = a_night(0)
    names = [each.as_name for each in scenarios]
    return a_run(scenarios[:4], killed=True, selected=names, features=_FEATURES), ()


def not_started() -> tuple[Run, Sequence[Run]]:
    """Return a run whose platform did not come up, the night after a good one."""
    before, _ = green()
    reason = "nothing was executed: no broker answers at 127.0.0.1:9092"
    return a_run([], began=before.run.began + NIGHT, abort_reason=reason, features=_FEATURES), (before,)


def read() -> tuple[Book, Sequence[Run]]:
    """Return this project's features, and two runs with a result of each kind; one scenario is in none of them."""
    book = read_book()
    names = [name for chapter in book.chapters for story in chapter.stories for name in story.scenarios]
    results: Sequence[Status] = ("passed", "passed", "failed", "skipped")
    made = [
        a_scenario(name.name, results[at % len(results)], feature=name.feature, line=name.line, latency=None)
        for at, name in enumerate(names[1:])
    ]
    known = KnownFailure(
        scenario=next(each.name for each in made if each.status == "failed"),
        reason="Ticket 4711",
        who="Team Events",
        until="2026-12-31",
        state="failed as known",
    )
    older, newer = history(made[: len(made) // 2], made)
    assert newer.end
    return book, (newer.model_copy(update={"end": newer.end.model_copy(update={"known": [known]})}), older)


def _stories(folder: Path) -> Path:
    book, runs = read()
    return make_stories(book, runs, folder)


def _german_stories(folder: Path) -> Path:
    """Make a page of each kind, before anything was run; the features are the same in each language."""
    book, _ = read()
    return make_stories(replace(book, chapters=book.chapters[:2]), (), folder, "de")


def _site(runs: Callable[[], tuple[Run, Sequence[Run]]], **form: Any) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        run, before = runs()
        return make_report(run, History([summary_of(each) for each in (*before, run)]), folder, Form(**form))

    return make


SITES: Mapping[str, Callable[[Path], Path]] = {
    "green": _site(green),
    "red": _site(red),
    "killed": _site(killed),
    "not started": _site(not_started),
    "German": _site(red, language="de"),
    "single file": _site(red, single=True),
    "stories": _stories,
    "German stories": _german_stories,
}
"""Each site: its name -> what makes its pages in a folder and returns the first one."""


def _state(*, broken: bool) -> Status:
    return "failed" if broken else "passed"


def _made(
    name: str,
    status: Status,
    feature: str,
    line: int,
    latency: float | None = None,
    *,
    title: str = "",
    same: str | None = None,
) -> Scenario:
    """Return a scenario; `same` is what stays in its steps if it gets another name."""
    nachname = _surname(same or name)
    made = a_scenario(name, status, feature=feature, line=line, title=title, latency=latency, nachname=nachname)
    return _with_its_wait(made)


def _surname(name: str) -> str:
    """Return a name of a patient for a scenario, so that no two scenarios have the same steps."""
    return _SURNAMES[sum(name.encode()) % len(_SURNAMES)]


def _with_its_wait(scenario: Scenario) -> Scenario:
    """Return a scenario that took as long as its last step waited in vain, if that failed."""
    if scenario.failure is None:
        return scenario
    *steps, last = scenario.steps
    waited = last.model_copy(update={"seconds": _DEADLINE})
    return scenario.model_copy(update={"steps": [*steps, waited], "seconds": 0.25 + _DEADLINE})


def _change(name: str, field: str, status: Status, line: int, latency: float) -> Scenario:
    """Return a scenario that changes a field of a patient; if it failed, its event has no telefon."""
    words = (
        "Given a patient",
        f"When I change the patient's {field} to “Neu”",
        "Then the service responds with 200",
        "And a patient.updated event is published",
    )
    made = _with_its_wait(
        a_scenario(
            name,
            status,
            feature=_UPDATED,
            line=line,
            sentences=words,
            title=_NO_PHONE,
            latency=latency,
            nachname=_surname(name),
        )
    )
    patient = json.loads(made.exchanges[0].sent or "{}") | {field: "Neu"}
    answered = json.dumps({"id": 5, **patient})
    put = {
        "method": "PUT",
        "operation": "PUT /api/patients/{id}",
        "sent": json.dumps({field: "Neu"}),
        "body": answered,
    }
    expected = {"patient_id": 5, "patient_data": patient}
    expected_event: dict[str, Any] = {"event_type": "patient.updated", "payload": expected}
    fields: dict[str, Any] = {"tags": ("updated",)}
    published = expected
    if status == "failed":
        published = {**expected, "patient_data": {key: patient[key] for key in patient if key != "telefon"}}
        expected_event["differences"] = [_LACKS_PHONE]
        fields["failure"] = a_failure(_NO_PHONE, step=words[-1], advice=_ADVICE)
    value = json.loads(made.events[1].value or "{}") | {"eventType": "patient.updated", "payload": published}
    event = {"event_type": "patient.updated", "key": "5", "value": json.dumps(value)}
    fields |= {
        "exchanges": (made.exchanges[0], made.exchanges[1].model_copy(update=put)),
        "events": (made.events[0], made.events[1].model_copy(update=event)),
        "expectations": (made.expectations[0], made.expectations[1].model_copy(update=expected_event)),
    }
    return made.model_copy(update=fields)
