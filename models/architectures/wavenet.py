"""Neural Amp Modeler's WaveNets, first (A1) and second (A2) architecture."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .activation import ActivationName
from .convnet import ArrayShapes, ConvNet, Linear

GatingMode = Literal["none", "gated", "blended"]
"""What the second half of a layer's rows does: nothing (there is none), multiply the first, or blend it with its own
linear part."""

FILM_SITES = (
    "conv_pre_film",
    "conv_post_film",
    "input_mixin_pre_film",
    "input_mixin_post_film",
    "activation_pre_film",
    "activation_post_film",
    "layer1x1_post_film",
    "head1x1_post_film",
)
"""Where a layer can be modulated, in the order of the weights in a .nam file."""


@dataclass(frozen=True)
class Film:
    """Feature-wise linear modulation: a signal times, and plus, a linear map of the condition.

    References
    ----------
    E. Perez et al., "FiLM: Visual Reasoning with a General Conditioning Layer", AAAI 2018.
    """

    shift: bool = True
    groups: int = 1


@dataclass(frozen=True)
class HeadProjection:
    """A 1x1 convolution of a layer's own between its outputs and the sum for the head."""

    channels: int
    groups: int = 1


@dataclass(frozen=True)
class LayerArray:
    """A stack of dilated convolution layers that share their width (one entry of "layers" in a .nam file).

    Its arrays, for the stack with number ``n`` and the layer with number ``i``:

    =========================== =============================== =======================================
    ``n.rechannel.weight``      (channels, input_size)          input of the stack
    ``n.layers.i.conv``         ``.weight`` (out, channels, kernel_size), ``.bias`` (out,); the last tap is the newest
                                frame
    ``n.layers.i.mixin``        ``.weight`` (out, condition_size)
    ``n.layers.i.one``          ``.weight`` (channels, width), ``.bias`` (channels,): the 1x1 to the next layer
    ``n.layers.i.head``         ``.weight`` (head1x1.channels, width), ``.bias``: with `head1x1`
    ``n.layers.i.<film site>``  ``.weight`` (rows, condition_size), ``.bias`` (rows,): scales, then shifts
    ``n.head``                  ``.weight`` (head_size, sums, head_kernel_size), ``.bias`` (head_size,) with `head_bias`
    =========================== =============================== =======================================

    where ``width`` is the bottleneck, ``out`` twice that in a gated or blended layer (filter rows, then gate rows), and
    ``sums`` the width of what the layers add up to; ``n.head.weight`` has no last axis when `head_kernel_size` is 1.
    With groups the second axis of a weight is that much shorter, as in torch.

    Attributes
    ----------
    kernel_size, activation, gated, secondary_activation
        One for all layers, or a tuple with one for each. `gated` is a `GatingMode`; True and False say "gated" and
        "none".
    bottleneck : int or None
        Width inside the layers; None: as `channels`.
    layer1x1 : bool
        Without it a layer's outputs go to the head only.
    films : mapping of str to Film
        The modulations, by the names in `FILM_SITES`.
    slimmable_channels : tuple of int
        Widths the stack can be cut down to, ascending; empty when it cannot.
    """

    input_size: int
    condition_size: int
    channels: int
    kernel_size: int | tuple[int, ...]
    dilations: tuple[int, ...]
    activation: ActivationName | tuple[ActivationName, ...]
    gated: bool | GatingMode | tuple[GatingMode, ...]
    head_size: int
    head_bias: bool
    head_kernel_size: int = 1
    head_dilation: int = 1
    bottleneck: int | None = None
    secondary_activation: ActivationName | tuple[ActivationName, ...] = "Sigmoid"
    groups_input: int = 1
    groups_mixin: int = 1
    layer1x1: bool = True
    layer1x1_groups: int = 1
    head1x1: HeadProjection | None = None
    films: Mapping[str, Film] = field(default_factory=dict[str, Film])
    slimmable_channels: tuple[int, ...] = ()

    @property
    def kernel_sizes(self) -> tuple[int, ...]:
        """Taps of each layer."""
        return self._each(self.kernel_size)

    @property
    def activations(self) -> tuple[ActivationName, ...]:
        """Activation of each layer."""
        return self._each(self.activation)

    @property
    def secondary_activations(self) -> tuple[ActivationName, ...]:
        """Activation of the gate rows of each layer."""
        return self._each(self.secondary_activation)

    @property
    def gating(self) -> tuple[GatingMode, ...]:
        """Gating mode of each layer."""
        gated = self.gated
        if isinstance(gated, bool):
            gated = "gated" if gated else "none"
        return self._each(gated)

    def _each(self, value: Any) -> Any:
        return value if isinstance(value, tuple) else (value,) * len(self.dilations)

    @property
    def width(self) -> int:
        """Outputs of a layer before its 1x1 convolutions."""
        return self.channels if self.bottleneck is None else self.bottleneck

    @property
    def sums(self) -> int:
        """Rows that the layers add up to for the head."""
        return self.head1x1.channels if self.head1x1 else self.width

    def rows(self, layer: int) -> int:
        """Outputs of the convolution of layer number `layer`."""
        return self.width if self.gating[layer] == "none" else 2 * self.width

    def look_back(self, layer: int) -> int:
        """Frames before the current one that layer number `layer` reads."""
        return (self.kernel_sizes[layer] - 1) * self.dilations[layer]

    @property
    def head_look_back(self) -> int:
        """Frames before the current one that the head reads."""
        return (self.head_kernel_size - 1) * self.head_dilation

    def film_rows(self, site: str, layer: int) -> int:
        """Rows that the modulation at a site scales."""
        return {
            "conv_pre_film": self.channels,
            "input_mixin_pre_film": self.condition_size,
            "activation_post_film": self.width,
            "layer1x1_post_film": self.channels,
            "head1x1_post_film": self.sums,
        }.get(site, self.rows(layer))

    def shapes(self, number: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the arrays, in the order of the weights in a .nam file."""
        yield f"{number}.rechannel.weight", (self.channels, self.input_size)
        for layer, kernel_size in enumerate(self.kernel_sizes):
            name, out = f"{number}.layers.{layer}", self.rows(layer)
            yield f"{name}.conv.weight", (out, self.channels // self.groups_input, kernel_size)
            yield f"{name}.conv.bias", (out,)
            yield f"{name}.mixin.weight", (out, self.condition_size // self.groups_mixin)
            if self.layer1x1:
                yield f"{name}.one.weight", (self.channels, self.width // self.layer1x1_groups)
                yield f"{name}.one.bias", (self.channels,)
            if self.head1x1:
                yield f"{name}.head.weight", (self.sums, self.width // self.head1x1.groups)
                yield f"{name}.head.bias", (self.sums,)
            for site in FILM_SITES:
                if site in self.films:
                    film = self.films[site]
                    rows = (2 if film.shift else 1) * self.film_rows(site, layer)
                    yield f"{name}.{site}.weight", (rows, self.condition_size // film.groups)
                    yield f"{name}.{site}.bias", (rows,)
        kernel = () if self.head_kernel_size == 1 else (self.head_kernel_size,)
        yield f"{number}.head.weight", (self.head_size, self.sums, *kernel)
        if self.head_bias:
            yield f"{number}.head.bias", (self.head_size,)

    @property
    def grouped(self) -> Iterator[tuple[str, int, int, int]]:
        """Every grouped map as (name, groups, inputs, outputs): both sizes have to be multiples of the groups."""
        for layer in range(len(self.dilations)):
            yield "groups_input", self.groups_input, self.channels, self.rows(layer)
            yield "groups_input_mixin", self.groups_mixin, self.condition_size, self.rows(layer)
            for site, film in self.films.items():
                rows = (2 if film.shift else 1) * self.film_rows(site, layer)
                yield f"{site}.groups", film.groups, self.condition_size, rows
        if self.layer1x1:
            yield "layer1x1.groups", self.layer1x1_groups, self.width, self.channels
        if self.head1x1:
            yield "head1x1.groups", self.head1x1.groups, self.width, self.sums


@dataclass(frozen=True)
class PostHead:
    """Convolutions behind a WaveNet's stacks, each after an activation.

    Their arrays, for convolution number ``k``: ``post.k.weight`` (out, in, kernel_size) and ``post.k.bias`` (out,),
    where all but the last have `channels` outputs.
    """

    channels: int
    out_channels: int
    kernel_sizes: tuple[int, ...]
    activation: ActivationName

    def shapes(self, inputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the arrays behind stacks with so many outputs."""
        for number, kernel_size in enumerate(self.kernel_sizes):
            outputs = self.out_channels if number + 1 == len(self.kernel_sizes) else self.channels
            yield f"post.{number}.weight", (outputs, inputs, kernel_size)
            yield f"post.{number}.bias", (outputs,)
            inputs = outputs


@dataclass(frozen=True)
class WaveNet:
    """NAM's WaveNet: stacks of layers one behind the other, their heads summed.

    Its first architecture (A1) is this with the defaults of `LayerArray`; the second (A2) has everything.

    Attributes
    ----------
    condition : architecture or None
        A network that makes the condition of all layers from the input; None: the input is the condition. Its arrays
        have ``condition.`` before their names.
    post_head : PostHead or None
        Convolutions behind the stacks.
    inputs : int
        The audio, and a knob each for the others: rows of the first stack's input and of the condition.

    References
    ----------
    A. van den Oord et al., "WaveNet: A Generative Model for Raw Audio", 2016; as a feed-forward amplifier model:
    A. Wright et al., "Real-Time Guitar Amplifier Emulation with Deep Learning", Applied Sciences 10(3), 2020.
    """

    layer_arrays: tuple[LayerArray, ...]
    condition: "WaveNet | ConvNet | Linear | None" = None
    post_head: PostHead | None = None
    inputs: int = 1

    @property
    def receptive_field(self) -> int:
        """Frames of input, the current one included, that an output frame depends on."""
        frames = 1 if self.condition is None else self.condition.receptive_field
        for stack in self.layer_arrays:
            frames += sum(stack.look_back(i) for i in range(len(stack.dilations))) + stack.head_look_back
        return frames + (sum(k - 1 for k in self.post_head.kernel_sizes) if self.post_head else 0)

    @property
    def history_size(self) -> int:
        """Values the layers have to remember."""
        size = 0 if self.condition is None else self.condition.history_size
        for stack in self.layer_arrays:
            size += stack.channels * sum(stack.look_back(i) for i in range(len(stack.dilations)))
            size += stack.sums * stack.head_look_back
        if self.post_head:
            size += sum(
                shape[1] * shape[2] for _, shape in self.post_head.shapes(self.layer_arrays[-1].head_size) if shape[1:]
            )
        return size

    @property
    def widths(self) -> Iterator[int]:
        """The widths of all layers."""
        for stack in self.layer_arrays:
            yield from (stack.channels, stack.head_size, stack.width, stack.sums, stack.condition_size)
        if self.post_head:
            yield from (self.post_head.channels, self.post_head.out_channels)
        if self.condition:
            yield from self.condition.widths

    @property
    def outputs(self) -> int:
        """Number of output signals: 1, but for a network that makes the condition of another."""
        return self.post_head.out_channels if self.post_head else self.layer_arrays[-1].head_size

    def shapes(self) -> ArrayShapes:
        """Names and shapes of all arrays, in the order of the weights in a .nam file."""
        shapes: ArrayShapes = {}
        for number, stack in enumerate(self.layer_arrays):
            shapes.update(stack.shapes(number))
        if self.post_head:
            shapes.update(self.post_head.shapes(self.layer_arrays[-1].head_size))
        shapes["head_scale"] = (1,)
        if self.condition:
            shapes.update({f"condition.{name}": shape for name, shape in self.condition.shapes().items()})
        return shapes
