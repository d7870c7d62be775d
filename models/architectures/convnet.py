"""Plain convolutional networks: ConvNet and Linear."""

from collections.abc import Iterator
from dataclasses import dataclass

from .activation import ActivationName

ArrayShapes = dict[str, tuple[int, ...]]
"""Names and shapes of arrays, in the order of the weights in a .nam file."""


@dataclass(frozen=True)
class ConvNet:
    """NAM's ConvNet: dilated convolutions of two taps, each with batch normalization and an activation, and a head.

    Its arrays, for layer number ``i``: ``i.conv.weight`` (channels, inputs, 2), the newest tap last; ``i.conv.bias``
    (channels,), or with `batch_norm` ``i.norm.mean``, ``.variance``, ``.weight``, ``.bias`` (channels,) and
    ``.epsilon`` (1,); then ``head.weight`` (outputs, channels) and ``head.bias`` (outputs,).
    """

    channels: int
    dilations: tuple[int, ...]
    batch_norm: bool
    activation: ActivationName
    outputs: int = 1

    @property
    def receptive_field(self) -> int:
        """Frames of input, the current one included, that an output frame depends on."""
        return 1 + sum(self.dilations)

    @property
    def history_size(self) -> int:
        """Values the layers have to remember."""
        return self.channels * sum(self.dilations)

    @property
    def widths(self) -> Iterator[int]:
        """The widths of all layers."""
        yield from (self.channels, self.outputs)

    def shapes(self) -> ArrayShapes:
        """Names and shapes of all arrays, in the order of the weights in a .nam file."""
        shapes: ArrayShapes = {}
        for i in range(len(self.dilations)):
            shapes[f"{i}.conv.weight"] = (self.channels, self.channels if i else 1, 2)
            if self.batch_norm:
                for name in ("mean", "variance", "weight", "bias"):
                    shapes[f"{i}.norm.{name}"] = (self.channels,)
                shapes[f"{i}.norm.epsilon"] = (1,)
            else:
                shapes[f"{i}.conv.bias"] = (self.channels,)
        shapes["head.weight"], shapes["head.bias"] = (self.outputs, self.channels), (self.outputs,)
        return shapes


@dataclass(frozen=True)
class Linear:
    """NAM's Linear: an impulse response, ``weight`` (receptive_field,), and ``bias`` (1,).

    The newest frame's weight comes first. So the original engine plays a file; its trainer writes the oldest frame's
    first, and what it hears while training is not what the engine plays.
    """

    receptive_field: int
    bias: bool

    @property
    def history_size(self) -> int:
        """Values it has to remember."""
        return self.receptive_field

    @property
    def widths(self) -> Iterator[int]:
        """The widths of all layers."""
        yield 1

    @property
    def outputs(self) -> int:
        """Number of output signals."""
        return 1

    def shapes(self) -> ArrayShapes:
        """Names and shapes of all arrays."""
        shapes: ArrayShapes = {"weight": (self.receptive_field,)}
        if self.bias:
            shapes["bias"] = (1,)
        return shapes
