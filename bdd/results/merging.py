"""Joins the results of a run's shards into the results of one run.

    merged = merge([read_run(file) for file in files])
    write_run(folder / f"{merged.run.id}.json", merged)

The verdict is green if those of all shards are, and no shard is missing. A shard that was run twice counts once, as
it was run last. `merged_causes.py` joins the causes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeVar

from bdd.output.console import at_most, counted
from bdd.results.merged_causes import finding_numbered, merged_causes, numbered
from bdd.results.model import Cause, End, Feature, Head, KnownFailure, LeftOut, Run, Scenario, ScenarioName
from bdd.settings.shard import Shard

_SHOWN_CAUSES = 3
_MOST_TELLING = ("failed as known", "expired", "passed", "not executed")
_Named = TypeVar("_Named", bound=ScenarioName)


class CannotMerge(Exception):
    """The results are not those of one run's shards; the message says why, and what to do."""


def merge(runs: Sequence[Run]) -> Run:
    """Return the results of a run's shards as those of one run.

    Args:
        runs: the results of the shards, in any order; some may be missing.

    Raises:
        CannotMerge: one is not that of a shard, or they do not belong together.
    """
    shards = _newest_of_each(runs)
    _check_together(list(shards.values()))
    in_order = [shards[number] for number in sorted(shards)]
    missing = sorted(set(range(1, _shard(in_order[0]).count + 1)) - shards.keys())
    causes = merged_causes(in_order)
    head = _merged_head(in_order)
    aborted = _why_aborted(in_order, missing, head.selected)
    scenarios = [numbered(each, causes) for each in _merged_scenarios(in_order, head.selected)]
    end = _merged_end(in_order, scenarios, causes, aborted)
    merged = Run(format=in_order[0].format, run=head, scenarios=scenarios, end=end)
    sentence = _sentence(merged, end, len(in_order), aborted)
    return merged.model_copy(update={"end": end.model_copy(update={"sentence": sentence})})


def _newest_of_each(runs: Sequence[Run]) -> dict[int, Run]:
    """Return the newest run of each shard."""
    if not runs:
        raise CannotMerge("There are no results to merge. Name the files of all shards.")
    if whole := [run.run.id for run in runs if run.run.shard is None]:
        raise CannotMerge(f"The run {whole[0]} is a whole one. Name only files of shards.")
    if len(counts := {_shard(run).count for run in runs}) > 1:
        raise CannotMerge(
            f"The shards are those of different runs: {', '.join(sorted(str(run.run.shard) for run in runs))}. "
            f"Name only the files of one run, which had {' or '.join(map(str, sorted(counts)))} shards."
        )
    oldest_first = sorted(runs, key=lambda run: (run.run.began, run.run.id))
    return {_shard(run).number: run for run in oldest_first}


def _check_together(runs: Sequence[Run]) -> None:
    """Refuse shards that did not do the same."""
    first, *others = (run.run for run in runs)
    for other in others:
        for what, one, another in _of_both(first, other):
            if one != another:
                raise CannotMerge(
                    f"The shards {first.shard} and {other.shard} do not belong together: their {what} differ"
                    f" ({_shown(one)}, {_shown(another)}). Run all shards in the same way, and merge them again."
                )


def _of_both(one: Head, another: Head) -> Iterable[tuple[str, object, object]]:
    """Yield what shards of one run have in common: its name, and the value of each of two."""
    for field in ("selection", "stack", "commit"):
        yield f"{field}s", getattr(one, field), getattr(another, field)
    for name in sorted(one.checksums.keys() | another.checksums.keys()):
        yield name, one.checksums.get(name), another.checksums.get(name)
    yield "scenarios", _digest(one.whole), _digest(another.whole)


def _digest(names: Sequence[ScenarioName]) -> str:
    return hashlib.sha256("\n".join(map(str, names)).encode()).hexdigest()


def _shown(value: object) -> str:
    text = str(value or "none")
    return text if len(text) <= 60 else f"{text[:12]}…"  # noqa: PLR2004 - a checksum has 64 characters


def _merged_scenarios(runs: Sequence[Run], order: Sequence[ScenarioName]) -> list[Scenario]:
    """Return all scenarios, each once, in the order of the whole run; of two results of one, the failure."""
    every = [each.model_copy(update={"shard": run.run.shard}) for run in runs for each in run.scenarios]
    places = {name.identity: at for at, name in enumerate(order)}
    once = _each_once(sorted(every, key=lambda each: not each.failed))
    return sorted(once, key=lambda each: places.get(each.identity, len(places)))


def _each_once(several: Iterable[_Named]) -> list[_Named]:
    return list({each.identity: each for each in reversed(list(several))}.values())[::-1]


def _merged_head(runs: Sequence[Run]) -> Head:
    heads = [run.run for run in runs]
    first = min(heads, key=lambda head: (head.began, head.id))
    selected = first.whole or _each_once(name for head in heads for name in head.selected)
    left_out: dict[str, list[ScenarioName]] = {}
    for out in (out for head in heads for out in head.left_out):
        left_out.setdefault(out.reason, []).extend(out.scenarios)
    return first.model_copy(
        update={
            "id": f"{first.id}-merged",
            "shard": None,
            "merged_from": [head.id for head in heads],
            "settings": _joined([{k: v for k, v in head.settings.items() if k != "shard"} for head in heads]),
            "machine": _joined([{k: v for k, v in head.machine.items() if k != "process"} for head in heads]),
            "platform": list(dict.fromkeys(part for head in heads for part in head.platform)),
            "seed": first.seed if len({head.seed for head in heads}) == 1 else None,
            "changed": None if any(head.changed is None for head in heads) else any(head.changed for head in heads),
            "features": _merged_features(heads, selected),
            "selected": selected,
            "whole": (),
            "left_out": [LeftOut(reason=why, scenarios=_each_once(names)) for why, names in left_out.items()],
        }
    )


