"""Which stack belongs to the settings."""

import random
import string
import time
from pkgutil import resolve_name

from bdd.settings.settings import Settings
from bdd.stacks.base import Stack

# By name: a run loads only what its own stack needs.
_STACKS = {
    "embedded": "bdd.stacks.embedded.stack:EmbeddedStack",
    "compose": "bdd.stacks.compose:ComposeStack",
    "attached": "bdd.stacks.attached:AttachedStack",
    "remote": "bdd.stacks.remote:RemoteStack",
}


def new_run_id() -> str:
    """Return what names one run: when it began, and six characters that no other run has."""
    token = "".join(random.choices(string.ascii_lowercase + string.digits, k=6))  # noqa: S311 - no secret
    return time.strftime("%Y%m%d-%H%M%S-") + token


def make_stack(settings: Settings, run_id: str) -> Stack:
    """Return the stack that the settings ask for, not started yet; what it starts carries the run's id."""
    stack: Stack = resolve_name(_STACKS[settings.stack])(settings, run_id)
    return stack
