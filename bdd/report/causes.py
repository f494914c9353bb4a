"""The causes of a red run, as they are printed and written."""

import json
from collections.abc import Sequence
from pathlib import Path

from bdd.output.console import at_most, counted, say
from bdd.output.printable import fit_for_report
from bdd.verdict.causes import Cause, Failure

_WIDTH = 80  # characters
_NAMED = 3


def lines_of(cause: Cause) -> list[str]:
    """Return a cause as it is printed: what it is, how often, the best example, what to do."""
    best = cause.best
    example = f"{best.scenario} ({best.location})"
    is_first = best in [*cause.failures[:1], *cause.findings[:1]]
    numbers = ", ".join(map(str, cause.numbers))
    see = [f"     see:   {best.evidence}"] if isinstance(best, Failure) and best.evidence else []
    return [
        f"  {numbers}. {fit_for_report(cause.title):{_WIDTH}} {_counts(cause)}",
        f"     {'first' if is_first else 'best '}: {fit_for_report(example)}",
        *see,
        f"     next:  {fit_for_report(cause.advice)}",
    ]


def in_a_clause(causes: Sequence[Cause]) -> list[str]:
    """Return the causes for the last line: how many, and the first ones; nothing where there is none."""
    if not causes:
        return []
    named = at_most(_NAMED, [cause.title for cause in causes])
    return [f"{counted(len(causes), 'cause')}: {fit_for_report('; '.join(named))}"]


def write_causes(folder: Path, causes: Sequence[Cause]) -> None:
    """Write `causes.json` into the folder of the run's evidence, and `cause.txt` into that of each cause.

    Args:
        folder: the folder; its subfolder `cause-1` has the evidence of the scenarios of the first cause.
        causes: the causes.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps([_as_json(each) for each in causes], ensure_ascii=False, indent=2) + "\n"
        (folder / "causes.json").write_text(fit_for_report(text), encoding="utf-8")
        for each in causes:
            own = folder / f"cause-{each.number}"
            own.mkdir(exist_ok=True)
            (own / "cause.txt").write_text(fit_for_report(_as_text(each)), encoding="utf-8")
    except OSError as error:
        say(f"The causes cannot be written: {error}")


def _counts(cause: Cause) -> str:
    counts = []
    if cause.failures:
        counts.append(counted(len(cause.failures), "scenario"))
    if cause.not_judged:
        counts.append(f"{cause.not_judged} of them could not be judged")
    if cause.findings:
        counts.append(counted(len(cause.findings), "finding"))
    return ", ".join(counts)


def _as_text(cause: Cause) -> str:
    best = cause.best
    lines = [cause.title, _counts(cause), f"next: {cause.advice}", "", "The best example:"]
    lines += [f"{best.scenario} ({best.location})", best.message, "", "All:"]
    lines += [f"{each.scenario} ({each.location}): {each.evidence}" for each in cause.failures]
    lines += [f"{each.scenario} ({each.location}): found by the audit" for each in cause.findings]
    return "\n".join([*lines, ""])


def _as_json(cause: Cause) -> dict[str, object]:
    best = cause.best
    return {
        "numbers": cause.numbers,
        "cause": cause.title,
        "next": cause.advice,
        "symptoms": [
            {"about": each.about, "where": each.where, "field": each.field, "kind": str(each)}
            for each in cause.symptoms
        ],
        "scenarios": len(cause.failures),
        "not_judged": cause.not_judged,
        "findings": len(cause.findings),
        "best": {"scenario": best.scenario, "location": best.location, "message": best.message},
        "failed": [
            {
                "scenario": each.scenario,
                "location": each.location,
                "step": each.step,
                "judged": not each.prepares,
                "evidence": str(each.evidence),
            }
            for each in cause.failures
        ],
        "found": [
            {"scenario": each.scenario, "location": each.location, "message": each.message}
            for each in cause.findings
        ],
    }
