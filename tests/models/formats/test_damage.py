"""Damaged json models: what comes out is a ModelError that names file and field, or a model that can be played."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ampboard.models.description import ModelDescription, Recurrent
from ampboard.models.errors import ModelError
from ampboard.models.formats import read_model
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.model import load_model, model_kernel

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
SMALL = st.integers(-2, 40) | st.sampled_from(
    ["lstm", "gru", "dense", "conv1d", "batchnorm", "prelu", "softmax", "tanh"]
)
FILES = (
    "aidax/tw40_blues_deluxe", "guitarml/neuralpi_TS9", "guitarml/pedalnet", "guitarml/smartamppro_TubeDirty",
    "rtneural/conv", "rtneural/dense", "rtneural/full_model", "rtneural/lstm_torch",
)  # fmt: skip


def changed(*path: Any, to: Any) -> Any:
    def change(document: Any) -> None:
        *way, last = path
        for key in way:
            document = document[key]
        if to is DELETED:
            del document[last]
        else:
            document[last] = to

    return change


DELETED = object()
DAMAGE = {
    "aidax/tw40_blues_deluxe": [
        (changed("in_shape", to=[None, None, 0]), "in_shape: must end in the number of channels, not 0"),
        (changed("in_shape", to=[None, None, 2]), "layers.0.weights: have the shapes"),
        (changed("layers", 0, "type", to="transformer"), "layers.0.type"),
        (changed("layers", 0, "activation", to="relu"), "layers.0.activation: an lstm layer has tanh, not 'relu'"),
        (changed("layers", 0, "weights", 0, 0, 3, to="loud"), "layers.0.weights.0: must be numbers"),
        (changed("layers", 0, "weights", 0, 0, 3, to=float("nan")), "layers.0.weights.0: contains NaN"),
        (changed("layers", 0, "weights", 2, to=DELETED), "layers.0.weights: have the shapes"),
        (changed("layers", 0, "shape", to=[None, None, 1 << 23]), "layers.0.weights"),
        (changed("layers", 1, to=DELETED), "the last layer has 12 outputs: a model has one"),
        (changed("layers", to=[]), "layers: "),
        (changed("in_skip", to=2), "in_skip"),
        (changed("in_gain", to=1e9), "in_gain"),
        (changed("output_batch", to=[0.5] * 7), "input_batch: 2048 numbers do not fit 7"),
        (changed("output_batch", 5, to="x"), "output_batch: must be numbers"),
        (changed("metadata", "samplerate", to="high"), "metadata.samplerate"),
    ],
    "rtneural/conv": [
        (changed("layers", 5, "groups", to=3), "layers.5.groups: 3 does not divide 4 inputs"),
        (changed("layers", 5, "dilation", to=[0]), "layers.5.dilation"),
        (changed("layers", 5, "dilation", to=[1 << 24]), "remembers"),
        (changed("layers", 5, "kernel_size", to=[4]), "layers.5.weights"),
        (changed("layers", 2, "shape", to=[None, 100, 5]), "layers.2.shape: ends in 5, but a batchnorm layer keeps"),
        (changed("layers", 2, "weights", 3, to=[-1.0] * 4), "layers.2.weights.3: a variance is not positive"),
        (changed("layers", 3, "weights", to=[[[1.0, 2.0]]]), "layers.3.weights: 2 slopes for 4 channels"),
    ],
    "guitarml/neuralpi_TS9": [
        (changed("model_data", "unit_type", to="RNN"), "model_data.unit_type"),
        (changed("model_data", "num_layers", to=2), "state_dict.rec.weight_ih_l1: is missing"),
        (changed("model_data", "hidden_size", to=1 << 23), "wide"),
        (changed("state_dict", "rec.bias_hh_l0", to=DELETED), "state_dict.rec.bias_hh_l0: is missing"),
    ],
    "guitarml/pedalnet": [
        (changed("activation", to="relu"), "activation"),
        (changed("dilations", 3, to=0), "dilations.3"),
        (changed("dilations", 3, to=1 << 24), "remembers"),
        (changed("variables", 2, to=DELETED), "variables: W_conv of layer 0: is missing"),
        (changed("variables", 2, "data", 7, to="loud"), "variables: W_conv of layer 0: must be numbers"),
        (changed("variables", 2, "data", 7, to=DELETED), "variables: W_conv of layer 0: has shape (1535,)"),
        (changed("residual_channels", to=8), "variables: W of layer -1: has shape (16,)"),
    ],
    "guitarml/smartamppro_TubeDirty": [
        (changed("input_size", to=0), "input_size"),
        (changed("input_size", to=60_000), "lstm.recurrent_kernel:0: is missing"),
        (changed("conv1d_1", "kernel:0", to=DELETED), "conv1d_1.kernel:0: is missing"),
        (changed("conv1d_1", "kernel:0", to=[1.0]), "conv1d_1.kernel:0: must have 3 dimensions"),
        (changed("conv1d_1", "kernel:0", to=[[[1.0]]]), "conv1d_1.kernel:0: has 1 inputs"),
        (changed("lstm", "bias:0", to=[0.0] * 95), "lstm.bias:0: has shape (95,), the network needs (96,)"),
        (changed("dense", to=None), "dense"),
    ],
    "rtneural/lstm_torch": [
        (changed("dense.bias", to=DELETED), "dense.bias: is missing"),
        (changed("lstm2.weight_hh_l1", to=DELETED), "lstm2.weight_hh_l1: is missing"),
        (changed("lstm.weight_hh_l0", to=[1.0]), "lstm.weight_hh_l0: has shape (1,): neither an LSTM nor a GRU"),
        (changed("lstm2.weight_ih_l0", to=[[0.0]]), "lstm2.weight_ih_l0: has shape (1, 1), the network needs (32, 8)"),
        (changed("mystery", to=1), "mystery: is not known"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "case"), [(name, case) for name, cases in DAMAGE.items() for case in range(len(cases))]
)
def test_damage_is_named(fixtures: Path, tmp_path: Path, name: str, case: int) -> None:
    change, named = DAMAGE[name][case]
    document = json.loads((fixtures / f"{name}.json").read_text())
    change(document)
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(document))
    with pytest.raises(ModelError) as error:
        read_model(broken)
    message = str(error.value)
    assert named in message
    assert message.startswith(str(broken))
    assert "\n" not in message


def play(description: ModelDescription) -> None:
    """Play what was read; recurrent kernels are compiled by shape, and have limits of their own."""
    if isinstance(description.architecture, Recurrent):
        return
    instance = KernelInstance(model_kernel(description), sample_rate=48_000, channels=1)
    assert instance.process(np.ones((1, 100), np.float32)).shape == (1, 100)


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_changed_value_gives_a_playable_model_or_an_error(
    fixtures: Path, tmp_path: Path, name: str, data: st.DataObject
) -> None:
    document = json.loads((fixtures / f"{name}.json").read_text())
    place = document
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.integers(0, 3)) == 0:
            break
        place = place[key]
    place[key] = data.draw(JSON | SMALL)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(document))
    try:
        _, description = read_model(path)
        play(description)
    except ModelError as error:
        message = str(error)
    else:
        message = f"{description.weight_count} weights"
    assert message
    assert "\n" not in message


@pytest.mark.parametrize("name", FILES)
def test_truncated_files_are_refused(fixtures: Path, tmp_path: Path, name: str) -> None:
    text = (fixtures / f"{name}.json").read_bytes().rstrip()
    broken = tmp_path / "short.json"
    for length in np.linspace(0, len(text) - 1, 15, dtype=int):
        broken.write_bytes(text[:length])
        with pytest.raises(ModelError, match=r"short\.json"):
            load_model(broken)
