"""SmartAmpPro kernels against float64 torch, for windows that shrink to one step and to several."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ampboard.models.description import ModelDescription
from ampboard.models.errors import ModelError
from ampboard.models.formats.smartamppro import read_smartamppro
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.kernels.stateless_lstm import stateless_lstm_kernel, window_responses
from ampboard.models.model import load_model

from .. import oracles

# window, kernel and stride of the convolutions, channels, hidden size
SHAPES = {
    "one step, as the files have": (120, (12, 12), (12, 12), 4, 24),
    "five steps": (60, (12, 4), (4, 3), 3, 9),
    "odd padding": (31, (7, 5), (3, 2), 2, 6),
    "kernels shorter than their strides": (40, (2, 1), (5, 4), 4, 5),
    "window shorter than the kernels": (5, (12, 12), (12, 12), 3, 8),
    "one frame": (1, (1, 1), (1, 1), 1, 1),
}


def document_of(name: str) -> dict[str, Any]:
    window, kernels, strides, channels, hidden = SHAPES[name]
    random = np.random.default_rng(5)

    def weights(*shape: int) -> Any:
        return (1.5 * random.uniform(-1, 1, shape) / np.sqrt(max(shape[0], 2))).astype(np.float32).tolist()

    return {
        "conv1d": {"kernel:0": weights(kernels[0], 1, channels), "bias:0": weights(channels)},
        "conv1d_1": {"kernel:0": weights(kernels[1], channels, channels), "bias:0": weights(channels)},
        "lstm": {
            "kernel:0": weights(channels, 4 * hidden),
            "recurrent_kernel:0": weights(hidden, 4 * hidden),
            "bias:0": weights(4 * hidden),
        },
        "dense": {"kernel:0": weights(hidden, 1), "bias:0": weights(1)},
        "input_size": window,
        "conv1d_stride": strides[0],
        "conv1d_1_stride": strides[1],
    }


def described(document: dict[str, Any]) -> ModelDescription:
    return read_smartamppro(Path("random.json"), document)


def start(description: ModelDescription, channels: int = 1) -> KernelInstance:
    return KernelInstance(stateless_lstm_kernel(description), sample_rate=44_100, channels=channels)


def noise(channels: int, frames: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal((channels, frames)).astype(np.float32)


@pytest.mark.parametrize("name", SHAPES)
def test_kernel_is_the_network_within_1e_6(name: str) -> None:
    document, audio = document_of(name), noise(1, 400)
    output = start(described(document)).process(audio)[0]
    assert np.abs(output - oracles.smartamppro(document, audio[0])).max() < 1e-6


@pytest.mark.parametrize("name", ["five steps", "odd padding"])
@pytest.mark.parametrize("size", [1, 7, 64, 100])
def test_any_block_size_gives_the_same_bits(name: str, size: int) -> None:
    description, audio = described(document_of(name)), noise(2, 300)
    whole, stream = start(description, 2).process(audio), start(description, 2)
    blocks = [stream.process(audio[:, first : first + size]) for first in range(0, audio.shape[1], size)]
    np.testing.assert_array_equal(np.hstack(blocks), whole)


def test_the_two_convolutions_are_one_response() -> None:
    document = document_of("odd padding")
    responses, offsets = window_responses(described(document))
    window = np.random.default_rng(2).standard_normal(31)
    expected = oracles.smartamppro_convolutions(document, oracles.tensor(window[None]))[0]
    assert responses.shape == (6, 2, 1, 31)
    np.testing.assert_allclose(responses[:, :, 0] @ window + offsets, expected.numpy(), atol=1e-12)


def test_several_steps_need_recurrent_weights(tmp_path: Path) -> None:
    document = document_of("five steps")
    del document["lstm"]["recurrent_kernel:0"]
    path = tmp_path / "missing.json"
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match=r"missing\.json: lstm\.recurrent_kernel:0: is missing, .* 5 steps"):
        load_model(path)


def test_what_is_far_too_slow_is_refused() -> None:
    document = document_of("one frame") | {"input_size": 4096}
    with pytest.raises(ModelError, match="too slow"):
        stateless_lstm_kernel(described(document))
