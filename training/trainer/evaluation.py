"""How near a model is to its device, as our own engine plays it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...models.description import ModelDescription
from ...models.errors import ParameterError
from ...models.model import Model
from ..data.material import Excerpt
from ..losses import error_to_signal_ratio


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model made of some excerpts.

    Attributes
    ----------
    per_setting : mapping of tuple of float to float
        Error-to-signal ratio of all excerpts at one setting of the knobs together, for each setting.
    per_excerpt : tuple of float
        Of each excerpt.
    outputs : tuple of ndarray of float32, shape (frames,)
        What the model played.
    """

    per_setting: Mapping[tuple[float, ...], float]
    per_excerpt: tuple[float, ...]
    outputs: tuple[NDArray[np.float32], ...]

    @property
    def esr(self) -> float:
        """Mean over the settings of the knobs: each counts alike, however loud."""
        return float(np.mean(list(self.per_setting.values())))


def evaluate(description: ModelDescription, excerpts: Sequence[Excerpt], knobs: Sequence[str] = ()) -> Evaluation:
    """Play excerpts through a model and compare with what the device made of them.

    Parameters
    ----------
    description : ModelDescription
        The model.
    excerpts : sequence of Excerpt
        What is played, each from the model's state of rest.
    knobs : sequence of str
        Names of the excerpts' knob values.

    Raises
    ------
    ParameterError
        When there is nothing to play.
    """
    if not excerpts:
        raise ParameterError("there is nothing to evaluate on: keep an excerpt back for validation")
    model = Model(description)
    outputs = tuple(
        model.process(excerpt.audio, **dict(zip(knobs, excerpt.knobs, strict=True))) for excerpt in excerpts
    )
    alike: dict[tuple[float, ...], list[int]] = {}
    for number, excerpt in enumerate(excerpts):
        alike.setdefault(excerpt.knobs, []).append(number)
    joined = {
        setting: error_to_signal_ratio(
            np.concatenate([outputs[number] for number in numbers]),
            np.concatenate([excerpts[number].target for number in numbers]),
        )
        for setting, numbers in alike.items()
    }
    single = tuple(error_to_signal_ratio(out, excerpt.target) for out, excerpt in zip(outputs, excerpts, strict=True))
    return Evaluation(joined, single, outputs)
