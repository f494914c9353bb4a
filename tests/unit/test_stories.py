"""The story book: what it says of features, steps and results, and that its pages open without anything else."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bdd.commands import stories as command
from bdd.commands.cli import app
from bdd.commands.stories import read_book
from bdd.pages import stories as module
from bdd.pages.book import Book, Chapter, Examples, Sentence, StepWords, Story
from bdd.pages.pdf import NoPdf
from bdd.pages.stories import make_stories
from bdd.results.model import Run, ScenarioName
from bdd.system.paths import ROOT
from tests.support.runs import FEATURE, a_finding, a_run, a_scenario, history, named, written

NAMES = ["A deletion is published", "Deleted: <how>"]
ROWS = ["Deleted: once -- ways", "Deleted: twice -- ways"]
STEPS = [
    StepWords("then", "Steps about events", "Wait for the event.", [("a {event_type} event is published", None)]),
]


@pytest.fixture(scope="module")
def project() -> Book:
    return read_book()


def name(text: str, line: int = 7) -> ScenarioName:
    return ScenarioName(feature=FEATURE, name=text, line=line)


def a_book(*stories: Story) -> Book:
    outline = Story(
        NAMES[1],
        [Sentence("When", "I delete the patient <how>")],
        [name(ROWS[0], 20), name(ROWS[1], 21)],
        [Examples("ways", ["how"], [(name(ROWS[0], 20), ["once"]), (name(ROWS[1], 21), ["twice"])])],
    )
    told = stories or (
        Story(NAMES[0], [Sentence("When", "I delete", [["field", "value"]])], [name(NAMES[0])]),
        outline,
    )
    chapter = Chapter(FEATURE, "en", "Deleting publishes", "In short.", [Sentence("Given", "a patient")], told)
    return Book([chapter], STEPS, {"event_type": ["patient.created"]})


def pages(folder: Path, book: Book, *runs: Run, language: str = "en") -> Mapping[str, "Page"]:
    make_stories(book, runs, folder, "de" if language == "de" else "en")
    return {file.relative_to(folder).as_posix(): Page(file) for file in folder.rglob("*.html")}


class Page(HTMLParser):
    """A page as a reader gets it: its text, its links, its headings."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.source = file.read_text(encoding="utf-8")
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self._words: list[str] = []
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())

    def all(self, tag: str) -> list[Mapping[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def headings(self) -> list[int]:
        return [int(tag[1]) for tag, _ in self.tags if re.fullmatch("h[1-6]", tag)]


CHAPTER = "promises/patient-deleted.html"


def test_the_book_has_the_whole_project_before_anything_was_run(project: Book, tmp_path: Path) -> None:
    made = pages(tmp_path, project)
    files = sorted((ROOT / "features").glob("*.feature"))
    assert len(made) == len(files) + 2
    assert [chapter.file for chapter in project.chapters] == [f"features/{file.name}" for file in files]
    for chapter in project.chapters:
        (page,) = [made[f"promises/{Path(chapter.file).stem.replace('_', '-')}.html"]]
        source = (ROOT / chapter.file).read_text(encoding="utf-8")
        assert chapter.name in page.text
        for line in re.findall(r"^ *(?:Given|When|Then|And|But) (.*)$", source, re.MULTILINE):
            assert line in page.text
        for title in re.findall(r"^ *Scenario(?: Outline)?: (.*)$", source, re.MULTILINE):
            assert title in page.text
        assert "not run yet" in page.text
    assert "The suite was not run yet" in made["index.html"].text


def test_each_scenario_has_the_name_that_a_run_gives_it(project: Book) -> None:
    names = [each for chapter in project.chapters for story in chapter.stories for each in story.scenarios]
    assert len(set(names)) == len(names) > 150
    assert (
        ScenarioName(
            feature="features/patient_refused.feature",
            name="A patient without a name is refused: vorname -- required fields",
            line=13,
        )
        in names
    )


def test_each_step_says_what_it_does_and_has_an_example(project: Book, tmp_path: Path) -> None:
    text = pages(tmp_path, project)["steps.html"].text
    for step in project.steps:
        assert step.what.endswith("."), step
        assert step.what in text
        assert step.subject.startswith("Steps"), step
        examples = [example for _, example in step.forms if example]
        assert examples, f"no feature has an example of {step.forms}"
        assert all(example.sentence.keyword.lower() == step.kind for example in examples)
        assert all(example.sentence.words in text for example in examples)
    assert "a event type event is published within seconds seconds" in text
    assert "When I read all patients" in text


def test_every_sentence_of_the_features_is_an_example_or_like_one(project: Book) -> None:
    forms = [form for step in project.steps for form, _ in step.forms]
    patterns = [re.compile(re.sub(r"\\\{\w+\\\}", "(.+)", re.escape(form))) for form in forms]
    words = [each.words for chapter in project.chapters for story in chapter.stories for each in story.sentences]
    assert [each for each in words if not any(pattern.fullmatch(each) for pattern in patterns)] == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_pages_open_from_disk_and_are_read_by_everyone(project: Book, language: str, tmp_path: Path) -> None:
    run = a_run([a_scenario(each.name, feature=each.feature) for each in project.chapters[0].stories[0].scenarios])
    for page in pages(tmp_path, project, run, language=language).values():
        assert page.headings.count(1) == 1
        assert all(later <= earlier + 1 for earlier, later in zip(page.headings, page.headings[1:], strict=False))
        assert page.all("html") == [{"lang": language}]
        assert len(page.all("main")) == len(page.all("header")) == len(page.all("nav")) == 1
        assert all(each.get("scope") == "col" for each in page.all("th"))
        assert len(page.all("thead")) == len(page.all("table"))
        assert not page.all("script")
        assert not re.search(r"https?:|//", re.sub(r"<!--.*?-->", "", page.source))
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert len(set(ids)) == len(ids)
        for link in [*page.all("a"), *page.all("link")]:
            target, _, part = (link["href"] or "").partition("#")
            if target != "data:,":
                other = (page.file.parent / target).resolve() if target else page.file
                assert other.is_relative_to(tmp_path)
                assert not part or f'id="{part}"' in other.read_text(encoding="utf-8")


def test_each_promise_has_the_result_of_the_newest_run_that_has_it(tmp_path: Path) -> None:
    older, newer = history(
        [a_scenario(NAMES[0]), a_scenario(ROWS[0], "failed"), a_scenario(ROWS[1])],
        [a_scenario(NAMES[0], "failed"), a_scenario(ROWS[0]), a_scenario(ROWS[1], "skipped")],
    )
    made = pages(tmp_path, a_book(), newer, older)
    text = made[CHAPTER].text
    assert "2 of 3 promises kept, 1 not kept" in text
    assert "once kept , 29 May 2026 twice kept , 28 May 2026" in text
    assert text.index("not kept , 29 May 2026") < text.index(NAMES[1])
    assert "The platform breaks 1 of its" in made["index.html"].text
    assert "2 of 3 promises kept, 1 not kept, 29 May 2026" in made["index.html"].text


def test_runs_are_read_only_until_each_promise_has_a_result(tmp_path: Path) -> None:
    whole = a_run([a_scenario(each) for each in (NAMES[0], *ROWS)])

    def runs() -> Iterator[Run]:
        yield whole
        raise AssertionError("an older run is read in vain")

    make_stories(a_book(), runs(), tmp_path)
    assert "all 3 promises kept" in Page(tmp_path / CHAPTER).text


def test_what_the_audit_found_breaks_a_promise_that_its_scenario_kept(tmp_path: Path) -> None:
    passed = a_scenario(NAMES[0])
    run = a_run([passed], findings=[a_finding(scenario=named(passed))])
    made = pages(tmp_path, a_book(), run)
    assert "0 of 3 promises kept, 1 not kept, 2 not run yet" in made[CHAPTER].text
    assert "The final audit found 1 thing" in made["index.html"].text


def test_scenarios_of_one_name_are_distinguished_by_their_lines(tmp_path: Path) -> None:
    twins = [Story("Twice", [], [name("Twice", line)]) for line in (3, 9)]
    run = a_run([a_scenario("Twice", line=3), a_scenario("Twice", "failed", line=9)])
    text = pages(tmp_path, a_book(*twins), run)[CHAPTER].text
    assert "1 of 2 promises kept, 1 not kept" in text
    moved = a_run([a_scenario("Twice", line=30)])
    assert "2 promises kept" in pages(tmp_path, a_book(*twins), moved)[CHAPTER].text, (
        "one alone is found by its name"
    )


def test_a_run_that_did_not_start_is_shown_and_removes_no_result(tmp_path: Path) -> None:
    whole = a_run([a_scenario(each) for each in (NAMES[0], *ROWS)])
    nothing = a_run([], abort_reason="the platform did not start", began=whole.run.began + 100)
    made = pages(tmp_path, a_book(), nothing, whole)
    assert "This run says nothing about the platform" in made["index.html"].text
    assert "all 3 promises kept, 28 May 2026" in made["index.html"].text


def test_what_features_say_is_shown_and_never_markup(tmp_path: Path) -> None:
    text = "<script>alert(1)</script>"
    told = Story(text, [Sentence("When", text, [[text], [text]], text)], [name(text)])
    page = pages(tmp_path, a_book(told))[CHAPTER]
    assert not page.all("script")
    assert page.text.count(text) == 5


def test_german_words_stand_around_the_features(tmp_path: Path) -> None:
    made = pages(tmp_path, a_book(), a_run([a_scenario(NAMES[0])]), language="de")
    assert "gehalten , 28. Mai 2026" in made[CHAPTER].text
    assert {"lang": "en"} in made[CHAPTER].all("h1"), "the features stay in their language"
    assert "Der letzte Lauf" in made["index.html"].text


def test_the_pdf_is_printed_from_all_pages_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = {}

    def print_to_pdf(page: Path, pdf: Path) -> None:
        printed[pdf] = page.read_text(encoding="utf-8")

    monkeypatch.setattr(module, "print_to_pdf", print_to_pdf)
    make_stories(a_book(), [], tmp_path, pdf=True)
    ((pdf, text),) = printed.items()
    assert pdf == tmp_path / "stories.pdf"
    assert all(each in text for each in ("Deleting publishes", "I delete the patient", "Wait for the event."))


def make(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["stories", *arguments], env={"COLUMNS": "200"})


def test_the_command_prints_where_the_book_is_and_passes_over_a_corrupt_result(tmp_path: Path) -> None:
    results = tmp_path / "results"
    first = ScenarioName(feature="features/event_envelope.feature", name="Every event has an id of its own")
    written(results, a_run([a_scenario(first.name, feature=first.feature)]))
    (results / "cut.json").write_text('{"format": 1, "run": {', encoding="utf-8")
    made = make("--output", str(tmp_path / "book"), "-D", f"results_dir={results}")
    assert made.exit_code == 0
    assert made.stdout.strip() == f"The story book: {tmp_path / 'book/index.html'}"
    assert "cut.json cannot be read: it is cut off" in made.stderr
    assert "1 of 2 promises kept, 1 not run yet" in Page(tmp_path / "book/index.html").text


def test_the_command_says_what_it_could_not_make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    into_a_file = make("--output", str(file), "-D", f"results_dir={tmp_path}")
    assert into_a_file.exit_code == 1
    assert f"{file} cannot be written: File exists. Name another folder: --output DIR" in into_a_file.stderr

    def no_browser(page: Path, pdf: Path) -> None:
        raise NoPdf("No PDF was made: there is no browser.")

    monkeypatch.setattr(module, "print_to_pdf", no_browser)
    without_pdf = make(
        "--output", str(tmp_path / "book"), "-D", f"results_dir={tmp_path}", "--pdf", "--language", "de"
    )
    assert without_pdf.exit_code == 1
    assert f"The pages are in {tmp_path / 'book'}. No PDF was made" in without_pdf.stderr
    assert Page(tmp_path / "book/index.html").all("html") == [{"lang": "de"}]


def test_a_file_that_is_no_feature_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "features").mkdir()
    (tmp_path / "features/broken.feature").write_text(
        "Feature: One\n  Scenario: x\n    Given y\n    Nonsense\n", encoding="utf-8"
    )
    monkeypatch.setattr(command, "ROOT", tmp_path)
    result = make("--output", str(tmp_path / "book"))
    assert result.exit_code == 2
    assert "broken.feature" in result.stderr
    assert not (tmp_path / "book").exists()
