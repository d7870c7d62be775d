"""What commands print: a table for people, JSON for programs, one line for an error."""

import ctypes
import json
import math
import os
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")]

WIDE: Final = 1000  # columns

console = Console()
errors = Console(stderr=True)


def print_facts(facts: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing's facts, a line each; empty ones are left out of the table."""
    if as_json:
        print_json(facts)
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    for name, value in facts.items():
        if value not in (None, "", [], {}):
            table.add_row(name.replace("_", " "), _cell(value))
    console.print(table)


def print_rows(
    rows: Sequence[Mapping[str, Any]], *, as_json: bool, title: str | None = None, whole: str | None = None
) -> None:
    """Print many things of a kind, one a row, the keys of the first as the head.

    What is in the column `whole` is there to be copied: it is never broken, and stands on a line of its own where the
    table is wider than the terminal. Beside a terminal, in a file or a pipe, tables are as wide as they need.
    """
    if as_json:
        print_json(rows)
        return
    if not rows:
        console.print("nothing found")
        return
    table = _table(rows, title)
    if whole is None:
        console.print(table)
        return
    wide = Console(width=WIDE)
    if not console.is_terminal or wide.measure(table).maximum <= console.width:
        wide.print(table)
        return
    for row in rows:
        cells = [_printable(_words(value)) for name, value in row.items() if name != whole]
        console.print(Text("  ".join(filter(None, cells)), style="bold"))
        console.print(Text(f"  {_printable(_words(row[whole]))}"), soft_wrap=True)


def _table(rows: Sequence[Mapping[str, Any]], title: str | None) -> Table:
    table = Table(title=None if title is None else Text(title), title_justify="left")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    return table


def print_json(value: Any) -> None:
    """Print `value` as JSON on standard output, unstyled; what is not finite becomes null."""
    typer.echo(json.dumps(_finite(value), indent=2, default=str))


def print_error(message: str) -> None:
    """Print one line on standard error."""
    errors.print(Text(_printable(message)), soft_wrap=True)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def _cell(value: Any) -> Text:
    """Text that a file from anywhere may have written: no markup, no control characters."""
    return Text(_printable(_words(value)), overflow="fold")


def _words(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_words, value))
    return "" if value is None else str(value)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


@contextmanager
def foreign_output_aside() -> Generator[None]:
    """What plugins print inside the block goes to the standard error: the standard output is ours."""
    library = ctypes.CDLL(None) if os.name == "posix" else None
    sys.stdout.flush()
    ours = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        if library:
            library.fflush(None)  # they print through a buffer of their own
        os.dup2(ours, 1)
        os.close(ours)
