"""The report of a counterexample: the shortest program as Gherkin, in the words of the suite's own steps."""

from collections.abc import Sequence

from bdd.domain.random_programs.model import Program, event_counts
from bdd.domain.random_programs.player import Player, exactly, nothing_else, orders
from bdd.domain.random_programs.search import Counterexample, Search
from bdd.domain.resources import resources
from bdd.domain.world import World
from bdd.verdict.symptom import Unmet, symptoms_of

_AT_ONCE = "all clients do this at the same time"


def play_random_programs(world: World) -> None:
    """Play the programs that the settings choose, and leave the counterexample, if there is one, in the world."""
    player = Player(world)
    search = Search(player.play, [each for each in resources().values() if each.service.name in world.clients])
    found = search.run(world.model_seed, world.model_programs)
    if found:
        player.mark_failed()
    lifecycles = sum(map(len, search.played))
    world.console_notes.append(
        f"    {lifecycles} random lifecycles in {len(search.played)} programs, -D model_seed={world.model_seed}"
    )
    world.programs_are_played = True
    if found:
        message = report(found, world.model_seed, world.model_programs)
        world.counterexample = Unmet(message, symptoms_of(found.wrong))


def report(found: Counterexample, seed: int, count: int) -> str:
    """Return the message: what went wrong, the shortest program that shows it, and how to repeat the run.

    Args:
        found: the counterexample.
        seed: the seed of the programs.
        count: how many programs were to be played.
    """
    program = as_gherkin(found.program, found.wrong.then).replace("\n", "\n  ")
    actions = sum(map(len, found.first))
    again = (
        "The one above went wrong again when it was played once more."
        if found.again
        else "No shorter one goes wrong every time: the error depends on time, or on what was before."
    )
    return (
        f"{found.wrong}\n\n  {program}\n\n"
        f"  Found in program {found.number} of {count}. It had {actions} action{'s' if actions > 1 else ''} "
        f"and was played in {found.tries} shorter forms.\n"
        f"  {again}\n"
        f"  To see it again: -D model_seed={seed} -D model_programs={count}"
    )


def as_gherkin(program: Program, last: str) -> str:
    """Return the program as a scenario that can be pasted into a feature.

    Args:
        program: the lifecycles.
        last: the step that fails; the steps about events before it are written too, because it builds on them.
    """
    whens = [each.words for lifecycle in program for each in lifecycle]
    if len(program) > 1:
        clients = enumerate(program, 1)
        whens = [f"as client {number}, {each.words}" for number, client in clients for each in client] + [_AT_ONCE]
    thens = [*(exactly(count, event_type) for event_type, count in event_counts(program).items())]
    thens += [nothing_else(program), *(in_order for _, in_order in orders(program))]
    thens = thens[: thens.index(last) + 1] if last in thens else [last]
    steps = [*_with_keyword("When", whens), *_with_keyword("Then", thens)]
    return "\n".join(["Scenario: The shortest program that fails", *(f"  {step}" for step in steps)])


def _with_keyword(keyword: str, steps: Sequence[str]) -> list[str]:
    return [f"{'And' if number else keyword} {step}" for number, step in enumerate(steps)]
