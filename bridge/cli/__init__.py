"""The ``ampboard`` command. Heavy imports happen inside the commands, so that ``--help`` answers at once."""

import sys

import typer

from ...models.errors import AmpboardError
from . import demo, models, presets, render
from .output import errors

BAD_INPUT = 2

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Neural amps in real plugin chains: render stems through presets that MIDI switches.",
)
app.command("demo")(demo.demo)
app.command("render")(render.render)
app.add_typer(presets.app, name="presets")
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command line; bad input ends with exit code 2 and one line on standard error."""
    try:
        app()
    except AmpboardError as error:
        errors.print(f"ampboard: {error}", markup=False, highlight=False, soft_wrap=True)
        sys.exit(BAD_INPUT)
