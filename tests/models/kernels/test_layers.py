"""Kernels of any layers one behind the other: against float64 torch, RTNeural's own tests and the kernel contract."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ampboard.models.architectures.layer_sequence import Layer, LayerSequence
from ampboard.models.description import ModelDescription
from ampboard.models.errors import ModelError, ParameterError
from ampboard.models.formats import read_model
from ampboard.models.formats.rtneural import read_rtneural
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.kernels.layers import kernel as layers_kernel_module
from ampboard.models.kernels.layers import layers_kernel
from ampboard.models.model import model_kernel

from .. import oracles

Document = dict[str, Any]
RTNEURAL = ("conv", "dense", "gru", "gru_1d", "gru_torch", "lstm", "lstm_1d", "lstm_torch")


def document_of(*layers: Document, inputs: int = 1, seed: int = 0, **more: Any) -> Document:
    """An RTNeural file with random weights around 1 / sqrt(inputs); `layers` give type, outputs and options."""
    random = np.random.default_rng(seed)
    entries: list[Document] = []
    width = inputs
    for layer in layers:
        entry = {"activation": "", **layer}
        outputs = entry.pop("outputs", width)
        taps, groups = entry.get("kernel_size", [1])[0], entry.get("groups", 1)
        shapes: dict[str, list[tuple[int, ...]]] = {
            "dense": [(width, outputs), (outputs,)],
            "conv1d": [(taps, width // groups, outputs), (outputs,)],
            "batchnorm": [(outputs,)] * entry.pop("arrays", 4),
            "prelu": [(1, entry.pop("slopes", outputs))],
            "activation": [],
            "lstm": [(width, 4 * outputs), (outputs, 4 * outputs), (4 * outputs,)],
            "gru": [(width, 3 * outputs), (outputs, 3 * outputs), (2, 3 * outputs)],
        }
        weights = [1.5 * random.uniform(-1, 1, s) / np.sqrt(max(s[0], 2)) for s in shapes[entry["type"]]]
        if entry["type"] == "batchnorm":
            weights[-1] = random.uniform(0.5, 2, outputs)  # the variance
        entry["weights"] = [w.astype(np.float32).tolist() for w in weights]
        entries.append({**entry, "shape": [None, None, outputs]})
        width = outputs
    return {"in_shape": [None, None, inputs], "layers": entries, **more}


def dense(outputs: int, activation: str = "") -> Document:
    return {"type": "dense", "outputs": outputs, "activation": activation}


def conv(outputs: int, kernel_size: int, dilation: int, activation: str = "", groups: int = 1) -> Document:
    options = {"kernel_size": [kernel_size], "dilation": [dilation], "groups": groups}
    return {"type": "conv1d", "outputs": outputs, "activation": activation, **options}


def described(document: Document) -> ModelDescription:
    description = read_rtneural(Path("random.json"), document)
    assert isinstance(description.architecture, LayerSequence)
    return description


def start(description: ModelDescription, channels: int = 1, **knobs: float) -> KernelInstance:
    return KernelInstance(layers_kernel(description), sample_rate=44_100, channels=channels, parameters=knobs)


def noise(channels: int, frames: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal((channels, frames)).astype(np.float32)


BATCHNORM = {"type": "batchnorm", "epsilon": 0.01}
PRELU = {"type": "prelu"}
NETWORKS = {
    **{f"tanh, {n} channels": (dense(n, "tanh"), dense(1)) for n in (1, 3, 8, 9, 17, 33)},
    **{name: (dense(7), {"type": "activation", "activation": name}, dense(1)) for name in oracles.ACTIVATIONS if name},
    "softmax behind dense": (dense(9, "softmax"), dense(1, "sigmoid")),
    "convolutions": (conv(5, 3, 1, "tanh"), conv(6, 2, 7, "relu"), conv(1, 1, 1)),
    "long look back": (conv(3, 3, 400, "tanh"), conv(1, 2, 1000)),
    "groups": (dense(12, "tanh"), conv(8, 3, 2, "tanh", groups=4), dense(1)),
    "batchnorm behind dense": (dense(6), BATCHNORM, dense(1)),
    "batchnorm behind tanh": (dense(6, "tanh"), BATCHNORM, PRELU, dense(1)),
    "batchnorm of two arrays": (dense(6, "tanh"), {**BATCHNORM, "arrays": 2}, conv(1, 3, 1)),
    "batchnorm first and last": (BATCHNORM, dense(1), BATCHNORM, BATCHNORM),
    "one slope for all": (dense(5), {**PRELU, "slopes": 1}, dense(1)),
    "lstm behind convolution": (conv(5, 3, 2, "tanh"), {"type": "lstm", "outputs": 11}, dense(1)),
    "gru behind lstm": ({"type": "lstm", "outputs": 7}, {"type": "gru", "outputs": 20}, dense(4, "elu"), dense(1)),
    "convolution behind gru": ({"type": "gru", "outputs": 9}, conv(3, 4, 3, "tanh"), dense(1)),
    "recurrent layer last": (dense(3), {"type": "lstm", "outputs": 1}),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_are_their_layers_within_1e_6(name: str) -> None:
    document, audio = document_of(*NETWORKS[name]), noise(1, 1500)
    output = start(described(document)).process(audio)[0]
    assert np.abs(output - oracles.rtneural(document, audio[0])).max() < 1e-6


@pytest.mark.parametrize("width", [4, 8, 16])
def test_every_vector_width_gives_the_network_within_1e_6(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers_kernel_module, "vector_width", lambda channels: width)
    rnn = {"type": "lstm", "outputs": 10}, {"type": "gru", "outputs": 5}
    document = document_of(conv(9, 3, 2, "tanh"), BATCHNORM, PRELU, *rnn, dense(20, "softmax"), dense(1))
    audio = noise(1, 400)
    output = start(described(document)).process(audio)[0]
    assert np.abs(output - oracles.rtneural(document, audio[0])).max() < 1e-6


@pytest.mark.parametrize("name", RTNEURAL)
def test_rtneurals_own_layer_tests(fixtures: Path, name: str) -> None:
    folder = fixtures / "rtneural"
    audio = np.loadtxt(folder / f"{name}_x.csv").astype(np.float32)
    expected = np.loadtxt(folder / f"{name}_y.csv")
    kernel = model_kernel(read_model(folder / f"{name}.json")[1])
    output = KernelInstance(kernel, sample_rate=48_000, channels=1).process(audio[None])[0]
    assert oracles.error_to_signal(output, expected) < 1e-8
    assert oracles.peak_error(output, expected) < 1e-4


@pytest.mark.parametrize("name", ["full_model", "conv", "dense", "gru", "lstm"])
def test_rtneurals_models_are_their_layers_in_float64(fixtures: Path, name: str) -> None:
    path, audio = fixtures / "rtneural" / f"{name}.json", noise(1, 500)
    output = start(read_model(path)[1]).process(audio)[0]
    expected = oracles.rtneural(json.loads(path.read_text()), audio[0])
    assert oracles.error_to_signal(output, expected) < 1e-8  # some are nearly pure offset
    assert oracles.peak_error(output, expected) < 1e-5


@pytest.mark.parametrize("skip", [0, 1])
def test_gains_skip_connection_and_knobs_are_those_of_aida_x(skip: int) -> None:
    layers = {"type": "lstm", "outputs": 8}, dense(1)
    document = document_of(*layers, inputs=3, in_skip=skip, in_gain=4.5, out_gain=-7.25)
    description, audio = described(document), noise(1, 300)
    output = start(description, param1=0.2, param2=0.9).process(audio)[0]
    assert np.abs(output - oracles.rtneural(document, audio[0], [0.2, 0.9])).max() < 1e-6
    with pytest.raises(ParameterError, match="param1"):
        start(description, param1=1.5)


MIXED = document_of(conv(5, 3, 60, "tanh"), {"type": "gru", "outputs": 6}, conv(3, 2, 5), dense(4, "softmax"), dense(1))


@pytest.mark.parametrize("size", [1, 7, 64, 100, 1111])
def test_any_block_size_gives_the_same_bits(size: int) -> None:
    description, audio = described(MIXED), noise(2, 1500)
    whole, stream = start(description, 2).process(audio), start(description, 2)
    blocks = [stream.process(audio[:, first : first + size]) for first in range(0, audio.shape[1], size)]
    np.testing.assert_array_equal(np.hstack(blocks), whole)


def test_every_channel_is_a_voice_of_its_own() -> None:
    description, audio = described(MIXED), noise(3, 900)
    together = start(description, 3).process(audio)
    for channel, output in zip(audio, together, strict=True):
        np.testing.assert_array_equal(start(description).process(channel[None])[0], output)


def test_reset_returns_to_rest() -> None:
    instance, audio = start(described(MIXED), 2), noise(2, 700)
    first = instance.process(audio)
    instance.reset()
    np.testing.assert_array_equal(instance.process(audio), first)


def test_extreme_input_stays_finite() -> None:
    description = described(document_of(dense(8, "elu"), dense(8, "softmax"), {"type": "lstm", "outputs": 8}, dense(1)))
    assert np.isfinite(start(description).process(np.float32([[1e6, -1e6, 0, 1e-30]]))).all()


def test_layers_that_do_not_fit_are_refused() -> None:
    description = described(document_of(dense(3), dense(1)))
    with pytest.raises(ModelError, match="0 knobs, but 1 inputs"):
        layers_kernel(
            ModelDescription(
                LayerSequence((Layer(kind="dense", inputs=2, outputs=1),)),
                {"0.weight": np.zeros((1, 2), np.float32), "0.bias": np.zeros(1, np.float32)},
            )
        )
    cut = replace(description, architecture=LayerSequence(description.architecture.layers[:1]))
    with pytest.raises(ModelError, match="3 outputs"):
        layers_kernel(cut)
    with pytest.raises(ModelError, match="layers one behind the other"):
        layers_kernel(read_lstm())


def read_lstm() -> ModelDescription:
    return read_rtneural(Path("lstm.json"), document_of({"type": "lstm", "outputs": 4}, dense(1)))
