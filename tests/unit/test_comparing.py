"""Comparing: which values are the same, and how a difference is worded."""

import itertools
from typing import Any

import pytest

from bdd.contracts.differences import differences, folded, outside_window, shown
from tests.support.builders import NOW, iso

ALIKE = [1, "1", True, 1.0, None, "true", "None", "", 0, False]
HOUR = 3600
ENUM_NAME = "a Python enum's name in place of its value"
NO_TIME = ", expected a time between the request and the arrival of its event"
NOT_WHOLE = ' is "Größner-Äp", expected "Größner-Äpfelböck"'


@pytest.mark.parametrize(
    ("actual", "expected"),
    [*itertools.permutations(ALIKE, 2), ([1], [True]), ([1.0], [1]), ([{"a": 0}], [{"a": False}])],
)
def test_values_that_only_look_alike_differ(actual: Any, expected: Any) -> None:
    assert len(differences("status", actual, expected)) == 1


@pytest.mark.parametrize("value", [*ALIKE, "Größe", [1, "a"], {}, {"a": {"b": None}}, 10**30])
def test_the_same_value_does_not_differ(value: Any) -> None:
    assert differences("status", value, value) == []


@pytest.mark.parametrize(
    ("actual", "expected", "difference"),
    [
        ("offen", "in Therapie", ' is "offen", expected "in Therapie"'),
        ("5", 5, ' is "5", expected 5: text in place of a number'),
        (5, "5", ' is 5, expected "5": a number in place of text'),
        ("Status.OPEN", "offen", f' is "Status.OPEN", expected "offen": {ENUM_NAME}'),
        ("erika.m@example.org", "offen", ' is "erika.m@example.org", expected "offen"'),
        ("Größner-Äp", "Größner-Äpfelböck", f"{NOT_WHOLE}: cut off after 10 of 17 characters"),
        ("ü", "u\u0308", ' is "ü", expected "u\u0308": the same letters, in other code points'),
        ('{"a": 1}', {"a": 1}, r' is "{\"a\": 1}", expected {"a": 1}: an object written as text'),
        ("Größe", None, ' is "Größe", expected null'),
        (None, {"a": 1}, ' is null, expected {"a": 1}'),
        ({"a": 1}, {"a": 2}, ".a is 1, expected 2"),
        ({}, {"a": {"b": 1}}, '.a is missing, expected {"b": 1}'),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, ".a.c is extra: 2"),
    ],
)
def test_a_difference_names_the_place_the_value_and_the_mistake(
    actual: Any, expected: Any, difference: str
) -> None:
    assert differences("payload.status", actual, expected) == [f"payload.status{difference}"]


def test_every_difference_is_named_and_the_top_has_no_dot() -> None:
    found = differences("", {"a": 1, "c": 3, "d": 4}, {"a": 2, "b": 2, "d": 4})
    assert found == ["a is 1, expected 2", "b is missing, expected 2", "c is extra: 3"]


@pytest.mark.parametrize("char", ["\ud800", "\x7f", "\x85", "\u2028", "\uffff"])
def test_what_xml_or_a_console_cannot_take_is_escaped(char: str) -> None:
    assert shown(f"Grüße{char}") == f'"Grüße{ascii(char)[1:-1]}"'


@pytest.mark.parametrize("offset", ["", "Z", "+00:00"])
@pytest.mark.parametrize("made", [NOW, NOW + 0.3, NOW - 1.9, NOW + 2.9, NOW - 3])
def test_a_time_in_utc_between_request_and_arrival_is_right(offset: str, made: float) -> None:
    assert outside_window(iso(made) + offset, NOW, NOW + 1, tolerance=2) == []


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (iso(NOW - 2.5), ": 2.5 s before the request"),
        (iso(NOW - 4), ": 4.0 s before the request"),  # without a fraction, up to a second later is right
        (iso(NOW + 4), ": 3.0 s after its arrival"),
        (iso(NOW + 3.5), ": 2.5 s after its arrival"),
        (iso(NOW - 24 * HOUR), "86400.0 s before the request (a local time without its offset?)"),
        (iso(NOW + 2 * HOUR), "7199.0 s after its arrival (a local time without its offset?)"),
        *((value, NO_TIME) for value in (NOW, int(NOW * 1000), str(NOW), None, "", "gestern")),
        ("0001-01-01T00:00:00", "before the request (a local time without its offset?)"),
        ("9999-12-31T23:59:59", "after its arrival (a local time without its offset?)"),
    ],
)
def test_any_other_time_is_wrong(value: Any, error: str) -> None:
    (found,) = outside_window(value, NOW, NOW + 1, tolerance=2)
    assert found.startswith(f"timestamp is {shown(value)}")
    assert found.endswith(error)


def test_many_differences_are_folded_and_none_is_lost() -> None:
    expected = {f"field{number:02}": number for number in range(30)}
    sentences = folded(differences("payload", {}, expected))
    assert sentences[:7] == [f"payload.field{n:02} is missing, expected {n}" for n in range(7)]
    assert sentences[7:] == [f"23 more differences: {', '.join([*expected][7:])}"]
    few = differences("payload", {}, {**dict.fromkeys("abcdefgh", 1)})
    assert folded(few) == few
