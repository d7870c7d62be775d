"""``ampboard repair``: fill the drop-outs of a recording; other repair commands are added by training."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .output import Json, print_facts

FILE = "file"
MOST_CHANNELS = 64


class _FileFirst(TyperGroup):
    """A group in which what names no command is the file of the command ``file``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "--install-completion"):
            args = [FILE, *args]
        return super().parse_args(ctx, args)


_HELP = """Repair chopped and noisy sound.

ampboard repair IN -o OUT repairs a recording: its options are shown by ampboard repair file --help.
"""

app = typer.Typer(no_args_is_help=True, cls=_FileFirst, help=_HELP)


@app.command(FILE)
def repair_file(
    source: Annotated[Path, typer.Argument(help="Recording: any format and rate that soundfile reads.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write, as 32-bit float wav, or 24-bit flac.")],
    model: Annotated[Path | None, typer.Option(help="Repair model; the shipped one for guitar if left out.")] = None,
    gap: Annotated[
        list[str] | None, typer.Option(help="A gap as START:END in seconds; may be given again. Else they are found.")
    ] = None,
    mix: Annotated[float, typer.Option(min=0.0, max=1.0, help="0 the recording as it is, 1 repaired.")] = 1.0,
    threshold: Annotated[float, typer.Option(min=-200.0, max=0.0, help="Level in dBFS that counts as missing.")] = -140,
    denoise: Annotated[float | None, typer.Option(min=0.0, max=1.0, help="How much noise to remove.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a result that exists.")] = False,
    json: Json = False,
) -> None:
    """Fill the gaps of a recording (the word `file` may be left out)."""
    import numpy as np
    import soundfile

    from ...models.errors import AudioError
    from ...models.writing import atomic_target, check_target
    from ..processors.repair import repair_audio

    subtypes = {".wav": "FLOAT", ".flac": "PCM_24"}
    check_target(out, overwrite=overwrite, suffixes=tuple(subtypes), sources=[source])
    try:
        audio, rate = soundfile.read(source, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise AudioError(f"{source}: cannot be read as audio ({error})") from None
    if not 0 < audio.shape[1] <= MOST_CHANNELS:
        raise AudioError(f"{source}: has {audio.shape[1]} channels: use 1 to {MOST_CHANNELS}")
    gaps = None if gap is None else [_frames(text, rate) for text in gap]
    repaired = repair_audio(audio.T, rate, model, gaps=gaps, mix=mix, threshold=threshold, denoise=denoise)
    with atomic_target(out) as temporary:
        soundfile.write(temporary, repaired.T, rate, subtype=subtypes[out.suffix.lower()])
    changed = int(np.count_nonzero((repaired != audio.T).any(axis=0)))
    facts = {"written": str(out), "sample_rate": rate, "seconds": len(audio) / rate, "repaired_seconds": changed / rate}
    print_facts(facts, as_json=json)


def _frames(text: str, rate: int) -> tuple[int, int]:
    start, _, end = text.partition(":")
    try:
        return round(float(start) * rate), round(float(end) * rate)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is no gap: write START:END in seconds, as 1.25:1.31") from None
