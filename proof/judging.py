"""Judges a run of the suite against a defect by its JUnit file."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bdd.results.cases import AUDIT, RUN
from proof.defect import Defect
from proof.pairs import Pair

_LONGEST_HEADLINE = 600


class Verdict(StrEnum):
    """Whether the suite noticed a defect."""

    NAMED = "killed and named"
    KILLED = "killed, not named"
    SURVIVED = "survived"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Outcome:
    """The result for one defect.

    Attributes:
        seconds: how long the service and the suite ran.
        message: the headline of what noticed it; for a run without a verdict, its last lines.
        causes: the causes that the run has printed.
    """

    defect: Defect
    verdict: Verdict
    seconds: float
    by: str = ""
    message: str = ""
    causes: Sequence[str] = ()


def judge(
    defect: Defect,
    folder: Path,
    exit_code: int | None,
    seconds: float,
    output: Sequence[str],
    *,
    whole: bool = False,
) -> Outcome:
    """Return the outcome of a run. Only a scenario or a finding kills: a run that ended early proves nothing.

    Args:
        defect: the one that the service had.
        folder: the run's, with the folders `junit` and `evidence`.
        exit_code: how the run ended; None if it had to be ended.
        seconds: how long it took.
        output: its last lines, for a run without a verdict.
        whole: whether any failure may name the defect, and not the first one alone.
    """
    printed = causes_in(folder / "evidence")
    causes = [each["cause"] for each in printed]
    try:
        suites = suites_in(folder / "junit")
    except ET.ParseError as error:
        message = f"the suite left a JUnit file that is not XML: {error}"
        return Outcome(defect, Verdict.NOT_RUN, seconds, message=message)
    reds = list(reds_in(suites))[: None if whole else 1]
    if isinstance(defect, Pair):
        texts = [message for _, message in reds] + [each["best"]["message"] for each in printed] + causes
        return Outcome(
            defect, _both_named(defect, causes, texts), seconds, message="\n".join(causes), causes=causes
        )
    if reds and exit_code != 0:
        naming = [red for red in reds if _is_named(defect, red, causes)]
        by, message = (naming or reds)[0]
        return Outcome(defect, Verdict.NAMED if naming else Verdict.KILLED, seconds, by, message, causes)
    if exit_code != 0 or AUDIT not in suites:
        return Outcome(defect, Verdict.NOT_RUN, seconds, message="\n".join(output))
    return Outcome(defect, Verdict.SURVIVED, seconds)


def causes_in(evidence: Path) -> list[Mapping[str, Any]]:
    """Return the causes that a run has written below the folder of its evidence, none for a green run."""
    return [each for file in evidence.glob("*/causes.json") for each in json.loads(file.read_text("utf-8"))]


def _both_named(pair: Pair, causes: Sequence[str], texts: Sequence[str]) -> Verdict:
    """Judge a pair: each of its defects must be one cause, and there must be no other.

    Args:
        pair: the two.
        causes: the causes that the run has printed.
        texts: all messages about its failures.
    """
    if not causes:
        return Verdict.SURVIVED
    named = all(any(re.search(part.pattern, text) for text in texts) for part in pair.parts)
    return Verdict.NAMED if named and len(causes) == len(pair.parts) else Verdict.KILLED


def _is_named(defect: Defect, red: tuple[str, str], causes: Sequence[str]) -> bool:
    """Whether a failure describes the defect, or the run's causes do: lateness is known only at its end."""
    scenario, message = red
    described = re.search(defect.pattern, "\n".join([message, *causes]))
    return bool(described and re.search(defect.noticed_by, scenario))


def suites_in(junit: Path) -> Mapping[str, Sequence[ET.Element]]:
    """Return the test cases in a folder of JUnit files: name of the suite -> cases.

    Raises:
        ParseError: a file is not XML.
    """
    suites: dict[str, list[ET.Element]] = {}
    for file in sorted(junit.glob("*.xml")):
        for suite in ET.parse(file).iter("testsuite"):  # noqa: S314 - the suite has just written it
            suites.setdefault(suite.get("name", ""), []).extend(suite.iter("testcase"))
    return suites


def reds_in(suites: Mapping[str, Sequence[ET.Element]]) -> Iterator[tuple[str, str]]:
    """Yield name and headline of each failed scenario, then of each finding of the audit, named "audit: …"."""
    for suite, cases in sorted(suites.items(), key=lambda each: each[0] == AUDIT):
        for case in cases if suite != RUN else ():
            bad = case.find("failure") if case.find("failure") is not None else case.find("error")
            if bad is not None:
                name = f"{'audit: ' if suite == AUDIT else ''}{case.get('name')}"
                yield name, headline(_whole(bad))


def _whole(bad: ET.Element) -> str:
    """Return the cause of a failure and its message; one that begins with the cause stands alone."""
    cause, message = bad.get("message", ""), bad.text or ""
    return message if message.startswith(cause) else f"{cause}\n{message}"


def headline(message: str) -> str:
    """Return the beginning of a message, the cause and what is wrong; what follows explains it.

    That is all up to the line that begins with "but:", or two lines where there is none.
    """
    lines = message.strip().splitlines()
    but = next((number for number, line in enumerate(lines) if line.lstrip().startswith("but:")), 1)
    return "\n".join(line.strip() for line in lines[: but + 1])[:_LONGEST_HEADLINE]
