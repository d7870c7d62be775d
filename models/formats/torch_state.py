"""A PyTorch ``state_dict`` as JSON: LSTM or GRU modules one behind the other and a linear head, as RTNeural reads them.

The file says nothing but names and numbers: ``gru.weight_ih_l0`` is the first layer of a module called ``gru``; the
modules are taken in the order in which they stand. LSTM and GRU are told apart by the number of gate rows.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..description import ModelDescription, Recurrent, checked_shapes
from ..errors import ModelError
from .reading import float32_array, in_file, read_json
from .writing import json_numbers, write_json

_LAYER: Final = re.compile(r"^(.*)weight_ih_l(\d{1,3})$")
_PARTS: Final = {
    "input.weight": "weight_ih",
    "recurrent.weight": "weight_hh",
    "input.bias": "bias_ih",
    "recurrent.bias": "bias_hh",
}


def is_torch_state(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object looks like the state_dict of a recurrent network."""
    return any(_LAYER.match(key) for key in document)


def read_torch_state(path: str | Path, document: dict[str, Any] | None = None) -> ModelDescription:
    """Read a recurrent network from a state_dict; all its layers have one size, the first input is the audio.

    Raises
    ------
    ModelError
        When the file is damaged or holds anything else.
    """
    path = Path(path)
    document = read_json(path) if document is None else document
    return in_file(path, lambda: _describe(path, document))


def write_torch_state(description: ModelDescription, path: str | Path) -> None:
    """Write a model read from such a file back; replaces an existing file only when the new one is complete.

    Raises
    ------
    ModelError
        When the model was read from another format: this one has no names of its own.
    """
    document = description.document
    if document is None or not is_torch_state(document):
        raise ModelError(f"{path}: only a model read from a state_dict can be written as one: use GuitarML json")
    keys = _keys(document)
    written = {key: json_numbers(description.arrays[name]) for name, key in keys.items()}
    write_json(path, {**document, **written})


def _keys(document: Mapping[str, Any]) -> dict[str, str]:
    """Names of the arrays, here and in the file."""
    keys: dict[str, str] = {}
    for number, match in enumerate(filter(None, map(_LAYER.match, document))):
        module, layer = match.groups()
        keys |= {f"{number}.{name}": f"{module}{part}_l{layer}" for name, part in _PARTS.items()}
    heads = [key.removesuffix("weight") for key in document if key.endswith(".weight")]
    if len(heads) != 1:
        raise ModelError(f"has {len(heads)} linear layers: a recurrent model has one, the head")
    return keys | {"head.weight": f"{heads[0]}weight", "head.bias": f"{heads[0]}bias"}


def _describe(path: Path, document: dict[str, Any]) -> ModelDescription:
    keys = _keys(document)
    unknown = [key for key in document if key not in keys.values()]
    if unknown:
        raise ModelError(f"{unknown[0][:40]}: is not known beside an LSTM or a GRU and its head")
    arrays: dict[str, NDArray[np.float32]] = {}
    for name, key in keys.items():
        if key not in document:
            raise ModelError(f"{key}: is missing")
        arrays[name] = float32_array(path, key, document[key])
    first = keys["0.recurrent.weight"]
    rows, hidden = arrays["0.recurrent.weight"].shape if arrays["0.recurrent.weight"].ndim == 2 else (0, 0)
    kind = {4 * hidden: "lstm", 3 * hidden: "gru"}.get(rows) if hidden else None
    if kind is None or arrays["0.input.weight"].ndim != 2:
        raise ModelError(f"{first}: has shape {arrays['0.recurrent.weight'].shape}: neither an LSTM nor a GRU")
    inputs = arrays["0.input.weight"].shape[1]
    layers = (len(keys) - 2) // len(_PARTS)
    architecture = Recurrent(kind, inputs, hidden, layers, recurrent_bias=True)  # pyright: ignore[reportArgumentType]
    for name, shape in checked_shapes(architecture).items():
        if arrays[name].shape != shape:
            raise ModelError(f"{keys[name]}: has shape {arrays[name].shape}, the network needs {shape}")
    knobs = tuple(f"knob_{i + 1}" for i in range(inputs - 1))
    return ModelDescription(architecture, arrays, knobs=knobs, document=dict.fromkeys(document))
