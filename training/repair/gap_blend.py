"""Training the network that weighs predictions across gaps: see `ampboard.models.kernels.repair.filling`."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi
from time import process_time
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...models.errors import AudioError
from ...models.kernels.repair.blending import EDGE_MILLISECONDS
from ...models.kernels.repair.filling import (
    AFTER,
    BEFORE,
    BOTH_SIDES,
    compiled_prediction,
    feature_count,
    work_floats,
)
from .corruption import scattered_gaps
from .linear_prediction import gaps_of

SHORTEST, LONGEST = 0.002, 0.040  # seconds
BATCH: Final = 4096
LEARNING_RATE: Final = 3e-3
UNENDED: Final = 0.1  # part of the gaps that are predicted as if they had not ended yet
STRUCK: Final = 10.0  # times the power around it: a note that begins inside the gap, which nothing foretells
QUIET_DBFS: Final = -70.0  # RMS below which a gap teaches nothing
QUIET: Final = 10.0 ** (QUIET_DBFS / 10)


class GapBlend(nn.Module):
    """Two hidden layers of rectified units; from what is known of a gap's frame to a weight for each prediction.

    Parameters
    ----------
    orders : tuple of int
        Orders of the predictions, ascending.
    hidden : int
        Width.
    seed : int
        Of the initial weights.
    """

    def __init__(self, orders: tuple[int, ...], *, hidden: int = 24, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.orders = orders
        self.layers = nn.Sequential(
            nn.Linear(feature_count(len(orders)), hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 2 * len(orders)),
        )

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Weights under the names of `ampboard.models.architectures.repair.Repair`."""
        dense = [layer for layer in self.layers if isinstance(layer, nn.Linear)]
        weights = {f"blend.{number}.weight": layer.weight for number, layer in enumerate(dense)}
        weights |= {f"blend.{number}.bias": layer.bias for number, layer in enumerate(dense)}
        return {name: weight.detach().numpy().astype(np.float32).copy() for name, weight in weights.items()}

    def forward(self, features: Tensor, candidates: Tensor) -> Tensor:
        """Frames of gaps, from features of shape (frames, features) and predictions of shape (frames, 2 * orders)."""
        total = (self.layers(features) * candidates).sum(dim=1)
        before, after = ((1 - features[:, side].exp() / EDGE_MILLISECONDS).clamp(min=0.0) for side in (BEFORE, AFTER))
        after = after * features[:, BOTH_SIDES]
        near, middle = before + after, len(self.orders) // 2
        left, right = candidates[:, middle], candidates[:, len(self.orders) + middle]
        edge = (before * left + after * right) / near.clamp(min=1e-9)
        return total + near.clamp(max=1.0) * (edge - total)


@dataclass(frozen=True)
class GapFrames:
    """Frames inside gaps, as the network meets them.

    Attributes
    ----------
    features : ndarray of float32, shape (frames, features)
        What is known of each.
    candidates : ndarray of float32, shape (frames, 2 * orders)
        What the predictions say, over the level around the gap.
    wanted : ndarray of float32, shape (frames,)
        What was there, over the same level.
    """

    features: NDArray[np.float32]
    candidates: NDArray[np.float32]
    wanted: NDArray[np.float32]


def gap_frames(
    sound: NDArray[np.floating],
    sample_rate: int,
    *,
    orders: Sequence[int],
    context: int,
    look_ahead: int,
    random: np.random.Generator,
    missing: NDArray[np.bool_] | None = None,
) -> GapFrames:
    """Cut gaps into a sound and predict them.

    What stands in front of a gap is the undamaged sound, a little better than what the kernel will meet.

    Parameters
    ----------
    sound : ndarray of float, shape (frames,)
        Undamaged.
    sample_rate : int
        In Hz.
    orders, context, look_ahead
        As those of `ampboard.models.architectures.repair.Repair`, at this sample rate.
    random : Generator
        Where gaps lie.
    missing : ndarray of bool, shape (frames,), optional
        The gaps, each with its end in sight. Else they are 2 to 40 ms long, take a fifth of the time, and some are
        predicted as if they had not ended yet.

    Raises
    ------
    AudioError
        When no gap lies in sound that is loud enough to learn from.
    """
    clean = np.ascontiguousarray(np.concatenate([np.zeros(context), sound, np.zeros(look_ahead)]), np.float32)
    part_unended = 0.0 if missing is not None else UNENDED
    if missing is None:
        missing = scattered_gaps(sound.size, round(SHORTEST * sample_rate), round(LONGEST * sample_rate), random)
    gaps = [(start + context, end + context) for start, end in gaps_of(missing)]
    wanted = np.array(orders, np.int64)
    predict = compiled_prediction()
    longest = look_ahead + 1
    work = np.zeros(work_floats(context, int(wanted[-1]), len(wanted), longest), np.float32)
    parts: list[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]] = []
    for number, (start, end) in enumerate(gaps):
        following = gaps[number + 1][0] if number + 1 < len(gaps) else clean.size
        frames, behind = end - start, min(following, start + look_ahead + 1) - end
        if frames >= look_ahead or behind < 0:
            continue
        if random.uniform() < part_unended:
            behind = 0
        candidates = np.zeros((2 * len(wanted), frames), np.float32)
        features = np.zeros((frames, feature_count(len(wanted))), np.float32)
        predict(
            clean.ctypes.data + 4 * start,
            frames,
            behind,
            wanted.ctypes.data,
            len(wanted),
            context,
            candidates.ctypes.data,
            features.ctypes.data,
            float(sample_rate),
            work.ctypes.data,
        )
        around = np.concatenate([clean[start - context : start], clean[end : end + max(0, behind)]])
        power = float(np.mean(around.astype(np.float64) ** 2))
        if power < QUIET or float(np.mean(clean[start:end] ** 2)) > STRUCK * power:
            continue
        scale = np.float32(power**-0.5)
        parts.append((features, scale * candidates.T, scale * clean[start:end]))
    if not parts:
        raise AudioError(f"no gap teaches anything: the sound is shorter than gaps or below {QUIET_DBFS:.0f} dBFS")
    return GapFrames(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def joined(parts: Sequence[GapFrames]) -> GapFrames:
    """All frames of several materials."""
    return GapFrames(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.candidates for part in parts]),
        np.concatenate([part.wanted for part in parts]),
    )


def train_blend(network: GapBlend, material: GapFrames, *, steps: int, seed: int = 0) -> float:
    """Fit a network in place, by Adam with a cosine schedule; returns the processor time in seconds."""
    torch.set_num_threads(1)
    began = process_time()
    random = np.random.default_rng(seed)
    optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE, foreach=True)
    features, candidates, wanted = (
        torch.from_numpy(part) for part in (material.features, material.candidates, material.wanted)
    )
    for step in range(steps):
        rows = torch.from_numpy(random.integers(0, len(wanted), BATCH))
        loss = (network(features[rows], candidates[rows]) - wanted[rows]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for group in optimiser.param_groups:
            group["lr"] = LEARNING_RATE * (1 + cos(pi * step / steps)) / 2
        optimiser.step()
    return process_time() - began
