"""The plan of operations for a model: which convolution or row operation does what, on which signal.

Products of linear maps are taken ahead, in float64: the rechannel of the first stack with its first convolution, the
rechannel of a later stack with the last 1x1 before it, the head's scale with the head, batch normalization with its
convolution. The layers' outputs are added up for the head while they are in registers. Where all outputs of a layer
fit one tile, its 1x1 and its residual are done there too, and the layer is one operation.
"""

from dataclasses import replace

import numpy as np

from ...architectures.convnet import ConvNet, Linear
from ...architectures.sequential import Sequential
from ...architectures.wavenet import WaveNet
from ..activations import Activation, activation_named
from .general_layer import GeneralLayer, Scratch
from .layers import FUSED_CHANNELS, Arrays, Layer, LinearMap, Stack, read_stack
from .operations import ADD, NOTHING, STORE
from .program import Convolution, Float64Array, ProgramWriter, Projection, Rows

FeedForward = WaveNet | ConvNet | Linear | Sequential


def look_back_of(architecture: FeedForward) -> int:
    """Frames of its input that a model has to remember."""
    match architecture:
        case WaveNet(stacks, condition):
            own = stacks[0].look_back(0) if stacks[0].layer1x1 else 0
            return max(own, look_back_of(condition) if condition else 0)
        case ConvNet():
            return architecture.dilations[0]
        case Linear():
            return architecture.receptive_field - 1
        case Sequential():
            return look_back_of(architecture.models[0])


def plan_model(writer: ProgramWriter, architecture: FeedForward, arrays: Arrays, source: int, target: int) -> None:
    """Write the operations that play a model from one signal, which remembers `look_back_of`, into another.

    Raises
    ------
    ModelError
        When an activation is not known.
    """
    match architecture:
        case WaveNet():
            _WaveNetPlan(writer, architecture, arrays, source, target).write()
        case ConvNet():
            _plan_convnet(writer, architecture, arrays, source, target)
        case Linear():
            bias = arrays["bias"].astype(np.float64) if architecture.bias else np.zeros(1)
            taps = arrays["weight"].astype(np.float64)[::-1, None, None]
            writer.convolve(Convolution(source=source, weights=taps, bias=bias, target=target))
        case Sequential():
            for number, model in enumerate(architecture.models):
                last = number + 1 == len(architecture.models)
                into = target if last else writer.signal(1, look_back=look_back_of(architecture.models[number + 1]))
                plan_model(writer, model, _part(arrays, str(number)), source, into)
                source = into


def _part(arrays: Arrays, name: str) -> Arrays:
    prefix = f"{name}."
    return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}


def activate(writer: ProgramWriter, outputs: Convolution, activation: Activation) -> None:
    """Write a convolution into its target, with an activation behind it."""
    if activation.fused:
        writer.convolve(activated(outputs, activation))
        return
    rows = outputs.bias.size
    linear = writer.signal(rows)
    writer.convolve(replace(outputs, target=linear))
    writer.each_row(Rows(source=linear, rows=rows, activation=activation, target=outputs.target))


def activated(outputs: Convolution, activation: Activation) -> Convolution:
    """A convolution that applies an activation to its sums, the activation's scale in its weights."""
    scale, mixed = activation.scale, outputs.condition_weights
    return replace(
        outputs,
        weights=scale * outputs.weights,
        bias=scale * outputs.bias,
        condition_weights=None if mixed is None else scale * mixed,
        activation=activation.code,
        parameter=activation.numbers[0] if activation.numbers else 0.0,
    )


def _plan_convnet(writer: ProgramWriter, architecture: ConvNet, arrays: Arrays, source: int, target: int) -> None:
    def array(name: str) -> Float64Array:
        return arrays[name].astype(np.float64)

    activation = activation_named(architecture.activation)
    for i, dilation in enumerate(architecture.dilations):
        weights = array(f"{i}.conv.weight").transpose(2, 0, 1)
        if architecture.batch_norm:
            scale = array(f"{i}.norm.weight") / np.sqrt(array(f"{i}.norm.epsilon") + array(f"{i}.norm.variance"))
            weights, bias = scale[:, None] * weights, array(f"{i}.norm.bias") - scale * array(f"{i}.norm.mean")
        else:
            bias = array(f"{i}.conv.bias")
        last = i + 1 == len(architecture.dilations)
        into = writer.signal(architecture.channels, look_back=0 if last else architecture.dilations[i + 1])
        outputs = Convolution(source=source, weights=weights, bias=bias, dilation=dilation, target=into)
        activate(writer, outputs, activation)
        source = into
    head = array("head.weight")[None]
    writer.convolve(Convolution(source=source, weights=head, bias=array("head.bias"), target=target))


