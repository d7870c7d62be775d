"""Repair models of ampboard: JSON, the weights as base64 of little-endian float32.

::

    {"format": "ampboard repair", "version": 1, "sample_rate": 48000, "metadata": {...},
     "orders": [...], "context": n, "look_ahead": n, "hidden": n, "weights": {"blend.0.weight": "..."},
     "denoiser": a .nam document or null, "denoiser_look_ahead": n,
     "residual": false}
"""

import base64
import binascii
import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from ..architectures.repair import MOST_ORDERS, Repair
from ..description import ModelDescription, checked_shapes
from ..errors import ModelError
from ..writing import write_atomically
from .nam import nam_document, read_nam
from .reading import described

FORMAT: Final = "ampboard repair"
VERSION: Final = 1
LONGEST_SECONDS: Final = 4  # of any delay

Frames = Annotated[int, Field(strict=True, ge=0, le=LONGEST_SECONDS * 400_000)]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal["ampboard repair"]
    version: Annotated[int, Field(strict=True, ge=1, le=VERSION)]
    sample_rate: Annotated[int, Field(strict=True, ge=4_000, le=400_000)]
    metadata: dict[str, Any] = {}
    orders: Annotated[list[Annotated[int, Field(strict=True, ge=1, le=4096)]], Field(max_length=MOST_ORDERS)]
    context: Frames
    look_ahead: Frames
    hidden: Annotated[int, Field(strict=True, ge=0, le=4096)]
    weights: dict[str, str]
    denoiser: dict[str, Any] | None = None
    denoiser_look_ahead: Frames = 0
    residual: Annotated[bool, Field(strict=True)] = False


def is_repair(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a repair model."""
    return document.get("format") == FORMAT


def read_repair(path: str | Path, document: dict[str, Any] | None = None) -> ModelDescription:
    """Read a repair model.

    Parameters
    ----------
    path : str or Path
        The file.
    document : dict, optional
        Its parsed content, if the caller has it already.

    Raises
    ------
    ModelError
        When the file is damaged or newer.
    """
    return described(path, document, _File, _describe)


def write_repair(description: ModelDescription, path: str | Path) -> None:
    """Write a repair model; replaces an existing file only when the new one is complete.

    Raises
    ------
    ModelError
        When the model is no repair model.
    """
    model = description.architecture
    if not isinstance(model, Repair):
        raise ModelError(f"{path}: this format holds repair models, no {type(model).__name__}")
    content = {
        "format": FORMAT,
        "version": VERSION,
        "sample_rate": description.sample_rate,
        "metadata": dict(description.metadata),
        "orders": list(model.orders),
        "context": model.context,
        "look_ahead": model.look_ahead,
        "hidden": model.hidden,
        "weights": {name: _packed(description.arrays[name]) for name in model.shapes()},
        "denoiser": None if model.denoiser is None else nam_document(model.denoiser),
        "denoiser_look_ahead": model.denoiser_look_ahead,
        "residual": model.residual,
    }
    write_atomically(Path(path), json.dumps(content).encode())


def _describe(path: Path, file: _File, document: dict[str, Any]) -> ModelDescription:
    if sorted(set(file.orders)) != file.orders:
        raise ModelError(f"orders are {file.orders}: they must ascend")
    if not file.orders and file.denoiser is None:
        raise ModelError("orders are empty and denoiser is null: the model does nothing")
    if file.orders and (file.context < file.orders[-1] or not file.hidden):
        raise ModelError(f"context is {file.context} and hidden {file.hidden}: predictions need more")
    denoiser = None if file.denoiser is None else read_nam(path, file.denoiser)
    if denoiser is not None and isinstance(denoiser.architecture, Repair):
        raise ModelError("denoiser: is a repair model itself")
    model = Repair(
        tuple(file.orders),
        file.context,
        file.look_ahead,
        file.hidden,
        denoiser,
        file.denoiser_look_ahead,
        file.residual,
    )
    arrays = {name: _unpacked(name, file.weights.get(name), shape) for name, shape in checked_shapes(model).items()}
    return ModelDescription(model, arrays, file.sample_rate, metadata=file.metadata)


def _packed(array: NDArray[np.float32]) -> str:
    return base64.b64encode(array.astype("<f4").tobytes()).decode()


def _unpacked(name: str, text: str | None, shape: tuple[int, ...]) -> NDArray[np.float32]:
    try:
        data = base64.b64decode(text or "", validate=True)
    except (ValueError, binascii.Error):
        raise ModelError(f"weights.{name}: is no base64") from None
    if len(data) != 4 * prod(shape):
        raise ModelError(f"weights.{name}: holds {len(data)} bytes, {shape} needs {4 * prod(shape)}")
    return np.frombuffer(data, "<f4").astype(np.float32).reshape(shape)
