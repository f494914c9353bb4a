"""`python -m bdd stories`: reads the features and the steps of the project, and makes the story book of them."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from behave.model import Feature, Scenario, ScenarioOutline, Step
from behave.parser import ParserError

from bdd.contracts import asyncapi as contract
from bdd.domain.resources import resources
from bdd.domain.step_types import register_parameter_types
from bdd.pages.book import Book, Chapter, Example, Examples, Row, Sentence, StepWords, Story
from bdd.pages.pdf import NoPdf
from bdd.pages.stories import make_stories
from bdd.pages.words import Code
from bdd.results.folder import newest_first
from bdd.results.model import ScenarioName
from bdd.system.behave_internals import StepDefinition, read_features, read_steps
from bdd.system.paths import ROOT

_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_PLURAL = "Resources"


def run_stories(results: Path, output: Path, language: Code, *, pdf: bool) -> int:
    """Make the story book and return the exit code.

    Args:
        results: the folder of results.
        output: where the pages are made.
        language: that of the words around the features.
        pdf: whether a PDF is made too.
    """

    def say_on_stderr(sentence: str) -> None:
        typer.echo(sentence, err=True)

    try:
        book = read_book()
    except ParserError as error:
        say_on_stderr(str(error))
        return 2
    try:
        first = make_stories(book, newest_first(results, say_on_stderr), output, language, pdf=pdf)
    except OSError as error:
        say_on_stderr(
            f"{error.filename or output} cannot be written: {error.strerror}. Name another folder: --output DIR"
        )
        return 1
    except NoPdf as error:
        say_on_stderr(f"The pages are in {output}. {error}")
        return 1
    typer.echo(f"The story book: {first}")
    return 0


def read_book() -> Book:
    """Return the features and the steps of the project.

    Raises:
        ParserError: a file in `features/` is not a feature.
    """
    features = read_features(ROOT / "features")
    register_parameter_types()
    return Book(
        chapters=[_chapter(each) for each in features],
        steps=list(_steps(read_steps(ROOT / "steps"), features)),
        parameters={
            "resource": list(resources()),
            "resources": [f"{noun}s" for noun in resources()],
            "event_type": list(contract.current().topic_of),
            "field": list(
                dict.fromkeys(name for each in resources().values() for name in each.api.answered(each.path))
            ),
        },
    )


def _chapter(feature: Feature) -> Chapter:
    file = _file(feature)
    return Chapter(
        file=file,
        language=feature.language,
        name=feature.name,
        description="\n".join(feature.description),
        background=[_sentence(each) for each in feature.background.steps] if feature.background else [],
        stories=[_story(each, file) for container in (feature, *feature.rules) for each in container.scenarios],
    )


def _story(scenario: Scenario, file: str) -> Story:
    sentences = [_sentence(each) for each in scenario.steps]
    if not isinstance(scenario, ScenarioOutline):
        return Story(scenario.name, sentences, [_name(scenario, file)])
    of_rows = {each.line: _name(each, file) for each in scenario.scenarios}
    examples = [
        Examples(each.name, each.table.headings, [(of_rows[row.line], row.cells) for row in each.table.rows])
        for each in scenario.examples
        if each.table
    ]
    return Story(scenario.name, sentences, list(of_rows.values()), examples)


def _name(scenario: Scenario, file: str) -> ScenarioName:
    return ScenarioName(feature=file, name=scenario.name, line=scenario.line)


def _sentence(step: Step) -> Sentence:
    rows: Sequence[Row] = [step.table.headings, *(row.cells for row in step.table.rows)] if step.table else []
    return Sentence(step.keyword, step.name, rows, str(step.text or ""))


def _file(feature: Feature) -> str:
    return Path(feature.filename).as_posix()


def _steps(definitions: Sequence[StepDefinition], features: Sequence[Feature]) -> Iterator[StepWords]:
    """Yield the steps: all sentences of a function are one."""
    examples = _examples(features)
    of_function: dict[tuple[str, Any], list[StepDefinition]] = {}
    for each in definitions:
        of_function.setdefault((each.kind, each.function), []).append(each)
    for (kind, function), forms in of_function.items():
        yield StepWords(
            kind=kind,
            subject=_subject(function),
            what=" ".join((inspect.getdoc(function) or "").split()),
            forms=[(_form(each.pattern), _example_of(each, examples)) for each in forms],
        )


def _subject(function: Any) -> str:
    """What the steps in its module are about: the first line of the module."""
    return str(function.__globals__.get("__doc__") or "").strip().partition("\n")[0].rstrip(".")


def _form(pattern: str) -> str:
    """A pattern without the types of its parameters: `I read all {resources}`."""
    return _PARAMETER.sub(lambda found: f"{{{found[1]}{'s' if found[2] == _PLURAL else ''}}}", pattern)


def _examples(features: Sequence[Feature]) -> Mapping[tuple[str, str], Example]:
    """Each step of the features once: kind and sentence -> the step."""
    found: dict[tuple[str, str], Example] = {}
    for feature in features:
        for scenario in feature.walk_scenarios():  # type: ignore[no-untyped-call]  # it has no types
            for step in scenario.all_steps:
                sentence = replace(_sentence(step), keyword=step.step_type.capitalize())  # in place of “And”
                found.setdefault((step.step_type, step.name), Example(sentence, _file(feature)))
    return found


def _example_of(definition: StepDefinition, examples: Mapping[tuple[str, str], Example]) -> Example | None:
    return next(
        (each for (kind, words), each in examples.items() if kind == definition.kind and definition.match(words)),
        None,
    )
