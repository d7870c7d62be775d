"""The models that are timed: the usual shapes with random weights, since speed does not depend on the weights."""

from dataclasses import dataclass
from math import prod

import numpy as np

from ampboard.models.architectures.activation import Shaped
from ampboard.models.architectures.pedalnet import PedalNet
from ampboard.models.architectures.stateless_lstm import StatelessLstm, StridedConvolution
from ampboard.models.description import (
    FILM_SITES,
    Architecture,
    Film,
    HeadProjection,
    LayerArray,
    ModelDescription,
    Recurrent,
    WaveNet,
)

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
    """Return the weight that changes nothing.

    Of a WaveNet it is the 1x1 behind the last layer, which leads to no other layer; of an LSTM that makes one step from
    rest, what it would do with the state.
    """
    if isinstance(architecture, StatelessLstm) and architecture.steps == 1:
        return "lstm.recurrent.weight"
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


def _a2(channels: int) -> WaveNet:
    """NAM's A2: one layer array with kernels of 6 and 15, and a head of 16 taps."""
    dilations = (1, 3, 7, 17, 41, 101, 239)
    kernels = (6,) * 14 + (15, 15) + (6,) * 7
    dilations = dilations * 2 + (1, 13) + dilations
    stack = LayerArray(1, 1, channels, kernels, dilations, "LeakyReLU", False, 1, True, head_kernel_size=16)
    return WaveNet((stack,))


def _a2_max() -> WaveNet:
    """The shape of NeuralAmpModelerCore's ``wavenet_a2_max.nam``, which uses every option of the format."""
    bent = tuple(Shaped("PReLU", slopes) for slopes in ((0.04, 0.05), (0.03, 0.01)))
    hard = Shaped("LeakyHardtanh", (0.0, 0.9, 0.0, 0.02))
    shifts, scales = (dict.fromkeys(FILM_SITES, Film(shift=shift)) for shift in (True, False))
    condition = WaveNet(
        (
            LayerArray(
                *(1, 1, 3, 2, (1, 2), "SiLU", "gated", 4, False),
                bottleneck=6,
                secondary_activation="Hardswish",
                groups_input=3,
                layer1x1_groups=3,
                head1x1=HeadProjection(6, groups=3),
                films=shifts,
            ),
            LayerArray(
                *(3, 1, 4, 3, (1, 3, 5), (*bent, "Softsign"), ("blended", "gated", "gated"), 8, False),
                bottleneck=2,
                secondary_activation=(hard, "ReLU", "Sigmoid"),
                head1x1=HeadProjection(4, groups=2),
                films=scales,
            ),
        )
    )
    stack = LayerArray(
        *(1, 8, 4, 4, (1, 2), "Softsign", "none", 1, True),
        groups_mixin=4,
        layer1x1_groups=2,
        head1x1=HeadProjection(4, groups=2),
        films={site: Film(groups=groups) for site, groups in zip(FILM_SITES, (2, 4, 4, 2, 1, 2, 8, 4), strict=True)},
    )
    return WaveNet((stack,), condition=condition)


SUBJECTS = (
    Subject("A1 standard", _a1(16, 8, _ALL, _ALL)),
    Subject("A1 feather", _a1(8, 4)),
    Subject("A1 nano", _a1(4, 2)),
    Subject("A2 full", _a2(8)),
    Subject("A2 lite", _a2(3)),
    Subject("A2 max", _a2_max()),
    Subject("PedalNet", PedalNet(16, 3, _ALL)),
    Subject("LSTM-40", Recurrent("lstm", 1, 40, 1, recurrent_bias=True)),
    Subject("LSTM-20", Recurrent("lstm", 1, 20, 1, recurrent_bias=True)),
    Subject("LSTM 1x16", Recurrent("lstm", 1, 16, 1, recurrent_bias=True)),
    Subject("LSTM 2x8", Recurrent("lstm", 1, 8, 2, recurrent_bias=True)),
    Subject("LSTM-12", Recurrent("lstm", 1, 12, 1, recurrent_bias=True)),
    Subject("GRU-16", Recurrent("gru", 1, 16, 1, recurrent_bias=True)),
    Subject("GRU-40", Recurrent("gru", 1, 40, 1, recurrent_bias=True)),
    Subject(
        "SmartAmpPro", StatelessLstm(120, (StridedConvolution(1, 4, 12, 12), StridedConvolution(4, 4, 12, 12)), 32)
    ),
)

QUICK = ("A1 nano", "LSTM 1x16")


def subject_named(name: str) -> Subject:
    """The subject of this name."""
    return next(subject for subject in SUBJECTS if subject.name == name)
