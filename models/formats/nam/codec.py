"""What reading and writing one architecture of a .nam file takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...description import Architecture, ArrayShapes, ModelDescription
from ...errors import ModelError
from ..reading import float32_array

Arrays = dict[str, NDArray[np.float32]]
Document = dict[str, Any]

Count = Annotated[int, Field(strict=True, ge=1, le=1 << 24)]
Only1 = Annotated[int, Field(strict=True, ge=1, le=1)]
"""The number of channels of a model's input: all are mono."""


class Config(BaseModel):
    """A part of a file's ``config``.

    An option that is not understood would change the sound, so it is an error, unless it is switched off.
    """

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _pass_over_what_is_off(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        items: Any = value.items()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return {key: option for key, option in items if key in cls.model_fields or not _is_off(option)}


def _is_off(option: Any) -> bool:
    return option is None or option is False or (isinstance(option, dict) and option.get("active") is False)  # pyright: ignore[reportUnknownMemberType]


@dataclass(frozen=True)
class Place:
    """Where in which file a document stands: for errors, and to bound how deep documents contain each other.

    Attributes
    ----------
    signals : int or None
        How many output signals a model at this place has to have; None: any number.
    """

    path: Path
    field: str = ""
    depth: int = 0
    signals: int | None = 1

    DEEPEST: ClassVar = 4

    def name(self, field: str) -> str:
        """The full name of a field of the document."""
        return f"{self.field}.{field}" if self.field else field

    def error(self, field: str, reason: str) -> ModelError:
        """An error about a field of the document."""
        return ModelError(f"{self.path}: {self.name(field)}: {reason}")

    def inside(self, field: str, *, signals: int | None = 1) -> "Place":
        """The place of a document that stands in a field of this one."""
        if self.depth == self.DEEPEST:
            raise self.error(field, f"models within models more than {self.DEEPEST} deep: no real file has that")
        return Place(self.path, self.name(field), self.depth + 1, signals)


ReadDocument = Callable[[Any, Place], ModelDescription]
"""Reads a document that stands inside another."""

WriteDocument = Callable[[ModelDescription], Document]
"""Turns a model into a document that is to stand inside another."""


@dataclass(frozen=True)
class Codec:
    """How one architecture is read and written.

    Attributes
    ----------
    name : str
        The file's word for it.
    kind : type
        Ours for it.
    read : callable
        ``read(config, weights, place, read_document)``: architecture and arrays.
    config : callable
        ``config(description, write_document)``: the config of a model that was not read from a .nam file.
    weights : callable
        ``weights(description)``: the flat list of weights.
    embed : callable or None
        ``embed(config, description, write_document)``: put the documents that stand inside into a config that was read.
    """

    name: str
    kind: type[Architecture]
    read: Callable[[Any, Any, Place, ReadDocument], tuple[Architecture, Arrays]]
    config: Callable[[ModelDescription, WriteDocument], Document]
    weights: Callable[[ModelDescription], NDArray[np.float32]]
    embed: Callable[[Document, ModelDescription, WriteDocument], None] | None = None


def split(weights: Any, shapes: ArrayShapes, place: Place) -> Arrays:
    """Cut a flat list of weights into named arrays."""
    expected = sum(map(prod, shapes.values()))
    if not isinstance(weights, list):
        raise place.error("weights", "must be one flat list of numbers")
    if len(weights) != expected:  # pyright: ignore[reportUnknownArgumentType]
        count = len(weights)  # pyright: ignore[reportUnknownArgumentType]
        raise place.error("weights", f"{count} numbers, but config describes {expected}")
    flat = float32_array(place.path, place.name("weights"), weights)
    if flat.ndim != 1:
        raise place.error("weights", "must be one flat list of numbers")
    arrays: Arrays = {}
    start = 0
    for name, shape in shapes.items():
        arrays[name] = flat[start : start + prod(shape)].reshape(shape)
        start += prod(shape)
    return arrays


def joined(arrays: Mapping[str, NDArray[np.float32]], shapes: ArrayShapes) -> NDArray[np.float32]:
    """The arrays as a flat list of weights."""
    return np.concatenate([np.zeros(0, np.float32), *(arrays[name].ravel() for name in shapes)])


def own_shapes(architecture: Architecture) -> ArrayShapes:
    """The arrays in a document's own list of weights: not those of documents inside it."""
    return {name: shape for name, shape in architecture.shapes().items() if not name.startswith("condition.")}


def shortest(value: float | np.float32) -> float:
    """Return the number with the fewest digits that reads back as the same float32."""
    return float(str(np.float32(value)))
