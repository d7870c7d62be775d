"""Commands that other parts of ampboard add, through the entry point group ``ampboard.commands``.

An entry's name is the command's path, a dot between its words: ``repair.reproduce`` is ``ampboard repair reproduce``.
It names a function that typer can make a command of; importing it must be cheap. A command that is there already stays.
"""

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Final

import typer

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
        home = groups.get(path[0]) if path else app
        if home is not None and name not in {command.name for command in home.registered_commands}:
            home.command(name)(entry.load())
