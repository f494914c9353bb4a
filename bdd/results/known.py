"""Known failures: scenarios that may fail until a day, each with a reason and with who takes care of it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bdd.results.model import KnownFailure, KnownState, Status, is_meant


class InvalidKnownFailures(Exception):
    """The file of the known failures cannot be used; the message says what to correct."""


class _Entry(BaseModel):
    """An entry of the file; see `bdd.results.model.KnownFailure`."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_min_length=1, str_strip_whitespace=True)
    scenario: str
    reason: str
    who: str
    until: dt.date

    def names(self, feature: str, name: str) -> bool:
        return is_meant(self.scenario, feature, name)


_ENTRIES = TypeAdapter(list[_Entry])


class KnownFailures:
    """The known failures of a run.

    Args:
        entries: those of the file.
        today: the day of the run; an entry holds until its own day is over.
    """

    def __init__(self, entries: Sequence[_Entry] = (), today: dt.date | None = None) -> None:
        self._entries = entries
        self._today = today or dt.date.today()  # noqa: DTZ011 - the local day, which the file's authors mean

    def allow(self, feature: str, name: str) -> bool:
        """Return whether a scenario may fail today.

        Args:
            feature: the feature's file, with slashes.
            name: the scenario's name.
        """
        return any(each.names(feature, name) and each.until >= self._today for each in self._entries)

    def outcomes(self, statuses: Mapping[tuple[str, str], Status]) -> list[KnownFailure]:
        """Return the known failures, each with its state.

        Args:
            statuses: those of the run's scenarios: feature's file and name -> status.
        """
        return [
            KnownFailure(
                scenario=each.scenario,
                reason=each.reason,
                who=each.who,
                until=each.until.isoformat(),
                state=self._state(each, [status for key, status in statuses.items() if each.names(*key)]),
            )
            for each in self._entries
        ]

    def _state(self, entry: _Entry, statuses: Sequence[Status]) -> KnownState:
        # An error of the suite is not the failure that is known, and is never let through.
        if "failed" in statuses:
            return "failed as known" if entry.until >= self._today else "expired"
        return "passed" if "passed" in statuses else "not executed"


def load_known_failures(file: Path, today: dt.date | None = None) -> KnownFailures:
    """Return the known failures of a file; none if there is no such file.

    Args:
        file: a YAML file.
        today: the day of the run; None for this one.

    Raises:
        InvalidKnownFailures: it cannot be read, or an entry is wrong.
    """
    try:
        entries = yaml.safe_load(file.read_text(encoding="utf-8")) or []
        return KnownFailures(_ENTRIES.validate_python(entries), today)
    except FileNotFoundError:
        return KnownFailures()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidKnownFailures(f"The known failures cannot be read: {file}: {error}") from error
    except ValidationError as error:
        mistakes = "; ".join(_mistake(each["loc"], each["msg"]) for each in error.errors())
        raise InvalidKnownFailures(
            f"The known failures in {file} are wrong: {mistakes}. The file is a list; each entry "
            "has scenario (its name), reason, who, and until (a day, such as 2026-12-31)."
        ) from None


def _mistake(location: Sequence[int | str], message: str) -> str:
    place = ", ".join(f"entry {each + 1}" if isinstance(each, int) else each for each in location)
    return f"{place or 'the file'}: {message.removeprefix('Input should be ')}"
