"""Kernels of Neural Amp Modeler's WaveNets: the plan of operations for a model.

Products of linear maps are taken ahead, in float64: the rechannel of the first stack with its first convolution, the
rechannel of a later stack with the last 1x1 before it, the head's scale with the head. The layers' outputs are added up
for the head while they are in registers. Where all outputs of a layer fit one tile, its 1x1 and its residual are done
there too, and the layer is one operation.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...description import DEFAULT_SAMPLE_RATE, LayerArray, ModelDescription, WaveNet
from ...errors import ModelError
from ..activations import activation_named
from ..contract import SETUP, Kernel, aligned_bytes
from .process import MOST_VOICES, voice_of, wavenet_functions
from .program import (
    ADD,
    BLOCK,
    INPUT,
    NOTHING,
    OUTPUT,
    STORE,
    TILES,
    Convolution,
    Float64Array,
    ProgramWriter,
    Projection,
)

FUSED_CHANNELS: Final = tuple(rows for rows in TILES if rows > 1)
"""Layers of so many channels are one operation."""

GATE: Final = activation_named("Sigmoid")
"""Activation of the gate rows of gated layers."""

PREWARM_FRAMES: Final = 64 * BLOCK  # run at a time


def wavenet_kernel(description: ModelDescription) -> Kernel:
    """Build the real-time kernel of a WaveNet.

    It runs at the model's own rate whatever the setup says, gives each of up to 64 channels a history of its own, adds
    no latency, and starts (and restarts after ``reset``) as if silence had run for ``description.prewarm_frames``.

    Parameters
    ----------
    description : ModelDescription
        A model whose architecture is `WaveNet`.

    Raises
    ------
    ModelError
        When the architecture is another one, its stacks do not fit onto each other, or an activation is not known.

    References
    ----------
    NeuralAmpModelerCore, NAM/wavenet: the order of operations, and prewarming.
    """
    program = _at_rest(plan_wavenet(description), description.prewarm_frames)
    name = description.metadata.get("name")
    return Kernel(
        name=name if isinstance(name, str) and name else "WaveNet",
        functions=wavenet_functions(),
        program=program,
        channels=(1, MOST_VOICES),
    )


def plan_wavenet(description: ModelDescription) -> ProgramWriter:
    """Write the operations of a WaveNet; raises as `wavenet_kernel` does."""
    if not isinstance(description.architecture, WaveNet):
        raise ModelError("this kernel plays WaveNets only")
    shapes = description.architecture.layer_arrays
    _check(shapes)
    stacks = [_read_stack(description, number, shape) for number, shape in enumerate(shapes)]
    scale = float(description.arrays["head_scale"][0])
    stacks[-1] = replace(stacks[-1], head=scale * stacks[-1].head, head_bias=scale * stacks[-1].head_bias)
    return _plan(stacks)


def _check(shapes: tuple[LayerArray, ...]) -> None:
    """Check that the stacks fit onto each other: a misfit would read memory that is not the model's."""
    inputs, sums = 1, None
    for number, shape in enumerate(shapes):
        if (shape.input_size, shape.condition_size) != (inputs, 1) or sums not in (None, shape.channels):
            raise ModelError(
                f"layer array {number} does not fit what is before it: it needs input_size {inputs}, condition_size 1"
                f"{f' and {sums} channels' if sums else ''}"
            )
        if not shape.dilations or min(shape.dilations) < 1:
            raise ModelError(f"layer array {number} has dilations {shape.dilations}: it needs one a layer, each from 1")
        inputs, sums = shape.channels, shape.head_size
    if sums != 1:
        raise ModelError(f"the last layer array has head_size {sums}: a kernel plays one output, so it must be 1")


@dataclass(frozen=True)
class _Layer:
    """A layer in float64, with the activations' scales in its weights."""

    weights: Float64Array  # taps, outputs (filter rows, then gate rows), inputs
    bias: Float64Array
    mixin: Float64Array  # outputs, condition rows
    one: Float64Array  # the 1x1: outputs, inputs
    one_bias: Float64Array
    dilation: int


@dataclass(frozen=True)
class _Stack:
    shape: LayerArray
    rechannel: Float64Array  # channels, inputs
    layers: tuple[_Layer, ...]
    head: Float64Array  # taps, outputs, inputs
    head_bias: Float64Array


def _read_stack(description: ModelDescription, number: int, shape: LayerArray) -> _Stack:
    def array(name: str) -> Float64Array:
        return description.arrays[f"{number}.{name}"].astype(np.float64)

    scale = np.full(shape.channels, activation_named(shape.activation).scale)
    if shape.gated:
        scale = np.append(scale, np.full(shape.channels, GATE.scale))
    layers = tuple(
        _Layer(
            weights=scale[:, None] * array(f"layers.{i}.conv.weight").transpose(2, 0, 1),
            bias=scale * array(f"layers.{i}.conv.bias"),
            mixin=scale[:, None] * array(f"layers.{i}.mixin.weight"),
            one=array(f"layers.{i}.one.weight"),
            one_bias=array(f"layers.{i}.one.bias"),
            dilation=dilation,
        )
        for i, dilation in enumerate(shape.dilations)
    )
    head_bias = array("head.bias") if shape.head_bias else np.zeros(shape.head_size)
    return _Stack(shape, array("rechannel.weight"), layers, array("head.weight")[None], head_bias)


