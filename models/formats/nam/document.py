"""A whole .nam document: what is around config and weights, whatever the architecture.

The knobs of a model, which the format has no place for, are named in a field of our own beside the config: ``knobs``.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from ...description import (
    Architecture,
    Container,
    ConvNet,
    Linear,
    ModelDescription,
    Recurrent,
    Sequential,
    WaveNet,
)
from ...errors import ModelError
from ...writing import write_atomically
from ..reading import in_file, read_json, validated
from .codec import Codec, Document, Place, shortest
from .container import CONTAINER
from .convnet import CONVNET, LINEAR, SEQUENTIAL
from .lstm import LSTM
from .wavenet import WAVENET

NEWEST_VERSION: Final = (0, 7)
A1_VERSION: Final = "0.5.4"
A2_VERSION: Final = "0.7.0"
LSTM_PREWARM_SECONDS: Final = 0.5

CODECS: Final = (WAVENET, LSTM, CONVNET, LINEAR, SEQUENTIAL, CONTAINER)


class _File(BaseModel):
    model_config = ConfigDict(extra="allow")

    version: Annotated[str, Field(pattern=r"^\d+\.\d+(\.\d+)?$", max_length=32)]
    architecture: str
    config: dict[str, Any]
    weights: list[Any]
    sample_rate: Annotated[float, Field(ge=1_000, le=1_000_000)] | None = None
    metadata: dict[str, Any] | None = None
    knobs: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=64)] = []


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
    document = read_json(path) if document is None else document
    return in_file(path, lambda: _read(document, Place(path)))


def write_nam(description: ModelDescription, path: str | Path, *, version: str | None = None) -> None:
    """Write a model as a .nam file; replaces an existing file only when the new one is complete.

    A model that was read from a .nam file keeps everything else the file said.

    Parameters
    ----------
    description : ModelDescription
        The model.
    path : str or Path
        The file.
    version : str, optional
        Version of the format, for a model that was not read from a .nam file; by default 0.7.0 where the model needs
        what came with A2, else 0.5.4, which all players read.

    Raises
    ------
    ModelError
        When the architecture has no counterpart in the format.
    """
    document = in_file(Path(path), lambda: nam_document(description, version=version))
    write_atomically(Path(path), json.dumps(document).encode())


def nam_document(description: ModelDescription, *, version: str | None = None) -> Document:
    """Put a model into a .nam document; parameters and errors as those of `write_nam`."""
    return _document(description, version or _oldest_version(description.architecture))


def _oldest_version(architecture: Architecture) -> str:
    """Return A2's version for containers and for what has its kernels or knobs, A1's for all else."""
    newer = (
        isinstance(architecture, Container)
        or _knobs(architecture) > 0
        or (
            isinstance(architecture, WaveNet)
            and any(isinstance(s.kernel_size, tuple) or s.head_kernel_size > 1 for s in architecture.layer_arrays)
        )
    )
    return A2_VERSION if newer else A1_VERSION


def _read(document: Any, place: Place) -> ModelDescription:
    file = validated(place.path, _File, document, where=place.field)
    major, minor = (int(part) for part in file.version.split(".")[:2])
    if (major, minor) > NEWEST_VERSION:
        raise place.error("version", f"{file.version} is newer than 0.7; update ampboard")
    codec = next((codec for codec in CODECS if codec.name == file.architecture), None)
    if codec is None:
        names = ", ".join(codec.name for codec in CODECS)
        raise place.error("architecture", f"{file.architecture!r} cannot be played; known are {names}")
    architecture, arrays = codec.read(file.config, file.weights, place, _read)
    outputs = architecture.outputs if isinstance(architecture, WaveNet | ConvNet | Linear | Sequential) else 1
    if place.signals not in (None, outputs):
        raise place.error("config", f"the model has {outputs} outputs: it must have {place.signals}")
    rate = None if file.sample_rate is None else round(file.sample_rate)
    knobs = _knobs(architecture)
    if knobs != len(file.knobs):
        raise place.error("knobs", f"names {len(file.knobs)}, but the model has {knobs} inputs beside the audio")
    return ModelDescription(
        architecture,
        arrays,
        rate,
        _prewarm_frames(architecture, rate),
        knobs=tuple(file.knobs),
        metadata=file.metadata or {},
        document=_without_weights(document),
    )


def _knobs(architecture: Architecture) -> int:
    """Number of inputs beside the audio."""
    if isinstance(architecture, Container):
        return len(architecture.models[-1].knobs)
    if isinstance(architecture, WaveNet):
        return architecture.inputs - 1
    return architecture.input_size - 1 if isinstance(architecture, Recurrent) else 0


def _prewarm_frames(architecture: Architecture, rate: int | None) -> int:
    if isinstance(architecture, Recurrent):
        return 1 if rate is None else int(LSTM_PREWARM_SECONDS * rate)
    return architecture.receptive_field or 0


def _without_weights(value: Any) -> Any:
    """A copy of a document in which the lists of weights, its own and those inside, are empty."""
    if isinstance(value, dict):
        items: Any = value.items()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return {key: [] if key == "weights" else _without_weights(inner) for key, inner in items}
    if isinstance(value, list):
        return [_without_weights(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _codec_for(architecture: Architecture) -> Codec:
    codec = next((codec for codec in CODECS if isinstance(architecture, codec.kind)), None)
    plain = not isinstance(architecture, Recurrent) or (architecture.kind == "lstm" and not architecture.skip)
    if codec is None or not plain:
        raise ModelError("a .nam file holds no GRU, and no LSTM with a skip connection")
    return codec


def _document(description: ModelDescription, version: str) -> Document:
    codec = _codec_for(description.architecture)

    def inner(part: ModelDescription) -> Document:
        return _document(part, version)

    document: Document = deepcopy(dict(description.document or {}))
    if document.get("architecture") != codec.name:
        document = {"version": version, "metadata": {}, "architecture": codec.name}
    if dict(description.metadata) != (document.get("metadata") or {}):
        document["metadata"] = dict(description.metadata)
    if description.sample_rate is not None and _rate(document) != description.sample_rate:
        document["sample_rate"] = description.sample_rate
    if description.knobs:
        document["knobs"] = list(description.knobs)
    document["weights"] = [shortest(weight) for weight in codec.weights(description)]
    if "config" in document:
        if codec.embed:
            codec.embed(document["config"], description, inner)
        if _describes(document, description.architecture):
            return document
    return document | {"config": codec.config(description, inner)}


def _rate(document: Document) -> int | None:
    rate = document.get("sample_rate")
    return round(rate) if isinstance(rate, int | float) else None


def _describes(document: Document, architecture: Architecture) -> bool:
    """Whether a document with the config that was once read still describes a model, which may have changed since."""
    if isinstance(architecture, Container):  # all of its config are documents, just written
        return True
    try:
        return _read(document, Place(Path("a .nam file"), signals=None)).architecture == architecture
    except ModelError:
        return False
