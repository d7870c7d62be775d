"""LSTM in a .nam file: input and recurrent weights side by side, the initial state behind them.

The inputs beside the audio, which the format allows and its players do not feed, are our knobs.
"""

from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ...description import Architecture, ArrayShapes, ModelDescription, Recurrent, checked_shapes
from ..reading import validated
from .codec import Arrays, Codec, Config, Count, Document, Only1, Place, ReadDocument, WriteDocument, split


class _LstmConfig(Config):
    input_size: Annotated[int, Field(strict=True, ge=1, le=65)]
    hidden_size: Count
    num_layers: Annotated[int, Field(strict=True, ge=1, le=64)]
    in_channels: Only1 = 1
    out_channels: Only1 = 1


def _read(config: Any, weights: Any, place: Place, read_document: ReadDocument) -> tuple[Architecture, Arrays]:
    given = validated(place.path, _LstmConfig, config, where=place.name("config"))
    architecture = Recurrent("lstm", given.input_size, given.hidden_size, given.num_layers, initial_state=True)
    checked_shapes(architecture)
    hidden, packed = given.hidden_size, ArrayShapes()
    for layer in range(given.num_layers):
        packed[f"{layer}.both.weight"] = (4 * hidden, (given.input_size if layer == 0 else hidden) + hidden)
        packed[f"{layer}.input.bias"] = (4 * hidden,)
        packed[f"{layer}.hidden"] = packed[f"{layer}.cell"] = (hidden,)
    packed["head.weight"], packed["head.bias"] = (1, hidden), (1,)
    arrays = split(weights, packed, place)
    for layer in range(given.num_layers):
        both = arrays.pop(f"{layer}.both.weight")
        arrays[f"{layer}.input.weight"] = np.ascontiguousarray(both[:, :-hidden])
        arrays[f"{layer}.recurrent.weight"] = np.ascontiguousarray(both[:, -hidden:])
    return architecture, arrays


def _config(description: ModelDescription, write_document: WriteDocument) -> Document:
    architecture = description.architecture
    assert isinstance(architecture, Recurrent)
    return {
        "input_size": architecture.input_size,
        "hidden_size": architecture.hidden_size,
        "num_layers": architecture.layers,
    }


def _weights(description: ModelDescription) -> NDArray[np.float32]:
    architecture = description.architecture
    assert isinstance(architecture, Recurrent)
    arrays, parts = description.arrays, list[NDArray[np.float32]]()
    rest = np.zeros(architecture.hidden_size, np.float32)
    for layer in range(architecture.layers):
        bias = arrays[f"{layer}.input.bias"]
        if architecture.recurrent_bias:
            bias = bias + arrays[f"{layer}.recurrent.bias"]
        parts += [
            np.hstack([arrays[f"{layer}.input.weight"], arrays[f"{layer}.recurrent.weight"]]).ravel(),
            bias,
            arrays.get(f"{layer}.hidden", rest),
            arrays.get(f"{layer}.cell", rest),
        ]
    return np.concatenate([*parts, arrays["head.weight"].ravel(), arrays["head.bias"]])


LSTM = Codec("LSTM", Recurrent, _read, _config, _weights)
