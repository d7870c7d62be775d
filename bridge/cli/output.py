"""What commands print: a table for people, JSON for programs, one line for an error."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")]

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


def print_rows(rows: Sequence[Mapping[str, Any]], *, as_json: bool, title: str | None = None) -> None:
    """Print many things of a kind, one a row, the keys of the first as the head."""
    if as_json:
        print_json(rows)
        return
    if not rows:
        console.print("nothing found")
        return
    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    console.print(table)


def print_json(value: Any) -> None:
    """Print `value` as JSON on standard output, unstyled."""
    typer.echo(json.dumps(value, indent=2, default=str))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(item) for item in value)
    return "" if value is None else str(value)
