"""Which checks there are for the settings."""

from importlib import import_module

from bdd.commands.doctor.check import Check
from bdd.commands.doctor.installation import installation_checks
from bdd.settings.settings import Settings
from bdd.stacks.base import Stack


def checks_for(settings: Settings, stack: Stack, *, try_it: bool) -> list[Check]:
    """Return the checks in their order.

    Args:
        settings: those of a run.
        stack: the one of the settings, not started; whoever made it removes it.
        try_it: whether a patient is created too.
    """
    # By name: in the suite's image there is no Java for the embedded stack.
    module = import_module(f"bdd.commands.doctor.stacks.{settings.stack}")
    checks: list[Check] = module.make_checks(settings, stack, try_it=try_it)
    return [*installation_checks(), *checks]
