"""What the story book is made of: the features, and the steps that scenarios can be written with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bdd.results.model import ScenarioName

Row = Sequence[str]


@dataclass(frozen=True)
class Sentence:
    """A step in a feature.

    Attributes:
        keyword: `Given`.
        words: the rest of it.
        rows: its table, its headings first; empty without one.
        text: the text below it, empty without one.
    """

    keyword: str
    words: str
    rows: Sequence[Row] = ()
    text: str = ""


@dataclass(frozen=True)
class Examples:
    """The table of an outline.

    Attributes:
        name: its title, which may be empty.
        headings: the names of its columns.
        rows: the scenario that each row makes, and the row's cells.
    """

    name: str
    headings: Row
    rows: Sequence[tuple[ScenarioName, Row]]


@dataclass(frozen=True)
class Story:
    """A scenario, or an outline of several.

    Attributes:
        name: its name; that of an outline has `<names>` of its columns in it.
        sentences: its steps.
        scenarios: what a run executes of it: itself, or each row of an outline.
        examples: the tables of an outline, empty for a scenario.
    """

    name: str
    sentences: Sequence[Sentence]
    scenarios: Sequence[ScenarioName]
    examples: Sequence[Examples] = ()


@dataclass(frozen=True)
class Chapter:
    """A feature.

    Attributes:
        file: relative to the project, with slashes.
        language: that of its words: `en`.
        name: its title.
        description: the text below it.
        background: what holds before each of its scenarios.
        stories: its scenarios.
    """

    file: str
    language: str
    name: str
    description: str
    background: Sequence[Sentence]
    stories: Sequence[Story]


@dataclass(frozen=True)
class Example:
    """A step of a feature as an example.

    Attributes:
        sentence: the step.
        file: that feature.
    """

    sentence: Sentence
    file: str


@dataclass(frozen=True)
class StepWords:
    """A step that a scenario can have: one function of the suite.

    Attributes:
        kind: `given`, `when` or `then`.
        subject: what the module's steps are about.
        what: what it does.
        forms: each sentence that it can be written with, its parameters in braces: `a {event_type} event`; and an
            example from the features, None if none has it.
    """

    kind: str
    subject: str
    what: str
    forms: Sequence[tuple[str, Example | None]]


@dataclass(frozen=True)
class Book:
    """All of it.

    Attributes:
        chapters: the features.
        steps: the steps.
        parameters: what each parameter of a step may be, where there is a list: name -> values.
    """

    chapters: Sequence[Chapter]
    steps: Sequence[StepWords]
    parameters: Mapping[str, Sequence[str]]
