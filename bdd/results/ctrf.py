"""Writes a run as CTRF, the JSON format of test results that many tools read: https://ctrf.io."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from bdd.results.cases import AUDIT, RUN, Case, cases_of
from bdd.results.model import Run, Status

_SPECIFICATION = "0.0.0"
_STATUSES = ("passed", "failed", "skipped", "pending", "other")
_STATUS_OF_CASE = {
    "passed": "passed",
    "failed": "failed",
    "error": "failed",
    "known": "other",
    "late": "other",
    "left out": "skipped",
    "not executed": "pending",
}
_STATUS_OF_STEP: dict[Status, str] = {
    "passed": "passed",
    "failed": "failed",
    "error": "failed",
    "skipped": "skipped",
}


def ctrf_of(run: Run) -> dict[str, Any]:
    """Return a run as a CTRF document; times in it are in milliseconds."""
    cases = cases_of(run)
    head, ended = run.run, _end_of(run)
    return {
        "reportFormat": "CTRF",
        "specVersion": _SPECIFICATION,
        "reportId": str(uuid.uuid5(uuid.NAMESPACE_URL, head.id)),
        "runId": head.id,
        "timestamp": dt.datetime.fromtimestamp(ended, dt.UTC).isoformat(timespec="seconds"),
        "generatedBy": "psychotherapy-matching-acceptance",
        "results": {
            "tool": {"name": "behave"},
            "summary": _summary(cases, head.began, ended),
            "tests": [_test(each) for each in cases],
            "environment": {
                "appName": "Psychotherapy Matching Platform",
                "testEnvironment": head.stack,
                "extra": {
                    "suite": head.version,
                    "selection": head.selection,
                    "platform": {each.name: each.version or each.digest for each in head.platform},
                },
                **({"commit": head.commit} if head.commit else {}),
                **({"shardId": head.shard} if head.shard else {}),
            },
            "extra": {"verdict": run.end.sentence if run.end else "the run was killed before its end"},
        },
    }


def _end_of(run: Run) -> float:
    """Return when a run ended; of one that was killed, when its last scenario did."""
    if run.end:
        return run.end.ended
    return max((each.began + each.seconds for each in run.scenarios), default=run.run.began)


def _summary(cases: Sequence[Case], began: float, ended: float) -> dict[str, int]:
    counts = Counter(_STATUS_OF_CASE[each.status] for each in cases)
    return {
        "tests": len(cases),
        **{status: counts[status] for status in _STATUSES},
        "suites": len({each.suite for each in cases}),
        "start": _milliseconds(began),
        "stop": _milliseconds(ended),
        "duration": _milliseconds(ended - began),
    }


def _test(case: Case) -> dict[str, Any]:
    known: dict[str, Any] = {
        "message": case.message,
        "trace": case.details,
        "filePath": case.file,
        "line": case.line,
        "tags": list(case.tags),
        "steps": [
            {"name": each.sentence, "status": _STATUS_OF_STEP.get(each.status, "pending")} for each in case.steps
        ],
        "extra": {"cause": case.cause} if case.cause else {},
    }
    if case.began is not None:
        known |= {"start": _milliseconds(case.began), "stop": _milliseconds(case.began + case.seconds)}
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{case.file}: {case.line}: {case.suite}: {case.name}")),
        "name": case.name,
        "status": _STATUS_OF_CASE[case.status],
        "rawStatus": case.status,
        "duration": _milliseconds(case.seconds),
        "suite": [case.suite],
        "type": "run" if case.suite in {AUDIT, RUN} else "acceptance",
        **{name: value for name, value in known.items() if value},
    }


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
