"""Training a repair model on a user's own recordings."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from ...models.errors import AudioError, ParameterError
from ...models.formats.repair import write_repair
from .gap_blend import QUIET, QUIET_DBFS
from .models import REFERENCE_RATE, TrainedRepair, train_gap_filling, train_wear_denoiser, with_denoiser

Sound = NDArray[np.float32]

SHORTEST_SECONDS: Final = 5.0
MOST_SECONDS: Final = 120.0  # learned from; what is longer is sampled
PIECE_SECONDS: Final = 5.0
LEVEL_SECONDS: Final = 0.05
TRIAL_STEPS: Final = 20
FEWEST_STEPS: Final = 100


def train_on_recordings(
    recordings: Sequence[Path],
    out: Path,
    *,
    steps: int,
    denoise: bool = False,
    minutes: float = 3.0,
    seed: int = 0,
    told: Callable[[str], None] = lambda _: None,
) -> TrainedRepair:
    """Train a model that fills gaps, and a denoiser if wanted, and write it.

    Parameters
    ----------
    recordings : sequence of Path
        Undamaged sound; every channel is learned from, two minutes in all. Other sample rates than 48 kHz are
        resampled; the model plays at any.
    out : Path
        The repair model to write.
    steps : int
        Updates of each network.
    denoise : bool
        Train a denoiser too.
    minutes : float
        Processor time of it all. The denoiser gets fewer updates where they would take longer, but at least 100.
    seed : int
        Of gaps, noise and weights.
    told : callable
        Is told what is done next, in a line.

    Raises
    ------
    AudioError
        When a recording cannot be read or has frames that are not finite, or all together have less than 5 seconds of
        sound above -70 dBFS.
    ParameterError
        When `minutes` is not positive.
    """
    if not minutes > 0:
        raise ParameterError(f"minutes is {minutes:g}: use more than 0")
    sound = _excerpt(_read(recordings), np.random.default_rng(seed))
    metadata = {"name": f"Repair of {out.stem}", "training": {"recordings": [path.name for path in recordings]}}
    told(f"learning to fill gaps from {sound.size / REFERENCE_RATE:.0f} s of sound, {steps} updates")
    trained = train_gap_filling(sound, REFERENCE_RATE, steps=steps, seed=seed, metadata=metadata)
    if denoise:
        trial = train_wear_denoiser(sound, REFERENCE_RATE, steps=TRIAL_STEPS, seed=seed).cpu_seconds / TRIAL_STEPS
        left = 60 * minutes - trained.cpu_seconds
        updates = max(min(steps, int(left / trial)), min(steps, FEWEST_STEPS))
        told(f"learning to remove noise, {updates} updates in about {updates * trial:.0f} s of processor time")
        trained = with_denoiser(trained, train_wear_denoiser(sound, REFERENCE_RATE, steps=updates, seed=seed))
    write_repair(trained.description, out)
    return trained


def _read(recordings: Sequence[Path]) -> Sound:
    """All recordings one after the other, at the reference rate."""
    parts: list[Sound] = []
    for path in recordings:
        try:
            audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
        except (OSError, soundfile.SoundFileError) as error:
            raise AudioError(f"{path}: cannot be read as audio ({error})") from None
        wrong = np.flatnonzero(~np.isfinite(audio).all(axis=1))
        if wrong.size:
            raise AudioError(
                f"{path}: {wrong.size} frames are not finite, the first at {wrong[0] / rate:.3f} s: "
                "train on undamaged recordings"
            )
        parts += [np.asarray(soxr.resample(channel, rate, REFERENCE_RATE), np.float32) for channel in audio.T]
    sound = np.concatenate(parts)
    block = round(LEVEL_SECONDS * REFERENCE_RATE)
    powers = np.mean(sound[: sound.size // block * block].astype(np.float64).reshape(-1, block) ** 2, axis=1)
    loud = LEVEL_SECONDS * np.count_nonzero(powers > QUIET)
    if loud < SHORTEST_SECONDS:
        more = f" and {len(recordings) - 1} more" if len(recordings) > 1 else ""
        raise AudioError(
            f"{recordings[0]}{more}: too little to learn from: {loud:.1f} s are louder than {QUIET_DBFS:.0f} dBFS, "
            f"give at least {SHORTEST_SECONDS:g} seconds"
        )
    return sound


def _excerpt(sound: Sound, random: np.random.Generator) -> Sound:
    """Pieces from all over a long sound, in order."""
    piece = round(PIECE_SECONDS * REFERENCE_RATE)
    count = round(MOST_SECONDS / PIECE_SECONDS)
    pieces = sound[: sound.size // piece * piece].reshape(-1, piece)
    if len(pieces) <= count:
        return sound
    return pieces[np.sort(random.choice(len(pieces), count, replace=False))].ravel()
