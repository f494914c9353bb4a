"""Thirty runs of the suite, and what the pages say of them, computed again from the files that they left."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bdd.commands.report import run_report
from bdd.pages.report import Form
from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.system.paths import ROOT
from tests.support import shown
from tests.support.recomputed import Recomputed, percent, seconds
from tests.support.running import BehaveRun, ModuleRun, patient_service, run_behave

SOUND, DELETED, REFUSED, READ = "sound", "deleted-with-data", "refused-answers-422", "reading-one-announced"
BOTH = f"{DELETED}+{REFUSED}"
NIGHTS = [
    *[SOUND] * 4,
    *[DELETED] * 4,  # 5 to 8
    *[SOUND, REFUSED, SOUND, REFUSED],  # 9 to 12
    *[BOTH] * 4,  # 13 to 16
    *[DELETED, SOUND, READ, READ],  # 17 to 20
    *[SOUND, READ, SOUND, SOUND, REFUSED, SOUND, SOUND],  # 21 to 27
    *[DELETED, DELETED, BOTH],  # 28 to 30
]
"""What the service does wrong in each run."""
ADDED, KILLED, REMOVED, RENAMED, MOVED = 11, 14, 18, 21, 23
"""In which run a scenario is there for the first time, the run is killed, a scenario is gone, one has another name,
and one is in another feature file."""
DAY = 24 * 3600.0

CREATION = (
    "Scenario: A creation is published\n    When I create a patient\n    Then a patient.created event is published"
)
CHANGE = """Scenario: {name}
    Given a patient
    When I change the patient's telefon to “+49 30 5550177”
    Then exactly one patient.updated event is published"""
REFUSAL = """Scenario: A patient without a name is refused
    When I try to create a patient without vorname
    Then the service refuses with 400, naming “vorname”
    And no event is published"""
LONG = """Scenario: Many changes
    Given a patient
    When I change the patient's telefon 20000 times in a row
    Then no event is published"""
DELETION = """Scenario: A deletion is published
    Given a patient
    When I delete the patient
    Then a patient.deleted event is published"""
GONE = """Scenario: A deleted patient cannot be changed
    Given a patient
    When I delete the patient
    Then a patient.deleted event is published
    When I try to change the patient
    Then the service responds with 404 “Patient not found”"""
READING = """Scenario: A patient can be read
    Given a patient
    When I read the patient
    Then the service responds with 200"""


class Installation:
    """A folder with environment, steps and features, whose features change from night to night."""

    def __init__(self, folder: Path) -> None:
        self.features = folder / "features"
        self.features.mkdir(parents=True)
        shutil.copy(ROOT / "environment.py", folder)
        shutil.copytree(ROOT / "steps", folder / "steps")

    def write(self, night: int) -> None:
        """Write the features of a night."""
        changed = "A change is published" if night < RENAMED else "Whoever changes a patient tells the others"
        scenarios = [CREATION, CHANGE.format(name=changed), REFUSAL, *[LONG] * (night == KILLED), DELETION]
        scenarios += [GONE] * (night < REMOVED) + [READING] * (ADDED <= night < MOVED)
        self._write("patients", scenarios)
        self._write("reading", [READING] * (night >= MOVED))

    def _write(self, name: str, scenarios: Sequence[str]) -> None:
        if scenarios:
            text = "\n\n  ".join([f"Feature: About {name}", *scenarios])
            (self.features / f"{name}.feature").write_text(text + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def services(broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A service of each kind on one broker: its defect -> its address."""
    with ExitStack() as running:
        urls = {}
        for number, defect in enumerate(dict.fromkeys(NIGHTS), 1):
            command = "proof.broken_service", "patient-service", defect, str(number * 1_000_000)
            folder = tmp_path_factory.mktemp("service")
            urls[defect] = running.enter_context(patient_service(folder, broker.bootstrap_servers, *command))
        yield urls


@pytest.fixture(scope="module")
def nights(
    tmp_path_factory: pytest.TempPathFactory, broker: EmbeddedBroker, services: dict[str, str]
) -> list[Path]:
    """The files of thirty runs in one folder, the oldest first, each a day after the one before."""
    folder = tmp_path_factory.mktemp("nights")
    installation = Installation(folder / "installation")
    files: list[Path] = []
    for night, defect in enumerate(NIGHTS, 1):
        installation.write(night)
        to = remote(services[defect], broker.bootstrap_servers, settling=0.3, results_dir=folder / "results")
        arguments = [str(installation.features), *to]
        if night == KILLED:
            run = BehaveRun(folder / str(night), *arguments)
            try:
                run.kill_after(3, folder / "results", "bdd.recorder", earlier=files)
            finally:
                run.finish()
        else:
            run_behave(folder / str(night), *arguments, exit_code=0 if defect == SOUND else 1)
        (file,) = set((folder / "results").glob("*.json")).difference(files)
        files.append(file)
        _move(file, (night - len(NIGHTS)) * DAY)
    return files


