"""Neural Amp Modeler's ``.nam`` files, versions 0.5 to 0.7: WaveNet (first architecture) and LSTM.

The format is JSON: ``version``, ``architecture``, ``config`` (the hyper-parameters), ``weights`` (one flat list),
``sample_rate`` and ``metadata``. The order of the weights follows the layers (NeuralAmpModelerCore, NAM/wavenet and
NAM/lstm; https://neural-amp-modeler.readthedocs.io).
"""

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from ..description import ArrayShapes, LayerArray, ModelDescription, Recurrent, WaveNet, checked_shapes
from ..errors import ModelError
from ..writing import write_atomically
from .reading import float32_array, in_file, read_json, validated

NEWEST_VERSION = (0, 7)
LSTM_PREWARM_SECONDS = 0.5

Count = Annotated[int, Field(strict=True, ge=1, le=1 << 24)]


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid")  # an option that is not understood changes the sound


class _LayerArrayConfig(_Config):
    input_size: Count
    condition_size: Count
    head_size: Count
    channels: Count
    kernel_size: Count
    dilations: Annotated[list[Count], Field(min_length=1, max_length=256)]
    activation: Literal["Tanh", "ReLU", "LeakyReLU", "Sigmoid"]
    gated: bool = False
    head_bias: bool = False


class _WaveNetConfig(_Config):
    layers: Annotated[list[_LayerArrayConfig], Field(min_length=1, max_length=64)]
    head: None = None
    head_scale: float | None = None


class _LstmConfig(_Config):
    input_size: Literal[1]
    hidden_size: Count
    num_layers: Annotated[int, Field(strict=True, ge=1, le=64)]


class _File(BaseModel):
    model_config = ConfigDict(extra="allow")

    version: Annotated[str, Field(pattern=r"^\d+\.\d+(\.\d+)?$")]
    architecture: str
    config: dict[str, Any]
    weights: list[Any]
    sample_rate: Annotated[float, Field(ge=1_000, le=1_000_000)] | None = None
    metadata: dict[str, Any] | None = None


