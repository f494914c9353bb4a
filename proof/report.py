"""The result of a proof, and its report as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from proof.judging import Outcome, Verdict


@dataclass(frozen=True)
class Result:
    """The outcome of the control, which must survive, and the outcomes of the defects."""

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
        """Whether the suite passes the sound service, and notices and names every defect."""
        return self.sound.verdict is Verdict.SURVIVED and 0 < self.named == len(self.outcomes)

    def __str__(self) -> str:
        """The sums in one line."""
        if self.sound.verdict is not Verdict.SURVIVED:
            return f"The sound services are red: {self.sound.by} {self.sound.message}"
        count = len(self.outcomes)
        return f"{self.killed} of {count} defects killed, {self.named} of {count} named"


def write_report(result: Result, file: Path, seconds: float) -> None:
    """Write everything as JSON.

    Args:
        result: what is reported.
        file: where it is written; its folder is made if need be.
        seconds: how long the proof took.
    """
    outcomes = [
        {
            **{
                name: getattr(outcome.defect, name)
                for name in ("name", "description", "service", "layer", "pattern")
            },
            "verdict": outcome.verdict.value,
            "by": outcome.by,
            "message": outcome.message,
            "seconds": round(outcome.seconds, 1),
            "causes": outcome.causes,
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
