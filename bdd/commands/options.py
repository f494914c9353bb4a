"""What the commands of `python -m bdd` share: the settings, given as behave takes them."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from bdd.contracts import asyncapi as contract
from bdd.contracts.asyncapi import InvalidContract
from bdd.settings.settings import InvalidSetting, Settings, load_settings
from bdd.system.behave_internals import parse_definition
from bdd.verdict.schema import event_schemas

Defined = Annotated[
    list[str] | None,
    typer.Option(
        "-D",
        metavar="NAME=VALUE",
        help="A setting, as behave takes it; may be repeated. docs/settings.md has all of them.",
        show_default=False,
    ),
]
"""The option of every command that looks at a stack."""


class Command(TyperCommand):
    """A command whose help shows what an option needs, and nothing behind one that needs nothing."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options, `--help` among them."""
        return _without_types_of_flags(super().get_params(ctx))


class Group(TyperGroup):
    """The same of a command that has commands."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options, `--help` among them."""
        return _without_types_of_flags(super().get_params(ctx))


def _without_types_of_flags(options: list[Any]) -> list[Any]:
    for option in options:
        if option.is_flag:
            option.metavar = ""  # without it typer shows <bool>, as if a value were to follow
    return options


def settings_of(defined: Sequence[str] | None) -> Settings:
    """Return the settings from the same sources as those of a run, with their contract in use.

    Raises:
        Exit: a setting or the contract is wrong; a sentence has said so.
    """
    try:
        settings = load_settings(dict(parse_definition(text) for text in defined or ()))
        if settings.contract:
            event_schemas(contract.use(settings.contract))
    except (InvalidSetting, InvalidContract) as wrong:
        typer.echo(wrong, err=True)
        raise typer.Exit(2) from wrong
    return settings
