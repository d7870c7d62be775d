"""GuitarML's JSON: recurrent networks of Automated-GuitarAmpModelling, as NeuralPi, Proteus and Chameleon ship them.

``model_data`` holds the hyper-parameters, ``state_dict`` torch's own parameter names. The files carry no sample rate
unless a newer trainer wrote one; NeuralPi and Proteus captures are made at 44.1 kHz.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from ..description import ModelDescription, Recurrent, checked_shapes
from ..errors import ModelError
from .reading import float32_array, in_file, read_json, validated

SAMPLE_RATE = 44_100
KNOB_NAMES = ("gain", "master")  # as NeuralPi labels the first two conditioning inputs

Count = Annotated[int, Field(strict=True, ge=1, le=1 << 24)]


class _ModelData(BaseModel):
    model_config = ConfigDict(extra="allow", protected_namespaces=())

    model: Literal["SimpleRNN"]
    unit_type: Literal["LSTM"]
    input_size: Annotated[int, Field(strict=True, ge=1, le=64)]
    output_size: Literal[1]
    num_layers: Literal[1]
    hidden_size: Count
    skip: Annotated[int, Field(ge=0, le=1)]
    bias_fl: bool = True
    samplerate: Annotated[float, Field(ge=1_000, le=1_000_000)] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="allow", protected_namespaces=())

    model_data: _ModelData
    state_dict: dict[str, Any]


_NAMES = {
    "0.input.weight": "rec.weight_ih_l0",
    "0.recurrent.weight": "rec.weight_hh_l0",
    "0.input.bias": "rec.bias_ih_l0",
    "0.recurrent.bias": "rec.bias_hh_l0",
    "head.weight": "lin.weight",
    "head.bias": "lin.bias",
}


def is_guitarml(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object looks like a GuitarML recurrent model."""
    return "model_data" in document and "state_dict" in document


def read_guitarml(path: str | Path, document: dict[str, Any] | None = None) -> ModelDescription:
    """Read a GuitarML LSTM (NeuralPi, Proteus, Chameleon).

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
    path = Path(path)
    file = validated(path, _File, read_json(path) if document is None else document)
    return in_file(path, lambda: _describe(path, file))


def _describe(path: Path, file: _File) -> ModelDescription:
    data = file.model_data
    architecture = Recurrent(
        "lstm", data.input_size, data.hidden_size, data.num_layers, skip=data.skip == 1, recurrent_bias=True
    )
    arrays: dict[str, NDArray[np.float32]] = {}
    for name, shape in checked_shapes(architecture).items():
        key = _NAMES[name]
        if not data.bias_fl and key.startswith("rec.bias"):
            arrays[name] = np.zeros(shape, np.float32)
            continue
        if key not in file.state_dict:
            raise ModelError(f"state_dict.{key}: is missing")
        arrays[name] = float32_array(path, f"state_dict.{key}", file.state_dict[key])
        if arrays[name].shape != shape:
            raise ModelError(f"state_dict.{key}: has shape {arrays[name].shape}, model_data describes {shape}")
    rate = SAMPLE_RATE if data.samplerate is None else round(data.samplerate)
    knobs = tuple(KNOB_NAMES[i] if i < len(KNOB_NAMES) else f"knob_{i + 1}" for i in range(architecture.input_size - 1))
    return ModelDescription(architecture, arrays, rate, knobs=knobs)
