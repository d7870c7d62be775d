"""Small models, and material whose every measure is known."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ampboard.models.description import LayerArray, ModelDescription, Recurrent, WaveNet
from ampboard.models.model import Model
from ampboard.training.data.material import Excerpt, Material

RATE = 48_000
Sound = NDArray[np.float32]


def recurrent(
    kind: str = "lstm", *, cells: int = 6, knobs: tuple[str, ...] = (), skip: bool = False
) -> ModelDescription:
    """A network of random weights that distorts."""
    random = np.random.default_rng(3)
    network = Recurrent(kind, 1 + len(knobs), cells, 1, skip=skip)  # type: ignore[arg-type]
    arrays = {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in network.shapes().items()}
    return ModelDescription(network, arrays, RATE, knobs=knobs)


def hyperbolic_tangent(drive: float) -> ModelDescription:
    """A WaveNet that is ``tanh(drive * x)``."""
    network = WaveNet((LayerArray(1, 1, 1, 1, (1,), "Tanh", False, 1, False),))
    weights = {"0.rechannel.weight": 1.0, "0.layers.0.conv.weight": drive, "0.head.weight": 1.0, "head_scale": 1.0}
    arrays = {name: np.full(shape, weights.get(name, 0), np.float32) for name, shape in network.shapes().items()}
    return ModelDescription(network, arrays, RATE, network.receptive_field)


def playing(seconds: float, seed: int = 0, rate: int = RATE) -> Sound:
    """Low-passed noise that swells and fades."""
    frames = round(seconds * rate)
    noise = np.cumsum(np.random.default_rng(seed).normal(0, 0.05, frames))
    noise -= np.convolve(noise, np.ones(401) / 401, mode="same")
    return (0.6 * noise / np.abs(noise).max() * np.abs(np.sin(np.arange(frames) / rate * 3))).astype(np.float32)


def material_of(
    description: ModelDescription,
    change: Callable[[Sound], Sound] = lambda output: output,
    *,
    settings: tuple[tuple[float, ...], ...] = ((),),
    test: bool = True,
    seconds: float = 1.0,
) -> Material:
    """Material of a device that is the model itself, with a change behind it."""
    model = Model(description)
    excerpts: list[Excerpt] = []
    for number, knobs in enumerate([*settings, *settings]):
        audio = playing(seconds, number)
        target = change(model.process(audio, **dict(zip(description.knobs, knobs, strict=True))))
        excerpts.append(Excerpt(f"passage {number + 1}", audio, target, knobs))
    kept = tuple(excerpts)
    rate = description.sample_rate or RATE
    return Material(rate, kept[:1], kept[:1], kept if test else (), description.knobs)
