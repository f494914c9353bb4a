"""Checks feature files for what behave reads over: text in place of steps, and scenarios that execute nothing."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from behave.i18n import languages
from behave.model import Background, Feature, Rule, Scenario, ScenarioOutline, Table

from bdd.system.behave_internals import line_of_open_text

_KINDS_OF_STEPS = ("given", "when", "then", "and", "but")
_LONGEST_KEYWORD = 2  # words: “Étant donné”


def errors_in(
    feature: Feature, is_selected: Callable[[Scenario], bool], is_step: Callable[[str], bool]
) -> Iterator[str]:
    """Yield a sentence with file and line for each mistake in a feature that behave would pass over.

    Args:
        feature: what behave has read of the file.
        is_selected: whether a scenario or an outline will be executed; the others may be unfinished.
        is_step: whether a sentence without its keyword is that of a step.
    """
    if line := line_of_open_text(feature):
        yield f"{_place(feature, line)}: the text that begins here has no end, so that what follows belongs to it."
        return
    if not any(container.scenarios for container in (feature, *feature.rules)):
        yield f"{feature.location}: the feature “{feature.name}” has no scenario."
    for container in (feature, *feature.rules):
        yield from _steps_in_description(container, is_step)
        scenarios = [each for each in container.scenarios if is_selected(each)]
        background = container.background
        if scenarios and background and background.line != container.line:  # behave makes one there for a rule
            yield from _errors_in_steps(background, feature.language)
        for scenario in scenarios:
            yield from _errors_in_steps(scenario, feature.language)
            if isinstance(scenario, ScenarioOutline):
                yield from _errors_in_examples(scenario)


def _steps_in_description(container: Feature | Rule, is_step: Callable[[str], bool]) -> Iterator[str]:
    """A misspelt `Background:` or `Scenario:` makes its steps a part of the description."""
    for text in container.description:
        words = text.split()
        if any(is_step(" ".join(words[length:])) for length in range(1, _LONGEST_KEYWORD + 1)):
            yield (
                f"{_place_of_text(container, text)}: “{text}” is a step, but it is in the description of the "
                f"{container.keyword.lower()}: the line before it that should begin a scenario does not."
            )
            return


def _errors_in_steps(statement: Background | Scenario, language: str) -> Iterator[str]:
    if statement.description:
        text = statement.description[0]
        yield (
            f"{_place_of_text(statement, text)}: “{text}” is not a step. A step begins with one of "
            f"{', '.join(_keywords(language))}; a comment begins with #.{_advice_on_language(text, language)}"
        )
    elif not statement.steps:
        yield f"{statement.location}: the {statement.keyword.lower()} “{statement.name}” has no steps."
    for step in statement.steps:
        yield from _open_rows(statement, step.table)


def _errors_in_examples(outline: ScenarioOutline) -> Iterator[str]:
    if not outline.examples:
        yield f"{outline.location}: the {outline.keyword.lower()} “{outline.name}” has no examples."
    for examples in outline.examples:
        if not examples.table or not examples.table.rows:
            yield f"{examples.location}: the examples “{examples.name}” have no rows."
        yield from _open_rows(outline, examples.table)


def _open_rows(statement: Background | Scenario, table: Table | None) -> Iterator[str]:
    """Without its last | a row loses its last character, whatever it is."""
    for line in (table.line, *(row.line for row in table.rows)) if table else ():
        if not (text := _lines(statement)[line - 1].strip()).endswith("|"):
            yield f"{_place(statement, line)}: the row “{text}” does not end with |."


def _keywords(language: str) -> list[str]:
    return list(dict.fromkeys(word.strip() for kind in _KINDS_OF_STEPS for word in languages[language][kind]))


def _advice_on_language(text: str, language: str) -> str:
    word = text.split(maxsplit=1)[0]
    others = [f"“# language: {code}”" for code in languages if code != language and word in _keywords(code)]
    return f" “{word}” is a keyword where the file begins with {' or '.join(others)}." if others else ""


def _place_of_text(statement: Feature | Rule | Background | Scenario, text: str) -> str:
    """Return where a line of the statement's description is: behave keeps it without its number."""
    lines = [line.strip() for line in _lines(statement)]
    return _place(statement, lines.index(text, statement.line) + 1)


def _place(statement: Feature | Rule | Background | Scenario, line: int) -> str:
    return f"{statement.filename}:{line}"


def _lines(statement: Feature | Rule | Background | Scenario) -> Sequence[str]:
    return Path(statement.filename).read_text(encoding="utf-8").splitlines()
