"""RTNeural's JSON: Keras layers one behind the other, as AIDA-X ships its models.

``in_shape`` ends in the number of inputs, ``layers`` lists type, activation, output shape and weights as Keras keeps
them. AIDA-X adds ``in_skip`` (the audio is added to the output), ``in_gain`` and ``out_gain`` in dB, ``samplerate`` and
an example, ``input_batch`` and ``output_batch``; ampboard adds the names of the knobs, ``metadata.knobs``. One or
several LSTM or GRU layers before a linear dense layer become a `Recurrent` architecture, everything else a
`LayerSequence`.

References
----------
RTNeural, python/model_utils.py and RTNeural/model_loader.h; AIDA-X, src/aidadsp-plugin.cpp.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from ..architectures.layer_sequence import Layer, LayerActivation, LayerSequence, layer_arrays, recurrent_layers
from ..description import ModelDescription, Recurrent, checked_shapes
from ..errors import ModelError
from .keras_weights import from_keras, keras_shapes, to_keras
from .reading import described, float32_array, knob_names, validated
from .writing import json_numbers, write_json

KNOB_NAMES: Final = ("param1", "param2")  # as AIDA-X labels them
LONGEST_EXAMPLE: Final = 1 << 20  # frames

Count = Annotated[int, Field(strict=True, ge=1, le=1 << 24)]
Decibels = Annotated[float, Field(ge=-120, le=120)]
_KINDS: Final = {"time-distributed-dense": "dense"}
_OWN_ACTIVATION: Final = ("lstm", "gru")


class _Layer(BaseModel):
    model_config = ConfigDict(extra="allow")

    type: Literal["dense", "time-distributed-dense", "conv1d", "batchnorm", "prelu", "activation", "lstm", "gru"]
    activation: LayerActivation = ""
    shape: Annotated[list[Any], Field(min_length=1, max_length=8)]
    weights: list[Any]
    kernel_size: Annotated[list[Count], Field(min_length=1, max_length=1)] = [1]
    dilation: Annotated[list[Count], Field(min_length=1, max_length=1)] = [1]
    groups: Count = 1
    epsilon: Annotated[float, Field(ge=0, le=1e6)] = 1e-3


class _Example(BaseModel):
    input_batch: list[Any] | None = None
    output_batch: list[Any] | None = None


class _File(_Example):
    model_config = ConfigDict(extra="allow")

    in_shape: Annotated[list[Any], Field(min_length=1, max_length=8)]
    layers: Annotated[list[_Layer], Field(min_length=1, max_length=256)]
    in_skip: Annotated[int, Field(ge=0, le=1)] = 0
    in_gain: Decibels = 0.0
    out_gain: Decibels = 0.0
    samplerate: Annotated[float, Field(ge=1_000, le=1_000_000)] | None = None
    metadata: dict[str, Any] | None = None


class _Rate(BaseModel):
    samplerate: Annotated[float, Field(ge=1_000, le=1_000_000)] | None = None


def is_rtneural(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object looks like RTNeural's."""
    return "layers" in document and "in_shape" in document


def read_rtneural(path: str | Path, document: dict[str, Any] | None = None) -> ModelDescription:
    """Read an RTNeural or AIDA-X model.

    Parameters
    ----------
    path : str or Path
        The file.
    document : dict, optional
        Its parsed content, if the caller has it already.

    Returns
    -------
    ModelDescription
        Its first input is the audio, further ones are knobs.

    Raises
    ------
    ModelError
        When the file is damaged, has layers this reader does not know, or more than one output.
    """
    return described(path, document, _File, _describe)


def example_of(description: ModelDescription) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Return the input, of shape (frames, inputs), and the output, of shape (frames,), that a model's file gives."""
    document, architecture = description.document, description.architecture
    if not document or not is_rtneural(document) or not isinstance(architecture, Recurrent | LayerSequence):
        return None
    path = Path()
    return _example(path, validated(path, _Example, document), architecture.input_size)


