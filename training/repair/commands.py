"""What the training side adds to the ``ampboard`` command. torch is imported inside the commands."""

import json as json_format
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...models.errors import ParameterError
from ...models.writing import check_target

if TYPE_CHECKING:
    from .experiment import Snapshot

SNAPSHOTS = (0, 100, 200, 400, 800)
NEEDS_TRAINING = "pip install 'ampboard[repair]'"


class Subject(StrEnum):
    """What the experiment can be made on."""

    DIGITS = "digits"
    NOTES = "notes"


def reproduce(
    subject: Annotated[Subject, typer.Argument(help="What the network learns.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the page, pictures, sounds and logs.")],
    iterations: Annotated[int, typer.Option(min=1, help="Where training ends; snapshots are taken on the way.")] = 800,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 0,
    mnist: Annotated[Path | None, typer.Option(help="Folder with MNIST's IDX files, for digits.")] = None,
    clean_fed: Annotated[
        bool, typer.Option(help="Also train a network whose encoder is fed clean frames, as the published code did.")
    ] = True,
    streaming_steps: Annotated[
        int, typer.Option(min=0, help="For notes: updates of each of the three streaming models; 0 leaves them out.")
    ] = 3_600,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier run in the folder.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Reproduce the experiment of the denoising variational autoencoder."""
    try:
        from .measures import decibels
        from .reproduce import NUMBERS, reproduce
    except ModuleNotFoundError as error:
        raise ParameterError(f"{error.name} is missing: {NEEDS_TRAINING}") from None

    def show(name: str, shot: "Snapshot") -> None:
        if not json:
            typer.echo(
                f"{name}, iteration {shot.iteration}: {shot.quality} (all, in gaps, outside), "
                f"sampled latent {decibels(shot.sampled.overall)} dB, {shot.cpu_seconds:.1f} s of processor time"
            )

    looks = [i for i in SNAPSHOTS if i < iterations] + [iterations]
    done = reproduce(
        subject.value,
        out,
        iterations=looks,
        seed=seed,
        mnist=mnist,
        compare_clean_fed=clean_fed,
        streaming_steps=streaming_steps,
        watch=show,
        told=_tell,
        overwrite=overwrite,
    )
    if json:
        typer.echo(json_format.dumps(json_format.loads((out / NUMBERS).read_text()), indent=2))
        return
    for method, quality in done.long_sound.items():
        typer.echo(f"long sound, {method}: {quality}")
    for name, seconds in done.streaming.items():
        typer.echo(f"{name}: trained in {seconds:.0f} s of processor time")
    if not done.logged:
        typer.echo("no TensorBoard logs: tensorboard is missing: " + NEEDS_TRAINING)
    typer.secho(f"Look at {done.page}", bold=True)


def train_repair(
    recordings: Sequence[Path],
    out: Path,
    *,
    steps: int = 3_000,
    minutes: float = 3.0,
    denoise: bool = True,
    seed: int = 0,
    overwrite: bool = False,
) -> None:
    """Train a model that repairs recordings like these: ``ampboard train --arch vae``.

    Parameters
    ----------
    recordings : sequence of Path
        Undamaged recordings.
    out : Path
        The repair model to write (.json).
    steps, minutes, denoise, seed
        As of `train_on_recordings`.
    overwrite : bool
        Replace a model that exists.

    Raises
    ------
    ParameterError
        When `out` cannot be written, or torch is missing.
    """
    check_target(out, overwrite=overwrite, suffixes=(".json",), sources=recordings)
    try:
        from .recordings import train_on_recordings
    except ModuleNotFoundError as error:
        raise ParameterError(f"{error.name} is missing: {NEEDS_TRAINING}") from None
    trained = train_on_recordings(recordings, out, steps=steps, denoise=denoise, minutes=minutes, seed=seed, told=_tell)
    typer.echo(f"{out}: {trained.cpu_seconds:.0f} s of processor time")


def _tell(line: str) -> None:
    typer.echo(line, err=True)
