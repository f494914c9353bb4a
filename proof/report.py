"""The reports of a proof: tables on the console, and JSON with each message."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from proof.judging import Outcome, Verdict

_COLOURS = {
    Verdict.NAMED: "green",
    Verdict.KILLED: "yellow",
    Verdict.SURVIVED: "red",
    Verdict.NOT_RUN: "magenta",
}


@dataclass(frozen=True)
class Result:
    """The outcome of the control, which must survive, and the outcomes of the defects."""

    sound: Outcome
    outcomes: Sequence[Outcome]

    @property
    def killed(self) -> int:
        """How many defects the suite noticed."""
        return self.named + self._count(Verdict.KILLED)

    @property
    def named(self) -> int:
        """How many of them its message named."""
        return self._count(Verdict.NAMED)

    @property
    def proven(self) -> bool:
        """Whether the suite passes the sound service, and notices and names every defect."""
        return self.sound.verdict is Verdict.SURVIVED and 0 < self.named == len(self.outcomes)

    def __str__(self) -> str:
        """The sums in one line."""
        if self.sound.verdict is not Verdict.SURVIVED:
            return f"The sound service is red: {self.sound.by} {self.sound.message}"
        count = len(self.outcomes)
        return f"{self.killed} of {count} defects killed, {self.named} of {count} named"

    def _count(self, verdict: Verdict) -> int:
        return sum(outcome.verdict is verdict for outcome in self.outcomes)


def layers_table(result: Result) -> Table:
    """Return how many defects of each layer had which verdict."""
    table = Table(title="What the suite noticed", title_justify="left")
    table.add_column("layer")
    for verdict in Verdict:
        table.add_column(verdict.value, justify="right")
    counts = Counter((outcome.defect.layer, outcome.verdict) for outcome in result.outcomes)
    for layer in sorted({outcome.defect.layer for outcome in result.outcomes}):
        table.add_row(layer, *(str(counts[layer, verdict]) for verdict in Verdict))
    return table


def outcomes_table(outcomes: Sequence[Outcome]) -> Table:
    """Return a row for each defect: its name, the verdict, and what noticed it."""
    table = Table()
    for column in ("defect", "verdict", "noticed by"):
        table.add_column(column, overflow="fold")
    for outcome in outcomes:
        colour = _COLOURS[outcome.verdict]
        table.add_row(outcome.defect.name, f"[{colour}]{outcome.verdict}[/]", outcome.by)
    return table


def write_report(result: Result, file: Path, seconds: float) -> None:
    """Write everything as JSON.

    Args:
        result: what is reported.
        file: where it is written; its folder is made if need be.
        seconds: how long the proof took.
    """
    outcomes = [
        {
            "name": outcome.defect.name,
            "description": outcome.defect.description,
            "layer": outcome.defect.layer,
            "verdict": outcome.verdict.value,
            "by": outcome.by,
            "message": outcome.message,
            "pattern": outcome.defect.pattern,
            "seconds": round(outcome.seconds, 1),
        }
        for outcome in result.outcomes
    ]
    content = {
        "proven": result.proven,
        "sound": result.sound.verdict.value,
        "defects": len(outcomes),
        "killed": result.killed,
        "named": result.named,
        "seconds": round(seconds, 1),
        "outcomes": outcomes,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
