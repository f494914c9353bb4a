"""Makes the story book: what the platform promises, for people who never open the project."""

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bdd.pages.book import Book, Chapter, Examples, Row, StepWords, Story
from bdd.pages.front import icon_of, look_of, verdict
from bdd.pages.outcome import State, outcome, state
from bdd.pages.pdf import print_to_pdf
from bdd.pages.site import FIRST, Navigation, Site, file_name
from bdd.pages.words import Code, Language
from bdd.results.model import Run, Scenario, ScenarioName

PDF = "stories.pdf"
STEPS = "steps.html"
_NAVIGATION = (Navigation(FIRST, "nav_capabilities"), Navigation(STEPS, "nav_steps"))
_WORST_FIRST: Sequence["Shown"] = ("broken", "not judged", "known", "not run", "never", "kept")
_KINDS = ("given", "when", "then")

Shown = State | Literal["never"]
"""What a run says of a scenario; `never`: it is in no run."""


@dataclass(frozen=True)
class Result:
    """What the newest run that has a scenario says of it.

    Attributes:
        state: whether it kept its promise.
        when: when the scenario began, None if it was never executed.
    """

    state: Shown = "never"
    when: float | None = None


@dataclass(frozen=True)
class ExamplesShown:
    """A table of an outline with the result of each row."""

    name: str
    headings: Row
    rows: Sequence[tuple[Row, Result]]


@dataclass(frozen=True)
class StoryShown:
    """A scenario or an outline with its result: that of an outline is its worst one."""

    story: Story
    anchor: str
    result: Result
    examples: Sequence[ExamplesShown]


@dataclass(frozen=True)
class ChapterShown:
    """A feature with its results.

    Attributes:
        page: its page.
        result: the worst one of its scenarios, with the newest date.
        words: how many of its promises are kept, and what is with the others.
    """

    chapter: Chapter
    page: str
    result: Result
    words: str
    stories: Sequence[StoryShown]


@dataclass(frozen=True)
class LastRun:
    """The newest run: its verdict, and what speaks against a good run."""

    when: float
    look: str
    icon: str
    sentence: str
    breaches: Sequence[str]


def make_stories(
    book: Book, runs: Iterable[Run], folder: Path, language: Code = "en", *, pdf: bool = False
) -> Path:
    """Make the story book and return its first page.

    Args:
        book: the features and the steps.
        runs: the results, the newest first; they are read only until each scenario has one.
        folder: where the pages are made.
        language: that of the words around the features, which stay as they are written.
        pdf: whether a PDF is made too.

    Raises:
        OSError: a page cannot be written.
        NoPdf: the pages are made, and the PDF that was requested is not.
    """
    say = Language(language)
    last, results = _results(book, runs, say)
    chapters = [_chapter(each, results, say) for each in book.chapters]
    first = _site(book, chapters, last, say).write(folder)
    if pdf:
        with tempfile.TemporaryDirectory(prefix="bdd-stories-") as whole:
            print_to_pdf(_site(book, chapters, last, say, single=True).write(Path(whole)), folder / PDF)
    return first


def _site(
    book: Book, chapters: Sequence[ChapterShown], last: LastRun | None, say: Language, *, single: bool = False
) -> Site:
    site = Site("stories_name", say, _NAVIGATION, single=single)
    count = sum(len(story.scenarios) for chapter in book.chapters for story in chapter.stories)
    site.add(FIRST, "stories.html", say("capabilities"), chapters=chapters, count=count, last=last)
    for each in chapters:
        site.add(each.page, "chapter.html", each.chapter.name, shown=each)
    site.add(STEPS, "steps.html", say("steps_title"), book=book, kinds=_by_kind(book.steps), parts=_parts)
    return site


