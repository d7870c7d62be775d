"""Training a repair model on a user's own recordings."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

from ...models.errors import AudioError
from ...models.formats.repair import write_repair
from .models import REFERENCE_RATE, TrainedRepair, train_gap_filling

SHORTEST_SECONDS: Final = 5.0


def train_on_recordings(recordings: Sequence[Path], out: Path, *, steps: int, seed: int = 0) -> TrainedRepair:
    """Train a model that fills gaps and write it.

    Parameters
    ----------
    recordings : sequence of Path
        Undamaged sound; every channel is learned from. Other sample rates than 48 kHz are resampled; the model plays
        at any.
    out : Path
        The repair model to write.
    steps : int
        Updates of the network.
    seed : int
        Of the gaps and the weights.

    Raises
    ------
    AudioError
        When a recording cannot be read, or all together are shorter than 5 seconds.
    """
    parts: list[np.ndarray] = []
    for path in recordings:
        try:
            audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
        except (OSError, soundfile.SoundFileError) as error:
            raise AudioError(f"{path}: cannot be read as audio ({error})") from None
        parts += [np.asarray(soxr.resample(channel, rate, REFERENCE_RATE)) for channel in audio.T]
    sound = np.concatenate(parts)
    if sound.size < SHORTEST_SECONDS * REFERENCE_RATE:
        raise AudioError(f"{recordings[0]}: too little to learn from: give at least {SHORTEST_SECONDS:g} seconds")
    metadata = {"name": f"Repair of {out.stem}", "training": {"recordings": [path.name for path in recordings]}}
    trained = train_gap_filling(sound, REFERENCE_RATE, steps=steps, seed=seed, metadata=metadata)
    write_repair(trained.description, out)
    return trained
