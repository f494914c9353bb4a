"""The words of the pages in each language, and how that language writes numbers and dates. words.toml has them."""

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

Code = Literal["en", "de"]
LANGUAGES: tuple[Code, ...] = get_args(Code)
_LOCALES = {"en": "en_GB", "de": "de_DE"}
_FORMS = " | "
"""Between the form for one thing and the form for several."""
_MINUTE = 60
_HOUR = 3600
_TENTHS_BELOW = 10


class Language:
    """Puts things into the words of one language.

        say = Language("de")
        say("scenarios", n=2)     # 2 Szenarien
        say.seconds(0.25)         # 250 ms

    Args:
        code: the language.
        zone: the time zone of all times; None for that of this machine.
    """

    def __init__(self, code: Code = "en", zone: dt.tzinfo | None = None) -> None:
        self.code = code
        self._locale = _LOCALES[code]
        self._zone = zone
        self._words = words_of(code)
        self._numbers: dict[float, str] = {}

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the words of a key, in the form for `n` things if that is among the values.

        Args:
            key: its name in words.toml.
            values: what is put into the words; a number is written as the language does.
        """
        text = self._words[key]
        if _FORMS in text:
            one, _, several = text.partition(_FORMS)
            text = one if values.get("n") == 1 else several
        return text.format_map({name: self._shown(value) for name, value in values.items()})

    def _shown(self, value: object) -> str:
        return self.number(value) if isinstance(value, int | float) else str(value)

    def number(self, value: float) -> str:
        """Return a number with at most one decimal place."""
        if value not in self._numbers:  # a report has thousands of durations
            self._numbers[value] = format_decimal(value, "#,##0.#", locale=self._locale)
        return self._numbers[value]

    def percent(self, part: float, whole: float) -> str:
        """Return a share; never 100 % where something is missing, and never 0 % where something is there."""
        share = part / whole if whole else 0.0
        if 0 < share < 1:
            share = min(max(share, 0.01), 0.99)
        return format_percent(share, locale=self._locale)

    def seconds(self, value: float) -> str:
        """Return a duration: `25 ms`, `1.4 s`, `2 min 5 s`, `1 h 12 min`."""
        if abs(value) < 1:
            return f"{self.number(round(value * 1000))} ms"
        if abs(value) < _MINUTE:
            return f"{self.number(round(value, 1 if abs(value) < _TENTHS_BELOW else 0))} s"
        if abs(value) < _HOUR:
            minutes, seconds = divmod(round(value), _MINUTE)
            return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
        hours, minutes = divmod(round(value / _MINUTE), _MINUTE)
        return f"{self.number(hours)} h {minutes} min" if minutes else f"{self.number(hours)} h"

    def tick(self, value: float) -> str:
        """Return a place on an axis: as a duration, and to the millisecond below a minute: `5.15 s`."""
        if 1 <= value < _MINUTE:
            return f"{format_decimal(value, '#,##0.###', locale=self._locale)} s"
        return self.seconds(value)

    def date(self, when: float) -> str:
        """Return a day: `24 November 2026`."""
        return self._time(when, "date_form")

    def day_of(self, text: str) -> str:
        """Return a day that is written as `2026-12-31` in the words of the language; another text as it is."""
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            return text
        return format_date(day, self._words["date_form"], locale=self._locale)

    def day(self, when: float) -> str:
        """Return a day without its year: `24 Nov`."""
        return self._time(when, "day_form")

    def moment(self, when: float) -> str:
        """Return a day and a time of day: `24 November 2026, 21:01`."""
        return self._time(when, "moment_form")

    def clock(self, when: float) -> str:
        """Return a time of day with milliseconds: `21:01:55.250`."""
        return self._time(when, "clock_form")

    def iso(self, when: float) -> str:
        """Return a moment for machines, as the attribute `datetime` has it."""
        return self._at(when).isoformat(timespec="seconds")

    def listed(self, several: Iterable[str]) -> str:
        """Return several in a row: `a, b and c`."""
        return format_list(list(several), locale=self._locale)

    def alternatives(self, several: Iterable[str]) -> str:
        """Return several of which one is meant: `a, b or c`."""
        return format_list(list(several), "or", locale=self._locale)

    def _time(self, when: float, form: str) -> str:
        return format_datetime(self._at(when), self._words[form], locale=self._locale)

    def _at(self, when: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(when, dt.UTC).astimezone(self._zone)


@cache
def words_of(code: Code) -> Mapping[str, str]:
    """Return all words of a language: key -> words."""
    texts = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))
    return {key: " ".join(forms[code].split()) for key, forms in texts.items()}
