"""What pages say of a history, computed again from the files of results, as docs/results.md defines it.

It shares nothing with the suite but the files. Scenarios are identified by their steps, so no two of a run may have
the same ones.
"""

import calendar
import datetime as dt
import json
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Raw = Mapping[str, Any]
Note = tuple[str, str]
"""The name of something, and the note about it."""


class Row(NamedTuple):
    """A scenario in the table of all: its name, in which runs it passed and failed, and the notes about it."""

    name: str
    passed: Sequence[int]
    failed: Sequence[int]
    words: str
    flaky: str
    latency: str


class InRun(NamedTuple):
    """A scenario in a run: the name it has there, and what came of it, None if it was not executed."""

    name: tuple[str, str]
    result: Raw | None


Thread = Sequence[InRun | None]
"""A scenario in each run, None in those that do not know it."""


class Recomputed:
    """The history of a run, by its file: itself and the newest earlier ones in the folder.

    Args:
        file: the file of the run.
        newest: how many runs at most.
    """

    def __init__(self, file: Path, newest: int = 30) -> None:
        this = json.loads(file.read_bytes())
        runs = [run for each in file.parent.glob("*.json") if (run := _loaded(each)) and _comparable(run, this)]
        self.runs = sorted(runs, key=_order)[-newest:]
        self.now = self.runs[-1]
        judging = [at for at, run in enumerate(self.runs[:-1]) if any(map(verdict, run["scenarios"]))]
        self.last = judging[-1] if judging else None
        self.threads = _threads(self.runs)

    @property
    def compared_with(self) -> str:
        """The moment of the run that this one is compared with; empty at a first run."""
        return "" if self.last is None else moment(_began(self.runs[self.last]))

    @property
    def groups(self) -> dict[str, list[Note]]:
        """What has changed since the last run, by the headings of the page."""
        groups: dict[str, list[Note]] = {}
        for thread in self.threads:
            for heading, note in self._changes(thread):
                groups.setdefault(heading, []).append((_name(thread), note))
        for heading, title, note in self._findings():
            groups.setdefault(heading, []).append((title, note))
        return {heading: sorted(notes) for heading, notes in groups.items()}

    @property
    def causes(self) -> list[tuple[str, str, str]]:
        """Of each cause: how many scenarios it has, its title, and since when it has been there."""
        shown = []
        for cause in self.now["end"]["causes"] if self.now["end"] else []:
            states = self._there(lambda end: [each["title"] for each in end["causes"]], cause["title"])
            words = self.since(states) if self.last is not None else ""
            shown.append((str(len(cause["failures"]) or cause["findings"]), cause["title"], words))
        return shown

    @property
    def kept(self) -> list[bool]:
        """Whether each run kept all promises."""
        return [bool(run["end"] and run["end"]["green"]) for run in self.runs]

    @property
    def before(self) -> str:
        """How it was in the runs before, in a sentence."""
        *earlier, now = self.kept
        in_a_row = [*reversed(earlier), not now].index(not now)  # runs before this one that were as it is
        if now:
            several = "run" if in_a_row == 1 else f"{in_a_row} runs"
            return f"So it did in the {several} before." if in_a_row else "In the run before this one it did not."
        if in_a_row < len(earlier):
            last = f"was that of {moment(_began(self.runs[-in_a_row - 2]))}"
            since = f"{in_a_row + 1} runs" if in_a_row else "1 run"
            return f"The last run in which the platform kept its promises {last}; it has been {since} since."
        alone = "In the run before this one it did not either."
        return alone if in_a_row == 1 else f"In none of the {in_a_row} runs before this one it did."

    @property
    def verdict(self) -> str:
        """The verdict in a sentence; empty for a run that was killed, or in which no scenario failed."""
        number = len(self.now["scenarios"])
        failed = sum(verdict(each) == "failed" for each in self.now["scenarios"])
        if self.kept[-1]:
            return f"The platform keeps its promises: all {number} scenarios passed."
        return f"The platform breaks {failed} of its {number} promises." if failed and self.now["end"] else ""

    @property
    def broken(self) -> dict[str, str]:
        """Since when each scenario has failed that fails."""
        states = {_name(each): [_failed(one.result) if one else None for one in each] for each in self.threads}
        new = {_name(each) for each in self.threads if each[0] is None}
        return {name: self.since(each, name in new) for name, each in states.items() if each[-1]}

    @property
    def headline(self) -> set[str]:
        """The parts of the sentence that says since when promises are broken, in small letters."""
        if self.broken and self.last is None:
            return {"since when is not known: there is no earlier run to compare with"}
        times = Counter(words.lower() for words in self.broken.values())
        if len(times) == 1:
            return set(next(iter(times)).split(", "))
        return {f"{count} {words.partition(', ')[0]}" for words, count in times.items()}

    @property
    def broken_capabilities(self) -> list[Note]:
        """The features of which a scenario failed, and how many of theirs did."""
        failed = Counter(each["feature"] for each in self.now["scenarios"] if verdict(each) == "failed")
        of = Counter(each["feature"] for each in self.now["run"]["selected"])
        names = {each["file"]: each["name"] for each in self.now["run"]["features"]}
        return [(names[file], f"{failed[file]} of {of[file]} promises not kept") for file in names if failed[file]]

    @property
    def table(self) -> list[list[str]]:
        """The table of all runs, the newest first."""
        return [_row(run) for run in reversed(self.runs)]

    @property
    def durations(self) -> list[float | None]:
        """How long each run took."""
        return [run["end"]["ended"] - _began(run) if run["end"] else None for run in self.runs]

    @property
    def latencies(self) -> list[tuple[float, float] | None]:
        """The median and the 95th percentile of each run."""
        return [_latency(run["scenarios"]) for run in self.runs]

    @property
    def scenarios(self) -> list[Row]:
        """The table of all scenarios that this run knows, in its order."""
        rows = {thread[-1].name: self._scenario(thread) for thread in self.threads if thread[-1]}
        return [rows[_key(each)] for each in self.now["run"]["selected"]]

    @property
    def flaky(self) -> list[Note]:
        """The flaky scenarios, those of most changes first."""
        flaky = [(each.name, f"{each.flaky} · {each.words}") for each in self.scenarios if each.flaky]
        return sorted(flaky, key=lambda note: -int(note[1].split()[1]))

    def since(self, states: Sequence[bool | None], whole: bool = False, was: str = "") -> str:
        """Return since when something has been so in words.

        Args:
            states: whether it was so in each run, None where that is not known; the last known one is True.
            whole: whether it is known that it was not so before the first run.
            was: what the words begin with if it is over; `was broken`.
        """
        so: list[int] = []
        for at, state in enumerate(states):
            whole, so = (True, []) if state is False else (whole, [*so, at] if state else so)
        if len(so) == 1 and whole and not was:
            return "new in this run"
        longer = "" if whole else " or longer"
        several = f", for {len(so)} runs" if len(so) > 1 else ", in 1 run" if was else ""
        return f"{was} since {date(_began(self.runs[so[0]]))}{longer}{several}".strip()

    def _changes(self, thread: Thread) -> Iterable[Note]:
        before = thread[self.last] if self.last is not None else None
        now = thread[-1]
        if now is None:
            return [("removed", "")] if before else []
        changes: list[Note] = []
        if self.last is not None and before is None:
            changes.append(("new", ""))
        if before and before.name != now.name:
            feature, name = before.name
            changes.append(("renamed", f"formerly “{name if name != now.name[1] else feature}”"))
        if now.result is None or now.result["status"] in {"skipped", "not executed"}:
            return [*changes, ("not run", "")]
        return changes + self._verdict_changes(thread)

    def _verdict_changes(self, thread: Thread) -> list[Note]:
        states = [_failed(one.result) if one else None for one in thread]
        whole = thread[0] is None
        failed_before = _last_known(states[:-1])
        title = _title(thread)
        if states[-1] and failed_before:
            return [("still broken", f"{self.since(states, whole)} · {title}")]
        if states[-1] and self.last is not None:
            return [("newly broken", title)]
        if states[-1] is False and failed_before:
            return [("mended", self.since(states[:-1], whole, "was broken"))]
        return []

    def _findings(self) -> Iterable[tuple[str, str, str]]:
        every = {_finding(each) for run in self.runs if run["end"] for each in run["end"]["findings"]}
        for key in sorted(every) if self.last is not None else []:
            states = self._there(lambda end: map(_finding, end["findings"]), key)
            if states[-1]:
                words = self.since(states)
                yield ("newly" if words == "new in this run" else "still") + " found by the audit", key[-1], words
            elif states[-1] is False and _last_known(states[:-1]):
                yield "no longer found by the audit", key[-1], self.since(states[:-1], was="was found")

    def _there(self, found: Any, key: object) -> list[bool | None]:
        """Return whether something was found in each run; one that was not audited may have missed it."""
        ends = [run["end"] for run in self.runs]
        return [
            None if end is None else True if key in found(end) else False if end["audited"] else None
            for end in ends
        ]

    def _scenario(self, thread: Thread) -> Row:
        results = [one.result if one else None for one in thread]
        verdicts = [verdict(each) if each else None for each in results]
        passed, failed = (_places(verdicts, kind) for kind in ("passed", "failed"))
        words = f"failed in {len(failed)} of {len(passed) + len(failed)}"
        latency = _latency([each for each in results if each])
        spread = f"median {seconds(latency[0])}, 95 of 100 within {seconds(latency[1])}" if latency else ""
        return Row(_name(thread), passed, failed, words, self._flaky(verdicts), spread)

    def _flaky(self, verdicts: Sequence[str | None]) -> str:
        known = [
            (run, each)
            for run, each in zip(self.runs, verdicts, strict=True)
            if each == "passed" or (each == "failed" and not (run["end"] or {}).get("abort_reason"))
        ]
        changed = [known[at][0] for at in range(1, len(known)) if known[at][1] != known[at - 1][1]]
        return f"changed {len(changed)} times since {date(_began(changed[0]))}" if len(changed) > 2 else ""


