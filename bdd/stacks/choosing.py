"""Which stack belongs to the settings."""

import random
import string
import time
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


def new_run_id() -> str:
    """Return what names one run: when it began, and six characters that no other run has."""
    token = "".join(random.choices(string.ascii_lowercase + string.digits, k=6))  # noqa: S311 - no secret
    return time.strftime("%Y%m%d-%H%M%S-") + token


def make_stack(settings: Settings, run_id: str) -> Stack:
    """Return the stack that the settings ask for, not started yet; what it starts carries the run's id."""
    stack: Stack = import_module(_MODULES[settings.stack]).make_stack(settings, run_id)
    return stack
