"""The models that are timed: the usual shapes with random weights, since speed does not depend on the weights."""

from dataclasses import dataclass
from math import prod

import numpy as np

from ampboard.models.description import Architecture, LayerArray, ModelDescription, Recurrent, WaveNet

SAMPLE_RATE = 48_000
HEAD_SCALE = 0.02  # of every A1 model that NAM's trainer writes

_ALL = tuple(2**i for i in range(10))
_LOW, _HIGH_AND_ALL = _ALL[:7], (*_ALL[7:], *_ALL)


@dataclass(frozen=True)
class Subject:
    """A model family: what it is called, and its architecture."""

    name: str
    architecture: Architecture

    def description(self) -> ModelDescription:
        """The model, with small random weights, at rest without prewarming."""
        random = np.random.default_rng(1)
        arrays = {
            name: (random.uniform(-1, 1, shape) / np.sqrt(prod(shape[1:]))).astype(np.float32)
            for name, shape in self.architecture.shapes().items()
        }
        if "head_scale" in arrays:
            arrays["head_scale"][:] = HEAD_SCALE
        return ModelDescription(self.architecture, arrays, SAMPLE_RATE)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds a frame that the layers ask for: every weight once, but for those that nobody hears.

        Activations are not counted, nor what a kernel saves by multiplying weights ahead.
        """
        shapes = self.architecture.shapes()
        used = sum(prod(shape) for name, shape in shapes.items() if name.endswith("weight"))
        return used - prod(shapes.get(_unheard(self.architecture), (0,)))


def _unheard(architecture: Architecture) -> str:
    """Return the name of the 1x1 behind a WaveNet's last layer, which leads to no other layer."""
    if not isinstance(architecture, WaveNet):
        return ""
    stacks = architecture.layer_arrays
    return f"{len(stacks) - 1}.layers.{len(stacks[-1].dilations) - 1}.one.weight"


def _a1(first: int, second: int, low: tuple[int, ...] = _LOW, high: tuple[int, ...] = _HIGH_AND_ALL) -> WaveNet:
    """NAM's A1 with the widths of its two layer arrays."""
    return WaveNet(
        (
            LayerArray(1, 1, first, 3, low, "Tanh", False, second, False),
            LayerArray(first, 1, second, 3, high, "Tanh", False, 1, True),
        )
    )


SUBJECTS = (
    Subject("A1 standard", _a1(16, 8, _ALL, _ALL)),
    Subject("A1 feather", _a1(8, 4)),
    Subject("A1 nano", _a1(4, 2)),
    Subject("LSTM-40", Recurrent("lstm", 1, 40, 1, recurrent_bias=True)),
    Subject("LSTM-20", Recurrent("lstm", 1, 20, 1, recurrent_bias=True)),
    Subject("LSTM 1x16", Recurrent("lstm", 1, 16, 1, recurrent_bias=True)),
    Subject("LSTM 2x8", Recurrent("lstm", 1, 8, 2, recurrent_bias=True)),
    Subject("LSTM-12", Recurrent("lstm", 1, 12, 1, recurrent_bias=True)),
    Subject("GRU-16", Recurrent("gru", 1, 16, 1, recurrent_bias=True)),
    Subject("GRU-40", Recurrent("gru", 1, 40, 1, recurrent_bias=True)),
)

QUICK = ("A1 nano", "LSTM 1x16")


def subject_named(name: str) -> Subject:
    """The subject of this name."""
    return next(subject for subject in SUBJECTS if subject.name == name)
