"""Keeps of a response only what a run has made: the others in a list may be real people."""

import json
import re
from collections.abc import Sequence

from bdd.system import strict_json
from bdd.verdict.scenario_log import ScenarioLog

_LIST = re.compile(r"\[\s*\{")


class OwnPart:
    """The part of a response that some scenarios have made.

    Args:
        logs: the logs of the scenarios.
        whose: what they are, for the reader: `scenario` or `run`.
    """

    def __init__(self, logs: Sequence[ScenarioLog], whose: str) -> None:
        self._logs = logs
        self._keys = {subject.key for log in logs for subject in log.subjects}
        self._whose = whose

    def of(self, body: str) -> str:
        """Return a body; of a list, also one in an object, only what these scenarios have made."""
        is_list = body.lstrip().startswith("[")
        if not is_list and _LIST.search(body) is None:
            return body
        try:
            whole = strict_json.loads(body)
        except (ValueError, RecursionError):
            return f"a list that is not JSON, of {len(body)} characters" if is_list else body
        if is_list:
            return self._own_entries(whole)
        if not isinstance(whole, dict) or not any(map(_lists_entities, whole.values())):
            return body
        return f"{{{', '.join(f'{json.dumps(name)}: {self._own_value(each)}' for name, each in whole.items())}}}"

    def _own_value(self, value: object) -> str:
        if isinstance(value, list) and _lists_entities(value):
            return self._own_entries(value)
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
        text = str(entry)
        return any(log.mark in text for log in self._logs)


def _lists_entities(value: object) -> bool:
    """Return whether a value is a list of entities; what a refusal lists has no ids."""
    return isinstance(value, list) and any(isinstance(each, dict) and "id" in each for each in value)