def _move(file: Path, by: float) -> None:
    """Move all times of a run, as if it had been at another day."""

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: moved(each) for key, each in value.items()}
        if isinstance(value, list):
            return [moved(each) for each in value]
        return value + by if isinstance(value, float) and value > 1e9 else value

    file.write_text(json.dumps(moved(json.loads(file.read_bytes()))), encoding="utf-8")


@pytest.fixture(scope="module")
def reports(nights: Sequence[Path], tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Recomputed, Path]]:
    """For each run, its history as computed again and the folder of its report."""
    folder = tmp_path_factory.mktemp("reports")
    for file in nights:
        assert run_report(file, file.parent, folder / file.stem, Form(), newest=30, pdf=False) == 0
    return [(Recomputed(file), folder / file.stem) for file in nights]


def test_the_thirty_runs_are_what_they_were_made_for(reports: Sequence[tuple[Recomputed, Path]]) -> None:
    """Each kind of change is there, so that a page can be wrong about it."""
    histories = [history for history, _ in reports]
    assert [len(each.runs) for each in histories] == list(range(1, len(NIGHTS) + 1))
    headings = [set(each.groups) for each in histories]
    for heading, least in {
        "newly broken": 4,
        "still broken": 6,
        "mended": 4,
        "new": 2,
        "removed": 2,
        "renamed": 2,
        "not run": 1,
        "newly found by the audit": 2,
        "still found by the audit": 1,
        "no longer found by the audit": 2,
    }.items():
        assert sum(heading in each for each in headings) >= least, (heading, headings)
    assert histories[-1].runs[KILLED - 1]["end"] is None
    flaky = [name for name, _ in histories[-1].flaky]
    assert flaky == ["A patient without a name is refused", "A deletion is published"]


def test_first_pages_say_what_has_changed_since_the_last_run(reports: Sequence[tuple[Recomputed, Path]]) -> None:
    for night, (history, folder) in enumerate(reports, 1):
        page = shown.Page(folder / "index.html")
        assert shown.groups_of(page) == history.groups, f"the changes of run {night}"
        assert shown.causes_of(page) == history.causes, f"the causes of run {night}"
        compared = page.the("changes").every("p")[0].text
        expected = (
            f"Compared with the run of {history.compared_with}." if history.compared_with else "the first run"
        )
        assert expected in compared, f"with what run {night} is compared"


def test_first_pages_say_how_it_was_in_the_runs_before(reports: Sequence[tuple[Recomputed, Path]]) -> None:
    for night, (history, folder) in enumerate(reports, 1):
        (head,) = shown.Page(folder / "index.html").root.every("section", kind="verdict")
        assert history.verdict in head.every("h1")[0].text, f"the verdict of run {night}"
        assert ("kept" in head.classes) is history.kept[-1], f"the look of run {night}"
        if night == 1:
            continue
        assert history.before in head.text, f"how it was before run {night}"
        strip = [mark.classes[0] == "kept" for mark in head.every("svg", kind="strip")[0].elements]
        assert strip == history.kept, f"the marks of run {night}"
        counts = (
            f"The last {night} runs, the newest on the right: {strip.count(True)} kept, {strip.count(False)} not"
        )
        assert counts in head.text, f"the marks of run {night} in words"


def test_first_pages_say_below_the_verdict_what_is_broken_and_since_when(
    reports: Sequence[tuple[Recomputed, Path]],
) -> None:
    for night, (history, folder) in enumerate(reports, 1):
        page = shown.Page(folder / "index.html")
        assert shown.headline_of(page) == history.headline, f"since when promises are broken in run {night}"
        assert shown.broken_capabilities_of(page) == history.broken_capabilities, f"what is broken in run {night}"


def test_pages_of_scenarios_say_since_when_and_how_it_was(reports: Sequence[tuple[Recomputed, Path]]) -> None:
    for night, (history, folder) in enumerate(reports[1:], 2):
        pages = [shown.Page(each) for each in (folder / "scenarios").glob("*.html")]
        rows = {each.name: each for each in history.scenarios}
        assert len(pages) == len(history.now["scenarios"]), f"the scenarios of run {night}"
        for page in pages:
            row = rows[page.root.every("h1")[0].text]
            (status,) = page.root.every("p", kind="status")
            since = [each.text for each in status.every("span") if "since" in each.text or "new in" in each.text]
            expected = [history.broken[row.name]] if row.name in history.broken else []
            assert since == expected, f"since when in run {night}: {row.name}"
            past = page.the("past").every("p")[0].text
            parts = [row.words, row.flaky, row.latency and f"From the response to the event: {row.latency}"]
            assert past == " · ".join(filter(None, parts)), f"the past of run {night}: {row.name}"


