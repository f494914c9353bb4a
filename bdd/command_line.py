"""What the commands of `python -m bdd` share: the settings, given as behave takes them."""

from collections.abc import Sequence
from typing import Annotated

import typer
from behave.userdata import parse_user_define

from bdd.events import contract
from bdd.events.contract import WrongContract
from bdd.events.schema import event_schemas
from bdd.settings import Settings, WrongSetting, load_settings

Defined = Annotated[
    list[str] | None,
    typer.Option(
        "-D", metavar="NAME=VALUE", help="A setting, as behave takes it; may be repeated.", show_default=False
    ),
]
"""The option of every command that looks at a stack."""


def settings_of(defined: Sequence[str] | None) -> Settings:
    """Return the settings from the same sources as those of a run, with their contract in use.

    Raises:
        Exit: a setting or the contract is wrong; a sentence has said so.
    """
    try:
        settings = load_settings(dict(parse_user_define(text) for text in defined or ()))
        if settings.contract:
            event_schemas(contract.use(settings.contract))
    except (WrongSetting, WrongContract) as wrong:
        typer.echo(wrong, err=True)
        raise typer.Exit(2) from wrong
    return settings
