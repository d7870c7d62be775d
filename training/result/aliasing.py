"""How much of a pure high tone comes back at frequencies that no harmonic explains."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...models.kernels.instance import KernelInstance
from ...models.model import Model
from ..losses.tones import aliasing_to_signal, periods, tone

TONES: Final = (1_245.0, 2_489.0, 4_186.0)  # Hz: the highest frets of a guitar, and overtones
FRAMES: Final = 16_384
QUIETEST_DB: Final = -200.0


@dataclass(frozen=True, eq=False)
class Aliasing:
    """What a model made of one tone.

    Attributes
    ----------
    frequency : float
        Of the tone, in Hz.
    level_db : float
        Energy of the aliases over that of the whole sound but direct current, in dB.
    periods : int
        Periods of the tone in `output`.
    output : ndarray of float32, shape (16384,)
        What the model played, settled.
    """

    frequency: float
    level_db: float
    periods: int
    output: NDArray[np.float32]


def measure_aliasing(model: Model, knobs: tuple[float, ...] = (), *, peak: float = 1.0) -> tuple[Aliasing, ...]:
    """Play tones of 1.2, 2.5 and 4.2 kHz to a model, a second for it to settle and then 16,384 frames.

    Parameters
    ----------
    model : Model
        As it is played.
    knobs : tuple of float
        Where its knobs stand.
    peak : float
        Peak of the tones; full scale is 1, and more than that is not played.

    References
    ----------
    See `ampboard.training.losses.tones.aliasing_to_signal`.
    """
    rate = model.sample_rate
    counts = [periods(frequency, rate, FRAMES) for frequency in TONES]
    played = np.stack([tone(count, FRAMES, settling=rate, level=min(peak, 1.0)) for count in counts])
    instance = KernelInstance(
        model.kernel,
        sample_rate=rate,
        channels=len(TONES),
        parameters=dict(zip(model.played.knobs, knobs, strict=True)),
    )
    outputs = instance.process(played)[:, rate:]
    return tuple(
        Aliasing(count * rate / FRAMES, _decibels(aliasing_to_signal(output, count)), count, output)
        for count, output in zip(counts, outputs, strict=True)
    )


def _decibels(ratio: float) -> float:
    return 10 * np.log10(ratio) if ratio > 10 ** (QUIETEST_DB / 10) else QUIETEST_DB
