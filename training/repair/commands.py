"""What the training side adds to the ``ampboard`` command. torch is imported inside the commands."""

import json as json_format
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...models.errors import ParameterError

if TYPE_CHECKING:
    from .experiment import Snapshot

SNAPSHOTS = (0, 100, 200, 400, 800)
NEEDS_TRAINING = "pip install 'ampboard[train]'"


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
    json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Reproduce the experiment of the denoising variational autoencoder."""
    try:
        from .reproduce import NUMBERS, reproduce
    except ModuleNotFoundError as error:
        raise ParameterError(f"{error.name} is missing: {NEEDS_TRAINING}") from None

    def show(name: str, shot: "Snapshot") -> None:
        if not json:
            typer.echo(
                f"{name}, iteration {shot.iteration}: {shot.quality} (all, in gaps, outside), "
                f"sampled latent {shot.sampled.overall:.1f} dB, {shot.cpu_seconds:.1f} s of processor time"
            )

    looks = [i for i in SNAPSHOTS if i < iterations] + [iterations]
    done = reproduce(
        subject.value, out, iterations=looks, seed=seed, mnist=mnist, compare_clean_fed=clean_fed, watch=show
    )
    if json:
        typer.echo(json_format.dumps(json_format.loads((out / NUMBERS).read_text()), indent=2))
        return
    for method, quality in done.long_sound.items():
        typer.echo(f"long sound, {method}: {quality}")
    if not done.logged:
        typer.echo("no TensorBoard logs: pip install 'ampboard[repair]'")
    typer.secho(f"Look at {done.page}", bold=True)
