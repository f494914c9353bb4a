"""Takes the scenarios of a run's own shard from all that were selected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from behave.model import Scenario

from bdd.domain.resources import short_names
from bdd.output.console import say
from bdd.results.collecting import name_of
from bdd.results.folder import read_runs
from bdd.results.model import ScenarioName
from bdd.results.sharding import seconds_of, shards_of
from bdd.settings.settings import InvalidSetting, load_settings
from bdd.settings.shard import Shard

_RUNS_THAT_TELL_DURATIONS = 10


@dataclass(frozen=True)
class OwnShard:
    """The shard of this run.

    Attributes:
        shard: which one it is.
        scenarios: its scenarios.
        whole: the scenarios of all shards.
    """

    shard: Shard
    scenarios: Sequence[Scenario]
    whole: Sequence[ScenarioName]


def own_shard(userdata: Mapping[str, str], selection: str, scenarios: Sequence[Scenario]) -> OwnShard | None:
    """Return the shard that the settings name, None for a whole run and where the settings are wrong.

    Args:
        userdata: the settings given with `behave -D`.
        selection: the paths, tags and names that were requested.
        scenarios: those that were selected.
    """
    try:
        settings = load_settings(userdata, services=short_names())
    except InvalidSetting:  # the start says which
        return None
    if (shard := settings.shard) is None:
        return None
    earlier = read_runs(settings.results_dir, settings.stack, selection, _RUNS_THAT_TELL_DURATIONS)
    whole = [name_of(each) for each in scenarios]
    own = shards_of(whole, shard.count, seconds_of(earlier.runs))[shard.number - 1]
    places = {(each.feature, each.line) for each in own}
    say(f"Shard {shard}: {len(own)} of {len(whole)} scenarios")
    named = zip(scenarios, whole, strict=True)
    return OwnShard(shard, [each for each, name in named if (name.feature, name.line) in places], whole)
