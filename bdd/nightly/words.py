"""The words of a notice in each language; words.toml has them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from bdd.pages.words import Code


@cache
def words_of(language: Code) -> Mapping[str, str]:
    """Return the words of a language: key -> words."""
    with Path(__file__).with_name("words.toml").open("rb") as file:
        return {key: each[language] for key, each in tomllib.load(file).items()}


def words(language: Code, key: str, **values: object) -> str:
    """Return the words of a key in a language; `n` chooses the form for one thing where there is one.

    Args:
        language: the language.
        key: the key.
        values: what is put into the words.
    """
    of_language = words_of(language)
    one = f"{key}_1"
    return of_language[one if values.get("n") == 1 and one in of_language else key].format_map(values)
