"""What a scenario of random lifecycles says: on the console when it passes, and in its message when it fails."""

from bdd.domain.random_patients.actions import Program
from bdd.domain.random_patients.gherkin import as_gherkin
from bdd.domain.random_patients.player import Player
from bdd.domain.random_patients.search import Counterexample, Search
from bdd.domain.world import World


def play_random_programs(world: World) -> None:
    """Play the programs that the settings ask for, and leave the counterexample, if there is one, in the world."""
    player = Player(world)
    search = Search(player.play)
    found = search.run(world.model_seed, world.model_programs)
    if found:
        player.mark_failed()
    lifecycles = sum(map(len, search.played))
    world.console_notes.append(
        f"    {lifecycles} random lifecycles in {len(search.played)} programs, -D model_seed={world.model_seed}"
    )
    world.counterexample = report(found, world.model_seed, world.model_programs) if found else ""


def report(found: Counterexample, seed: int, count: int) -> str:
    """Return the message: what went wrong, the shortest program that shows it, and how to see it again."""
    program = as_gherkin(found.program, found.wrong.then).replace("\n", "\n  ")
    shortened = f"It had {_actions(found.first)} and was played in {found.tries} shorter forms."
    again = (
        "The one above went wrong again when it was played once more."
        if found.again
        else "No shorter one goes wrong every time: the fault depends on time, or on what was before."
    )
    lines = [
        str(found.wrong),
        "",
        f"  {program}",
        "",
        f"  Found in program {found.number} of {count}. {shortened}",
        f"  {again}",
    ]
    return "\n".join([*lines, f"  To see it again: -D model_seed={seed} -D model_programs={count}"])


def _actions(program: Program) -> str:
    count = sum(map(len, program))
    return f"{count} action{'s' if count > 1 else ''}"
