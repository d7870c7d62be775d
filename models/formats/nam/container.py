"""SlimmableContainer in a .nam file: several documents, from small to large."""

import itertools
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ...description import Architecture, Container, ModelDescription, checked_shapes
from ..reading import validated
from .codec import Arrays, Codec, Config, Document, Place, ReadDocument, WriteDocument


class _Submodel(Config):
    max_value: float
    model: dict[str, Any]


class _ContainerConfig(Config):
    submodels: Annotated[list[_Submodel], Field(min_length=1, max_length=64)]


def _read(config: Any, weights: Any, place: Place, read_document: ReadDocument) -> tuple[Architecture, Arrays]:
    given = validated(place.path, _ContainerConfig, config, where=place.name("config"))
    qualities = tuple(entry.max_value for entry in given.submodels)
    if not all(a < b for a, b in itertools.pairwise(qualities)) or not qualities[-1] >= 1:
        raise place.error("config.submodels", f"max_value must ascend and reach 1, not {list(qualities)}")
    models = tuple(
        read_document(entry.model, place.inside(f"config.submodels.{n}.model"))
        for n, entry in enumerate(given.submodels)
    )
    rates = {model.sample_rate for model in models} - {None}
    if len(rates) > 1:
        raise place.error("config.submodels", f"the models have different sample rates: {sorted(map(str, rates))}")
    architecture = Container(qualities, models)
    checked_shapes(architecture)
    return architecture, {}


def _config(description: ModelDescription, write_document: WriteDocument) -> Document:
    config: Document = {}
    _embed(config, description, write_document)
    return config


def _embed(config: Document, description: ModelDescription, write_document: WriteDocument) -> None:
    architecture = description.architecture
    assert isinstance(architecture, Container)
    config["submodels"] = [
        {"max_value": quality, "model": write_document(model)}
        for quality, model in zip(architecture.qualities, architecture.models, strict=True)
    ]


def _weights(description: ModelDescription) -> NDArray[np.float32]:
    return np.zeros(0, np.float32)


CONTAINER = Codec("SlimmableContainer", Container, _read, _config, _weights, _embed)