def _plan(stacks: list[_Stack]) -> ProgramWriter:
    writer = ProgramWriter(look_back=stacks[0].shape.look_back(0))
    widest = max(stack.shape.channels for stack in stacks)
    hidden = writer.signal(widest)
    gate = writer.signal(widest) if any(stack.shape.gated for stack in stacks) else NOTHING
    source = INPUT
    head: Convolution | None = None
    for number, stack in enumerate(stacks):
        sums = writer.signal(stack.shape.channels)
        if head:
            writer.convolve(replace(head, target=sums))
        following = stacks[number + 1] if number + 1 < len(stacks) else None
        for i, layer in enumerate(stack.layers):
            folded = stack.rechannel if source == INPUT else None
            outputs = _filter(writer, stack, layer, source, folded, gate)
            outputs = replace(outputs, head=sums, head_mode=ADD if number or i else STORE)
            step = _Step(layer.one, layer.one_bias, folded)
            if i + 1 < len(stack.layers):
                target = writer.signal(stack.shape.channels, look_back=stack.shape.look_back(i + 1))
            elif following:
                step = step.through(following.rechannel)
                target = writer.signal(following.shape.channels, look_back=following.shape.look_back(0))
            else:
                writer.convolve(outputs)  # nothing but the head hears the last layer
                break
            _go_on(writer, outputs, step, target, hidden)
            source = target
        head = Convolution(source=sums, weights=stack.head, bias=stack.head_bias)
        if not following:
            writer.convolve(replace(head, target=OUTPUT))
    return writer


@dataclass(frozen=True)
class _Step:
    """What leads from a layer's outputs to the next layer's source: ``one @ outputs + bias + residual @ source``."""

    one: Float64Array
    bias: Float64Array
    residual: Float64Array | None  # the identity

    def through(self, rechannel: Float64Array) -> "_Step":
        """Return this step with the next stack's rechannel behind it."""
        residual = rechannel if self.residual is None else rechannel @ self.residual
        return _Step(rechannel @ self.one, rechannel @ self.bias, residual)


def _filter(
    writer: ProgramWriter, stack: _Stack, layer: _Layer, source: int, folded: Float64Array | None, gate: int
) -> Convolution:
    """Return the convolution that makes a layer's outputs; in a gated layer, write the gate's own before it."""
    activation = activation_named(stack.shape.activation)
    both = Convolution(
        source=source,
        weights=layer.weights if folded is None else layer.weights @ folded,
        bias=layer.bias,
        dilation=layer.dilation,
        condition=INPUT,
        condition_weights=layer.mixin,
        activation=activation.code,
        parameter=activation.parameter,
    )
    if not stack.shape.gated:
        return both
    filters, gates = slice(None, stack.shape.channels), slice(stack.shape.channels, None)
    writer.convolve(replace(both.outputs(gates), activation=GATE.code, target=gate))
    return replace(both.outputs(filters), factor=gate)


def _go_on(writer: ProgramWriter, outputs: Convolution, step: _Step, target: int, hidden: int) -> None:
    """Write a layer and its step to the next, as one operation where that is possible."""
    rows, inputs = step.one.shape
    from_input = step.residual is not None and outputs.source == INPUT
    if rows == inputs and rows in FUSED_CHANNELS and (step.residual is None or from_input):
        share = None if step.residual is None else step.residual[:, 0]
        writer.convolve(outputs, Projection(weights=step.one, bias=step.bias, target=target, condition_weights=share))
        return
    writer.convolve(replace(outputs, target=hidden))
    one = Convolution(source=hidden, weights=step.one[None], bias=step.bias, target=target)
    if step.residual is None:
        writer.convolve(replace(one, residual=outputs.source))
    else:
        writer.convolve(replace(one, condition=outputs.source, condition_weights=step.residual))


def _at_rest(writer: ProgramWriter, prewarm_frames: int) -> NDArray[np.uint8]:
    """Pack a program whose voice at rest has heard silence for `prewarm_frames`, rounded up to whole blocks."""
    program = writer.program()
    functions = wavenet_functions()
    setup = np.array([(DEFAULT_SAMPLE_RATE, PREWARM_FRAMES, 1, 1, 0)], SETUP)
    state = aligned_bytes(functions.measure.ctypes(program.ctypes.data, setup.ctypes.data))
    functions.prepare.ctypes(state.ctypes.data, program.ctypes.data, setup.ctypes.data)
    silence, ignored = np.zeros(PREWARM_FRAMES, np.float32), np.zeros(PREWARM_FRAMES, np.float32)
    rows = np.array([silence.ctypes.data, ignored.ctypes.data])
    left = -(-prewarm_frames // BLOCK) * BLOCK
    while left:
        frames = min(left, PREWARM_FRAMES)
        functions.process.ctypes(state.ctypes.data, rows[:1].ctypes.data, rows[1:].ctypes.data, frames)
        left -= frames
    return writer.program(*voice_of(state, program))
