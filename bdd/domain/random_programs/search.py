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

from bdd.contracts.fields import Field
from bdd.domain.random_programs.model import Lifecycle, Program, action
from bdd.domain.random_programs.player import ContradictsModel
from bdd.domain.resource import Resource
from bdd.domain.test_data import as_json, changeable, values

Play = Callable[[Program, bool], ContradictsModel | None]
"""Plays a program, fast or not, and returns its contradiction to the model."""

_SHRINK_SECONDS = 60.0
_UNKNOWN = "vielleicht"
_VALUES_OF_A_FIELD = 3


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
    """Plays random programs and shrinks the first that goes wrong.

    Args:
        play: plays one program.
        resources: those whose lifecycles are played.
    """

    def __init__(self, play: Play, resources: Sequence[Resource]) -> None:
        self._play = play
        self._resources = resources
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
                    programs(self._resources),
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


def programs(resources: Sequence[Resource]) -> st.SearchStrategy[Program]:
    """Return the strategy for programs: one to three lifecycles, each of one of the resources."""
    lifecycles = st.sampled_from(resources).map(_Words).flatmap(_lifecycles)
    return st.lists(lifecycles, min_size=1, max_size=3).map(tuple)


class _Words:
    """The steps of which the lifecycles of a resource are made. The first of each kind is the simplest."""

    def __init__(self, resource: Resource) -> None:
        noun, api = resource.noun, resource.api
        new, changes = api.sent("POST", resource.path), changeable(resource)
        self.creations = [f"I create a {noun}", f"I create a {noun} with only the required fields"]
        self.refused = [f"I try to create a {noun} without {name}" for name, field in new.items() if field.required]
        self.refused += [
            f"I try to create a {noun} whose {name} is “{_UNKNOWN}”" for name, field in new.items() if field.enum
        ]
        simplest_last = sorted(changes, key=lambda name: not changes[name].enum)
        self.changes = [
            f"I change the {noun}'s {name} to “{value if isinstance(value, str) else as_json(value)}”"
            for name in simplest_last[::-1]
            for value in values(resource, name)[:_VALUES_OF_A_FIELD]
        ]
        self.reading, self.deletion = f"I read the {noun}", f"I delete the {noun}"
        self.later = [
            *self.changes,
            *(f"I clear the {noun}'s {name}" for name, each in changes.items() if each.nullable),
        ]
        self.later += [f"I try to change the {noun}'s {name} to {_wrong(each)}" for name, each in changes.items()]
        self.later.append(self.reading)


def _wrong(field: Field) -> str:
    """Return an invalid value of a field, in the words of a step."""
    if field.enum:
        return f"“{_UNKNOWN}”"
    return "a list" if field.nullable or field.type in {"integer", "number"} else "a number"


def _lifecycles(words: _Words) -> st.SearchStrategy[Lifecycle]:
    refused = st.sampled_from(words.refused).map(lambda each: [each]) if words.refused else st.nothing()
    return (_lives(words) | refused).map(lambda life: tuple(map(action, life)))


@st.composite
def _lives(draw: st.DrawFn, words: _Words) -> list[str]:
    life = [draw(st.sampled_from(words.creations)), *draw(st.lists(st.sampled_from(words.later), max_size=10))]
    if draw(st.booleans()):
        after = [words.reading, words.deletion, *words.changes[:1]]
        life += [words.deletion, *draw(st.lists(st.sampled_from(after), max_size=2))]
    return life


def _drawing_from_the_seed_alone() -> AbstractContextManager[object]:
    """Prevent Hypothesis from drawing constants that it finds in the source of all loaded modules.

    They change with every edit, so a seed would give other programs; and to read them takes longer than to play.
    """
    return patch.object(HypothesisProvider, "_maybe_draw_constant", return_value=None)