class _WaveNetPlan:
    """Writes the operations of one WaveNet."""

    def __init__(self, writer: ProgramWriter, architecture: WaveNet, arrays: Arrays, source: int, target: int) -> None:
        self.writer, self.architecture, self.arrays = writer, architecture, arrays
        self.source, self.target = source, target
        self.stacks = [read_stack(arrays, n, shape) for n, shape in enumerate(architecture.layer_arrays)]
        scale, last = float(arrays["head_scale"][0]), self.stacks[-1]
        self.stacks[-1] = replace(last, head=scale * last.head, head_bias=scale * last.head_bias)
        plain = [layer for stack in self.stacks for layer in stack.layers if layer.is_plain]
        widest = max((layer.width for layer in plain), default=0)
        self.hidden = writer.signal(widest) if plain else NOTHING
        self.gate = writer.signal(widest) if any(layer.gating != "none" for layer in plain) else NOTHING
        self.scratch = Scratch(writer)
        self.condition = self._condition()

    def _condition(self) -> int:
        condition = self.architecture.condition
        if condition is None:
            return self.source
        signal = self.writer.signal(condition.outputs)
        plan_model(self.writer, condition, _part(self.arrays, "condition"), self.source, signal)
        return signal

    def write(self) -> None:
        """Write all stacks and what is behind them."""
        x, head = self.source, None
        for number, stack in enumerate(self.stacks):
            sums = self.writer.signal(stack.shape.sums, look_back=stack.shape.head_look_back)
            if head:
                self.writer.convolve(replace(head, target=sums))
            following = self.stacks[number + 1] if number + 1 < len(self.stacks) else None
            x = self._stack(stack, x, sums, following, starts=head is None)
            head = Convolution(
                source=sums, weights=stack.head, bias=stack.head_bias, dilation=stack.shape.head_dilation
            )
        assert head
        self._heads(head)

    def _stack(self, stack: Stack, x: int, sums: int, following: Stack | None, *, starts: bool) -> int:
        """Write the layers of a stack; return the input of the following one, its rechannel done."""
        writer = self.writer
        folded = None
        if x == self.source:  # the first stack's rechannel
            if stack.layers[0].is_plain and self.condition == self.source:
                folded = stack.rechannel
            else:
                x = self._rechannel(stack, x)
        for i, layer in enumerate(stack.layers):
            mode = STORE if starts and i == 0 else ADD
            last = i + 1 == len(stack.layers)
            heard = not last or following is not None  # by more than the head
            if layer.is_plain:
                outputs = replace(self._plain(layer, x, folded), head=sums, head_mode=mode)
                if not heard:
                    writer.convolve(outputs)
                    break
                step = _Step(layer.one, folded)
                if not last:
                    into = writer.signal(stack.shape.channels, look_back=stack.source_look_back(i + 1))
                else:
                    assert following
                    step = step.through(following.rechannel)
                    into = writer.signal(following.shape.channels, look_back=following.source_look_back(0))
                self._go_on(outputs, step, into)
                x, folded = into, None
                continue
            general = GeneralLayer(writer, self.scratch, layer, x, self.condition)
            general.write_outputs(sums, mode, heard=heard)
            if heard and layer.one:
                look_back = 0 if last else stack.source_look_back(i + 1)
                into = writer.signal(stack.shape.channels, look_back=look_back)
                general.write_step(into)
                x = into
            if last and following:
                x = self._rechannel(following, x)
        return x

    def _rechannel(self, stack: Stack, x: int) -> int:
        into = self.writer.signal(stack.shape.channels, look_back=stack.source_look_back(0))
        bias = np.zeros(stack.shape.channels)
        self.writer.convolve(Convolution(source=x, weights=stack.rechannel[None], bias=bias, target=into))
        return into

    def _plain(self, layer: Layer, x: int, folded: Float64Array | None) -> Convolution:
        """Return the convolution that makes a layer's outputs; in a gated layer, write the gate's own before it."""
        both = Convolution(
            source=x,
            weights=layer.weights if folded is None else layer.weights @ folded,
            bias=layer.bias,
            dilation=layer.dilation,
            condition=self.condition,
            condition_weights=layer.mixin,
        )
        if layer.gating == "none":
            return activated(both, layer.activation)
        filters, gates = slice(None, layer.width), slice(layer.width, None)
        self.writer.convolve(replace(activated(both.outputs(gates), layer.secondary), target=self.gate))
        return replace(activated(both.outputs(filters), layer.activation), factor=self.gate)

    def _go_on(self, outputs: Convolution, step: "_Step", target: int) -> None:
        """Write a layer and its step to the next, as one operation where that is possible."""
        writer, residual = self.writer, step.residual
        rows, inputs = step.one.weights.shape
        from_input = residual is not None and outputs.source == self.source and self.architecture.inputs == 1
        if rows == inputs == outputs.bias.size and rows in FUSED_CHANNELS and (residual is None or from_input):
            share = None if residual is None else residual[:, 0]
            weights, bias = step.one.weights, step.one.bias
            writer.convolve(outputs, Projection(weights=weights, bias=bias, target=target, condition_weights=share))
            return
        writer.convolve(replace(outputs, target=self.hidden))
        one = Convolution(source=self.hidden, weights=step.one.weights[None], bias=step.one.bias, target=target)
        if residual is None:
            writer.convolve(replace(one, residual=outputs.source))
        else:
            writer.convolve(replace(one, condition=outputs.source, condition_weights=residual))

    def _heads(self, head: Convolution) -> None:
        """Write the last stack's head and the convolutions behind it."""
        post = self.architecture.post_head
        if post is None:
            self.writer.convolve(replace(head, target=self.target))
            return
        activation = activation_named(post.activation)
        for number, size in enumerate(post.kernel_sizes):
            into = self.writer.signal(head.bias.size, look_back=size - 1)
            activate(self.writer, replace(head, target=into), activation)
            weights = self.arrays[f"post.{number}.weight"].astype(np.float64).transpose(2, 0, 1)
            bias = self.arrays[f"post.{number}.bias"].astype(np.float64)
            head = Convolution(source=into, weights=weights, bias=bias)
        self.writer.convolve(replace(head, target=self.target))


class _Step:
    """What leads from a layer's outputs to the next layer's source: ``one @ outputs + bias + residual @ source``."""

    def __init__(self, one: LinearMap | None, residual: Float64Array | None) -> None:
        assert one
        self.one, self.residual = one, residual  # no residual matrix: the identity

    def through(self, rechannel: Float64Array) -> "_Step":
        """Return this step with the next stack's rechannel behind it."""
        residual = rechannel if self.residual is None else rechannel @ self.residual
        return _Step(self.one.then(rechannel), residual)