def _merged_features(heads: Sequence[Head], selected: Sequence[ScenarioName]) -> list[Feature]:
    """Return the features in the order of the scenarios that were selected."""
    features = {feature.file: feature for head in heads for feature in head.features}
    return [features[file] for file in dict.fromkeys(name.feature for name in selected) if file in features]


def _joined(several: Sequence[dict[str, str]]) -> dict[str, str]:
    """Return all names with their values; different values of one name with commas between them."""
    names = dict.fromkeys(name for each in several for name in each)
    return {name: ", ".join(dict.fromkeys(each[name] for each in several if name in each)) for name in names}


def _merged_end(
    runs: Sequence[Run], scenarios: Sequence[Scenario], causes: Sequence[Cause], aborted: Sequence[str]
) -> End:
    """Return the end of the merged run, without its sentence.

    Args:
        runs: the shards.
        scenarios: those of the merged run.
        causes: the causes of failures and findings.
        aborted: why it was not executed to its end.
    """
    ends = [run.end for run in runs if run.end]
    times = [runs[0].run.began, *(each.began + each.seconds for each in scenarios)]
    phases = dict.fromkeys(phase for end in ends for phase in end.phases)
    return End(
        ended=max([*times, *(end.ended for end in ends)]),
        green=not aborted and all(end.green for end in ends),
        sentence="",
        abort_reason="; ".join(aborted) or None,
        judged=any(end.judged for end in ends),
        audited=len(ends) == _shard(runs[0]).count and all(end.audited for end in ends),
        phases={phase: max(end.phases.get(phase, 0.0) for end in ends) for phase in phases},
        causes=causes,
        findings=[finding_numbered(finding, end.causes, causes) for end in ends for finding in end.findings],
        hook_failures=list(dict.fromkeys(failure for end in ends for failure in end.hook_failures)),
        known=_merged_known(end.known for end in ends),
    )


def _why_aborted(runs: Sequence[Run], missing: Sequence[int], whole: Sequence[ScenarioName]) -> list[str]:
    """Return a clause for each shard that is missing or was not executed to its end, and for scenarios in none.

    Args:
        runs: the shards.
        missing: the numbers of those that are missing.
        whole: all scenarios.
    """
    count = _shard(runs[0]).count
    shared = {name.identity for run in runs for name in run.run.selected}
    lost = 0 if missing else sum(name.identity not in shared for name in whole)
    clauses = [f"shard {number}/{count} is missing" for number in missing]
    clauses += [f"shard {run.run.shard} was killed" for run in runs if run.end is None]
    reasons = ((run.run.shard, run.end.abort_reason) for run in runs if run.end and run.end.abort_reason)
    if lost:
        clauses.append(f"{counted(lost, 'scenario')} in no shard, because the shards had different earlier results")
    return clauses + [f"shard {shard}: {reason}" for shard, reason in reasons]


def _merged_known(several: Iterable[Sequence[KnownFailure]]) -> list[KnownFailure]:
    """Return each known failure once, as the shard saw it that had the scenario."""
    known = sorted(
        (each for of_run in several for each in of_run), key=lambda each: _MOST_TELLING.index(each.state)
    )
    return list({each.scenario: each for each in reversed(known)}.values())[::-1]


def _sentence(merged: Run, end: End, shards: int, aborted: Sequence[str]) -> str:
    """Return the verdict in one line.

    Args:
        merged: the run.
        end: its end.
        shards: how many shards there are.
        aborted: why it was not executed to its end.
    """
    broken = len(merged.broken())
    late = sum(bool(each.failure and each.failure.late) and not end.lets_through(each) for each in merged.scenarios)
    as_known = sum(each.failed for each in merged.scenarios) - broken - late
    known = [f"{as_known} failed as known"] if as_known else []
    if end.green:
        passed = counted(sum(each.status == "passed" for each in merged.scenarios), "scenario")
        green = f"GREEN: {passed} passed in {counted(shards, 'shard')}, and the audit left nothing unexplained"
        return "; ".join([green, *known])
    executed = f"{counted(len(merged.scenarios), 'scenario')} in {counted(shards, 'shard')}"
    reasons = [f"RED: {broken} of {executed} failed"]
    reasons += [f"{late} not judged"] if late else []
    if findings := len(end.findings_not_known()):
        reasons.append(f"the audit found {counted(findings, 'thing')} that no scenario explains")
    if end.causes:
        titles = at_most(_SHOWN_CAUSES, [cause.title for cause in end.causes])
        reasons.append(f"{counted(len(end.causes), 'cause')}: {'; '.join(titles)}")
    return "; ".join([*reasons, *(clause.splitlines()[0] for clause in aborted), *known, *end.hook_failures])


def _shard(run: Run) -> Shard:
    try:
        return Shard.parse(run.run.shard or "")
    except ValueError:
        raise CannotMerge(f"The run {run.run.id} names the shard “{run.run.shard}”, which is none.") from None