def test_history_pages_hold_the_figures_of_each_run(reports: Sequence[tuple[Recomputed, Path]]) -> None:
    for night, (history, folder) in enumerate(reports, 1):
        page = shown.Page(folder / "history.html")
        assert shown.runs_of(page) == history.table, f"the table of runs at run {night}"
        assert shown.scenarios_of(page) == history.scenarios, f"the table of scenarios at run {night}"
        assert shown.flaky_of(page) == history.flaky, f"the flaky scenarios at run {night}"


def test_charts_show_the_figures_of_the_tables(reports: Sequence[tuple[Recomputed, Path]]) -> None:
    history, folder = reports[-1]
    page = shown.Page(folder / "history.html")
    lines = {
        ("duration", "first"): [each for each in history.durations if each is not None],
        ("latency", "first"): [each[0] for each in history.latencies if each],
        ("latency", "second"): [each[1] for each in history.latencies if each],
    }
    for (chart, kind), values in lines.items():
        heights = shown.heights_of(page, chart, kind)
        assert len(heights) == len(values), f"a point for each run: {chart} {kind}"
        scale = max(heights) / max(values)
        assert heights == pytest.approx([max(each, 0) * scale for each in values], abs=0.2), (chart, kind)
    rates = [(row[2], row[3]) for row in history.table[::-1]]
    kept = shown.heights_of(page, "scenarios", "kept")
    scale = max(kept) / max(int(of) - int(failed) for of, failed in rates)
    assert kept == pytest.approx([(int(of) - int(failed)) * scale for of, failed in rates], abs=0.2)


def test_captions_name_the_figures_of_the_charts(reports: Sequence[tuple[Recomputed, Path]]) -> None:
    for night, (history, folder) in enumerate(reports, 1):
        page = shown.Page(folder / "history.html")
        captions = {
            name: page.the(name).every("figcaption")[0].text for name in ("scenarios", "duration", "latency")
        }
        known = [each for each in history.durations if each is not None]
        assert f"Between {seconds(min(known))} and {seconds(max(known))}." in captions["duration"], night
        median, most = next(each for each in reversed(history.latencies) if each)
        assert f"within {seconds(median)} of the response" in captions["latency"], night
        assert f"95 of 100 within {seconds(most)}" in captions["latency"], night
        rates = [(int(row[2]) - int(row[3]), int(row[2])) for row in history.table if row[2] != "0"]
        shares = sorted(rates, key=lambda each: each[0] / each[1])
        newest, lowest, highest = (percent(*each) for each in (rates[0], shares[0], shares[-1]))
        assert f"newest run: {newest}; in all runs between {lowest} and {highest}." in captions["scenarios"], night


def test_a_shorter_history_says_that_it_may_have_been_longer(nights: Sequence[Path], tmp_path: Path) -> None:
    for night, newest in ((8, 3), (9, 3), (20, 2), (30, 12)):
        file = nights[night - 1]
        assert run_report(file, file.parent, tmp_path / str(night), Form(), newest=newest, pdf=False) == 0
        history = Recomputed(file, newest)
        page = shown.Page(tmp_path / str(night) / "index.html")
        assert shown.groups_of(page) == history.groups, f"the changes of run {night} in {newest} runs"
        assert shown.causes_of(page) == history.causes, f"the causes of run {night} in {newest} runs"
        assert night == 30 or "or longer" in str(history.groups), history.groups


def test_what_cannot_be_read_is_named_and_changes_nothing(
    nights: Sequence[Path], reports: Sequence[tuple[Recomputed, Path]], tmp_path: Path
) -> None:
    results = tmp_path / "results"
    shutil.copytree(nights[0].parent, results)
    file = nights[10]
    content = file.read_bytes().replace(file.stem.encode(), b"of-another-run")
    (results / "cut.json").write_bytes(content[: len(content) // 2])
    (results / "empty.json").touch()
    (results / "nonsense.json").write_text("no results", encoding="utf-8")
    (results / "newer.json").write_text(json.dumps({**json.loads(content), "format": 2}), encoding="utf-8")
    run = ModuleRun(
        tmp_path / "command", "bdd", "report", "-D", f"results_dir={results}", "--output", str(tmp_path / "pages")
    )
    assert run.end() == 0
    said = dict(line.split(" cannot be read: ") for line in run.output.splitlines() if "cannot be read" in line)
    reasons = {
        "cut": "it is cut off",
        "empty": "it is empty",
        "nonsense": "it is not JSON",
        "newer": "a newer version",
    }
    assert {Path(file).stem for file in said} == set(reasons)
    assert all(said[str(results / f"{name}.json")].startswith(reason) for name, reason in reasons.items()), said
    for name in ("index.html", "history.html"):
        same = (reports[-1][1] / name).read_text(encoding="utf-8")
        assert (tmp_path / "pages" / name).read_text(encoding="utf-8") == same
