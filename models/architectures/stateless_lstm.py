"""SmartAmpPro's network: an LSTM without a state, run anew over a window of the input for every frame."""

from dataclasses import dataclass


@dataclass(frozen=True)
class StridedConvolution:
    """A linear convolution over a window with a stride, padded with zeros on both sides as Keras' "same" is.

    Attributes
    ----------
    inputs, outputs : int
        Channels.
    kernel_size, stride : int
        Frames (of the layer's own input).
    """

    inputs: int
    outputs: int
    kernel_size: int
    stride: int

    def length(self, frames: int) -> int:
        """Output frames for so many input frames."""
        return -(-frames // self.stride)

    def padding(self, frames: int) -> int:
        """Zeros in front of so many input frames; the larger half goes behind them."""
        return max((self.length(frames) - 1) * self.stride + self.kernel_size - frames, 0) // 2


@dataclass(frozen=True)
class StatelessLstm:
    """Two strided convolutions, an LSTM and a linear head over the last `window` frames, from rest for every frame.

    The first input is the audio, the others are knobs.

    ========================== ==========================================
    ``0.weight``, ``1.weight`` (outputs, inputs, kernel_size) of the convolutions; ``0.bias``, ``1.bias`` (outputs,)
    ``lstm.input.weight``      (4 * hidden_size, channels), gates in the order i f g o
    ``lstm.recurrent.weight``  (4 * hidden_size, hidden_size)
    ``lstm.bias``              (4 * hidden_size,)
    ``head.weight``            (1, hidden_size), ``head.bias`` (1,)
    ========================== ==========================================

    References
    ----------
    K. Bloemer, "Neural Networks for Real-Time Audio: Stateless LSTM", 2021.
    """

    window: int
    convolutions: tuple[StridedConvolution, StridedConvolution]
    hidden_size: int

    @property
    def steps(self) -> int:
        """Steps the LSTM runs for every frame."""
        return self.convolutions[1].length(self.convolutions[0].length(self.window))

    @property
    def receptive_field(self) -> int:
        """Frames of input, the current one included, that an output frame depends on."""
        return self.window

    @property
    def history_size(self) -> int:
        """Values the network has to remember."""
        return self.window - 1

    @property
    def widths(self) -> list[int]:
        """Numbers of channels that occur, and of steps."""
        return [self.hidden_size, self.steps, *(max(c.inputs, c.outputs) for c in self.convolutions)]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of all arrays."""
        shapes: dict[str, tuple[int, ...]] = {}
        for number, layer in enumerate(self.convolutions):
            shapes[f"{number}.weight"] = (layer.outputs, layer.inputs, layer.kernel_size)
            shapes[f"{number}.bias"] = (layer.outputs,)
        rows = 4 * self.hidden_size
        shapes["lstm.input.weight"] = (rows, self.convolutions[1].outputs)
        shapes["lstm.recurrent.weight"] = (rows, self.hidden_size)
        shapes["lstm.bias"] = (rows,)
        return shapes | {"head.weight": (1, self.hidden_size), "head.bias": (1,)}
