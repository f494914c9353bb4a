"""The words of the pages, in each language."""

import re
import tomllib
from pathlib import Path

import pytest

from bdd.pages.words import LANGUAGES, Language
from bdd.system.paths import ROOT

_PAGES = ROOT / "bdd/pages"
_TEXTS = tomllib.loads((_PAGES / "words.toml").read_text(encoding="utf-8"))
_TEMPLATES = sorted(each for each in (_PAGES / "templates").iterdir() if each.suffix != ".css")


@pytest.mark.parametrize("key", _TEXTS)
def test_every_word_is_there_in_each_language_with_the_same_values(key: str) -> None:
    forms = _TEXTS[key]
    assert set(forms) == set(LANGUAGES)
    if not key.endswith("_form"):
        assert len({frozenset(re.findall(r"\{(\w+)\}", text)) for text in forms.values()}) == 1
    assert len({text.count(" | ") for text in forms.values()}) == 1
    assert all(text.strip() for text in forms.values())


def test_every_word_is_used() -> None:
    sources = [*_PAGES.glob("*.py"), *_TEMPLATES]
    text = "\n".join(each.read_text(encoding="utf-8") for each in sources)
    made = re.findall(r"""["'](\w+_)(?:["'] ~|\{)""", text)
    unused = [key for key in _TEXTS if f'"{key}"' not in text and f"'{key}'" not in text]
    assert [key for key in unused if not key.startswith(tuple(made))] == []


@pytest.mark.parametrize("template", _TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_a_word_of_its_own(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->", "", text, flags=re.DOTALL)
    said = re.findall(r'(?:aria-label|title|alt|placeholder|content)="([^"]*)"', text)
    said = [each for each in said if each not in {"width=device-width, initial-scale=1", "light dark", "noindex"}]
    said.append(re.sub(r"<[^>]*>|&\w+;", "", text))
    assert [re.findall(r"\w+", each) for each in said if re.search(r"[^\W\d_]", each)] == []


@pytest.mark.parametrize(
    ("language", "one", "several"),
    [("en", "1 not kept", "1,200 not kept"), ("de", "1 nicht gehalten", "1.200 nicht gehalten")],
)
def test_one_thing_and_several_have_their_own_form(language: str, one: str, several: str) -> None:
    say = Language("de" if language == "de" else "en")
    assert say("counted_broken", n=1) == one
    assert say("counted_broken", n=1200) == several


@pytest.mark.parametrize(
    ("seconds", "english", "german"),
    [
        (0.0123, "12 ms", "12 ms"),
        (1.44, "1.4 s", "1,4 s"),
        (15.2, "15 s", "15 s"),
        (59.7, "60 s", "60 s"),
        (125, "2 min 5 s", "2 min 5 s"),
        (7200, "2 h", "2 h"),
        (4320, "1 h 12 min", "1 h 12 min"),
    ],
)
def test_a_duration_is_written_as_a_reader_says_it(seconds: float, english: str, german: str) -> None:
    assert Language("en").seconds(seconds) == english
    assert Language("de").seconds(seconds) == german


def test_a_share_is_whole_only_if_nothing_is_missing() -> None:
    say = Language("en")
    assert [say.percent(part, 1000) for part in (0, 1, 500, 999, 1000)] == ["0%", "1%", "50%", "99%", "100%"]
    assert Language("de").percent(1, 2) == "50\N{NO-BREAK SPACE}%"


def test_a_day_in_a_file_is_written_as_the_language_does() -> None:
    assert Language("de").day_of("2026-11-30") == "30. November 2026"
    assert Language("en").day_of("next year") == "next year"
