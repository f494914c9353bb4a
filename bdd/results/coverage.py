"""Which promises of the contracts the scenarios of a run have looked at, and which none has.

It is counted from what was really exchanged and claimed. An event counts that has fulfilled an expectation, since
all of it was compared; so does each response with a status code that the contract has.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from itertools import chain
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl, urlsplit

from bdd.results.model import Event, Exchange, Expectation, Feature, Promises, Run, Scenario, ScenarioName

Aspect = Literal["events", "fields", "operations", "codes", "parameters"]
"""What shares are counted of."""
Kind = Literal[
    "event missed",
    "event",
    "operation",
    "codes",
    "parameter",
    "unknown value",
    "fields",
    "empty fields",
    "field values",
    "parameter values",
]
"""What a gap is, the most important kinds first.

`event missed`: a scenario expects such an event, and none came as expected.
`event`, `operation`: no scenario looks at it at all; its fields and codes are not listed as gaps then.
`codes`: no response had these. `parameter`: no request had it.
`unknown value`: a query parameter never had a value that the contract does not list.
`fields`: no event had these.
`empty fields`: they were null, an empty list or an empty object in all events, so that nobody has seen a value.
`field values`, `parameter values`: some of those that the contract lists were never there.
"""
_EMPTY = frozenset({"null", "[]", "{}"})
_NO_QUERY: Mapping[str, Set[str]] = {}


@dataclass(frozen=True)
class Share:
    """How many promises of an aspect were looked at.

    Attributes:
        looked_at: of how many.
        of: how many there are.
        empty: how many of the others were there, and never with a value.
    """

    looked_at: int
    of: int
    empty: int = 0


@dataclass(frozen=True)
class Gap:
    """What no scenario looks at.

    Attributes:
        kind: what it is.
        of: the event type or the operation.
        parts: the fields, the status codes or the query parameter that it is about.
        values: the values that the part never had.
    """

    kind: Kind
    of: str
    parts: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Look:
    """What a scenario has looked at, of all that the contracts promise.

    Attributes:
        scenario: the scenario.
        fields: event type -> field -> its values as JSON in the events that were as expected; none where they did
            not have it.
        missed: the types of the events that it expected, and that did not come as expected.
        nothing: the types of which it saw that no event came; None for any.
        codes: operation -> the status codes of its responses.
        parameters: operation -> query parameter -> its values.
    """

    scenario: Scenario
    fields: Mapping[str, Mapping[str, Set[str]]]
    missed: Sequence[str]
    nothing: Sequence[str | None]
    codes: Mapping[str, Set[str]]
    parameters: Mapping[str, Mapping[str, Set[str]]]

    def is_at(self, of: str, part: str = "") -> bool:
        """Return whether it looks at a promise.

        Args:
            of: the event type or the operation.
            part: a field, a status code or a query parameter of it, empty for the whole.
        """
        if not part:
            return of in self.fields or of in self.codes
        return bool(self.fields.get(of, {}).get(part)) or part in self.codes.get(of, ()) or part in self._query(of)

    def _query(self, operation: str) -> Mapping[str, Set[str]]:
        return self.parameters.get(operation, _NO_QUERY)


@dataclass(frozen=True)
class Coverage:
    """What the scenarios of a run have looked at, of all that the contracts promise.

        found = coverage(run)
        found.share("fields")      # Share(looked_at=76, of=120, empty=2)
        found.gaps[0]              # Gap("event", "match.created")

    Attributes:
        promises: what the contracts promise.
        capabilities: each feature, and what each of its scenarios has looked at.
        incomplete: the scenarios that failed, were left out or not executed: what only they look at seems a gap.
    """

    promises: Promises
    capabilities: Sequence[tuple[Feature, Sequence[Look]]]
    incomplete: Sequence[ScenarioName] = field(default=())

    @cached_property
    def looks(self) -> Sequence[Look]:
        """What each scenario has looked at."""
        return [look for _, looks in self.capabilities for look in looks]

    def looking_at(self, of: str, part: str = "") -> list[Look]:
        """Return the scenarios that look at a promise; see `Look.is_at`."""
        return [look for look in self.looks if look.is_at(of, part)]

    def share(self, aspect: Aspect) -> Share:
        """Return how many promises of an aspect were looked at."""
        return _SHARES[aspect](self)

    @cached_property
    def gaps(self) -> Sequence[Gap]:
        """What no scenario looks at, the most important gaps first."""
        found = chain(
            *(self._gaps_of_event(event_type) for event_type in self.promises.events),
            *(self._gaps_of_operation(operation) for operation in self.promises.operations),
        )
        return sorted(found, key=lambda gap: get_args(Kind).index(gap.kind))

    def values(self, event_type: str, name: str) -> Set[str]:
        """Return all values as JSON that a field had in events that were as expected."""
        return _united(look.fields.get(event_type, {}).get(name, ()) for look in self.looks)

    def codes(self, operation: str) -> Set[str]:
        """Return the status codes that responses had, as the contract has them."""
        return _united(look.codes.get(operation, ()) for look in self.looks)

    def sent(self, operation: str, parameter: str) -> Set[str]:
        """Return the values that a query parameter had."""
        return _united(look.parameters.get(operation, _NO_QUERY).get(parameter, ()) for look in self.looks)

    def _gaps_of_event(self, event_type: str) -> Iterator[Gap]:
        if not any(event_type in look.fields for look in self.looks):
            yield Gap(
                "event missed" if any(event_type in look.missed for look in self.looks) else "event", event_type
            )
            return
        seen = {name: self.values(event_type, name) for name in self.promises.events[event_type]}
        if absent := [name for name, values in seen.items() if not values]:
            yield Gap("fields", event_type, tuple(absent))
        if empty := [name for name, values in seen.items() if values and values <= _EMPTY]:
            yield Gap("empty fields", event_type, tuple(empty))
        for name, listed in self.promises.values.get(event_type, {}).items():
            never = [value for value in listed if _as_text(value) not in seen[name]]
            if never and seen[name] - _EMPTY:
                yield Gap("field values", event_type, (name,), tuple(never))

    def _gaps_of_operation(self, operation: str) -> Iterator[Gap]:
        if not any(operation in look.codes for look in self.looks):
            yield Gap("operation", operation)
            return
        if never := [code for code in self.promises.operations[operation] if code not in self.codes(operation)]:
            yield Gap("codes", operation, tuple(never))
        for parameter, listed in self.promises.parameters.get(operation, {}).items():
            yield from self._gaps_of_parameter(operation, parameter, listed)

    def _gaps_of_parameter(self, operation: str, parameter: str, listed: Sequence[Any]) -> Iterator[Gap]:
        sent = self.sent(operation, parameter)
        if not sent:
            yield Gap("parameter", operation, (parameter,))
            return
        known = [_in_query(value) for value in listed]
        if known and sent <= set(known):
            yield Gap("unknown value", operation, (parameter,))
        if never := [value for value in known if value not in sent]:
            yield Gap("parameter values", operation, (parameter,), tuple(never))


def coverage(run: Run) -> Coverage:
    """Return what the scenarios of a run have looked at."""
    promises = run.run.promises
    looks = [_look(promises, scenario) for scenario in run.scenarios]
    features = {each.file: each for each in run.run.features}
    for scenario in run.scenarios:
        features.setdefault(scenario.feature, Feature(file=scenario.feature, name=scenario.feature))
    return Coverage(
        promises=promises,
        capabilities=[
            (feature, [look for look in looks if look.scenario.feature == file])
            for file, feature in features.items()
        ],
        incomplete=[
            *(each for each in run.scenarios if each.status != "passed"),
            *run.not_executed(),
            *(each for out in run.run.left_out for each in out.scenarios),
        ],
    )


def _look(promises: Promises, scenario: Scenario) -> Look:
    return Look(
        scenario=scenario,
        fields=_fields_in(scenario, promises),
        missed=list(dict.fromkeys(each.event_type for each in scenario.expectations if each.event is None)),
        nothing=list(dict.fromkeys(scenario.negative.values())),
        codes=_codes_in(scenario, promises),
        parameters=_parameters_in(scenario, promises),
    )


def _fields_in(scenario: Scenario, promises: Promises) -> Mapping[str, Mapping[str, Set[str]]]:
    found: dict[str, dict[str, set[str]]] = {}
    events = {each.place: each for each in scenario.events}
    for each in scenario.expectations:
        if each.event is not None and each.event_type in promises.events:
            value = _whole(each, events.get(each.event))
            fields = found.setdefault(each.event_type, {})
            for name in promises.events[each.event_type]:
                fields.setdefault(name, set()).update(map(_as_text, _at(value, name.split("."))))
    return found


def _codes_in(scenario: Scenario, promises: Promises) -> Mapping[str, Set[str]]:
    found: dict[str, set[str]] = {}
    for each in scenario.exchanges:
        if code := _code(each, promises.operations.get(each.operation, ())):
            found.setdefault(each.operation, set()).add(code)
    return found


def _parameters_in(scenario: Scenario, promises: Promises) -> Mapping[str, Mapping[str, Set[str]]]:
    found: dict[str, dict[str, set[str]]] = {}
    for each in scenario.exchanges:
        known = promises.parameters.get(each.operation, {})
        for name, value in parse_qsl(urlsplit(each.path).query, keep_blank_values=True):
            if name in known and each.status is not None:
                found.setdefault(each.operation, {}).setdefault(name, set()).add(value)
    return found


def _whole(expectation: Expectation, event: Event | None) -> Mapping[str, Any]:
    """The value of an event that was as expected; what the results hold of it may be cut."""
    try:
        envelope = json.loads(event.value or "") if event else {}
    except ValueError:
        envelope = {}
    return {**(envelope if isinstance(envelope, dict) else {}), "payload": expectation.payload}


def _at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yield what is at a path, in each element of the lists on it."""
    if not path:
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _at(each, path)
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _code(exchange: Exchange, promised: Sequence[str]) -> str | None:
    """Return the status code of a response as the contract has it, None where it promises no such response."""
    if exchange.status is None or (exchange.status == HTTPStatus.SERVICE_UNAVAILABLE and not exchange.in_outage):
        return None  # a 503 is promised for outages only
    forms = (str(exchange.status), f"{exchange.status // 100}XX", "default")
    return next((each for each in forms if each in promised), None)


