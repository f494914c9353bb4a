"""Searches for a program that contradicts the model, and shrinks it to the shortest one."""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from random import Random
from unittest.mock import patch

from hypothesis import find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from hypothesis.internal.conjecture.providers import HypothesisProvider

from bdd.domain.random_patients.model import Lifecycle, Program, action
from bdd.domain.random_patients.player import ContradictsModel

Play = Callable[[Program, bool], ContradictsModel | None]
"""Plays a program, fast or not, and returns its contradiction to the model."""

_SHRINK_SECONDS = 20.0
_VALUES = {
    "telefon": ("+49 30 5550101", "+49 40 5550102"),
    "status": ("auf der Suche", "in Therapie", "offen"),
    "vorname": ("Beispiela", "Sinéad", "太郎 🦊"),
    "nachname": ("Probe", "Größner-Äpfelböck"),
    "email": ("neu@example.org",),
    "anrede": ("Herr", "Frau"),
}
# The first of each is the simplest: shrinking ends with it.
_CREATIONS = ("I create a patient", "I create a patient with nothing but the names")
_REFUSED_CREATIONS = (
    "I try to create a patient without vorname",
    "I try to create a patient without nachname",
    "I try to create a patient whose status is “vielleicht”",
)
_CHANGES = tuple(
    f"I change the patient's {name} to “{value}”" for name, values in _VALUES.items() for value in values
)
_READING = "I read the patient"
_DELETION = "I delete the patient"
_BEFORE_DELETION = (
    *_CHANGES,
    *(f"I clear the patient's {name}" for name in ("telefon", "email", "anrede")),
    "I try to change the patient's status to “vielleicht”",
    "I try to change the patient's vorname to a number",
    "I try to change the patient's email to a list",
    _READING,
)
_AFTER_DELETION = (_READING, _DELETION, _CHANGES[0])


@dataclass(frozen=True)
class Counterexample:
    """A program that contradicts the model.

    Attributes:
        program: the shortest that was found.
        wrong: its contradiction to the model.
        first: the program that was found first.
        number: the position of the first program among those played, from 1 on.
        tries: the number of programs that were played to shrink it.
        again: whether the shortest went wrong again when it was played once more, with the full deadline.
    """

    program: Program
    wrong: ContradictsModel
    first: Program
    number: int
    tries: int
    again: bool


class Search:
    """Plays random programs and shrinks the first that goes wrong."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._played: dict[Program, ContradictsModel | None] = {}
        self._first: Program | None = None
        self._give_up_at = math.inf
        self._broken: Exception | None = None

    @property
    def played(self) -> Sequence[Program]:
        """The programs that were played, each once."""
        return tuple(self._played)

    def run(self, seed: int, count: int) -> Counterexample | None:
        """Play programs until one goes wrong; return the counterexample, None without one.

        Args:
            seed: the seed of the programs; the same seed gives the same programs.
            count: the number of programs.
        """
        try:
            with _drawing_from_the_seed_alone():
                shortest = find(
                    programs(),
                    self._goes_wrong,
                    settings=settings(max_examples=count, database=None, deadline=None),
                    random=Random(seed),  # noqa: S311 - no secret
                )
        except NoSuchExample:
            shortest = None
        if self._broken:
            raise self._broken
        if shortest is None:
            return None
        return self._confirmed(shortest)

    def _goes_wrong(self, program: Program) -> bool:
        """Judge each program once: Hypothesis requires the same result when it tries a program again."""
        if program not in self._played and time.monotonic() < self._give_up_at:
            try:
                wrong = self._played[program] = self._play(program, self._first is not None)
            except Exception as error:  # noqa: BLE001 - not an error of the program, and Hypothesis would shrink it
                self._broken, self._give_up_at = error, 0
                return False
            if wrong and self._first is None:
                self._first = program
                self._give_up_at = time.monotonic() + _SHRINK_SECONDS
        return self._played.get(program) is not None

    def _confirmed(self, shortest: Program) -> Counterexample:
        """Play the shortest again with the full deadline; return the first program if it goes right then."""
        assert self._first, "find() returns what went wrong"
        number = self.played.index(self._first) + 1
        tries = len(self._played) - number
        again = self._play(shortest, False)
        program = shortest if again else self._first
        wrong = again or self._played[program]
        assert wrong, "it went wrong before"
        return Counterexample(program, wrong, self._first, number, tries, again is not None)


def programs() -> st.SearchStrategy[Program]:
    """Return the strategy for programs: one to three lifecycles."""
    refused = st.sampled_from(_REFUSED_CREATIONS).map(lambda words: (action(words),))
    return st.lists(refused | _lifecycles(), min_size=1, max_size=3).map(tuple)


@st.composite
def _lifecycles(draw: st.DrawFn) -> Lifecycle:
    words = [draw(st.sampled_from(_CREATIONS)), *draw(st.lists(st.sampled_from(_BEFORE_DELETION), max_size=6))]
    if draw(st.booleans()):
        words += [_DELETION, *draw(st.lists(st.sampled_from(_AFTER_DELETION), max_size=2))]
    return tuple(map(action, words))


def _drawing_from_the_seed_alone() -> AbstractContextManager[object]:
    """Prevent Hypothesis from drawing constants that it finds in the source of all loaded modules.

    They change with every edit, so a seed would give other programs; and to read them takes longer than to play.
    """
    return patch.object(HypothesisProvider, "_maybe_draw_constant", return_value=None)
