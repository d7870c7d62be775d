"""The stateless LSTM of GuitarLSTM and SmartAmpPro: two strided convolutions and an LSTM over a window, for each frame.

The convolutions are linear, so each step of the LSTM hears one finite response of the input. As in our kernel that
response is made of the two first, and all frames of a training window run side by side.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from ...models.architectures.stateless_lstm import StatelessLstm, StridedConvolution
from ...models.description import ModelDescription
from ...models.errors import ModelError
from .kernels.recurrence import recurrence
from .streaming import Memory, array_of

WINDOW: Final = 288  # frames: two whole steps of both convolutions, 12 times 12 each
CHANNELS: Final = 36
HIDDEN: Final = 36
KERNEL: Final = 12
STRIDE: Final = 12


def stateless_lstm(
    *, window: int = WINDOW, channels: int = CHANNELS, hidden: int = HIDDEN, knobs: int = 0
) -> StatelessLstm:
    """GuitarLSTM's shape: both convolutions with 12 taps and a stride of 12."""
    first = StridedConvolution(1 + knobs, channels, KERNEL, STRIDE)
    return StatelessLstm(window, (first, StridedConvolution(channels, channels, KERNEL, STRIDE)), hidden)


class ConvLstmNetwork(nn.Module):
    """The network; knobs are rows of the first convolution's input, constant over a window of the model.

    Parameters
    ----------
    architecture : StatelessLstm, optional
        Its sizes; GuitarLSTM's by default.
    knobs : sequence of str
        Names of the knobs.
    seed : int
        Of the initial weights.
    """

    betas = (0.9, 0.95)

    def __init__(self, architecture: StatelessLstm | None = None, *, knobs: Sequence[str] = (), seed: int) -> None:
        super().__init__()
        self.architecture = architecture or stateless_lstm(knobs=len(knobs))
        self.knobs = tuple(knobs)
        inputs = self.architecture.convolutions[0].inputs
        if inputs != 1 + len(knobs):
            raise ModelError(f"the model has {len(knobs)} knobs, but {inputs - 1} inputs beside the audio")
        generator = torch.Generator().manual_seed(seed)
        self.arrays = nn.ParameterDict()
        shapes, hidden = self.architecture.shapes(), self.architecture.hidden_size
        for name, shape in shapes.items():
            convolution = name[0] in "01"
            bound = float(np.prod(shapes[name.replace(".bias", ".weight")][1:])) if convolution else float(hidden)
            self.arrays[_own(name)] = nn.Parameter((2 * torch.rand(shape, generator=generator) - 1) * bound**-0.5)
        with torch.no_grad():
            self.arrays["lstm_bias"].zero_()
            self.arrays["lstm_bias"][hidden : 2 * hidden] = 1.0
        places, valid = _places(self.architecture)
        self.register_buffer("places", places, persistent=False)
        self.register_buffer("valid", valid, persistent=False)

    @classmethod
    def from_description(cls, description: ModelDescription) -> "ConvLstmNetwork":
        """Make the network of a trained model.

        Raises
        ------
        ModelError
            When the model is of another architecture.
        """
        if not isinstance(description.architecture, StatelessLstm):
            raise ModelError(f"the model is no stateless LSTM: it is a {type(description.architecture).__name__}")
        network = cls(description.architecture, knobs=description.knobs, seed=0)
        with torch.no_grad():
            for name, array in description.arrays.items():
                network.arrays[_own(name)].copy_(torch.from_numpy(array.copy()))
        return network

    def rest(self, streams: int) -> Memory:
        """See `StreamingNetwork.rest`: the audio of a window before this frame."""
        return (torch.zeros(streams, self.architecture.window - 1),)

    def _responses(self) -> tuple[Tensor, Tensor, Tensor]:
        """What the steps hear of a window, (window, steps * channels), of the knobs, (knobs, ...), and of silence."""
        first, second = self.arrays["0_weight"], self.arrays["1_weight"]
        channels, _, taps = second.shape
        inputs, steps = first.shape[1], self.architecture.steps
        products = second.permute(2, 0, 1).reshape(taps * channels, -1) @ first.flatten(1)
        products = products.view(taps, channels, inputs, -1).permute(0, 3, 1, 2).reshape(-1, channels * inputs)
        responses = (self.places.to(first.dtype) @ products).view(steps, -1, channels, inputs)
        audio = responses[..., 0].transpose(0, 1).flatten(1)
        knobs = responses[..., 1:].sum(1).permute(2, 0, 1).flatten(1)
        heard = self.valid.to(first.dtype) @ (second.permute(2, 0, 1) @ self.arrays["0_bias"])
        return audio, knobs, (heard + self.arrays["1_bias"]).flatten()

    def forward(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """See `StreamingNetwork.__call__`."""
        streams, _, frames = inputs.shape
        known = torch.cat([memory[0], inputs[:, 0]], dim=1)
        windows = known.unfold(1, self.architecture.window, 1).reshape(streams * frames, -1)
        audio, knobs, offset = self._responses()
        heard = torch.addmm(offset, windows, audio)
        if self.knobs:
            heard = heard + inputs[:, 1:].transpose(1, 2).reshape(streams * frames, -1) @ knobs
        steps = heard.view(streams * frames, self.architecture.steps, -1).transpose(0, 1)
        rest = heard.new_zeros(streams * frames, self.architecture.hidden_size)
        entering, recurrent, bias = (self.arrays[f"lstm_{n}"] for n in ("input_weight", "recurrent_weight", "bias"))
        hidden = recurrence("lstm", steps, entering, recurrent, bias, rest, rest)[0][-1]
        sound = (hidden @ self.arrays["head_weight"][0] + self.arrays["head_bias"]).view(streams, frames)
        return sound, (known[:, frames:].detach(),)

    def matrices(self) -> list[tuple[nn.Parameter, int]]:
        """See `StreamingNetwork.matrices`."""
        gated = ("lstm_input_weight", "lstm_recurrent_weight")
        return [(weight, 4 if name in gated else 1) for name, weight in self.arrays.items()]

    def describe(self, sample_rate: int, metadata: Mapping[str, Any]) -> ModelDescription:
        """See `StreamingNetwork.describe`."""
        arrays = {name: array_of(self.arrays[_own(name)]) for name in self.architecture.shapes()}
        return ModelDescription(self.architecture, arrays, sample_rate, knobs=self.knobs, metadata=metadata)


def _own(name: str) -> str:
    return name.replace(".", "_")


def _places(network: StatelessLstm) -> tuple[Tensor, Tensor]:
    """Where in the window the products of the taps of both convolutions fall.

    Returns
    -------
    (Tensor, Tensor)
        Ones and zeros: (steps * window, taps of the second * taps of the first), and (steps, taps of the second) where
        the second reads the first and not its padding.
    """
    first, second = network.convolutions
    frames = first.length(network.window)
    places = torch.zeros(network.steps, network.window, second.kernel_size, first.kernel_size)
    valid = torch.zeros(network.steps, second.kernel_size)
    for step in range(network.steps):
        for tap in range(second.kernel_size):
            between = step * second.stride - second.padding(frames) + tap
            if 0 <= between < frames:
                valid[step, tap] = 1
                start = between * first.stride - first.padding(network.window)
                for own in range(first.kernel_size):
                    if 0 <= start + own < network.window:
                        places[step, start + own, tap, own] = 1
    return places.flatten(2).flatten(0, 1), valid
