"""Joins the causes of a run's shards: those with the same title are one."""

from collections.abc import Sequence

from bdd.results.model import Cause, Finding, Run, Scenario


def merged_causes(runs: Sequence[Run]) -> list[Cause]:
    """Return the causes of all shards, those of most scenarios first, with numbers of their own.

    Args:
        runs: the shards; the causes of one that was killed are made from its failures.
    """
    found: dict[str, list[Cause]] = {}
    for run in runs:
        for cause in run.end.causes if run.end else _causes_of_failures(run):
            found.setdefault(cause.title, []).append(cause)
    joined = [_joined(several, number) for number, several in enumerate(found.values(), start=1)]
    return sorted(joined, key=lambda each: (-len(each.failures), -each.findings, each.numbers[0]))


def numbered(scenario: Scenario, causes: Sequence[Cause]) -> Scenario:
    """Return a scenario whose failure has the number of its cause among these.

    Args:
        scenario: one of the merged run; the number in it is that of its shard.
        causes: those of the merged run.
    """
    if scenario.failure is None:
        return scenario
    own = [each for each in causes if scenario.as_name in each.failures]
    best = [each for each in own if each.title == scenario.failure.title] or own
    number = best[0].numbers[0] if best else None
    return scenario.model_copy(update={"failure": scenario.failure.model_copy(update={"cause": number})})


def finding_numbered(finding: Finding, own: Sequence[Cause], causes: Sequence[Cause]) -> Finding:
    """Return a finding with the number of its cause in the merged run.

    Args:
        finding: one of a shard; the number in it is that of its shard.
        own: the causes of the shard.
        causes: those of the merged run.
    """
    titles = {each.title for each in own if finding.cause in each.numbers}
    number = next((each.numbers[0] for each in causes if each.title in titles), None)
    return finding.model_copy(update={"cause": number})


def _joined(several: Sequence[Cause], number: int) -> Cause:
    """Return causes with one title as one; the shard that has most of it has the best example."""
    most = max(several, key=lambda each: len(each.failures))
    return most.model_copy(
        update={
            "numbers": [number],
            "failures": [name for each in several for name in each.failures],
            "not_judged": [name for each in several for name in each.not_judged],
            "findings": sum(each.findings for each in several),
        }
    )


def _causes_of_failures(run: Run) -> list[Cause]:
    by_title: dict[str, list[Scenario]] = {}
    for each in run.scenarios:
        if each.failure and each.failure.title:
            by_title.setdefault(each.failure.title, []).append(each)
    return [_cause_of(title, several) for title, several in by_title.items()]


def _cause_of(title: str, scenarios: Sequence[Scenario]) -> Cause:
    names = [each.as_name for each in scenarios]
    failures = [each.failure for each in scenarios if each.failure]
    return Cause(
        numbers=[1],
        title=title,
        advice=failures[0].advice,
        failures=names,
        not_judged=[name for name, failure in zip(names, failures, strict=True) if not failure.judged],
        best=names[0],
    )
