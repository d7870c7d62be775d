"""The ``ampboard`` command. Heavy imports happen inside the commands, so that ``--help`` answers at once."""

import signal
import sys
from importlib.metadata import version
from types import FrameType
from typing import Annotated, NoReturn

import typer

from ...models.errors import AmpboardError
from . import demo, live, midi, models, plugins, presets, render, repair
from .extensions import add_commands
from .output import print_error

BAD_INPUT = 2

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Neural amps in real plugin chains: render stems through presets that MIDI switches.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("ampboard"))
        raise typer.Exit


@app.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Hold what stands before the command."""


app.command("demo")(demo.demo)
app.command("render")(render.render)
app.command("replay")(live.replay)
app.add_typer(live.app, name="live")
app.add_typer(presets.app, name="presets")
app.add_typer(models.app, name="models")
app.add_typer(midi.app, name="midi")
app.add_typer(plugins.app, name="plugins")
app.add_typer(repair.app, name="repair")
add_commands(app, {"presets": presets.app, "models": models.app, "plugins": plugins.app, "repair": repair.app})


def main() -> None:
    """Run the command line; bad input ends with exit code 2 and a line on standard error."""
    for number in {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}:
        signal.signal(number, _leave)
    try:
        app()
    except AmpboardError as error:
        for line in str(error).splitlines():
            print_error(f"ampboard: {line}")
        sys.exit(BAD_INPUT)
    except OSError as error:
        print_error(f"ampboard: {error.filename or 'the system'}: {error.strerror or error}")
        sys.exit(BAD_INPUT)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """End as an exception, so that half-written files are removed."""
    sys.exit(128 + number)