def write_rtneural(
    description: ModelDescription,
    path: str | Path,
    *,
    example: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
) -> None:
    """Write a model as RTNeural json; replaces an existing file only when the new one is complete.

    A model read from such a file is written with everything else that stood there.

    Parameters
    ----------
    description : ModelDescription
        The model.
    path : str or Path
        The file.
    example : (ndarray, ndarray), optional
        Input of shape (frames, inputs) and output of shape (frames,), for players to check themselves against.

    Raises
    ------
    ModelError
        When the architecture has no counterpart in the format.
    """
    network, arrays = _as_layers(path, description)
    given = description.document
    document = dict(given) if given and is_rtneural(given) else _new_document(description, network)
    layers: list[dict[str, Any]] = []
    for number, (layer, written) in enumerate(zip(network.layers, document["layers"], strict=True)):
        weights = [json_numbers(part) for part in to_keras(layer, layer_arrays(arrays, number))]
        layers.append({**written, "weights": weights})
    document = {**document, "layers": layers}
    if example is not None:
        given_batch, expected = example
        document["input_batch"] = json_numbers(given_batch[:, 0] if network.input_size == 1 else given_batch)
        document["output_batch"] = json_numbers(expected)
    write_json(path, document)


def _describe(path: Path, file: _File, document: dict[str, Any]) -> ModelDescription:
    inputs = _channels("in_shape", file.in_shape)
    layers: list[Layer] = []
    arrays: dict[str, NDArray[np.float32]] = {}
    width = inputs
    for number, entry in enumerate(file.layers):
        layer, parts = _layer(path, f"layers.{number}", entry, width)
        arrays.update({f"{number}.{name}": array for name, array in from_keras(layer, parts).items()})
        layers.append(layer)
        width = layer.outputs
    if width != 1:
        raise ModelError(f"layers.{len(layers) - 1}.shape: the last layer has {width} outputs: a model has one")
    network = LayerSequence(tuple(layers), file.in_skip == 1, file.in_gain, file.out_gain)
    checked_shapes(network)
    _example(path, file, inputs)
    metadata = file.metadata or {}
    rate = validated(path, _Rate, {"samplerate": metadata.get("samplerate")}, where="metadata").samplerate
    rate = file.samplerate or rate
    plain = (KNOB_NAMES[i] if i < len(KNOB_NAMES) else f"param{i + 1}" for i in range(inputs - 1))
    knobs = knob_names(metadata.get("knobs"), tuple(plain))
    rest = {**document, "layers": [{**layer, "weights": None} for layer in document["layers"]]}
    description = ModelDescription(
        network,
        arrays,
        None if rate is None else round(rate),
        knobs=knobs,
        metadata=metadata,
        document=rest,
    )
    return _as_recurrent(description, network)


def _layer(path: Path, where: str, entry: _Layer, inputs: int) -> tuple[Layer, list[NDArray[np.float32]]]:
    """Return a layer and its weights as Keras keeps them, all of the right shape."""
    kind: Any = _KINDS.get(entry.type, entry.type)
    outputs = _channels(f"{where}.shape", entry.shape)
    if kind in ("batchnorm", "prelu", "activation") and outputs != inputs:
        raise ModelError(f"{where}.shape: ends in {outputs}, but a {kind} layer keeps its {inputs} inputs")
    if kind in _OWN_ACTIVATION and entry.activation not in ("", "tanh"):
        raise ModelError(f"{where}.activation: an {kind} layer has tanh, not {entry.activation!r}")
    if inputs % entry.groups or outputs % entry.groups:
        raise ModelError(f"{where}.groups: {entry.groups} does not divide {inputs} inputs and {outputs} outputs")
    parts = [float32_array(path, f"{where}.weights.{i}", part) for i, part in enumerate(entry.weights)]
    layer = Layer(
        kind=kind,
        inputs=inputs,
        outputs=outputs,
        activation="" if kind in _OWN_ACTIVATION else entry.activation,
        kernel_size=entry.kernel_size[0] if kind == "conv1d" else 1,
        dilation=entry.dilation[0] if kind == "conv1d" else 1,
        groups=entry.groups if kind == "conv1d" else 1,
        epsilon=entry.epsilon if kind == "batchnorm" else 0.0,
        bias=len(parts) > 1,
        affine=len(parts) > 2,
        slopes=parts[0].size if kind == "prelu" and parts else 1,
    )
    if layer.slopes not in (1, outputs):
        raise ModelError(f"{where}.weights: {layer.slopes} slopes for {outputs} channels: use one, or one a channel")
    expected = keras_shapes(layer)
    found = [part.shape for part in parts]
    if found != expected:
        raise ModelError(f"{where}.weights: have the shapes {found}, this {kind} layer needs {expected}")
    if kind == "batchnorm" and not (parts[-1] + layer.epsilon > 0).all():
        raise ModelError(f"{where}.weights.{len(parts) - 1}: a variance is not positive, not even with epsilon")
    return layer, parts


