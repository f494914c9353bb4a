"""Symptoms: what a failure or a finding has in common with others of the same cause."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hamcrest.core.description import Description

from bdd.api.exchange import Exchange
from bdd.contracts import asyncapi as contract
from bdd.contracts.differences import CUT_OFF, EXTRA, WITHOUT, Difference
from bdd.output.console import at_most
from bdd.verdict.expectation import Expectation
from bdd.verdict.scenario_log import IN_ORDER

_VARIABLE = re.compile(r"bdd\w+x\d+z|[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
_LONGEST = 160  # characters
_ATTRIBUTE = "symptoms"
ACCEPTED = "accepts a wrong {fields}"
"""The kind of a request that should have been refused: which fields are checked is one cause."""
LISTS_DELETED = "lists what should not exist"
_GROUPS = {
    rf"answered with 20\d in place of 404|{LISTS_DELETED}": "exists",
    r"answered with 20\d in place of 400": ACCEPTED,
}
"""The kinds of responses that say the same: what should not exist does, or what should be refused is accepted."""
RESPONSE = "the response to "
"""How `Symptom.where` begins for a response."""
NEVER = "no {where} event comes"
_RENAMED = "with another name for {fields}"
_NO_RESPONSE = "does not respond"
_BROKEN = "the platform is broken"
_WHOM = "whom it is about"
WITHOUT_CAUSE = "published without a cause"
"""The group of all events of a resource that no action has caused."""


@dataclass(frozen=True)
class Symptom:
    """One way in which something differs from what was expected, without ids, times and marks.

    Attributes:
        about: what it is about: `patient`, or the name of a service; the same in events and responses.
        where: what differs: an event type, or a request without its ids.
        kind: how it differs, in words that continue `where`; `{fields}` and `{where}` in it are replaced.
        field: the field that differs, empty for the whole.
        group: what the symptoms of one cause have in common besides `about`; empty for the field, or for the kind
            where it is not about a field.
        is_data: whether the field is one of the resource's own, of which one cause may concern several.
        advice: what to do about it.
    """

    about: str
    where: str
    kind: str
    field: str = ""
    is_data: bool = False
    advice: str = ""
    group: str = ""

    @property
    def identity(self) -> tuple[str, str]:
        """What two symptoms of one cause have in common, whatever shows them."""
        if self.field in {"key", f"{self.about}_id"}:
            return self.about, _WHOM
        by_field = "{fields}" in self.kind and self.kind not in {ACCEPTED, CUT_OFF}
        by_field |= self.field in _PARTS_OF_A_RECORD
        return self.about, self.group or (self.field if by_field else self.kind)

    @property
    def is_silence(self) -> bool:
        """Whether something did not come that does not come either where the platform has broken."""
        return self.kind in {NEVER, _NO_RESPONSE}

    def __str__(self) -> str:
        """The symptom as a clause: `patient.created without telefon`."""
        return in_words(self.kind, [self.where], [self.field])


_PARTS_OF_A_RECORD = {"topic", "partition", "eventType"}


class Unmet(AssertionError):
    """A failed check that knows its symptoms."""

    def __init__(self, message: str, symptoms: Sequence[Symptom]) -> None:
        super().__init__(message)
        self.symptoms = symptoms


def attach(description: Description, symptoms: Sequence[Symptom]) -> None:
    """Let PyHamcrest's AssertionError, which holds the description, carry symptoms to `symptoms_of`."""
    setattr(description, _ATTRIBUTE, symptoms)


def symptoms_of(error: BaseException) -> Sequence[Symptom]:
    """Return the symptoms of a failed check, from the error or what caused it; none if it has none."""
    for each in _chain(error):
        for holder in (each, *each.args):
            if found := getattr(holder, _ATTRIBUTE, ()):
                return list(found)
    return []


def of_event(
    noun: str, where: str, differences: Sequence[Difference], advice_on: Callable[[Difference], str] = lambda _: ""
) -> list[Symptom]:
    """Return the symptoms of an event that differs.

    Args:
        noun: what it is about.
        where: the type that was expected.
        differences: how it differs.
        advice_on: returns what to do about a difference.
    """
    leading = next((each for each in differences if each.field == "eventType"), None)
    if leading and any(leading.kind == f"as “{each}”" for each in contract.current().topic_of):
        return [Symptom(noun, where, leading.kind, leading.field, advice=advice_on(leading), group=WITHOUT_CAUSE)]
    if leading:
        differences = [leading]  # the rest of another type's event says nothing
    elif any(each.field == "key" for each in differences):
        differences = [each for each in differences if each.field != "partition"]  # it comes from the key
    return _distinct(
        Symptom(noun, where, each.kind, _last(each.field), "." in each.field, advice_on(each))
        for each in _with_renamed(differences)
    )