def verdict(scenario: Raw) -> str | None:
    """Return whether a scenario passed or failed; None if it says neither."""
    late = (scenario["failure"] or {}).get("late")
    return {"passed": "passed", "failed": "failed", "error": "failed"}.get(scenario["status"]) if not late else None


def date(when: float) -> str:
    """Return a day as an English page has it."""
    day = dt.datetime.fromtimestamp(when)  # noqa: DTZ006 - pages have the times of this machine
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def moment(when: float) -> str:
    """Return a day and a time of day as an English page has them."""
    return f"{date(when)}, {dt.datetime.fromtimestamp(when):%H:%M}"  # noqa: DTZ006 - the same


def seconds(value: float) -> str:
    """Return a duration of less than a minute as an English page has it."""
    if abs(value) < 1:
        return f"{round(value * 1000):,} ms"
    return f"{value:.1f}".removesuffix(".0") + " s" if abs(value) < 10 else f"{value:.0f} s"


def percent(part: int, whole: int) -> str:
    """Return a share: 0 % and 100 % mean none and all."""
    share = 100 * part / whole if whole else 0.0
    return f"{min(max(share, 1), 99) if 0 < part < whole else share:.0f}%"


def _loaded(file: Path) -> Raw | None:
    try:
        run: Raw = json.loads(file.read_bytes())
    except ValueError:
        return None
    return run if run["format"] == 1 else None


