"""What can happen in a patient's lifecycle. An action is a step of the suite, in that step's own words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from parse import parse

from bdd.domain.patients import synthetic_data, wrong_value


@dataclass(frozen=True)
class Action:
    """One request about a patient.

    Attributes:
        words: the step that does it.
        method: how it is sent: `POST` for a new patient, another one for the lifecycle's own patient.
        fields: what it gives a patient, on top of the synthetic data where the patient is new.
        without: which fields of the synthetic data a new patient lacks.
        wrong: the field for which the service must refuse it, empty where it must not.
    """

    words: str
    method: str
    fields: Mapping[str, Any] = field(default_factory=dict, compare=False)
    without: tuple[str, ...] = ()
    wrong: str = ""

    def sent(self, mark: str) -> Mapping[str, Any]:
        """Return the fields that are sent; a new patient carries the mark."""
        new = synthetic_data(mark) if self.method == "POST" else {}
        return {name: value for name, value in new.items() if name not in self.without} | dict(self.fields)


Lifecycle = tuple[Action, ...]
"""What happens to one patient, one thing right after the other."""

Program = tuple[Lifecycle, ...]
"""Lifecycles that are carried out at the same time."""

_ACTIONS: Mapping[str, Callable[..., Action]] = {
    "I create a patient": lambda words: Action(words, "POST"),
    "I create a patient with nothing but the names": lambda words: Action(
        words, "POST", without=("anrede", "email", "telefon")
    ),
    "I try to create a patient without {field:w}": lambda words, field: Action(
        words, "POST", without=(field,), wrong=field
    ),
    "I try to create a patient whose {field:w} is {wrong}": lambda words, field, wrong: Action(
        words, "POST", {field: wrong_value(wrong)}, wrong=field
    ),
    "I change the patient's {field:w} to “{value}”": lambda words, field, value: Action(
        words, "PUT", {field: value}
    ),
    "I clear the patient's {field:w}": lambda words, field: Action(words, "PUT", {field: None}),
    "I try to change the patient's {field:w} to {wrong}": lambda words, field, wrong: Action(
        words, "PUT", {field: wrong_value(wrong)}, wrong=field
    ),
    "I read the patient": lambda words: Action(words, "GET"),
    "I delete the patient": lambda words: Action(words, "DELETE"),
}

PATTERNS = tuple(_ACTIONS)
"""The steps that actions can be; a test holds that each is a step of the suite."""


def action(words: str) -> Action:
    """Return the action that a step's words say.

    Raises:
        AssertionError: no action is called so.
    """
    for pattern, make in _ACTIONS.items():
        if found := parse(pattern, words):
            return make(words, **found.named)
    raise AssertionError(f"nothing in a lifecycle is called “{words}”; there are: {'; '.join(PATTERNS)}")
