"""Trained models back into networks, to train them further."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from ...models.architectures.stateless_lstm import StatelessLstm
from ...models.description import Container, ModelDescription, Recurrent, WaveNet
from ...models.errors import ModelError
from .a2 import ContainerNetwork
from .convlstm import ConvLstmNetwork
from .gru import GruNetwork
from .lstm import LstmNetwork
from .streaming import StreamingNetwork
from .wavenet import WaveNetNetwork

RECURRENT: Final[Mapping[str, type[LstmNetwork] | type[GruNetwork]]] = MappingProxyType(
    {"lstm": LstmNetwork, "gru": GruNetwork}
)


def _recurrent(description: ModelDescription) -> StreamingNetwork:
    assert isinstance(description.architecture, Recurrent)
    return RECURRENT[description.architecture.kind].from_description(description)


NETWORKS: Final[Mapping[type, Callable[[ModelDescription], StreamingNetwork]]] = MappingProxyType(
    {
        Recurrent: _recurrent,
        WaveNet: WaveNetNetwork.from_description,
        Container: ContainerNetwork.from_description,
        StatelessLstm: ConvLstmNetwork.from_description,
    }
)
"""Architectures that can be trained, and what makes the network of a model."""


def network_of(description: ModelDescription) -> StreamingNetwork:
    """Make the torch network of a trained model, with its weights.

    Parameters
    ----------
    description : ModelDescription
        The model, of any file format.

    Raises
    ------
    ModelError
        When there is no network of that architecture, or the model has a part that is not trained here.

    Examples
    --------
    >>> network = network_of(load_model("crunch.nam").description)  # doctest: +SKIP
    """
    make = NETWORKS.get(type(description.architecture))
    if make is None:
        names = ", ".join(kind.__name__ for kind in NETWORKS)
        raise ModelError(f"a {type(description.architecture).__name__} can be played, but not trained: use a {names}")
    return make(description)
