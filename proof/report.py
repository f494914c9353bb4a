"""What people read of a proof: a table on the console, JSON for programs, and a page of HTML."""

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
    """All of a proof.

    Attributes:
        sound: the outcome of the control, which must survive.
        outcomes: those of the defects.
    """

    sound: Outcome
    outcomes: Sequence[Outcome]

    @property
    def killed(self) -> int:
        """How many defects the suite noticed."""
        return sum(outcome.verdict in {Verdict.NAMED, Verdict.KILLED} for outcome in self.outcomes)

    @property
    def named(self) -> int:
        """How many of them its message named."""
        return sum(outcome.verdict is Verdict.NAMED for outcome in self.outcomes)

    @property
    def proven(self) -> bool:
        """Whether the suite passes the sound service and notices and names every defect."""
        sound = self.sound.verdict is Verdict.SURVIVED
        return sound and bool(self.outcomes) and self.named == len(self.outcomes)

    @property
    def exit_code(self) -> int:
        """0 when all is proven, 1 otherwise."""
        return 0 if self.proven else 1

    def __str__(self) -> str:
        """The sums in one line."""
        if self.sound.verdict is not Verdict.SURVIVED:
            return f"The sound service is red: {self.sound.by} {self.sound.said}"
        count = len(self.outcomes)
        return f"{self.killed} of {count} defects killed, {self.named} of {count} named"


def layers_table(result: Result) -> Table:
    """Return the sums by layer, and below them each defect that was not killed and named."""
    table = Table(title="What the suite noticed", title_justify="left")
    table.add_column("layer")
    for verdict in Verdict:
        table.add_column(verdict.value, justify="right")
    counts = Counter((outcome.defect.layer, outcome.verdict) for outcome in result.outcomes)
    for layer in sorted({outcome.defect.layer for outcome in result.outcomes}):
        table.add_row(layer, *(str(counts[layer, verdict]) for verdict in Verdict))
    return table


def outcomes_table(outcomes: Sequence[Outcome]) -> Table:
    """Return a row for each defect: what it is, what came of it, and who noticed it."""
    table = Table()
    for column in ("defect", "verdict", "noticed by"):
        table.add_column(column, overflow="fold")
    for outcome in outcomes:
        colour = _COLOURS[outcome.verdict]
        table.add_row(outcome.defect.name, f"[{colour}]{outcome.verdict}[/]", outcome.by)
    return table


def write_reports(result: Result, folder: Path, seconds: float) -> Path:
    """Write `prove.json` and `prove.html` into the folder; return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "proven": result.proven,
        "sound": result.sound.verdict.value,
        "defects": len(result.outcomes),
        "killed": result.killed,
        "named": result.named,
        "seconds": round(seconds, 1),
        "outcomes": [_as_json(outcome) for outcome in result.outcomes],
    }
    (folder / "prove.json").write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    page = folder / "prove.html"
    page.write_text(_as_page(result, seconds), encoding="utf-8")
    return page


def _as_json(outcome: Outcome) -> dict[str, object]:
    defect = outcome.defect
    return {
        "name": defect.name,
        "says": defect.says,
        "layer": defect.layer,
        "pattern": defect.pattern,
        "verdict": outcome.verdict.value,
        "by": outcome.by,
        "said": outcome.said,
        "seconds": round(outcome.seconds, 1),
    }


def _as_page(result: Result, seconds: float) -> str:
    rows = "\n".join(_as_row(outcome) for outcome in result.outcomes)
    template = Template(_PAGE.read_text(encoding="utf-8"))
    state = "proven" if result.proven else "unproven"
    return template.substitute(state=state, summary=html.escape(f"{result}; {seconds:.0f} s"), rows=rows)


def _as_row(outcome: Outcome) -> str:
    defect = outcome.defect
    cells = [defect.name, defect.says, defect.layer, outcome.verdict.value, outcome.by, outcome.said]
    return (
        f'<tr class="{outcome.verdict.name.lower()}"><td>'
        + "</td><td>".join(map(html.escape, cells))
        + "</td></tr>"
    )
