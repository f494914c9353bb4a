"""What the commands of `python -m bdd` share: the settings, given as behave takes them."""

import inspect
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from inspect import Parameter
from pkgutil import resolve_name
from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from bdd.contracts.asyncapi import InvalidContract
from bdd.domain.own_contracts import use_contracts
from bdd.domain.resources import resources, short_names
from bdd.settings.settings import InvalidSetting, Settings, load_settings
from bdd.system.behave_internals import parse_definition

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
    """A command whose help shows no type after a flag."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options, `--help` among them."""
        return _without_types_of_flags(super().get_params(ctx))


class Group(TyperGroup):
    """A group whose help shows no type after a flag."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options, `--help` among them."""
        return _without_types_of_flags(super().get_params(ctx))


def _without_types_of_flags(options: list[Any]) -> list[Any]:
    for option in options:
        if getattr(option, "is_flag", False):
            option.metavar = ""  # without it typer shows <bool>, as if a value were to follow
        elif isinstance(option, TyperArgument):
            vars(option)["display_type_rich"] = lambda **_: None  # otherwise <list[Path]> behind its name
    return options


class GroupWithOthers(Group):
    """A group with the commands outside of `bdd` too, which are imported by name."""

    others: ClassVar = {
        "prove": "proof.command:app",
        "soak": "soak.command:app",
        "mutate": "proof.mutate:app",
        "bench": "bench.command:app",
    }

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands whose folder is here."""
        here = (name for name, place in self.others.items() if find_spec(place.partition(".")[0]))
        return [*super().list_commands(ctx), *here]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of that name, and import it if it is one of the others."""
        place = self.others.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        package = place.partition(".")[0]
        try:
            command = typer.main.get_command(resolve_name(place))
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] != package:
                raise
            ctx.fail(
                f"This command needs the project's folder {package}/, which is not here; the suite's image does not"
                f" hold it. Run it in a clone of the project: python -m bdd {cmd_name}"
            )
        command.name = cmd_name
        return command


def option_for_each_resource(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command with `**ids` an option for each resource: `--patient 17`."""
    signature = inspect.signature(command)
    first, *others = (each for each in signature.parameters.values() if each.kind is not Parameter.VAR_KEYWORD)
    options = [_ids_of(noun) for noun in resources()]
    vars(command)["__signature__"] = signature.replace(parameters=[first, *options, *others])
    return command


def _ids_of(noun: str) -> Parameter:
    option = typer.Option(metavar="ID", help=f"Show only this {noun}; may be repeated.")
    return Parameter(noun, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[list[str] | None, option])


def settings_of(defined: Sequence[str] | None, *, contracts: bool = True) -> Settings:
    """Return the settings from the same sources as those of a run.

    Args:
        defined: what `-D` gives.
        contracts: whether the contracts that they name are loaded, for commands that look at a platform.

    Raises:
        Exit: a setting or the contract is wrong; the message is printed.
    """
    try:
        userdata = dict(parse_definition(text) for text in defined or ())
        settings = load_settings(userdata, services=short_names())
        if contracts:
            use_contracts(settings.contract, settings.openapi)
    except (InvalidSetting, InvalidContract) as wrong:
        typer.echo(wrong, err=True)
        raise typer.Exit(2) from wrong
    return settings
