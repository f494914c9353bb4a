"""Selects what is run again of a run: the scenarios that failed or were not executed, and its settings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from bdd.output.masking import MASK
from bdd.results.model import Run, ScenarioName


def to_run_again(run: Run) -> list[ScenarioName]:
    """Return the scenarios that failed or were not executed, in the order of their features."""
    failed = [each for each in run.scenarios if each.failed or each.status == "not executed"]
    places = {(each.feature, each.line, each.name): each for each in [*failed, *run.not_executed()]}
    return [places[place] for place in sorted(places)]


def settings_again(run: Run, given: Set[str]) -> dict[str, str]:
    """Return the settings of a run that can be given again: name -> value.

    A secret is masked in the results, so it has to be given again. The shard is left out, since it would select a
    part of the scenarios that are run again.

    Args:
        run: the run.
        given: the names of the settings that are given now, which take precedence.
    """
    of_run = run.run.settings.items()
    return {name: value for name, value in of_run if name not in {*given, "shard"} and MASK not in value}


def found_again(
    wanted: Sequence[ScenarioName], there: Mapping[str, Iterable[ScenarioName]]
) -> Iterator[tuple[ScenarioName, ScenarioName | None]]:
    """Yield each scenario as the results name it, and as its feature has it now, None if it no longer exists.

    Of several with one name, the one on the nearest line is meant.

    Args:
        wanted: the scenarios.
        there: the scenarios that each feature's file has now.
    """
    for each in wanted:
        named = [one for one in there.get(each.feature, ()) if one.name == each.name]
        yield each, min(named, key=lambda one: abs(one.line - each.line), default=None)
