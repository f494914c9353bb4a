"""What a scenario of random lives says: on the console when it passes, and in its message when it fails."""

from bdd.domain.random_patients.actions import Story
from bdd.domain.random_patients.gherkin import as_gherkin
from bdd.domain.random_patients.player import Player
from bdd.domain.random_patients.search import Counterexample, Search
from bdd.domain.world import World


def play_random_lives(world: World) -> None:
    """Play the stories that the settings ask for, and leave the counterexample, if there is one, in the world."""
    player = Player(world)
    search = Search(player.play)
    found = search.run(world.model_seed, world.model_stories)
    if found:
        player.mark_failed()
    lives = sum(map(len, search.played))
    world.console_notes.append(
        f"    {lives} random lives in {len(search.played)} stories, -D model_seed={world.model_seed}"
    )
    world.counterexample = told(found, world.model_seed, world.model_stories) if found else ""


def told(found: Counterexample, seed: int, count: int) -> str:
    """Return the message: what went wrong, the shortest story that shows it, and how to see it again."""
    story = as_gherkin(found.story, found.wrong.then).replace("\n", "\n  ")
    shortened = f"It had {_actions(found.first)} and was played in {found.tries} shorter forms."
    again = (
        "The one above went wrong again when it was played once more."
        if found.again
        else "No shorter one goes wrong every time: the fault depends on time, or on what was before."
    )
    lines = [
        str(found.wrong),
        "",
        f"  {story}",
        "",
        f"  Found in story {found.number} of {count}. {shortened}",
        f"  {again}",
    ]
    return "\n".join([*lines, f"  To see it again: -D model_seed={seed} -D model_stories={count}"])


def _actions(story: Story) -> str:
    count = sum(map(len, story))
    return f"{count} action{'s' if count > 1 else ''}"
