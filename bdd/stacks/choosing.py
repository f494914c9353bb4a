"""Which stack belongs to the settings."""

from importlib import import_module

from bdd.settings import Settings
from bdd.stacks.stack import Stack

# By name: a run loads only what its own stack needs.
_MODULES = {
    "embedded": "bdd.stacks.embedded.stack",
    "compose": "bdd.stacks.compose",
    "attached": "bdd.stacks.attached",
    "remote": "bdd.stacks.remote",
}


def make_stack(settings: Settings, run_id: str) -> Stack:
    """Return the stack that the settings ask for, not started yet; what it starts carries the run's id."""
    stack: Stack = import_module(_MODULES[settings.stack]).make_stack(settings, run_id)
    return stack