def _results(
    book: Book, runs: Iterable[Run], say: Language
) -> tuple[LastRun | None, Mapping[ScenarioName, Result]]:
    """Return the newest run, and for each scenario what the newest run says that has executed it."""
    missing = {name for chapter in book.chapters for story in chapter.stories for name in story.scenarios}
    found: dict[ScenarioName, Result] = {}
    last = None
    for run in runs:
        last = last or _last(run, say)
        executed = _executed(run)
        for name in list(missing):
            if result := executed(name):
                found[name] = result
                missing.remove(name)
        if not missing:
            break
    return last, found


def _last(run: Run, say: Language) -> LastRun:
    judged = outcome(run)
    sentence, breaches = verdict(run, judged, say)
    return LastRun(run.run.began, look_of(judged), icon_of(judged), sentence, breaches)


def _executed(run: Run) -> Callable[[ScenarioName], Result | None]:
    """Return what finds the result of a scenario in a run: by its name, by its line among several of one name."""
    of_name: dict[tuple[str, str], list[Scenario]] = {}
    for each in run.scenarios:
        of_name.setdefault((each.feature, each.name), []).append(each)
    found_by_audit = {each.scenario.as_name for each in run.end.findings} if run.end else set()

    def result(name: ScenarioName) -> Result | None:
        several = of_name.get((name.feature, name.name), [])
        found = next((each for each in several if len(several) == 1 or each.line == name.line), None)
        said = state(run, found) if found else "not run"
        if found is None or said == "not run":
            return None
        return Result("broken" if said == "kept" and found.as_name in found_by_audit else said, found.began)

    return result


def _chapter(chapter: Chapter, results: Mapping[ScenarioName, Result], say: Language) -> ChapterShown:
    stories = [_story(number, each, results) for number, each in enumerate(chapter.stories, start=1)]
    each_one = [results.get(name, Result()) for story in chapter.stories for name in story.scenarios]
    return ChapterShown(
        chapter=chapter,
        page=f"promises/{file_name(Path(chapter.file).stem)}.html",
        result=_worst(each_one),
        words=_in_words([each.state for each in each_one], say),
        stories=stories,
    )


def _story(number: int, story: Story, results: Mapping[ScenarioName, Result]) -> StoryShown:
    return StoryShown(
        story=story,
        anchor=f"s{number}",
        result=_worst([results.get(name, Result()) for name in story.scenarios]),
        examples=[_examples(each, results) for each in story.examples],
    )


def _examples(examples: Examples, results: Mapping[ScenarioName, Result]) -> ExamplesShown:
    rows = [(cells, results.get(name, Result())) for name, cells in examples.rows]
    return ExamplesShown(examples.name, examples.headings, rows)


def _worst(results: Sequence[Result]) -> Result:
    """Return the worst state of several, and the newest time."""
    states = {each.state for each in results}
    times = [each.when for each in results if each.when is not None]
    return Result(next((each for each in _WORST_FIRST if each in states), "never"), max(times, default=None))


def _in_words(states: Sequence[Shown], say: Language) -> str:
    counts = Counter(states)
    kept, count = counts["kept"], len(states)
    if counts["never"] == count:
        return say("promises_never", n=count)
    parts = [say("kept_all", n=count) if kept == count else say("kept_some", kept=kept, n=count)]
    others = (each for each in _WORST_FIRST if each != "kept" and counts[each])
    return ", ".join([*parts, *(say(f"counted_{each.replace(' ', '_')}", n=counts[each]) for each in others)])


def _by_kind(steps: Sequence[StepWords]) -> Sequence[tuple[str, Mapping[str, Sequence[StepWords]]]]:
    """Return the steps of each kind by what they are about."""
    found: dict[str, dict[str, list[StepWords]]] = {kind: {} for kind in _KINDS}
    for each in steps:
        found[each.kind].setdefault(each.subject, []).append(each)
    return list(found.items())


def _parts(form: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a step's sentence: words, and whether they are the name of a parameter."""
    for place, words in enumerate(re.split(r"\{(\w+)\}", form)):
        if words:
            yield words.replace("_", " ") if place % 2 else words, bool(place % 2)
