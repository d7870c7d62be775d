"""PedalNet kernels against float64 torch, for sizes around the register tiles."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ampboard.models.description import ModelDescription
from ampboard.models.errors import ModelError
from ampboard.models.formats.pedalnet import read_pedalnet
from ampboard.models.formats.smartamppro import is_smartamppro
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.kernels.pedalnet import pedalnet_kernel, plan_pedalnet
from ampboard.models.model import load_model

from .. import oracles

SHAPES = {  # channels, taps, dilations
    "as the files have": (16, 3, (1, 2, 4, 8)),
    "odd": (5, 4, (3, 1, 70)),
    "one layer": (8, 2, (1,)),
    "one channel": (1, 3, (1, 2)),
    "no look back": (3, 1, (1, 1)),
    "long": (2, 2, (1, 500, 1000)),
}


def document_of(name: str) -> dict[str, Any]:
    channels, taps, dilations = SHAPES[name]
    random = np.random.default_rng(3)
    sizes = [(-1, "W", channels, 1), (-1, "b", channels, 1)]
    for layer in range(len(dilations)):
        sizes += [(layer, "W_conv", 2 * taps * channels**2, taps * channels), (layer, "b_conv", 2 * channels, 4)]
        sizes += [(layer, "W_out", channels**2, channels), (layer, "b_out", channels, 4)]
    sizes += [(len(dilations), "W", len(dilations) * channels, channels), (len(dilations), "b", 1, 1)]
    variables = [
        {"layer_idx": layer, "name": n, "data": np.float32(random.uniform(-1.5, 1.5, size) / fan_in**0.5).tolist()}
        for layer, n, size, fan_in in sizes
    ]
    return {
        "activation": "gated",
        "output_channels": 1,
        "input_channels": 1,
        "residual_channels": channels,
        "filter_width": taps,
        "dilations": list(dilations),
        "variables": variables,
    }


def described(name: str) -> ModelDescription:
    return read_pedalnet(Path("random.json"), document_of(name))


def start(description: ModelDescription, channels: int = 1) -> KernelInstance:
    return KernelInstance(pedalnet_kernel(description), sample_rate=44_100, channels=channels)


def noise(channels: int, frames: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal((channels, frames)).astype(np.float32)


@pytest.mark.parametrize("name", SHAPES)
def test_kernel_is_the_network_within_5e_6_of_the_peak_from_the_first_frame(name: str) -> None:
    audio = noise(1, 2500)
    output = start(described(name)).process(audio)[0]
    assert oracles.peak_error(output, oracles.pedalnet(document_of(name), audio[0])) < 5e-6


@pytest.mark.parametrize("size", [1, 7, 64, 333])
def test_any_block_size_gives_the_same_bits(size: int) -> None:
    description, audio = described("odd"), noise(2, 1000)
    whole, stream = start(description, 2).process(audio), start(description, 2)
    blocks = [stream.process(audio[:, first : first + size]) for first in range(0, audio.shape[1], size)]
    np.testing.assert_array_equal(np.hstack(blocks), whole)


def test_reset_returns_to_rest() -> None:
    instance, audio = start(described("odd"), 2), noise(2, 700)
    first = instance.process(audio)
    instance.reset()
    np.testing.assert_array_equal(instance.process(audio), first)


def test_other_architectures_are_refused(fixtures: Path) -> None:
    path = fixtures / "guitarml" / "smartamppro_Heavy.json"
    assert not is_smartamppro(document_of("odd"))
    with pytest.raises(ModelError, match="PedalNet models only"):
        plan_pedalnet(load_model(path).description)
