"""PedalNet's WaveNet: gated layers whose outputs all go into one linear mix."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PedalNet:
    """A gated WaveNet as PedalNetRT trains it.

    The arrays, for layer number ``l`` (filter rows, then gate rows; the last tap is the newest frame):

    ================= ==========================================
    ``input.weight``  (channels, 1), ``input.bias`` (channels,)
    ``l.conv.weight`` (2 * channels, channels, kernel_size), ``l.conv.bias`` (2 * channels,)
    ``l.out.weight``  (channels, channels), ``l.out.bias`` (channels,): the 1x1 to the next layer, beside the residual
    ``mix.weight``    (1, layers * channels), ``mix.bias`` (1,)
    ================= ==========================================

    Every layer's history starts on zeros.

    References
    ----------
    A. Wright et al., "Real-Time Guitar Amplifier Emulation with Deep Learning", Applied Sciences 10(3), 2020.
    """

    channels: int
    kernel_size: int
    dilations: tuple[int, ...]

    def look_back(self, layer: int) -> int:
        """Frames before the current one that layer number `layer` reads."""
        return (self.kernel_size - 1) * self.dilations[layer]

    @property
    def receptive_field(self) -> int:
        """Frames of input, the current one included, that an output frame depends on."""
        return 1 + sum(map(self.look_back, range(len(self.dilations))))

    @property
    def history_size(self) -> int:
        """Values the layers have to remember."""
        return self.channels * (self.receptive_field - 1)

    @property
    def widths(self) -> list[int]:
        """Numbers of channels and of layers."""
        return [2 * self.channels, len(self.dilations)]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of all arrays."""
        channels, layers = self.channels, len(self.dilations)
        shapes: dict[str, tuple[int, ...]] = {"input.weight": (channels, 1), "input.bias": (channels,)}
        for layer in range(layers):
            shapes[f"{layer}.conv.weight"] = (2 * channels, channels, self.kernel_size)
            shapes[f"{layer}.conv.bias"] = (2 * channels,)
            shapes[f"{layer}.out.weight"] = (channels, channels)
            shapes[f"{layer}.out.bias"] = (channels,)
        return shapes | {"mix.weight": (1, layers * channels), "mix.bias": (1,)}
