"""The layers of a WaveNet in float64, as the plan of its operations needs them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...architectures.wavenet import GatingMode, LayerArray
from ..activations import Activation, activation_named
from .operations import TILES
from .program import Float64Array

FUSED_CHANNELS: Final = tuple(rows for rows in TILES if rows > 1)
"""Layers of so many channels are one operation."""

Arrays = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class LinearMap:
    """A matrix and a bias: of a 1x1 convolution."""

    weights: Float64Array  # outputs, inputs
    bias: Float64Array

    def __add__(self, other: "LinearMap") -> "LinearMap":
        return LinearMap(self.weights + other.weights, self.bias + other.bias)

    def then(self, weights: Float64Array) -> "LinearMap":
        """Return this map with another matrix behind it."""
        return LinearMap(weights @ self.weights, weights @ self.bias)


@dataclass(frozen=True)
class Modulation:
    """A FiLM: scale and shift as maps of the condition."""

    scale: LinearMap
    shift: LinearMap | None


@dataclass(frozen=True)
class Layer:
    """A layer."""

    weights: Float64Array  # taps, outputs (filter rows, then gate rows), inputs
    bias: Float64Array
    mixin: Float64Array  # outputs, condition rows
    one: LinearMap | None  # the 1x1 to the next layer
    head: LinearMap | None  # the 1x1 to the sums
    films: Mapping[str, Modulation]
    dilation: int
    width: int
    activation: Activation
    secondary: Activation
    gating: GatingMode

    @property
    def look_back(self) -> int:
        """Frames before the current one that the convolution reads."""
        return (len(self.weights) - 1) * self.dilation

    @property
    def is_plain(self) -> bool:
        """Whether convolutions alone can do everything: as in A1, and in A2 as it is trained."""
        fused = self.activation.fused and (self.gating == "none" or self.secondary.fused)
        return fused and self.gating != "blended" and not self.films and self.head is None and self.one is not None


@dataclass(frozen=True)
class Stack:
    """A layer array."""

    shape: LayerArray
    rechannel: Float64Array  # channels, inputs
    layers: tuple[Layer, ...]
    head: Float64Array  # taps, outputs, inputs
    head_bias: Float64Array

    def source_look_back(self, number: int) -> int:
        """Frames that the signal which is the input of a layer has to remember."""
        if not self.shape.layer1x1:  # one signal is the input of all layers
            return max(self._own_look_back(layer) for layer in self.layers)
        return self._own_look_back(self.layers[number])

    def _own_look_back(self, layer: Layer) -> int:
        return 0 if "conv_pre_film" in layer.films else layer.look_back


def read_stack(arrays: Arrays, number: int, shape: LayerArray) -> Stack:
    """Gather the arrays of a stack; groups become matrices with zeros."""

    def array(name: str) -> Float64Array:
        return arrays[f"{number}.{name}"].astype(np.float64)

    def linear_map(name: str, groups: int) -> LinearMap:
        return LinearMap(ungrouped(array(f"{name}.weight"), groups), array(f"{name}.bias"))

    def modulation(site: str, i: int) -> Modulation:
        film, rows = shape.films[site], shape.film_rows(site, i)
        both = linear_map(f"layers.{i}.{site}", film.groups)
        scale = LinearMap(both.weights[:rows], both.bias[:rows])
        return Modulation(scale, LinearMap(both.weights[rows:], both.bias[rows:]) if film.shift else None)

    def layer(i: int) -> Layer:
        name, gating = f"layers.{i}", shape.gating[i]
        # The original engine modulates the 1x1's output in blended layers only; its trainer does so in all.
        films = [site for site in shape.films if site != "layer1x1_post_film" or gating == "blended"]
        return Layer(
            weights=ungrouped(array(f"{name}.conv.weight"), shape.groups_input).transpose(2, 0, 1),
            bias=array(f"{name}.conv.bias"),
            mixin=ungrouped(array(f"{name}.mixin.weight"), shape.groups_mixin),
            one=linear_map(f"{name}.one", shape.layer1x1_groups) if shape.layer1x1 else None,
            head=linear_map(f"{name}.head", shape.head1x1.groups) if shape.head1x1 else None,
            films={site: modulation(site, i) for site in films},
            dilation=shape.dilations[i],
            width=shape.width,
            activation=activation_named(shape.activations[i]),
            secondary=activation_named(shape.secondary_activations[i]),
            gating=gating,
        )

    head = array("head.weight")
    return Stack(
        shape=shape,
        rechannel=array("rechannel.weight"),
        layers=tuple(map(layer, range(len(shape.dilations)))),
        head=head[None] if head.ndim == 2 else head.transpose(2, 0, 1),
        head_bias=array("head.bias") if shape.head_bias else np.zeros(shape.head_size),
    )


def ungrouped(weights: Float64Array, groups: int) -> Float64Array:
    """The whole matrix of a grouped convolution, shape (outputs, inputs, ...)."""
    if groups == 1:
        return weights
    outputs, inputs = weights.shape[0] // groups, weights.shape[1]
    whole = np.zeros((weights.shape[0], inputs * groups, *weights.shape[2:]))
    for group in range(groups):
        rows = slice(group * outputs, (group + 1) * outputs)
        whole[rows, group * inputs : (group + 1) * inputs] = weights[rows]
    return whole
