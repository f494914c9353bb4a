"""Keeps of a response only what a run has made: the others in a list may be real people."""

import json
import re
from collections.abc import Sequence

from bdd.system import strict_json
from bdd.verdict.ledger import Ledger
from bdd.verdict.scenario_log import ScenarioLog

_LIST = re.compile(r"\[\s*\{")


class OwnPart:
    """The part of a response that some scenarios have made.

    Args:
        ledger: the run's.
        logs: the logs of the scenarios.
        whose: what they are, for the reader: `scenario` or `run`.
    """

    def __init__(self, ledger: Ledger, logs: Sequence[ScenarioLog], whose: str) -> None:
        self._marks_in = ledger.marks.find
        self._marks = {log.mark for log in logs}
        self._keys = {subject.key for log in logs for subject in log.subjects}
        self._whose = whose

    def of(self, body: str) -> str:
        """Return a body; of a list, also one inside of objects, only what these scenarios have made."""
        is_list = body.lstrip().startswith("[")
        if not is_list and _LIST.search(body) is None:
            return body
        try:
            whole = strict_json.loads(body)
        except (ValueError, RecursionError):
            return f"a list that is not JSON, of {len(body)} characters"
        text = self._own_entries(whole) if is_list else self._text(whole)
        return body if text == json.dumps(whole, ensure_ascii=False) else text

    def _text(self, value: object) -> str:
        if isinstance(value, list) and any(map(_has_id, value)):
            return self._own_entries(value)
        if isinstance(value, dict):
            return f"{{{', '.join(f'{json.dumps(name)}: {self._text(each)}' for name, each in value.items())}}}"
        return json.dumps(value, ensure_ascii=False)

    def _own_entries(self, entries: Sequence[object]) -> str:
        own = [each for each in entries if self._is_own(each)]
        others = len(entries) - len(own)
        text = json.dumps(own, ensure_ascii=False)
        if not others:
            return text
        return f"{text[:-1]}{', ' if own else ''}… {others} that this {self._whose} has not made]"

    def _is_own(self, entry: object) -> bool:
        if isinstance(entry, dict) and str(entry.get("id")) in self._keys:
            return True
        text = json.dumps(entry, ensure_ascii=False).encode(errors="replace")
        return any(mark in self._marks for mark in self._marks_in(text))


def _has_id(entry: object) -> bool:
    """Return whether an entry of a list is an entity; what a refusal lists has no ids."""
    return isinstance(entry, dict) and any(name.lower().endswith("id") for name in entry)
