"""The networks that can be trained, by the names that users type. The table can be read without torch."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ...models.errors import ParameterError

if TYPE_CHECKING:
    from ...models.description import ModelDescription
    from ..networks.streaming import StreamingNetwork
    from ..trainer.recipe import Recipe

AUTO: Final = "auto"
RACERS: Final = ("lstm", "wavenet", "a2")
MOST_CELLS: Final = 256

FINE_TUNING: Final = 0.3
"""The part of the learning rate that a trained model goes on with: a new one's would undo what it knows."""

Make = Callable[[Sequence[str], int], "StreamingNetwork"]
"""Takes the names of the knobs and the seed of the weights."""


@dataclass(frozen=True)
class Architecture:
    """A network, and how it is trained best.

    Attributes
    ----------
    name : str
        As users type it.
    title : str
        As people call it.
    make : function
        Makes the untrained network.
    window : int
        Frames of each stream an update.
    learning_rate : float
        The largest.
    streams : int
        Places of the material that are played side by side.
    clip : float
        Gradients longer than so many times their running mean are shortened to that.
    averaging : float
        Part of the average of the weights that is kept at each update.
    """

    name: str
    title: str
    make: Make
    window: int = 1024
    learning_rate: float = 1e-2
    streams: int = 4
    clip: float = 1.5
    averaging: float = 0.99

    def recipe(self, steps: int, *, seed: int = 0, precision: str = "float32") -> "Recipe":
        """The recipe of a run.

        Parameters
        ----------
        steps : int
            Number of updates.
        seed : int
            Of the order in which several excerpts are heard.
        precision : str
            As of `Recipe`.
        """
        from ..trainer.recipe import Recipe

        return Recipe(
            steps=steps,
            window=self.window,
            streams=self.streams,
            learning_rate=self.learning_rate,
            clip=self.clip,
            averaging=self.averaging,
            precision="bfloat16" if precision == "bfloat16" else "float32",
            seed=seed,
        )


def _lstm(cells: int, *, dry_path: bool = False) -> Make:
    def make(knobs: Sequence[str], seed: int) -> "StreamingNetwork":
        from ..networks.lstm import LstmNetwork

        return LstmNetwork(cells, skip=dry_path, knobs=knobs, seed=seed)

    return make


def _gru(cells: int) -> Make:
    def make(knobs: Sequence[str], seed: int) -> "StreamingNetwork":
        from ..networks.gru import GruNetwork

        return GruNetwork(cells, knobs=knobs, seed=seed)

    return make


def _wavenet(first: int, second: int) -> Make:
    def make(knobs: Sequence[str], seed: int) -> "StreamingNetwork":
        from ..networks.wavenet import WaveNetNetwork, a1

        return WaveNetNetwork(a1(first, second, knobs=len(knobs)), knobs=knobs, seed=seed)

    return make


def _a2(knobs: Sequence[str], seed: int) -> "StreamingNetwork":
    from ..networks.a2 import A2Network

    return A2Network(knobs=knobs, seed=seed)


def _convlstm(window: int) -> Make:
    def make(knobs: Sequence[str], seed: int) -> "StreamingNetwork":
        from ..networks.convlstm import ConvLstmNetwork, stateless_lstm

        return ConvLstmNetwork(stateless_lstm(window=window, knobs=len(knobs)), knobs=knobs, seed=seed)

    return make


ARCHITECTURES: Final[Mapping[str, Architecture]] = {
    architecture.name: architecture
    for architecture in (
        Architecture("lstm", "LSTM-40", _lstm(40)),
        Architecture("wavenet", "WaveNet (NAM A1 standard)", _wavenet(16, 8)),
        Architecture("lite", "WaveNet (NAM A1 lite)", _wavenet(12, 6)),
        Architecture("feather", "WaveNet (NAM A1 feather)", _wavenet(8, 4)),
        Architecture("nano", "WaveNet (NAM A1 nano)", _wavenet(4, 2)),
        Architecture("a2", "NAM A2 (3 and 8 channels)", _a2, learning_rate=5e-3),
        Architecture("proteus", "LSTM-40 with a dry path (Proteus)", _lstm(40, dry_path=True)),
        Architecture("neuralpi", "LSTM-20 with a dry path (NeuralPi)", _lstm(20, dry_path=True)),
        Architecture("gru", "GRU-40", _gru(40), learning_rate=5e-3),
        Architecture("convlstm", "Conv+LSTM (GuitarLSTM)", _convlstm(288)),
        Architecture("smartamppro", "Conv+LSTM of one step (SmartAmpPro)", _convlstm(144)),
    )
}
"""Networks of one size."""

SIZED: Final[Mapping[str, Callable[[int], Architecture]]] = {
    "lstm": lambda cells: Architecture(f"lstm-{cells}", f"LSTM-{cells}", _lstm(cells)),
    "gru": lambda cells: Architecture(f"gru-{cells}", f"GRU-{cells}", _gru(cells), learning_rate=5e-3),
}
"""Networks of any size: ``lstm-20``."""


def find_architecture(name: str) -> Architecture:
    """Find a network by name.

    Parameters
    ----------
    name : str
        A name of `ARCHITECTURES`, or one of `SIZED` with a number of cells behind it.

    Raises
    ------
    ParameterError
        When there is none of this name.

    Examples
    --------
    >>> find_architecture("lstm-20").title
    'LSTM-20'
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    sized = re.fullmatch(r"([a-z0-9]+)-(\d{1,6})", name)
    if sized and sized[1] in SIZED:
        cells = int(sized[2])
        if not 1 <= cells <= MOST_CELLS:
            raise ParameterError(f"architecture {name}: use 1 to {MOST_CELLS} cells")
        return SIZED[sized[1]](cells)
    known = ", ".join([AUTO, *ARCHITECTURES, *(f"{family}-20" for family in SIZED)])
    raise ParameterError(f"architecture {name!r} is not known: use one of {known}, or another number of cells")


def continued(description: "ModelDescription") -> Architecture:
    """The architecture of a trained model, whose network begins with the model's weights.

    Parameters
    ----------
    description : ModelDescription
        Of any format.

    Raises
    ------
    ModelError
        When the model can be played but not trained.
    """
    from ...models.description import Recurrent

    def make(knobs: Sequence[str], seed: int) -> "StreamingNetwork":
        from ..networks.loading import network_of

        if tuple(knobs) != description.knobs:
            raise ParameterError(
                f"the model has the knobs {', '.join(description.knobs) or 'none'}, "
                f"the capture {', '.join(knobs) or 'none'}: go on with a capture of the same knobs"
            )
        return network_of(description)

    network = description.architecture
    if isinstance(network, Recurrent):
        base = SIZED[network.kind](network.hidden_size)
    else:
        base = ARCHITECTURES[FAMILIES.get(type(network).__name__, "wavenet")]
    return replace(base, make=make, learning_rate=FINE_TUNING * base.learning_rate)


def architecture_of(name: str, start: Path | None) -> Architecture:
    """An architecture by its name, or the one of the model file that training goes on from."""
    if start is None:
        return find_architecture(name)
    from ...models.model import load_model

    return replace(continued(load_model(start).description), name=name)


FAMILIES: Final = {"Container": "a2", "StatelessLstm": "convlstm", "WaveNet": "wavenet"}
"""Whose recipe a trained model goes on with, by the class of its architecture."""
