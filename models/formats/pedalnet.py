"""PedalNetRT's JSON: a gated WaveNet, its weights in flat lists by layer.

``variables`` holds ``W`` and ``b`` of layer -1 (the input), ``W_conv``, ``b_conv``, ``W_out`` and ``b_out`` of every
layer, and ``W`` and ``b`` of the layer behind the last, the linear mix. A flat list runs over taps (oldest first), then
inputs, then outputs; the numbers may stand there as text. The captures are made at 44.1 kHz.
"""

from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from ..architectures.pedalnet import PedalNet
from ..description import ModelDescription, checked_shapes
from ..errors import ModelError
from .reading import described, float32_array
from .writing import json_numbers, write_json

SAMPLE_RATE: Final = 44_100

Count = Annotated[int, Field(strict=True, ge=1, le=1 << 24)]


class _Variable(BaseModel):
    model_config = ConfigDict(extra="allow")

    layer_idx: Annotated[int, Field(strict=True, ge=-1, le=256)]
    name: str
    data: list[Any]


class _File(BaseModel):
    model_config = ConfigDict(extra="allow")

    activation: Literal["gated"]
    output_channels: Literal[1]
    input_channels: Literal[1]
    residual_channels: Count
    filter_width: Count
    dilations: Annotated[list[Count], Field(min_length=1, max_length=256)]
    variables: Annotated[list[_Variable], Field(max_length=2048)]


def is_pedalnet(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object looks like a PedalNetRT model."""
    return "variables" in document and "dilations" in document


def read_pedalnet(path: str | Path, document: dict[str, Any] | None = None) -> ModelDescription:
    """Read a PedalNetRT model.

    Raises
    ------
    ModelError
        When the file is damaged or of an architecture this reader does not know.
    """
    return described(path, document, _File, _describe)


def write_pedalnet(description: ModelDescription, path: str | Path) -> None:
    """Write a model as PedalNetRT json; replaces an existing file only when the new one is complete.

    A model read from such a file is written with everything else that stood there.

    Raises
    ------
    ModelError
        When the architecture has no counterpart in the format.
    """
    network = description.architecture
    if not isinstance(network, PedalNet):
        raise ModelError(f"{path}: PedalNetRT json holds its own WaveNet, not a {type(network).__name__}")
    given = description.document
    document = dict(given) if given and is_pedalnet(given) else _new_document(network)
    names = {place: name for name, place in _places(network)}
    variables: list[dict[str, Any]] = []
    for variable in document["variables"]:
        name = names.get((variable["layer_idx"], variable["name"]))
        data = variable["data"] if name is None else [str(x) for x in json_numbers(description.arrays[name].T.ravel())]
        variables.append({**variable, "data": data})
    write_json(path, {**document, "variables": variables})


def _places(network: PedalNet) -> Iterator[tuple[str, tuple[int, str]]]:
    """Names of the arrays, here and in the file (layer and variable)."""
    layers = len(network.dilations)
    yield from (("input.weight", (-1, "W")), ("input.bias", (-1, "b")))
    for layer in range(layers):
        for part in ("conv", "out"):
            yield f"{layer}.{part}.weight", (layer, f"W_{part}")
            yield f"{layer}.{part}.bias", (layer, f"b_{part}")
    yield from (("mix.weight", (layers, "W")), ("mix.bias", (layers, "b")))


def _describe(path: Path, file: _File, document: dict[str, Any]) -> ModelDescription:
    network = PedalNet(file.residual_channels, file.filter_width, tuple(file.dilations))
    shapes = checked_shapes(network)
    given = {(variable.layer_idx, variable.name): variable.data for variable in file.variables}
    arrays: dict[str, NDArray[np.float32]] = {}
    for name, (layer, variable) in _places(network):
        field, shape = f"variables: {variable} of layer {layer}", shapes[name]
        if (layer, variable) not in given:
            raise ModelError(f"{field}: is missing")
        flat = float32_array(path, field, given[layer, variable])
        if flat.shape != (prod(shape),):
            raise ModelError(f"{field}: has shape {flat.shape}, the other fields describe ({prod(shape)},)")
        arrays[name] = np.ascontiguousarray(flat.reshape(shape[::-1]).T)
    known = {place for _, place in _places(network)}
    variables = [
        {**variable, "data": None} if (variable["layer_idx"], variable["name"]) in known else variable
        for variable in document["variables"]
    ]
    return ModelDescription(network, arrays, SAMPLE_RATE, document={**document, "variables": variables})


def _new_document(network: PedalNet) -> dict[str, Any]:
    variables = [{"layer_idx": layer, "data": None, "name": name} for _, (layer, name) in _places(network)]
    return {
        "activation": "gated",
        "output_channels": 1,
        "input_channels": 1,
        "residual_channels": network.channels,
        "filter_width": network.kernel_size,
        "dilations": list(network.dilations),
        "variables": variables,
    }
