"""``ampboard render``: dry files through a preset, or through a setlist that a MIDI file switches."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .output import Json, console, print_error, print_json, print_rows

if TYPE_CHECKING:
    from ..rendering import RenderResult
    from ..rendering.engine import Progress


class Container(StrEnum):
    """File formats a render can be written in."""

    WAV = "wav"
    FLAC = "flac"


class BitDepth(StrEnum):
    """Sample formats a render can be written in."""

    FLOAT = "float"
    INT24 = "24"
    INT16 = "16"


def render(
    files: Annotated[list[Path], typer.Argument(help="Dry recordings: any format and rate that soundfile reads.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results, which keep their names.")],
    preset: Annotated[str | None, typer.Option("--preset", "-p", help="Preset file, or a name in the library.")] = None,
    setlist: Annotated[str | None, typer.Option("--setlist", "-s", help="Setlist file, or 'demo'.")] = None,
    midi: Annotated[
        Path | None,
        typer.Option(help="MIDI file that switches presets and snapshots, moves parameters, and sets the tempo."),
    ] = None,
    midi_channel: Annotated[int | None, typer.Option(min=1, max=16, help="Listen to this channel alone.")] = None,
    side_chain: Annotated[
        Path | None, typer.Option("--side-chain", help="Audio file for side-chains that hear a stem.")
    ] = None,
    format: Annotated[Container, typer.Option(help="File format.")] = Container.WAV,
    bit_depth: Annotated[
        BitDepth | None, typer.Option(help="Sample format; float for wav, 24 for flac when left out.")
    ] = None,
    channels: Annotated[
        int | None,
        typer.Option(min=1, help="2 makes stereo of mono; left out, only a reverb does."),
    ] = None,
    normalize: Annotated[
        float | None, typer.Option(min=-60.0, max=0.0, help="Scale each result to this peak in dBFS.")
    ] = None,
    tail: Annotated[float, typer.Option(min=0.0, help="Longest tail kept, in seconds.")] = 10.0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Files rendered at once.")] = 1,
    json: Json = False,
) -> None:
    """Render dry recordings through a preset or a setlist.

    A plugin that crashes or hangs spoils its own file alone: the others are written, and the exit code is 2.
    """
    from ..rendering import LostStemsError
    from ..rendering import render as render_files

    lost: LostStemsError | None = None
    with progress_bar(visible=not json) as progress:
        try:
            results: Sequence[RenderResult] = render_files(
                files,
                out_dir=out,
                preset=preset,
                setlist=setlist,
                midi=midi,
                midi_channel=midi_channel,
                side_chain=side_chain,
                format=format.value,
                bit_depth=None if bit_depth is None else bit_depth.value,
                channels=channels,
                normalize=normalize,
                tail_limit=tail,
                overwrite=overwrite,
                jobs=jobs,
                progress=progress,
            )
        except LostStemsError as error:
            lost, results = error, error.results
    if json:
        print_json([facts(result) for result in results])
    else:
        if results:
            print_rows([row(result) for result in results], as_json=False, title=f"Written to {out}")
        warn(results)
    if lost:
        raise lost


def facts(result: "RenderResult") -> dict[str, Any]:
    """Everything a render tells about itself, for JSON."""
    return asdict(result) | {"real_time_factor": result.real_time_factor}


def row(result: "RenderResult") -> dict[str, Any]:
    """What a person wants to know of a render, a line of a table."""
    return {
        "file": result.path.name,
        "presets": " > ".join(switch.preset for switch in result.switches),
        "length": f"{result.frames / result.sample_rate:.2f} s",
        "tail": f"{result.tail / result.sample_rate:.2f} s",
        "peak": f"{result.peak:.1f} dBFS",
        "loudness": f"{result.loudness:.1f} LUFS",
        "speed": f"{1 / result.real_time_factor:.0f}x",
    }


def warn(results: Sequence["RenderResult"]) -> None:
    """Print the warnings of renders on standard error."""
    for result in results:
        for warning in result.warnings:
            print_error(f"{result.source}: {warning}")


@contextmanager
def progress_bar(*, visible: bool) -> Generator["Progress | None"]:
    """Yield a progress callback that shows one bar a file; None where nobody is looking."""
    if not (visible and console.is_terminal):
        yield None
        return
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    with Bars(console=console, transient=True) as bars:
        tasks: dict[Path, TaskID] = {}

        def show(source: Path, done: int, total: int) -> None:
            if source not in tasks:
                tasks[source] = bars.add_task(source.name, total=total)
            bars.update(tasks[source], completed=done)

        yield show