def is_nam(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object looks like a .nam file."""
    return "architecture" in document and "weights" in document


def read_nam(path: str | Path, document: dict[str, Any] | None = None) -> ModelDescription:
    """Read a .nam file.

    Parameters
    ----------
    path : str or Path
        The file.
    document : dict, optional
        Its parsed content, if the caller has it already.

    Raises
    ------
    ModelError
        When the file is damaged, newer than 0.7, or of an architecture this reader does not know.
    """
    path = Path(path)
    file = validated(path, _File, read_json(path) if document is None else document)
    major, minor = (int(part) for part in file.version.split(".")[:2])
    if (major, minor) > NEWEST_VERSION:
        raise ModelError(f"{path}: version: {file.version} is newer than 0.7; update ampboard")
    reader = _READERS.get(file.architecture)
    if reader is None:
        raise ModelError(
            f"{path}: architecture: {file.architecture!r} cannot be played; known are {', '.join(_READERS)}"
        )
    return in_file(path, lambda: reader(path, file))


def write_nam(description: ModelDescription, path: str | Path, *, version: str = "0.5.4") -> None:
    """Write a model as a .nam file; replaces an existing file only when the new one is complete.

    Raises
    ------
    ModelError
        When the architecture has no counterpart in the format.
    """
    architecture = description.architecture
    if isinstance(architecture, WaveNet):
        name, config, arrays = "WaveNet", _wavenet_config(description), list(description.arrays.items())
        weights = _flatten(dict(arrays), architecture.shapes())
    elif (
        isinstance(architecture, Recurrent)
        and architecture.kind == "lstm"
        and architecture.input_size == 1
        and not architecture.skip
    ):
        name, config = (
            "LSTM",
            {
                "input_size": 1,
                "hidden_size": architecture.hidden_size,
                "num_layers": architecture.layers,
            },
        )
        weights = _lstm_weights(description, architecture)
    else:
        raise ModelError(f"{path}: a .nam file holds a WaveNet or an LSTM without knobs and skip connection")
    document: dict[str, Any] = {
        "version": version,
        "metadata": dict(description.metadata),
        "architecture": name,
        "config": config,
        "weights": [_shortest(w) for w in weights],
    }
    if description.sample_rate is not None:
        document["sample_rate"] = description.sample_rate
    write_atomically(Path(path), json.dumps(document).encode())


def _read_wavenet(path: Path, file: _File) -> ModelDescription:
    config = validated(path, _WaveNetConfig, file.config, where="config")
    stacks = tuple(
        LayerArray(
            input_size=c.input_size,
            condition_size=c.condition_size,
            channels=c.channels,
            kernel_size=c.kernel_size,
            dilations=tuple(c.dilations),
            activation=c.activation,
            gated=c.gated,
            head_size=c.head_size,
            head_bias=c.head_bias,
        )
        for c in config.layers
    )
    architecture = WaveNet(stacks)
    shapes = checked_shapes(architecture)
    _check_stacks(stacks)
    arrays = _split(path, file.weights, shapes)
    return ModelDescription(
        architecture, arrays, _rate(file), architecture.receptive_field, metadata=file.metadata or {}
    )


def _check_stacks(stacks: tuple[LayerArray, ...]) -> None:
    """Check that the stacks fit onto each other: audio in, each as wide as the last one's output, audio out."""
    expected, head = 1, None
    for number, stack in enumerate(stacks):
        if stack.condition_size != 1:
            raise ModelError(f"config.layers.{number}.condition_size: must be 1 (mono), not {stack.condition_size}")
        if stack.input_size != expected:
            raise ModelError(f"config.layers.{number}.input_size: must be {expected}, not {stack.input_size}")
        if head is not None and head != stack.channels:
            raise ModelError(f"config.layers.{number - 1}.head_size: must be {stack.channels}, not {head}")
        expected, head = stack.channels, stack.head_size
    if head != 1:
        raise ModelError(f"config.layers.{len(stacks) - 1}.head_size: must be 1 (mono), not {head}")


def _read_lstm(path: Path, file: _File) -> ModelDescription:
    config = validated(path, _LstmConfig, file.config, where="config")
    architecture = Recurrent("lstm", 1, config.hidden_size, config.num_layers, initial_state=True)
    checked_shapes(architecture)
    hidden, packed = config.hidden_size, ArrayShapes()
    for layer in range(config.num_layers):
        packed[f"{layer}.both.weight"] = (4 * hidden, (1 if layer == 0 else hidden) + hidden)
        packed[f"{layer}.input.bias"] = (4 * hidden,)
        packed[f"{layer}.hidden"] = packed[f"{layer}.cell"] = (hidden,)
    packed["head.weight"], packed["head.bias"] = (1, hidden), (1,)
    arrays = _split(path, file.weights, packed)
    for layer in range(config.num_layers):  # the file keeps input and recurrent weights side by side
        both = arrays.pop(f"{layer}.both.weight")
        arrays[f"{layer}.input.weight"] = np.ascontiguousarray(both[:, :-hidden])
        arrays[f"{layer}.recurrent.weight"] = np.ascontiguousarray(both[:, -hidden:])
    rate = _rate(file)
    prewarm = 1 if rate is None else int(LSTM_PREWARM_SECONDS * rate)
    return ModelDescription(architecture, arrays, rate, prewarm, metadata=file.metadata or {})


_READERS = {"WaveNet": _read_wavenet, "LSTM": _read_lstm}


def _rate(file: _File) -> int | None:
    return None if file.sample_rate is None else round(file.sample_rate)


def _split(path: Path, weights: list[Any], shapes: ArrayShapes) -> dict[str, NDArray[np.float32]]:
    """Cut the flat list of weights into named arrays."""
    expected = sum(map(prod, shapes.values()))
    if len(weights) != expected:
        raise ModelError(f"{path}: weights: {len(weights)} numbers, but config describes {expected}")
    flat = float32_array(path, "weights", weights)
    if flat.ndim != 1:
        raise ModelError(f"{path}: weights: must be one flat list of numbers")
    arrays: dict[str, NDArray[np.float32]] = {}
    start = 0
    for name, shape in shapes.items():
        arrays[name] = flat[start : start + prod(shape)].reshape(shape)
        start += prod(shape)
    return arrays


def _shortest(value: np.float32) -> float:
    """Return the number with the fewest digits that reads back as the same float32."""
    return float(str(value))


def _flatten(arrays: Mapping[str, NDArray[np.float32]], shapes: ArrayShapes) -> NDArray[np.float32]:
    return np.concatenate([arrays[name].ravel() for name in shapes])


def _wavenet_config(description: ModelDescription) -> dict[str, Any]:
    architecture = description.architecture
    assert isinstance(architecture, WaveNet)
    layers = [
        {
            "input_size": s.input_size,
            "condition_size": s.condition_size,
            "head_size": s.head_size,
            "channels": s.channels,
            "kernel_size": s.kernel_size,
            "dilations": list(s.dilations),
            "activation": s.activation,
            "gated": s.gated,
            "head_bias": s.head_bias,
        }
        for s in architecture.layer_arrays
    ]
    return {"layers": layers, "head": None, "head_scale": _shortest(description.arrays["head_scale"][0])}


def _lstm_weights(description: ModelDescription, architecture: Recurrent) -> NDArray[np.float32]:
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
