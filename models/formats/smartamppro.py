"""SmartAmpPro's JSON: two strided convolutions, an LSTM and a dense layer under the names Keras gave them.

``input_size`` is the window the network sees of every frame. Where the window shrinks to one step, the LSTM's recurrent
weights never count, and most files have none. The captures are made at 44.1 kHz unless
``samplerate`` says otherwise; ``knobs`` names further inputs of the first convolution (both fields are our own).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from ..architectures.stateless_lstm import StatelessLstm, StridedConvolution
from ..description import ModelDescription, checked_shapes
from ..errors import ModelError
from .reading import described, float32_array
from .writing import json_numbers, write_json

SAMPLE_RATE: Final = 44_100
_RECURRENT: Final = "lstm.recurrent.weight"
_PLACES: Final = {
    "0.weight": ("conv1d", "kernel:0"),
    "0.bias": ("conv1d", "bias:0"),
    "1.weight": ("conv1d_1", "kernel:0"),
    "1.bias": ("conv1d_1", "bias:0"),
    "lstm.input.weight": ("lstm", "kernel:0"),
    _RECURRENT: ("lstm", "recurrent_kernel:0"),
    "lstm.bias": ("lstm", "bias:0"),
    "head.weight": ("dense", "kernel:0"),
    "head.bias": ("dense", "bias:0"),
}

Count = Annotated[int, Field(strict=True, ge=1, le=1 << 16)]


class _File(BaseModel):
    model_config = ConfigDict(extra="allow")

    conv1d: dict[str, Any]
    conv1d_1: dict[str, Any]
    lstm: dict[str, Any]
    dense: dict[str, Any]
    input_size: Count
    conv1d_stride: Count
    conv1d_1_stride: Count
    knobs: list[str] = []
    samplerate: Annotated[float, Field(ge=1_000, le=1_000_000)] | None = None
    metadata: dict[str, Any] | None = None


def is_smartamppro(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object looks like a SmartAmpPro model."""
    return "conv1d" in document and "lstm" in document


def read_smartamppro(path: str | Path, document: dict[str, Any] | None = None) -> ModelDescription:
    """Read a SmartAmpPro model.

    Raises
    ------
    ModelError
        When the file is damaged or of an architecture this reader does not know.
    """
    return described(path, document, _File, _describe)


def write_smartamppro(description: ModelDescription, path: str | Path) -> None:
    """Write a model as SmartAmpPro json; replaces an existing file only when the new one is complete.

    A model read from such a file is written with everything else that stood there.

    Raises
    ------
    ModelError
        When the architecture has no counterpart in the format.
    """
    network = description.architecture
    if not isinstance(network, StatelessLstm):
        raise ModelError(f"{path}: SmartAmpPro json holds its own stateless LSTM, not a {type(network).__name__}")
    given = description.document
    document = dict(given) if given and is_smartamppro(given) else _new_document(description, network)
    for name, (module, key) in _PLACES.items():
        if name != _RECURRENT or key in document[module] or description.arrays[name].any():
            document[module] = {**document[module], key: json_numbers(description.arrays[name].T)}
    write_json(path, document)


def _describe(path: Path, file: _File, document: dict[str, Any]) -> ModelDescription:
    modules = {"conv1d": file.conv1d, "conv1d_1": file.conv1d_1, "lstm": file.lstm, "dense": file.dense}
    arrays: dict[str, NDArray[np.float32]] = {}
    for name, (module, key) in _PLACES.items():
        if key in modules[module]:
            arrays[name] = np.ascontiguousarray(float32_array(path, f"{module}.{key}", modules[module][key]).T)
        elif name != _RECURRENT:
            raise ModelError(f"{module}.{key}: is missing")
    for name, dimensions in {"0.weight": 3, "1.weight": 3, "lstm.input.weight": 2}.items():
        if arrays[name].ndim != dimensions or 0 in arrays[name].shape:
            raise ModelError(f"{'.'.join(_PLACES[name])}: must have {dimensions} dimensions")
    strides = file.conv1d_stride, file.conv1d_1_stride
    shapes = [arrays[f"{number}.weight"].shape for number in range(2)]
    first, second = (
        StridedConvolution(inputs, outputs, kernel_size, stride)
        for (outputs, inputs, kernel_size), stride in zip(shapes, strides, strict=True)
    )
    network = StatelessLstm(file.input_size, (first, second), max(arrays["lstm.input.weight"].shape[0] // 4, 1))
    if second.inputs != first.outputs:
        raise ModelError(f"conv1d_1.kernel:0: has {second.inputs} inputs, not conv1d's {first.outputs} outputs")
    if first.inputs != 1 + len(file.knobs):
        raise ModelError(f"conv1d.kernel:0: has {first.inputs} inputs, for the audio and {len(file.knobs)} knobs")
    wanted = checked_shapes(network)
    if _RECURRENT not in arrays:
        if network.steps > 1:
            raise ModelError(f"lstm.recurrent_kernel:0: is missing, and the LSTM runs {network.steps} steps a frame")
        arrays[_RECURRENT] = np.zeros(wanted[_RECURRENT], np.float32)
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            found = arrays[name].shape[::-1]
            raise ModelError(f"{'.'.join(_PLACES[name])}: has shape {found}, the network needs {shape[::-1]}")
    rest = dict(document)
    for module, key in _PLACES.values():
        if key in rest[module]:
            rest[module] = {**rest[module], key: None}
    rate = SAMPLE_RATE if file.samplerate is None else round(file.samplerate)
    return ModelDescription(network, arrays, rate, knobs=tuple(file.knobs), metadata=file.metadata or {}, document=rest)


def _new_document(description: ModelDescription, network: StatelessLstm) -> dict[str, Any]:
    first, second = network.convolutions
    own: dict[str, Any] = {"metadata": dict(description.metadata)} if description.metadata else {}
    if description.knobs:
        own["knobs"] = list(description.knobs)
    if description.sample_rate not in (None, SAMPLE_RATE):
        own["samplerate"] = description.sample_rate
    return own | {
        **{module: {} for module, _ in _PLACES.values()},
        "input_size": network.window,
        "conv1d_stride": first.stride,
        "conv1d_1_stride": second.stride,
    }
