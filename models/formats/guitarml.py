"""GuitarML's JSON: recurrent networks of Automated-GuitarAmpModelling, as NeuralPi, Proteus and Chameleon ship them.

``model_data`` holds the hyper-parameters, ``state_dict`` torch's own parameter names. The files carry no sample rate
unless a newer trainer wrote one; NeuralPi and Proteus captures are made at 44.1 kHz. ampboard adds the names of the
knobs, ``model_data.knobs``.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from ..description import ModelDescription, Recurrent, checked_shapes
from ..errors import ModelError
from .reading import described, float32_array, knob_names
from .writing import json_numbers, write_json

SAMPLE_RATE: Final = 44_100
KNOB_NAMES: Final = ("gain", "master")  # as NeuralPi labels the first two conditioning inputs

Count = Annotated[int, Field(strict=True, ge=1, le=1 << 24)]


class _ModelData(BaseModel):
    model_config = ConfigDict(extra="allow", protected_namespaces=())

    model: Literal["SimpleRNN"]
    unit_type: Literal["LSTM", "GRU"]
    input_size: Annotated[int, Field(strict=True, ge=1, le=64)]
    output_size: Literal[1]
    num_layers: Annotated[int, Field(strict=True, ge=1, le=64)]
    hidden_size: Count
    skip: Annotated[int, Field(ge=0, le=1)]
    bias_fl: bool = True
    samplerate: Annotated[float, Field(ge=1_000, le=1_000_000)] | None = None
    knobs: Any = None


class _File(BaseModel):
    model_config = ConfigDict(extra="allow", protected_namespaces=())

    model_data: _ModelData
    state_dict: dict[str, Any]


def is_guitarml(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object looks like a GuitarML recurrent model."""
    return "model_data" in document and "state_dict" in document


def read_guitarml(path: str | Path, document: dict[str, Any] | None = None) -> ModelDescription:
    """Read a GuitarML LSTM or GRU (NeuralPi, Proteus, Chameleon); its conditioning inputs are knobs.

    Parameters
    ----------
    path : str or Path
        The file.
    document : dict, optional
        Its parsed content, if the caller has it already.

    Raises
    ------
    ModelError
        When the file is damaged or of an architecture this reader does not know.
    """
    return described(path, document, _File, _describe)


def write_guitarml(description: ModelDescription, path: str | Path) -> None:
    """Write a model as GuitarML json; replaces an existing file only when the new one is complete.

    A model read from such a file is written with everything else that stood there.

    Raises
    ------
    ModelError
        When the architecture has no counterpart in the format.
    """
    architecture = description.architecture
    if not isinstance(architecture, Recurrent):
        raise ModelError(f"{path}: GuitarML json holds an LSTM or a GRU, not a {type(architecture).__name__}")
    given = description.document
    document = dict(given) if given and is_guitarml(given) else _new_document(description, architecture)
    state = dict(document["state_dict"])
    for name, key in _keys(architecture):
        if key in state or document["model_data"].get("bias_fl", True):
            array = description.arrays.get(name)
            state[key] = json_numbers(np.zeros_like(description.arrays[_twin(name)]) if array is None else array)
    write_json(path, {**document, "state_dict": state})


def _keys(architecture: Recurrent) -> Iterator[tuple[str, str]]:
    """Names of the arrays, here and in the file."""
    for layer in range(architecture.layers):
        yield f"{layer}.input.weight", f"rec.weight_ih_l{layer}"
        yield f"{layer}.recurrent.weight", f"rec.weight_hh_l{layer}"
        yield f"{layer}.input.bias", f"rec.bias_ih_l{layer}"
        yield f"{layer}.recurrent.bias", f"rec.bias_hh_l{layer}"
    yield "head.weight", "lin.weight"
    yield "head.bias", "lin.bias"


def _twin(name: str) -> str:
    """The other bias of the same shape: a model from elsewhere may have only one."""
    return name.replace("recurrent", "input")


def _describe(path: Path, file: _File, document: dict[str, Any]) -> ModelDescription:
    data = file.model_data
    kind = "lstm" if data.unit_type == "LSTM" else "gru"
    architecture = Recurrent(
        kind, data.input_size, data.hidden_size, data.num_layers, skip=data.skip == 1, recurrent_bias=True
    )
    shapes, arrays = checked_shapes(architecture), dict[str, NDArray[np.float32]]()
    for name, key in _keys(architecture):
        if not data.bias_fl and key not in file.state_dict and "bias" in key:
            arrays[name] = np.zeros(shapes[name], np.float32)
            continue
        if key not in file.state_dict:
            raise ModelError(f"state_dict.{key}: is missing")
        arrays[name] = float32_array(path, f"state_dict.{key}", file.state_dict[key])
        if arrays[name].shape != shapes[name]:
            raise ModelError(f"state_dict.{key}: has shape {arrays[name].shape}, model_data describes {shapes[name]}")
    rate = SAMPLE_RATE if data.samplerate is None else round(data.samplerate)
    plain = (KNOB_NAMES[i] if i < len(KNOB_NAMES) else f"knob_{i + 1}" for i in range(architecture.input_size - 1))
    knobs = knob_names(data.knobs, tuple(plain))
    known = {key for _, key in _keys(architecture)}
    rest = {**document, "state_dict": {k: None if k in known else v for k, v in document["state_dict"].items()}}
    return ModelDescription(architecture, arrays, rate, knobs=knobs, document=rest)


def _new_document(description: ModelDescription, architecture: Recurrent) -> dict[str, Any]:
    data: dict[str, Any] = {
        "model": "SimpleRNN",
        "input_size": architecture.input_size,
        "skip": int(architecture.skip),
        "output_size": 1,
        "unit_type": architecture.kind.upper(),
        "num_layers": architecture.layers,
        "hidden_size": architecture.hidden_size,
        "bias_fl": True,
    }
    if description.sample_rate is not None:
        data["samplerate"] = description.sample_rate
    if description.knobs:
        data["knobs"] = list(description.knobs)
    return {"model_data": data, "state_dict": {}}