def _comparable(run: Raw, this: Raw) -> bool:
    same = all(run["run"][key] == this["run"][key] for key in ("stack", "selection"))
    return same and not run["run"]["shard"] and _order(run) <= _order(this)


def _order(run: Raw) -> tuple[float, str]:
    return run["run"]["began"], run["run"]["id"]


def _began(run: Raw) -> float:
    return float(run["run"]["began"])


def _threads(runs: Sequence[Raw]) -> list[Thread]:
    steps = {
        _key(each): str([(step["sentence"], step["text"]) for step in each["steps"]])
        for run in runs
        for each in run["scenarios"]
    }
    threads: dict[object, list[InRun | None]] = {}
    for at, run in enumerate(runs):
        results = {_key(each): each for each in run["scenarios"]}
        names = list(dict.fromkeys(_key(each) for each in run["run"]["selected"]))
        assert len({steps.get(name, name) for name in names}) == len(names), "two scenarios have the same steps"
        for name in names:
            thread = threads.setdefault(steps.get(name, name), [None] * len(runs))
            thread[at] = InRun(name, results.get(name))
    return list(threads.values())


def _key(scenario: Raw) -> tuple[str, str]:
    return scenario["feature"], scenario["name"]


def _finding(finding: Raw) -> tuple[str, str, str]:
    return (*_key(finding["scenario"]), finding["title"])


def _name(thread: Thread) -> str:
    return next(one.name[1] for one in reversed(thread) if one)


def _failed(result: Raw | None) -> bool | None:
    return {"failed": True, "passed": False}.get(verdict(result) or "") if result else None


def _title(thread: Thread) -> str:
    results = [one.result for one in thread if one and one.result]
    return next((each["failure"]["title"] for each in reversed(results) if _failed(each)), "")


def _last_known(states: Sequence[bool | None]) -> bool | None:
    return next((state for state in reversed(states) if state is not None), None)


def _places(verdicts: Sequence[str | None], kind: str) -> list[int]:
    return [at for at, each in enumerate(verdicts) if each == kind]


def _latency(scenarios: Iterable[Raw]) -> tuple[float, float] | None:
    came = [e["seconds"] for each in scenarios for e in each["expectations"] if e["seconds"] is not None]
    if not came:
        return None
    within = min(value for value in came if 100 * sum(each <= value for each in came) >= 95 * len(came))
    return statistics.median(came), within


def _row(run: Raw) -> list[str]:
    verdicts = [verdict(each) for each in run["scenarios"]]
    passed, failed = verdicts.count("passed"), verdicts.count("failed")
    end, latency = run["end"], _latency(run["scenarios"])
    judged = bool(end and end["judged"] and run["scenarios"])
    return [
        moment(_began(run)),
        "no end" if end is None else "not judged" if not judged else "kept" if end["green"] else "not kept",
        str(passed + failed),
        str(failed),
        percent(passed, passed + failed) if passed + failed else "",
        seconds(end["ended"] - _began(run)) if end else "",
        *([seconds(each) for each in latency] if latency else ["", ""]),
    ]
