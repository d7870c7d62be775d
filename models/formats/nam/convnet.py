"""ConvNet, Linear and Sequential in a .nam file."""

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ...description import Architecture, ConvNet, Linear, ModelDescription, Sequential, WaveNet, checked_shapes
from ..reading import validated
from .activation import read_activation, write_activation
from .codec import (
    Arrays,
    Codec,
    Config,
    Count,
    Document,
    Only1,
    Place,
    ReadDocument,
    WriteDocument,
    joined,
    own_shapes,
    split,
)


class _ConvNetConfig(Config):
    channels: Count
    dilations: Annotated[list[Count], Field(min_length=1, max_length=256)]
    batchnorm: bool
    activation: Any
    groups: Only1 = 1  # of one input there is one group
    in_channels: Only1 = 1
    out_channels: Count = 1


class _LinearConfig(Config):
    receptive_field: Count
    bias: bool
    in_channels: Only1 = 1
    out_channels: Only1 = 1
    implementation: str = "auto"  # how the original engine computes it; the sound is the same


class _SequentialConfig(Config):
    models: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=64)]


def read_convnet(config: Any, place: Place) -> ConvNet:
    """The ConvNet that a config describes."""
    given = validated(place.path, _ConvNetConfig, config, where=place.name("config"))
    activation = read_activation(given.activation, place, "config.activation")
    return ConvNet(given.channels, tuple(given.dilations), given.batchnorm, activation, given.out_channels)


def read_linear(config: Any, place: Place) -> Linear:
    """The Linear that a config describes."""
    given = validated(place.path, _LinearConfig, config, where=place.name("config"))
    return Linear(given.receptive_field, given.bias)


def _read_convnet(config: Any, weights: Any, place: Place, read_document: ReadDocument) -> tuple[Architecture, Arrays]:
    architecture = read_convnet(config, place)
    return architecture, split(weights, checked_shapes(architecture), place)


def _read_linear(config: Any, weights: Any, place: Place, read_document: ReadDocument) -> tuple[Architecture, Arrays]:
    architecture = read_linear(config, place)
    return architecture, split(weights, checked_shapes(architecture), place)


def _read_sequential(
    config: Any, weights: Any, place: Place, read_document: ReadDocument
) -> tuple[Architecture, Arrays]:
    """A Sequential lists configs without the names of their architectures: their keys tell them apart."""
    from .wavenet import read_wavenet

    given = validated(place.path, _SequentialConfig, config, where=place.name("config"))
    models = list[WaveNet | ConvNet | Linear]()
    for number, part in enumerate(given.models):
        inside = place.inside(f"config.models.{number}")
        if "layers" in part:
            if part.get("condition_dsp") is not None:
                raise inside.error("condition_dsp", "a model in a Sequential has no place for the weights of another")
            models.append(read_wavenet(part, inside, None))
        elif "dilations" in part:
            models.append(read_convnet(part, inside))
        elif "receptive_field" in part:
            models.append(read_linear(part, inside))
        else:
            raise inside.error("config", "is none of a WaveNet, ConvNet or Linear: nothing else can be played in a row")
    architecture = Sequential(tuple(models))
    return architecture, split(weights, checked_shapes(architecture), place)


def convnet_config(architecture: ConvNet) -> Document:
    """The config of a ConvNet."""
    return {
        "channels": architecture.channels,
        "dilations": list(architecture.dilations),
        "batchnorm": architecture.batch_norm,
        "activation": write_activation(architecture.activation),
    } | ({} if architecture.outputs == 1 else {"out_channels": architecture.outputs})


def linear_config(architecture: Linear) -> Document:
    """The config of a Linear."""
    return {"receptive_field": architecture.receptive_field, "bias": architecture.bias}


def _weights(description: ModelDescription) -> NDArray[np.float32]:
    return joined(description.arrays, own_shapes(description.architecture))


def _sequential_config(description: ModelDescription, write_document: WriteDocument) -> Document:
    from .wavenet import wavenet_config

    parts = list[Document]()
    assert isinstance(description.architecture, Sequential)
    for number, model in enumerate(description.architecture.models):
        if isinstance(model, WaveNet):
            parts.append(wavenet_config(model, float(description.arrays[f"{number}.head_scale"][0])))
        else:
            parts.append(convnet_config(model) if isinstance(model, ConvNet) else linear_config(model))
    return {"models": parts}


def _convnet_config(description: ModelDescription, write_document: WriteDocument) -> Document:
    assert isinstance(description.architecture, ConvNet)
    return convnet_config(description.architecture)


def _linear_config(description: ModelDescription, write_document: WriteDocument) -> Document:
    assert isinstance(description.architecture, Linear)
    return linear_config(description.architecture)


CONVNET = Codec("ConvNet", ConvNet, _read_convnet, _convnet_config, _weights)
LINEAR = Codec("Linear", Linear, _read_linear, _linear_config, _weights)
SEQUENTIAL = Codec("Sequential", Sequential, _read_sequential, _sequential_config, _weights)
