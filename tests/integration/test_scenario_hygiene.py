"""Every scenario passes alone, and all of them in any order: none needs what another one left."""

import itertools
import json
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from behave.runner_util import parse_features

from bdd.domain.outage import TAG
from bdd.run.process import addresses, remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.stacks.embedded.service import database_file
from bdd.system.paths import ROOT
from proof import database
from tests.support.running import reference_services, run_behave

SIDE_BY_SIDE = 3
SEED = 20_260_101
"""Always the same: what is red once is red again."""
FOLDERS = itertools.count()


def locations() -> dict[str, bool]:
    """The place of every scenario, each row of an outline among them: `file:line` -> whether it has an outage."""
    files = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "features").glob("*.feature"))]
    features = parse_features(files)  # type: ignore[no-untyped-call]
    return {
        f"{file}:{scenario.line}": TAG in scenario.effective_tags
        for file, feature in zip(files, features, strict=True)
        for scenario in feature.walk_scenarios()
    }


WITH_OUTAGE = locations()
LOCATIONS = list(WITH_OUTAGE)


class Suite:
    """Runs scenarios against one service and one broker."""

    def __init__(self, folder: Path, settings: Sequence[str]) -> None:
        self._folder = folder
        self._settings = settings

    def run(self, places: Sequence[str]) -> list[str]:
        """Run the scenarios in this order; return those that passed, in the order in which they were executed.

        behave makes one feature of neighbours from the same file and runs them in the file's order. To it a file
        that is spelt in another way, from the root, is another one: each scenario is spelt unlike the one before.
        """
        folder = self._folder / str(next(FOLDERS))
        folder.mkdir()
        spelt = [str(ROOT / place) if number % 2 else place for number, place in enumerate(places)]
        listed = folder / "executed.json"
        run_behave(folder, *spelt, *self._settings, "-f", "json", "-o", str(listed))
        return [
            element["location"]
            for feature in json.loads(listed.read_text("utf-8") or "[]")
            for element in feature["elements"]
            if element["type"] == "scenario" and element.get("status") == "passed"
        ]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory, broker: EmbeddedBroker) -> Iterator[Suite]:
    folder = tmp_path_factory.mktemp("hygiene")
    with reference_services(folder, broker.bootstrap_servers) as urls:
        others = addresses({name: url for name, url in urls.items() if name != "patient-service"})
        outages = database.settings([database_file(folder, name) for name in urls])
        to = remote(urls["patient-service"], broker.bootstrap_servers, settling=0.1, **others, **outages)
        yield Suite(folder, to)


@pytest.mark.parametrize(
    "order",
    [LOCATIONS[::-1], random.Random(SEED).sample(LOCATIONS, len(LOCATIONS))],  # noqa: S311 - no secret
    ids=["reverse", "random"],
)
def test_all_scenarios_pass_in_another_order(suite: Suite, order: list[str]) -> None:
    assert suite.run(order) == order


def test_every_scenario_passes_alone(suite: Suite) -> None:
    side_by_side = [place for place, with_outage in WITH_OUTAGE.items() if not with_outage]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        assert list(pool.map(lambda place: suite.run([place]), side_by_side)) == [[place] for place in side_by_side]
    for place in LOCATIONS:
        assert place in side_by_side or suite.run([place]) == [place]
