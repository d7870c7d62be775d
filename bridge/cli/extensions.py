"""Commands that other parts of ampboard add, through the entry point group ``ampboard.commands``.

An entry's name is the command's path, a dot between its words: ``repair.reproduce`` is ``ampboard repair reproduce``.
It names a function that typer can make a command of; importing it must be cheap. A command that is there already stays.
What cannot be added, because its name has other words or its function cannot be imported, is left out with a line on
standard error.
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Final

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
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        *path, name = entry.name.split(".")
        home = {"": app, **groups}.get(".".join(path))
        if home is None or not name:
            _leave_out(entry, "its name is no command or group.command")
        elif name not in _names(home):
            try:
                function = entry.load()
                trial = typer.Typer()
                trial.command(name)(function)
                typer.main.get_command(trial)  # reads its parameters
                home.command(name)(function)
            except Exception as error:  # whatever another package does, the other commands stay
                _leave_out(entry, f"{type(error).__name__}: {error}")


def _names(home: typer.Typer) -> set[str | None]:
    """Names that are taken: of commands and of groups."""
    return {command.name for command in home.registered_commands} | {group.name for group in home.registered_groups}


def _leave_out(entry: EntryPoint, reason: str) -> None:
    line = " ".join(f"ampboard: the command {entry.name!r} of {entry.value} is left out: {reason}".split())
    print_error(line)
