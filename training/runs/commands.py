"""``ampboard train``. torch is imported where it is needed, in processes of their own."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console

from ...models.errors import ParameterError
from .architectures import AUTO

if TYPE_CHECKING:
    from .course import Watch
    from .outcome import TrainedModel
    from .sources import Source

VAE: Final = "vae"
DEFAULT_MINUTES: Final = 10.0
INTERRUPTED: Final = 130
TESTED: Final = "The verdict is on passages that were never used."


def train(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            help="A capture's folder (several: a sweep), or two recordings: what went into the device, what came out. "
            "For --arch vae: undamaged recordings."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the model and all of its run; for vae a .json file.")
    ] = None,
    arch: Annotated[
        str | None,
        typer.Option(
            help="auto, unless told: races lstm, wavenet and a2. Or one of wavenet, feather, nano, a2, lstm, lstm-20, "
            "gru, convlstm, or proteus or neuralpi for GuitarML's plugins; "
            "several with commas race. vae: a repair model, which is what `ampboard repair` plays."
        ),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.01, help="How long it may take: 10 unless told, for vae 3 of processor time.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Updates of each network instead of minutes; for vae 3000 unless told.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 0,
    target_esr: Annotated[float | None, typer.Option(help="End as soon as the error is no higher.")] = None,
    loss: Annotated[str, typer.Option(help="What is made small: mse, or a sum as mse+2e-4*stft.")] = "mse",
    start: Annotated[
        Path | None, typer.Option("--from", help="A model to go on from; its architecture is kept.")
    ] = None,
    teacher: Annotated[
        Path | None, typer.Option(help="A model to learn from: what it makes of the recordings or the capture's input.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    precision: Annotated[str, typer.Option(help="float32, or bfloat16 on a GPU.")] = "float32",
    cores: Annotated[int | None, typer.Option(min=1, help="Networks trained at once: one a core unless told.")] = None,
    ignore_checks: Annotated[
        list[str] | None, typer.Option(help="Checks of the capture whose errors are accepted, a comma between them.")
    ] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the interrupted run in this folder.")] = None,
    denoise: Annotated[
        bool, typer.Option("--denoise/--no-denoise", help="For vae: train the denoiser too, or gap filling alone.")
    ] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what an earlier run left.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a model of a captured device, or one that repairs recordings."""
    given = sources or []
    if resume is not None:
        _go_on(resume, json=json)
        return
    if not given or out is None:
        raise ParameterError("name what to train on and where to: ampboard train CAPTURE --out FOLDER")
    if arch == VAE:
        from ..repair.commands import train_repair

        limits = {name: value for name, value in (("steps", steps), ("minutes", minutes)) if value is not None}
        train_repair(given, out, denoise=denoise, seed=seed, overwrite=overwrite, **limits)  # pyright: ignore
        return
    settings = {
        "arch": tuple((arch or AUTO).split(",")),
        "minutes": minutes or DEFAULT_MINUTES,
        "steps": steps,
        "seed": seed,
        "loss": loss,
        "target_esr": target_esr,
        "device": device,
        "precision": precision,
        "start": start,
        "teacher": teacher,
        "ignore_checks": tuple(name.strip() for names in ignore_checks or () for name in names.split(",")),
        "overwrite": overwrite,
    }
    if len(given) > 1 and all(path.is_dir() for path in given):
        _sweep(given, out, settings, json=json)
        return
    from .training import train as train_model

    source = _source(given, taught=teacher is not None)
    with _watched(out, json=json) as watch:
        trained = train_model(source, out=out, cores=cores, watch=watch, **settings)  # pyright: ignore
    _print(trained, json=json)


