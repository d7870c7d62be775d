"""``ampboard live calibrate``: what full scale is at the player's interface, in dBu."""

import math
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .output import Json, print_facts

if TYPE_CHECKING:
    from ..audio import Audio

SECONDS: Final = 3.0
SETTLING_S: Final = 0.2

GUIDE: Final = (
    "1. set the input gain as you play with it, switch pads, low-cuts and effects of the interface off",
    "2. feed a sine of known level (a generator, or a phone checked with a voltmeter) into the guitar input",
    "3. leave both untouched: this measurement holds for this gain setting only",
)


def calibrate(
    specification: Annotated[
        float | None,
        typer.Option("--spec", help="No measurement: highest input level in dBu, from the interface's data sheet."),
    ] = None,
    dbu: Annotated[float | None, typer.Option(help="Level of the sine in dBu.")] = None,
    volts: Annotated[float | None, typer.Option(min=1e-6, help="Level of the sine in volts RMS instead.")] = None,
    recording: Annotated[Path | None, typer.Option(help="Recording of the sine, instead of the input.")] = None,
    channel: Annotated[int, typer.Option(min=1, help="Channel of the recording or input.")] = 1,
    backend: Annotated[str, typer.Option(help="auto, jack or portaudio.")] = "auto",
    source: Annotated[str | None, typer.Option(help="JACK port or input device, if not the first.")] = None,
    server: Annotated[str, typer.Option(help="Name of the JACK server.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the result, write nothing.")] = False,
    json: Json = False,
) -> None:
    """Find out which level in dBu is full scale at your interface, and keep it for presets that ask for it.

    Either from a sine of known level (--dbu or --volts), or from the data sheet (--spec, at the gain it is given for).
    Neural nodes with interface_dbu = "measured" are then driven as the captured devices were.
    """
    from ...models.errors import ParameterError
    from ..interface_level import write_interface_level
    from ..live.sine_level import volts_to_dbu

    given = [value for value in (specification, dbu, volts) if value is not None]
    if len(given) != 1:
        raise ParameterError("the level is not clear: use one of --spec, --dbu and --volts")
    facts: dict[str, Any]
    if specification is not None:
        level, origin = specification, "data sheet"
        facts = {}
    else:
        level, origin, facts = _measure(
            volts_to_dbu(volts) if volts is not None else dbu or 0.0, recording, channel, backend, source, server
        )
    facts |= {"interface_dbu": round(level, 2)}
    if not dry_run:
        facts["written_to"] = str(write_interface_level(level, origin))
    print_facts(facts, as_json=json)


def _measure(
    source_dbu: float, recording: Path | None, channel: int, backend: str, source: str | None, server: str
) -> tuple[float, str, dict[str, Any]]:
    from ..live.sine_level import measure_sine

    if recording is not None:
        audio, rate = _read(recording)
    else:
        for line in GUIDE:
            typer.echo(line, err=True)
        audio, rate = _record(channel, backend, source, server)
    sine = measure_sine(_channel(audio, channel), rate)
    facts = {
        "sine": f"{sine.frequency:.2f} Hz, {source_dbu:.2f} dBu, {sine.dbfs:.2f} dBFS",
        "noise_and_distortion_db": round(sine.residue_db, 1),
        "drift_db": round(sine.drift_db, 3),
    }
    return sine.interface_dbu(source_dbu), f"sine of {source_dbu:.2f} dBu at {sine.frequency:.0f} Hz", facts


def _channel(audio: "Audio", channel: int) -> Any:
    from ...models.errors import ParameterError

    if channel > audio.shape[0]:
        raise ParameterError(f"channel {channel} is not there: use 1 to {audio.shape[0]}")
    return audio[channel - 1]


def _read(path: Path) -> tuple["Audio", float]:
    import numpy as np
    import soundfile

    from ...models.errors import AudioError

    try:
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise AudioError(f"{path}: cannot be read: {error}") from None
    return np.asarray(audio.T, np.float32), float(rate)


def _record(channel: int, backend: str, source: str | None, server: str) -> tuple["Audio", float]:
    """Record the input through a backend of the engine, silent at the output."""
    import numpy as np

    from ..live.backends import open_backend
    from ..live.backends.protocol import Wiring

    wiring = Wiring(
        client="ampboard-calibrate",
        inputs=channel,
        outputs=1,
        sources=() if source is None else (source,),
        sinks=("none",),
        server=server,
    )
    device = open_backend(backend, wiring)
    blocks: list[Audio] = []
    listener = _Listener(blocks)

    def keep(block: "Audio") -> "Audio":
        blocks.append(block.copy())
        return np.zeros((1, block.shape[1]), np.float32)

    device.start(keep, listener)
    time.sleep(SETTLING_S + SECONDS)
    device.stop()
    settled = math.ceil(SETTLING_S * device.sample_rate / device.block)
    return np.concatenate(listener.longest_stretch(settled), axis=1), float(device.sample_rate)


class _Listener:
    """Notes where sound is missing."""

    def __init__(self, blocks: "list[Audio]") -> None:
        self._blocks = blocks
        self._breaks: list[int] = []
        self._reason = ""

    def began(self, clock: int) -> None:
        pass  # the server's clock does not matter here

    def xrun(self) -> None:
        self._breaks.append(len(self._blocks))

    def gap(self, frames: int) -> None:
        self._breaks.append(len(self._blocks))

    def ended(self, reason: str) -> None:
        self._reason = reason

    def longest_stretch(self, start: int) -> "list[Audio]":
        """Blocks of the longest time from block `start` on in which no sound was lost."""
        from ...models.errors import DeviceError

        if self._reason:
            raise DeviceError(f"the device went away while it was measured: {self._reason}")
        if len(self._blocks) <= start:
            raise DeviceError("no sound came from the device: check that its server is running")
        ends = [start, *(place for place in self._breaks if place > start), len(self._blocks)]
        first, last = max(pairwise(ends), key=lambda span: span[1] - span[0])
        return self._blocks[first:last]