def of_response(noun: str, exchange: Exchange, differences: Sequence[Difference], advice: str) -> list[Symptom]:
    """Return the symptoms of a response that differs.

    Args:
        noun: what it is about.
        exchange: the request and its response.
        differences: how it differs.
        advice: what to do.
    """
    request = request_of(exchange)
    return _distinct(
        Symptom(noun, f"{RESPONSE}{request}", each.kind, _last(each.field), True, advice)
        if each.is_of_a_field
        else Symptom(noun, request, each.kind, advice=advice, group=_group_of(each.kind))
        for each in _with_renamed(differences)
    )


def _group_of(kind: str) -> str:
    """Return the group of what a response says as a whole, empty if it has none."""
    return next((group for pattern, group in _GROUPS.items() if re.fullmatch(pattern, kind)), "")


def refused_request(noun: str, exchange: Exchange) -> Symptom:
    """Return the symptom of a valid request that was refused.

    Args:
        noun: what it was about.
        exchange: the request and its response.
    """
    answer = f"{exchange.status} {without_variables(exchange.body)[:_LONGEST]}".strip()
    advice = "see why the service refused it; if it requires more than the contract says, correct one of the two"
    kind = f"refused: {answer}"
    return Symptom(noun, request_of(exchange), kind, advice=exchange.wrong_address or advice)


def request_of(exchange: Exchange) -> str:
    """Return a request without its ids and its query: `PUT /api/patients/<id>`."""
    path = exchange.path.partition("?")[0]
    return f"{exchange.method} {re.sub(r'/[0-9]+', '/<id>', path)}"


def out_of_order(noun: str) -> Symptom:
    """Return the symptom of events that are not in the order of the changes."""
    return Symptom(noun, f"a {noun}'s", "events out of order", advice=IN_ORDER.format(noun=noun))


def no_response(service: str) -> Symptom:
    """Return the symptom of a service that does not respond."""
    return Symptom(service, f"the {service}", _NO_RESPONSE, advice="see in its log what it waits for")


def of_trouble(trouble: str) -> Symptom:
    """Return the symptom of whatever fails because something of the platform has ended or hangs."""
    first, *more = trouble.splitlines()
    advice = next((line.strip().removeprefix("next: ") for line in more if "next:" in line), "see in its log why")
    return Symptom("the platform", "", first, advice=advice, group=_BROKEN)  # seconds in its text may differ


def too_late(expectation: Expectation, slowest: float) -> Symptom:
    """Return the symptom of an event that came after its deadline.

    Args:
        expectation: the expectation that it fulfils.
        slowest: how long such events took at most, in seconds.
    """
    promised = f"{expectation.deadline:g} s were promised"
    kind = f"up to {slowest:.1f} s after the request, {promised}"
    advice = f"see what the service does between its response and its {expectation.event_type} event"
    return Symptom(expectation.noun, expectation.event_type, kind, advice=advice, group=NEVER)


def of_text(text: str) -> list[Symptom]:
    """Return the symptom of a failure of which only the message is known."""
    return [Symptom("", "", without_variables(text)[:_LONGEST].strip())]


def without_variables(text: str) -> str:
    """Return a text in one line, without ids, numbers and marks."""
    return _VARIABLE.sub("…", " ".join(text.split()))


def in_words(kind: str, wheres: Sequence[str], fields: Sequence[str]) -> str:
    """Return a kind of difference as a clause.

    Args:
        kind: the kind, see `Symptom`.
        wheres: what shows it.
        fields: the fields that have it.
    """
    where = _listed(wheres, 3)
    # No format(): what a service sent may be in it, with any braces.
    clause = kind.replace("{fields}", _listed(fields, 6)).replace("{where}", where)
    return clause if "{where}" in kind else f"{where} {clause}".strip()


def _listed(words: Sequence[str], most: int) -> str:
    shown = at_most(most, words)
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _with_renamed(differences: Sequence[Difference]) -> list[Difference]:
    """Return the differences; a missing and an extra field that are one under another name are of one kind."""
    missing = {_letters(each.field): each.field for each in differences if each.kind == WITHOUT}
    extra = {_letters(each.field): each.field for each in differences if each.kind == EXTRA}
    names = {other: missing[letters] for letters, other in extra.items() if letters in missing}
    names |= {name: name for name in names.values()}
    return [
        Difference(each, names[each.field], _RENAMED)
        if each.kind in {WITHOUT, EXTRA} and each.field in names
        else each
        for each in differences
    ]


def _letters(field: str) -> str:
    """A field without what `snake_case` and `camelCase` differ in."""
    return field.replace("_", "").replace("-", "").lower()


def _last(field: str) -> str:
    return field.rpartition(".")[2]


def _distinct(symptoms: Iterator[Symptom]) -> list[Symptom]:
    return list(dict.fromkeys(symptoms))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