def _channels(where: str, shape: list[Any]) -> int:
    size = shape[-1]
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= 1 << 24:
        raise ModelError(f"{where}: must end in the number of channels, not {str(size)[:40]}")
    return size


def _example(path: Path, file: _Example, inputs: int) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Return the file's own input and output, if it has both."""
    if file.input_batch is None or file.output_batch is None:
        return None
    given = float32_array(path, "input_batch", file.input_batch)
    expected = float32_array(path, "output_batch", file.output_batch)
    frames = expected.size
    if given.size != frames * inputs or not 0 < frames <= LONGEST_EXAMPLE:
        raise ModelError(f"input_batch: {given.size} numbers do not fit {frames} in output_batch at {inputs} input(s)")
    return given.reshape(frames, inputs), expected.reshape(frames)


def _as_recurrent(description: ModelDescription, network: LayerSequence) -> ModelDescription:
    """Return the same model as a `Recurrent`, for its faster kernel, if it is one."""
    layers = recurrent_layers(network)
    if layers is None:
        return description
    kind: Any = layers[0].kind
    architecture = Recurrent(
        kind, network.input_size, layers[0].outputs, len(layers), network.skip, recurrent_bias=kind == "gru"
    )
    head = f"{len(layers)}."
    arrays = {("head." + n.removeprefix(head) if n.startswith(head) else n): a for n, a in description.arrays.items()}
    return replace(description, architecture=architecture, arrays=arrays)


def _as_layers(
    path: str | Path, description: ModelDescription
) -> tuple[LayerSequence, Mapping[str, NDArray[np.float32]]]:
    architecture = description.architecture
    if isinstance(architecture, LayerSequence):
        return architecture, description.arrays
    if not isinstance(architecture, Recurrent):
        raise ModelError(
            f"{path}: RTNeural json holds layers one behind the other, not a {type(architecture).__name__}"
        )
    hidden, arrays = architecture.hidden_size, dict(description.arrays)
    widths = [architecture.input_size, *[hidden] * architecture.layers]
    layers = [Layer(kind=architecture.kind, inputs=widths[n], outputs=hidden) for n in range(architecture.layers)]
    for number in range(architecture.layers):
        bias, own = f"{number}.input.bias", f"{number}.recurrent.bias"
        if architecture.kind == "gru":
            arrays.setdefault(own, np.zeros_like(arrays[bias]))
        elif own in arrays:
            arrays[bias] = arrays[bias] + arrays.pop(own)
    for name in ("weight", "bias"):
        arrays[f"{len(layers)}.{name}"] = arrays.pop(f"head.{name}")
    layers.append(Layer(kind="dense", inputs=hidden, outputs=1))
    return LayerSequence(tuple(layers), architecture.skip), arrays


def _new_document(description: ModelDescription, network: LayerSequence) -> dict[str, Any]:
    document: dict[str, Any] = {"in_shape": [None, None, network.input_size], "layers": []}
    for layer in network.layers:
        entry: dict[str, Any] = {
            "type": layer.kind,
            "activation": layer.activation,
            "shape": [None, None, layer.outputs],
        }
        if layer.kind == "conv1d":
            entry |= {"kernel_size": [layer.kernel_size], "dilation": [layer.dilation], "groups": layer.groups}
        if layer.kind == "batchnorm":
            entry["epsilon"] = layer.epsilon
        document["layers"].append(entry)
    document |= {"in_skip": int(network.skip), "in_gain": network.input_db, "out_gain": network.output_db}
    if description.sample_rate is not None:
        document["samplerate"] = description.sample_rate
    metadata = dict(description.metadata)
    if description.knobs:
        metadata["knobs"] = list(description.knobs)
    return document | {"metadata": metadata}
