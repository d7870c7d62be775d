"""Commands that other parts of ampboard add, through the entry point group ``ampboard.commands``.

An entry's name is the command's path, a dot between its words: ``repair.reproduce`` is ``ampboard repair reproduce``.
It names a function that typer can make a command of, or a `typer.Typer`, a whole group of commands; importing it must
be cheap. A command or a group that is there already stays.
What cannot be added, because its name has other words or its function cannot be imported, is left out with a line on
standard error.
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import typer

from .output import print_error

GROUP: Final = "ampboard.commands"


def add_commands(app: typer.Typer, groups: Mapping[str, typer.Typer]) -> None:
    """Add all commands found to `app`, or to one of its groups.

    Parameters
    ----------
    app : Typer
        The whole command.
    groups : mapping of str to Typer
        Groups of commands by their name in `app`.
    """
    homes = {"": app, **groups}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):  # a group before what is in it
        *path, name = entry.name.split(".")
        home = homes.get(".".join(path))
        if home is None or not name:
            _leave_out(entry, "its name is no command or group.command")
        elif name not in _names(home):
            try:
                found = entry.load()
                trial = typer.Typer()
                _add(trial, name, found)
                typer.main.get_command(trial)  # reads the parameters of all its commands
                _add(home, name, found)
                if isinstance(found, typer.Typer):
                    homes[entry.name] = found
            except Exception as error:  # whatever another package does, the other commands stay
                _leave_out(entry, f"{type(error).__name__}: {error}")


def _add(home: typer.Typer, name: str, found: Any) -> None:
    if isinstance(found, typer.Typer):
        home.add_typer(found, name=name)
    else:
        home.command(name)(found)


def _names(home: typer.Typer) -> set[str | None]:
    """Names that are taken: of commands and of groups."""
    return {command.name for command in home.registered_commands} | {group.name for group in home.registered_groups}


def _leave_out(entry: EntryPoint, reason: str) -> None:
    line = " ".join(f"ampboard: the command {entry.name!r} of {entry.value} is left out: {reason}".split())
    print_error(line)
