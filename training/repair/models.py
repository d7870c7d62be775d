"""Repair models that play: gaps filled by prediction, and noise and gaps left to a causal network with look-ahead."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from time import process_time
from typing import Any, Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ...models.architectures.repair import Repair
from ...models.description import ModelDescription
from ..data.material import Excerpt, Material
from ..networks.wavenet import WaveNetNetwork, a1
from ..trainer.recipe import Recipe
from ..trainer.trainer import Trainer
from .corruption import noise_and_clicks
from .gap_blend import GapBlend, gap_frames, joined, train_blend
from .notes import SAMPLE_RATE, LongSound, long_sound

ORDERS: Final = (32, 256, 1024)  # at 48 kHz
CONTEXT_SECONDS: Final = 0.0533
LOOK_AHEAD_SECONDS: Final = 0.064
REFERENCE_RATE: Final = 48_000
HIDDEN: Final = 24
BLEND_STEPS: Final = 3_000
DENOISER_STEPS: Final = 3_600
DENOISER_WINDOW: Final = 1_024
DENOISER_CHANNELS: Final = (16, 8)
WEAR_LOOK_AHEAD: Final = 256  # frames
WEAR_CHANNELS: Final = (8, 4)
NOTES_SECONDS: Final = 600


@dataclass(frozen=True)
class TrainedRepair:
    """A repair model, and the processor time its training took in seconds."""

    description: ModelDescription
    cpu_seconds: float


def train_gap_filling(
    sound: NDArray[np.floating],
    sample_rate: int,
    *,
    steps: int = BLEND_STEPS,
    seed: int = 0,
    metadata: Mapping[str, Any] | None = None,
) -> TrainedRepair:
    """Train a model that fills gaps of 2 to 40 ms, at a latency of 64 ms.

    The sound is also learned resampled, 44.1 kHz for 48 kHz or the other way round: what resampling takes off the top
    of the spectrum changes what predictions are worth.

    Parameters
    ----------
    sound : ndarray of float, shape (frames,)
        Undamaged recordings, one after the other.
    sample_rate : int
        In Hz; the model plays at any other.
    steps : int
        Updates of the blending network.
    seed : int
        Of the gaps and the weights.
    metadata : mapping, optional
        What the file says beside the model.
    """
    random = np.random.default_rng(seed)
    began = process_time()
    other_rate = next(rate for rate in (44_100, 48_000) if rate != sample_rate)
    resampled = np.asarray(soxr.resample(np.asarray(sound, np.float32), sample_rate, other_rate), np.float64)
    parts = [
        gap_frames(part, rate, **asdict(_reach(rate)), random=random)
        for part, rate in ((sound, sample_rate), (resampled, other_rate))
    ]
    network = GapBlend(_reach(sample_rate).orders, hidden=HIDDEN, seed=seed)
    train_blend(network, joined(parts), steps=steps, seed=seed)
    model = Repair(**asdict(_reach(sample_rate)), hidden=HIDDEN)
    description = ModelDescription(model, network.arrays(), sample_rate, metadata=metadata or {})
    return TrainedRepair(description, process_time() - began)


@dataclass(frozen=True)
class _Reach:
    """How far predictions look, in frames: as `Repair` has them."""

    orders: tuple[int, ...]
    context: int
    look_ahead: int


def _reach(sample_rate: int) -> _Reach:
    ratio = sample_rate / REFERENCE_RATE
    short = min(ratio, 1.0)
    orders = tuple(max(k + 1, round(order * short)) for k, order in enumerate(ORDERS))
    context = max(orders[-1], round(CONTEXT_SECONDS * REFERENCE_RATE * short))
    return _Reach(orders, context, round(LOOK_AHEAD_SECONDS * sample_rate))


def train_denoiser(
    damaged: NDArray[np.floating],
    clean: NDArray[np.floating],
    sample_rate: int,
    *,
    look_ahead: int,
    steps: int = DENOISER_STEPS,
    channels: tuple[int, int] = DENOISER_CHANNELS,
    residual: bool = False,
    seed: int = 0,
    metadata: Mapping[str, Any] | None = None,
) -> TrainedRepair:
    """Train a causal WaveNet to give the clean sound of `look_ahead` frames ago, gaps and noise removed.

    Parameters
    ----------
    damaged, clean : ndarray of float, shape (frames,)
        The same sound with and without gaps (zeros) and noise.
    sample_rate : int
        In Hz.
    look_ahead : int
        The model's latency in frames.
    steps : int
        Updates, of four streams of 1024 frames each.
    channels : (int, int)
        Widths of the WaveNet's two stacks.
    residual : bool
        Learn what has to be taken away instead, which is better where that is far below the sound.
    seed : int
        Of the weights.
    metadata : mapping, optional
        What the file says beside the model.
    """
    network = WaveNetNetwork(a1(*channels), seed=seed)
    wanted = damaged - clean if residual else clean
    target = np.concatenate([np.zeros(look_ahead), wanted[: len(wanted) - look_ahead]])
    material = Material(sample_rate, (Excerpt("damaged", damaged.astype(np.float32), target.astype(np.float32)),))
    trainer = Trainer(network, material, Recipe(steps=steps, window=DENOISER_WINDOW))
    trainer.advance()
    model = Repair(denoiser=network.describe(sample_rate, {}), denoiser_look_ahead=look_ahead, residual=residual)
    return TrainedRepair(ModelDescription(model, {}, sample_rate, metadata=metadata or {}), trainer.cpu_seconds)


def train_wear_denoiser(sound: NDArray[np.floating], sample_rate: int, *, steps: int, seed: int = 0) -> TrainedRepair:
    """Train a small denoiser on a sound with `noise_and_clicks` added, to give what has to be taken away.

    Parameters
    ----------
    sound : ndarray of float, shape (frames,)
        Undamaged.
    sample_rate : int
        In Hz.
    steps : int
        See `train_denoiser`.
    seed : int
        Of the noise.
    """
    return train_denoiser(
        sound + noise_and_clicks(sound.size, sample_rate, np.random.default_rng(seed)),
        sound,
        sample_rate,
        look_ahead=WEAR_LOOK_AHEAD,
        steps=steps,
        channels=WEAR_CHANNELS,
        residual=True,
    )


def with_denoiser(filling: TrainedRepair, denoising: TrainedRepair) -> TrainedRepair:
    """Join a model that fills gaps and one that removes noise, both of one sample rate, into one that does both."""
    one, other = filling.description.architecture, denoising.description.architecture
    if not (isinstance(one, Repair) and isinstance(other, Repair)):
        raise TypeError("both have to be repair models")
    model = replace(
        one, denoiser=other.denoiser, denoiser_look_ahead=other.denoiser_look_ahead, residual=other.residual
    )
    return TrainedRepair(replace(filling.description, architecture=model), filling.cpu_seconds + denoising.cpu_seconds)


def train_note_denoiser(
    look_ahead: int, *, steps: int = DENOISER_STEPS, seconds: float = NOTES_SECONDS, seed: int = 1
) -> TrainedRepair:
    """Train a denoiser on melodies of the experiment's notes, 16 kHz."""
    sound: LongSound = long_sound(max(1, round(2 * seconds)), np.random.default_rng(seed))
    name = {"name": f"Repair of noisy notes, {1000 * look_ahead / SAMPLE_RATE:.0f} ms"}
    return train_denoiser(sound.chopped, sound.clean, SAMPLE_RATE, look_ahead=look_ahead, steps=steps, metadata=name)
