"""What of a run is run again: the scenarios that failed or were not executed, with the same settings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from bdd.output.masking import MASK
from bdd.results.model import Run, ScenarioName


def to_run_again(run: Run) -> list[ScenarioName]:
    """Return the scenarios that failed or were not executed, in the order of their features."""
    failed = [each for each in run.scenarios if each.failed or each.status == "not executed"]
    places = {(each.feature, each.line, each.name): each for each in [*failed, *run.not_executed()]}
    return [places[place] for place in sorted(places)]


def settings_again(run: Run, others: Set[str]) -> dict[str, str]:
    """Return the settings of a run that can be given again: name -> value.

    A secret is masked in the results, and has to come from where it came before. The shard is left out: what is run
    again is no part of a whole run.

    Args:
        run: the run.
        others: the names of settings that are given now.
    """
    passed = run.run.settings.items()
    return {name: value for name, value in passed if name not in {*others, "shard"} and MASK not in value}


def found_again(
    wanted: Sequence[ScenarioName], there: Mapping[str, Iterable[ScenarioName]]
) -> Iterator[tuple[ScenarioName, ScenarioName | None]]:
    """Yield each scenario as the results name it, and as its feature has it now, None if it is no longer there.

    Of several with one name, the one on the nearest line is meant.

    Args:
        wanted: the scenarios.
        there: the scenarios of each feature's file.
    """
    for each in wanted:
        named = [one for one in there.get(each.feature, ()) if one.name == each.name]
        yield each, min(named, key=lambda one: abs(one.line - each.line), default=None)