def _as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _in_query(value: Any) -> str:
    return value if isinstance(value, str) else _as_text(value)


def _united(several: Iterable[Iterable[str]]) -> Set[str]:
    return frozenset(chain.from_iterable(several))


def _events(found: Coverage) -> Share:
    return Share(sum(bool(found.looking_at(each)) for each in found.promises.events), len(found.promises.events))


def _fields(found: Coverage) -> Share:
    seen = [found.values(each, name) for each, names in found.promises.events.items() for name in names]
    return Share(
        looked_at=sum(bool(values - _EMPTY) for values in seen),
        of=len(seen),
        empty=sum(bool(values) and values <= _EMPTY for values in seen),
    )


def _operations(found: Coverage) -> Share:
    operations = found.promises.operations
    return Share(sum(bool(found.looking_at(each)) for each in operations), len(operations))


def _codes(found: Coverage) -> Share:
    promised = found.promises.operations
    return Share(sum(len(found.codes(each)) for each in promised), sum(map(len, promised.values())))


def _parameters(found: Coverage) -> Share:
    promised = [(each, name) for each, names in found.promises.parameters.items() for name in names]
    return Share(sum(bool(found.sent(each, name)) for each, name in promised), len(promised))


_SHARES = {
    "events": _events,
    "fields": _fields,
    "operations": _operations,
    "codes": _codes,
    "parameters": _parameters,
}