@contextmanager
def _watched(folder: Path, *, json: bool) -> Generator["Watch"]:
    """Show a run while it goes on, and say how to go on with one that is interrupted."""
    from .screen import shown

    console = Console(stderr=True)
    try:
        with shown(f"{folder}", console, lambda line: typer.echo(line, err=True)) as watch:
            yield (lambda _: None) if json else watch
    except (KeyboardInterrupt, SystemExit) as stopped:
        # What ends a command from outside is a KeyboardInterrupt or a SystemExit with the signal's number in its code.
        typer.echo(_stopped(folder), err=True)
        raise typer.Exit(stopped.code if isinstance(stopped, SystemExit) else INTERRUPTED) from None  # pyright: ignore


def _stopped(folder: Path) -> str:
    from .folder import RunFolder

    run = RunFolder(folder)
    if run.exists and run.read()[2]:
        return f"stopped; the model in {folder} is finished"
    if run.has_learned:
        return f"stopped; what was learned is kept. To go on: ampboard train --resume {folder}"
    if run.exists:
        return f"stopped before anything was learned. To go on: ampboard train --resume {folder}"
    return "stopped before anything was learned; nothing is kept"


def _go_on(folder: Path, *, json: bool) -> None:
    from .training import go_on

    with _watched(folder, json=json) as watch:
        trained = go_on(folder, watch=watch)
    _print(trained, json=json)


def _source(given: Sequence[Path], *, taught: bool) -> "Source":
    """A capture's folder, or two recordings; with a teacher also any number of them."""
    for path in given:
        if not path.exists():
            raise ParameterError(f"{path}: no such file{' or folder' if len(given) == 1 else ''}")
    if len(given) == 1 and given[0].is_dir():
        return given[0]
    if any(path.is_dir() for path in given) or (len(given) != 2 and not taught):
        if len(given) == 1:
            raise ParameterError(f"{given[0]}: is no capture's folder; two recordings are given as IN.wav OUT.wav")
        raise ParameterError("give one capture's folder, two recordings (in and out), or several folders for a sweep")
    return tuple(given)


def _print(trained: "TrainedModel", *, json: bool) -> None:
    from ...bridge.cli.output import print_json, print_rows
    from .screen import esr_words

    if json:
        print_json(trained.facts)
        return
    rows = [
        {
            "network": course.name,
            "validation ESR": esr_words(course.best_esr),
            "trained": f"{100 * course.step / max(course.steps, 1):.0f} %",
            "processor": f"{course.cpu_seconds:.0f} s",
            "plays": f"{course.speed:.0f}x real time",
            "weights": course.weights,
            "": course.note or ("left the race" if course.step < course.steps else ""),
        }
        for course in trained.courses
    ]
    print_rows(rows, as_json=False)
    typer.echo("validation: passages that chose the best network. " + (TESTED if trained.test_esr is not None else ""))
    typer.secho(f"{trained.path}: {trained.verdict}", bold=True)
    for line in trained.lines:
        typer.echo(line)
    typer.echo(f"to play it: ampboard live --preset {trained.preset}")
    typer.echo(f"on a recording: ampboard render DI.wav --preset {trained.preset} --out rendered")


def _sweep(captures: Sequence[Path], out: Path, settings: dict[str, Any], *, json: bool) -> None:
    from dataclasses import asdict

    from ...bridge.cli.output import print_json, print_rows
    from .screen import esr_words
    from .sweep import Sweep, sweep

    def told(result: Sweep) -> None:
        if not json:
            typer.echo(f"{result.name}: {result.failure or 'ESR ' + esr_words(result.esr or 0.0)}", err=True)

    results = sweep(captures, out=out, told=told, **settings)
    if json:
        print_json([asdict(result) for result in results])
    else:
        rows = [
            {
                "capture": result.name,
                "network": result.arch,
                "validation ESR": "-" if result.esr is None else esr_words(result.esr),
                "test ESR (never used)": "-" if result.test_esr is None else esr_words(result.test_esr),
                "": result.failure or result.path,
            }
            for result in results
        ]
        print_rows(rows, as_json=False)
    if any(result.failure for result in results):
        raise ParameterError(f"{sum(bool(result.failure) for result in results)} of {len(results)} were not trained")
