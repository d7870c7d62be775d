"""Kernels of SmartAmpPro's stateless LSTMs, as programs of the WaveNet interpreter.

The two convolutions are linear: seen from the newest frame, each step of the LSTM gets one finite response of the
input. The LSTM starts from rest for every frame, so its steps are feed-forward layers, and all frames of a block run
side by side. In the files there are, the window shrinks to a single step.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from ..architectures.stateless_lstm import StatelessLstm
from ..description import ModelDescription
from ..errors import ModelError
from .activations import activation_named
from .contract import Kernel, Parameter
from .wavenet.operations import ADD, INPUT, NOTHING, OUTPUT
from .wavenet.process import MOST_VOICES, wavenet_functions
from .wavenet.program import Convolution, Float64Array, ProgramWriter

MOST_MULTIPLY_ADDS: Final = 1 << 20  # a frame: fifty times what runs in real time

SIGMOID: Final = activation_named("Sigmoid")
TANH: Final = activation_named("Tanh")
FUNCTIONS: Final = {"i": SIGMOID, "f": SIGMOID, "g": TANH, "o": SIGMOID}


def stateless_lstm_kernel(description: ModelDescription) -> Kernel:
    """Build the real-time kernel of a SmartAmpPro model.

    It runs at the model's own rate whatever the setup says, every one of up to 64 channels with a window of its own,
    without latency, and starts (and restarts after ``reset``) on a window of zeros. Each of the model's knobs becomes a
    parameter from 0 to 1.

    Raises
    ------
    ModelError
        When the architecture is another one, or far too large to play.
    """
    return Kernel(
        name="Stateless LSTM",
        functions=wavenet_functions(),
        program=plan_stateless_lstm(description).program(),
        parameters=tuple(map(Parameter.of_model, description.knobs)),
        channels=(1, MOST_VOICES),
    )


def window_responses(description: ModelDescription) -> tuple[Float64Array, Float64Array]:
    """Return what the two convolutions make of a window.

    Returns
    -------
    (ndarray, ndarray)
        Responses of shape (steps, channels, inputs, window), the last tap for the newest frame, and offsets of shape
        (steps, channels).

    References
    ----------
    Keras, Conv1D with ``padding="same"``: zeros on both sides, the odd one behind.
    """
    network = description.architecture
    assert isinstance(network, StatelessLstm)
    first, second = network.convolutions
    (w1, b1), (w2, b2) = (
        (description.arrays[f"{n}.weight"].astype(np.float64), description.arrays[f"{n}.bias"].astype(np.float64))
        for n in range(2)
    )
    frames = first.length(network.window)
    responses = np.zeros((network.steps, second.outputs, first.inputs, network.window))
    offsets = np.tile(b2, (network.steps, 1))
    for step, tap in np.ndindex(network.steps, second.kernel_size):
        between = step * second.stride - second.padding(frames) + tap  # a frame between the convolutions
        if 0 <= between < frames:
            start = between * first.stride - first.padding(network.window)
            inside = slice(max(-start, 0), min(first.kernel_size, network.window - start))
            offsets[step] += w2[:, :, tap] @ b1
            added = np.einsum("om,mik->oik", w2[:, :, tap], w1[:, :, inside])
            responses[step, :, :, start + inside.start : start + inside.stop] += added
    return responses, offsets


def plan_stateless_lstm(description: ModelDescription) -> ProgramWriter:
    """Write the operations of a SmartAmpPro model; raises as `stateless_lstm_kernel` does."""
    network = description.architecture
    if not isinstance(network, StatelessLstm):
        raise ModelError("this kernel plays SmartAmpPro models only")
    knobs = network.convolutions[0].inputs - 1
    if len(description.knobs) != knobs:
        raise ModelError(f"the model has {len(description.knobs)} knobs, but {knobs} inputs beside the audio")
    cost = network.steps * (network.window * network.convolutions[1].outputs + 4 * network.hidden_size**2)
    if cost > MOST_MULTIPLY_ADDS:
        raise ModelError(
            f"the model runs {network.steps} LSTM steps a frame over {network.window} frames: too slow to play"
        )
    plan = _Plan(description, network)
    for step in range(network.steps):
        plan.step(step)
    plan.head()
    return plan.writer


class _Plan:
    """The operations so far, and where the state of the LSTM stands."""

    def __init__(self, description: ModelDescription, network: StatelessLstm) -> None:
        self.knobs = len(description.knobs)
        self.writer = ProgramWriter(look_back=network.window - 1, knobs=self.knobs)
        self.units = network.hidden_size
        self.arrays = {name: array.astype(np.float64) for name, array in description.arrays.items()}
        self.responses, self.offsets = window_responses(description)
        self.inputs = self.writer.signal(self.responses.shape[1])
        self.factor = self.writer.signal(self.units)
        self.cell = NOTHING
        self.hidden = NOTHING
        # cells are kept scaled for their tanh; the scale comes in with the input gate
        self.scale = self.writer.constant(TANH.scale)

    def step(self, step: int) -> None:
        """The inputs of a step, its gates, its cells, its hidden state."""
        response = self.responses[step]
        taps = response[:, 0].T[:, :, None]
        heard = Convolution(source=INPUT, weights=taps, bias=self.offsets[step], target=self.inputs)
        if self.knobs:  # a knob is the same in the whole window
            held = response.sum(axis=2)
            held[:, 0] = 0.0
            heard = replace(heard, condition=INPUT, condition_weights=held)
        self.writer.convolve(heard)
        cell, hidden = self.writer.signal(self.units), self.writer.signal(self.units)
        self._gate("i", factor=self.scale, target=self.factor)
        self._gate("g", factor=self.factor, target=cell)
        if self.cell != NOTHING:  # the first step forgets nothing
            self._gate("f", factor=self.cell, head=cell, head_mode=ADD)
        self._gate("o", target=self.factor)
        self.writer.convolve(
            Convolution(  # without inputs: its sums are its residual
                source=INPUT,
                weights=np.zeros((1, self.units, 0)),
                bias=np.zeros(self.units),
                residual=cell,
                activation=TANH.code,
                factor=self.factor,
                target=hidden,
            )
        )
        self.cell, self.hidden = cell, hidden

    def head(self) -> None:
        """The linear layer behind the last step."""
        weights, bias = self.arrays["head.weight"][None], self.arrays["head.bias"]
        self.writer.convolve(Convolution(source=self.hidden, weights=weights, bias=bias, target=OUTPUT))

    def _gate(self, gate: str, **rest: int) -> None:
        function, first = FUNCTIONS[gate], "ifgo".index(gate) * self.units
        rows = slice(first, first + self.units)
        own = function.scale * self.arrays["lstm.input.weight"][rows]
        bias = function.scale * self.arrays["lstm.bias"][rows]
        if self.hidden == NOTHING:
            asked = Convolution(source=self.inputs, weights=own[None], bias=bias)
        else:
            recurrent = function.scale * self.arrays["lstm.recurrent.weight"][rows]
            asked = Convolution(
                source=self.hidden,
                weights=recurrent[None],
                bias=bias,
                condition=self.inputs,
                condition_weights=own,
            )
        self.writer.convolve(replace(asked, activation=function.code, **rest))
