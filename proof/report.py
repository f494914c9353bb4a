"""The reports of a proof: tables on the console, JSON for programs, and a page of HTML."""

import html
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from rich.table import Table

from proof.judging import Outcome, Verdict

_COLOURS = {
    Verdict.NAMED: "green",
    Verdict.KILLED: "yellow",
    Verdict.SURVIVED: "red",
    Verdict.NOT_RUN: "magenta",
}
_PAGE = Path(__file__).with_name("page.html")


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


def write_reports(result: Result, folder: Path, seconds: float) -> Path:
    """Write `prove.json` and `prove.html`.

    Args:
        result: what they report.
        folder: where they are written; is made if need be.
        seconds: how long the proof took.

    Returns:
        The page's path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "proven": result.proven,
        "sound": result.sound.verdict.value,
        "defects": len(result.outcomes),
        "killed": result.killed,
        "named": result.named,
        "seconds": round(seconds, 1),
        "outcomes": [
            {**_cells(outcome), "pattern": outcome.defect.pattern, "seconds": round(outcome.seconds, 1)}
            for outcome in result.outcomes
        ],
    }
    (folder / "prove.json").write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    page = folder / "prove.html"
    page.write_text(_as_page(result, seconds), encoding="utf-8")
    return page


def _cells(outcome: Outcome) -> dict[str, str]:
    """Return what both reports hold of a defect, in the order of the page's columns."""
    return {
        "name": outcome.defect.name,
        "description": outcome.defect.description,
        "layer": outcome.defect.layer,
        "verdict": outcome.verdict.value,
        "by": outcome.by,
        "message": outcome.message,
    }


def _as_page(result: Result, seconds: float) -> str:
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        state="proven" if result.proven else "unproven",
        summary=html.escape(f"{result}; {seconds:.0f} s"),
        rows="\n".join(_as_row(outcome) for outcome in result.outcomes),
    )


def _as_row(outcome: Outcome) -> str:
    cells = "</td><td>".join(html.escape(cell) for cell in _cells(outcome).values())
    return f'<tr class="{outcome.verdict.name.lower()}"><td>{cells}</td></tr>'
