"""Reading and writing .nam files: the real ones exactly, damaged ones with an error that names the field."""

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ampboard.models.description import Container, ModelDescription, Recurrent, WaveNet
from ampboard.models.errors import ModelError
from ampboard.models.formats.nam import read_nam, write_nam

FILES = (
    "BossLSTM-1x16", "BossLSTM-2x8", "BossWN-a2", "BossWN-feather", "BossWN-nano", "BossWN-standard", "core_A2",
    "core_lstm", "core_my_model", "core_slimmable_container", "core_slimmable_wavenet", "core_wavenet",
    "core_wavenet_a1_standard", "core_wavenet_a2_max", "core_wavenet_condition_dsp",
)  # fmt: skip


def as_read(value: Any) -> Any:
    """A document with its weights as what they are read as."""
    if isinstance(value, dict):
        return {k: np.float32(v).tolist() if k == "weights" else as_read(v) for k, v in value.items()}
    return [as_read(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", FILES)
def test_written_back_a_file_equals_what_was_read(fixtures: Path, tmp_path: Path, name: str) -> None:
    source = fixtures / "nam" / f"{name}.nam"
    target = tmp_path / "copy.nam"
    write_nam(read_nam(source), target)
    assert as_read(json.loads(target.read_text())) == as_read(json.loads(source.read_text()))


def bare(description: ModelDescription) -> ModelDescription:
    """A model that was not read from a file."""
    architecture = description.architecture
    if isinstance(architecture, Container):
        architecture = replace(architecture, models=tuple(map(bare, architecture.models)))
    return replace(description, architecture=architecture, document=None)


def same(one: ModelDescription, other: ModelDescription) -> bool:
    if isinstance(one.architecture, Container) and isinstance(other.architecture, Container):
        assert one.architecture.qualities == other.architecture.qualities
        return all(map(same, one.architecture.models, other.architecture.models))
    assert one.architecture == other.architecture
    return all((other.arrays[name] == array).all() for name, array in one.arrays.items())


@pytest.mark.parametrize("name", FILES)
def test_a_model_without_a_file_is_written_whole(fixtures: Path, tmp_path: Path, name: str) -> None:
    model = read_nam(fixtures / "nam" / f"{name}.nam")
    write_nam(bare(model), tmp_path / "new.nam", version="0.7.0")
    copy = read_nam(tmp_path / "new.nam")
    assert same(model, copy)
    assert (copy.sample_rate, copy.prewarm_frames, copy.metadata) == (
        model.sample_rate,
        model.prewarm_frames,
        model.metadata,
    )


def test_what_changed_since_reading_is_written(fixtures: Path, tmp_path: Path) -> None:
    model = read_nam(fixtures / "nam/core_wavenet_a2_max.nam")
    assert isinstance(model.architecture, WaveNet)
    stack = replace(model.architecture.layer_arrays[0], activation="Tanh")
    changed = replace(
        model,
        architecture=replace(model.architecture, layer_arrays=(stack,)),
        arrays={name: np.float32(0.5) * array for name, array in model.arrays.items()},
        metadata={"name": "half"},
    )
    write_nam(changed, tmp_path / "changed.nam")
    copy = read_nam(tmp_path / "changed.nam")
    assert same(changed, copy)
    assert copy.metadata == {"name": "half"}
    assert json.loads((tmp_path / "changed.nam").read_text())["notes"] == model.document["notes"]  # type: ignore[index]


def test_an_unknown_option_that_is_off_is_kept(fixtures: Path, tmp_path: Path) -> None:
    document = json.loads((fixtures / "nam/core_wavenet.nam").read_text())
    document["config"]["layers"][0] |= {"reverb": None, "spring": False, "plate_film": {"active": False, "groups": 3}}
    (tmp_path / "in.nam").write_text(json.dumps(document))
    write_nam(read_nam(tmp_path / "in.nam"), tmp_path / "out.nam")
    assert as_read(json.loads((tmp_path / "out.nam").read_text())) == as_read(document)


def plain_document(architecture: str, config: dict[str, Any], count: int) -> dict[str, Any]:
    weights = np.random.default_rng(count).standard_normal(count).astype(np.float32).tolist()
    return {"version": "0.5.4", "architecture": architecture, "config": config, "weights": weights, "extra": [1, 2]}


CONVNET = {"channels": 3, "dilations": [1, 2, 4], "batchnorm": True, "activation": "Hardswish"}
PLAIN = {
    "Linear": plain_document("Linear", {"receptive_field": 7, "bias": True}, 8),
    "ConvNet": plain_document("ConvNet", CONVNET, (6 + 13) + 2 * (18 + 13) + 4),
    "ConvNet without normalization": plain_document("ConvNet", CONVNET | {"batchnorm": False}, 9 + 2 * 21 + 4),
    "Sequential": plain_document("Sequential", {"models": [{"receptive_field": 5, "bias": False}, CONVNET]}, 5 + 85),
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_networks_are_read_and_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "in.nam").write_text(json.dumps(PLAIN[name]))
    model = read_nam(tmp_path / "in.nam")
    write_nam(model, tmp_path / "out.nam")
    assert as_read(json.loads((tmp_path / "out.nam").read_text())) == as_read(PLAIN[name])
    write_nam(bare(model), tmp_path / "new.nam")
    assert same(model, read_nam(tmp_path / "new.nam"))


def test_prewarm_follows_the_original_engine(fixtures: Path) -> None:
    assert read_nam(fixtures / "nam/BossWN-standard.nam").prewarm_frames == 4093  # the receptive field
    assert read_nam(fixtures / "nam/core_lstm.nam").prewarm_frames == 24_000  # half a second
    assert read_nam(fixtures / "nam/BossLSTM-2x8.nam").prewarm_frames == 1  # no rate in the file


def test_first_weights_are_those_of_the_first_layer(fixtures: Path) -> None:
    source = fixtures / "nam" / "core_wavenet.nam"
    weights = np.float32(json.loads(source.read_text())["weights"])
    model = read_nam(source)
    assert isinstance(model.architecture, WaveNet)
    np.testing.assert_array_equal(model.arrays["0.rechannel.weight"].ravel(), weights[:3])
    np.testing.assert_array_equal(model.arrays["0.layers.0.conv.weight"].ravel(), weights[3:30])
    assert model.arrays["head_scale"][0] == weights[-1]


def test_lstm_weights_are_split_into_input_and_recurrent(fixtures: Path) -> None:
    source = fixtures / "nam" / "core_lstm.nam"
    weights = np.float32(json.loads(source.read_text())["weights"])
    model = read_nam(source)
    assert isinstance(model.architecture, Recurrent)
    rows = weights[: 12 * 4].reshape(12, 4)
    np.testing.assert_array_equal(model.arrays["0.input.weight"], rows[:, :1])
    np.testing.assert_array_equal(model.arrays["0.recurrent.weight"], rows[:, 1:])


def _absurd_dilation(d: dict[str, Any]) -> None:
    d["config"]["layers"][0]["dilations"] = [1 << 24, 1 << 24]


def _deep(d: dict[str, Any]) -> None:
    nested: list[Any] = []
    for _ in range(500):
        nested = [nested]
    d["weights"] = nested


def _set(*keys: Any, value: Any) -> Any:
    def change(document: dict[str, Any]) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    return change


DAMAGE = {
    "negative size": (_set("config", "layers", 0, "channels", value=-3), "config.layers.0.channels"),
    "size as text": (_set("config", "layers", 0, "channels", value="3"), "config.layers.0.channels"),
    "absurd size": (_set("config", "layers", 0, "channels", value=1 << 23), "wide"),
    "absurd dilation": (_absurd_dilation, "remembers"),
    "too few weights": (_set("weights", value=[0.0] * 130), "130 numbers, but config describes 131"),
    "NaN weight": (_set("weights", 5, value=float("nan")), "NaN"),
    "weight too large for float32": (_set("weights", 5, value=1e300), "infinity"),
    "text weight": (_set("weights", 5, value="loud"), "weights"),
    "nested weights": (_deep, "weights"),
    "no config": (_set("config", value=None), "config"),
    "unknown architecture": (_set("architecture", value="Diffusion"), "Diffusion"),
    "future version": (_set("version", value="0.9.0"), "newer"),
    "unfitting stacks": (_set("config", "layers", 1, "input_size", value=2), "config.layers.1.input_size"),
    "unknown activation": (_set("config", "layers", 0, "activation", value="Magic"), "config.layers.0.activation"),
    "rate of zero": (_set("sample_rate", value=0), "sample_rate"),
}


def assert_named(document: dict[str, Any], broken: Path, named: str) -> None:
    broken.write_text(json.dumps(document))
    with pytest.raises(ModelError) as error:
        read_nam(broken)
    message = str(error.value)
    assert named in message
    assert message.startswith(str(broken))
    assert "\n" not in message
    assert len(message) < 400 + len(str(broken))


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named(fixtures: Path, tmp_path: Path, damage: str) -> None:
    change, named = DAMAGE[damage]
    document = deepcopy(json.loads((fixtures / "nam" / "core_wavenet.nam").read_text()))
    change(document)
    assert_named(document, tmp_path / "broken.nam", named)


LAYER = ("config", "layers", 0)
DSP = ("config", "condition_dsp")
A2_DAMAGE = {
    "groups that do not divide": (_set(*LAYER, "groups_input", value=3), "config.layers.0.groups_input: 3 groups"),
    "groups of a modulation": (_set(*LAYER, "conv_pre_film", "groups", value=3), "conv_pre_film.groups: 3 groups"),
    "unknown gating": (_set(*LAYER, "gating_mode", value="mixed"), "config.layers.0.gating_mode"),
    "too few gating modes": (_set(*LAYER, "gating_mode", value=["none"]), "config.layers.0.gating_mode: must have 2"),
    "too few activations": (
        _set(*DSP, "config", "layers", 1, "dilations", value=[1, 2]),
        "config.condition_dsp.config.layers.1.gating_mode: must have 2",
    ),
    "two kernel sizes": (_set(*LAYER, "kernel_sizes", value=[1, 2]), "exactly one of kernel_size and kernel_sizes"),
    "wrong condition": (_set(*LAYER, "condition_size", value=4), "config.layers.0.condition_size: must be 8, not 4"),
    "slopes": (_set(*LAYER, "activation", value={"type": "PReLU", "negative_slopes": [1, 2, 3]}), "3 slopes"),
    "slope as text": (_set(*LAYER, "activation", value={"type": "LeakyReLU", "negative_slope": "x"}), "negative_slope"),
    "no 1x1": (_set(*LAYER, "layer1x1", "active", value=False), "layer1x1_post_film"),
    "option not understood": (_set(*LAYER, "reverb", value=True), "config.layers.0.reverb"),
    "modulation not understood": (_set(*LAYER, "spring_film", value={"active": True}), "config.layers.0.spring_film"),
    "inner weight": (_set(*DSP, "weights", 3, value=float("inf")), "config.condition_dsp.weights: contains NaN"),
    "inner count": (_set(*DSP, "weights", value=[1.0]), "config.condition_dsp.weights: 1 numbers"),
    "inner activation": (
        _set(*DSP, "config", "layers", 1, "activation", 2, "type", value="Magic"),
        "config.condition_dsp.config.layers.1.activation.2: 'Magic'",
    ),
    "inner version": (_set(*DSP, "version", value="0.8.0"), "config.condition_dsp.version: 0.8.0 is newer"),
    "recurrent condition": (
        _set(*DSP, value=plain_document("LSTM", {"input_size": 1, "hidden_size": 1, "num_layers": 1}, 16)),
        "config.condition_dsp.architecture: only",
    ),
    "condition of text": (_set(*DSP, value="loud"), "config.condition_dsp"),
}


@pytest.mark.parametrize("damage", A2_DAMAGE)
def test_damage_in_models_within_models_is_named(fixtures: Path, tmp_path: Path, damage: str) -> None:
    change, named = A2_DAMAGE[damage]
    document = deepcopy(json.loads((fixtures / "nam" / "core_wavenet_a2_max.nam").read_text()))
    change(document)
    assert_named(document, tmp_path / "broken.nam", named)


def test_models_within_models_are_bounded_in_depth(fixtures: Path, tmp_path: Path) -> None:
    document = json.loads((fixtures / "nam" / "core_lstm.nam").read_text())

    def within(inner: dict[str, Any]) -> dict[str, Any]:
        config = {"submodels": [{"max_value": 1.0, "model": inner}]}
        return {"version": "0.7.0", "architecture": "SlimmableContainer", "config": config, "weights": []}

    for _ in range(4):
        document = within(document)
    (tmp_path / "deep.nam").write_text(json.dumps(document))
    read_nam(tmp_path / "deep.nam")
    assert_named(within(document), tmp_path / "deeper.nam", "models within models more than 4 deep")


def test_models_within_models_are_bounded_in_size(tmp_path: Path) -> None:
    layer = {
        "input_size": 1, "condition_size": 1, "channels": 4, "kernel_size": 2, "dilations": [1 << 22],
        "activation": "Tanh", "head_size": 1,
    }  # fmt: skip
    models = [plain_document("WaveNet", {"layers": [layer]}, 4 + 32 + 4 + 4 + 20 + 4 + 1) for _ in range(3)]
    (tmp_path / "two.nam").write_text(json.dumps(models[0]))
    read_nam(tmp_path / "two.nam")
    submodels = [{"max_value": float(n), "model": model} for n, model in enumerate(models)]
    document = plain_document("SlimmableContainer", {"submodels": submodels}, 0)
    assert_named(document, tmp_path / "large.nam", "remembers")


SLIMMING_DAMAGE = {
    "not ascending": (
        _set("config", "submodels", 0, "max_value", value=0.9),
        "config.submodels: max_value must ascend",
    ),
    "does not reach 1": (_set("config", "submodels", 2, "max_value", value=0.95), "reach 1"),
    "NaN": (_set("config", "submodels", 1, "max_value", value=float("nan")), "config.submodels"),
    "no model": (_set("config", "submodels", 1, "model", value=None), "config.submodels.1.model"),
    "nothing": (_set("config", "submodels", value=[]), "config.submodels"),
    "another rate": (_set("config", "submodels", 1, "model", "sample_rate", value=44_100), "sample rates"),
    "inner architecture": (
        _set("config", "submodels", 1, "model", "architecture", value="Magic"),
        "config.submodels.1.model.architecture: 'Magic'",
    ),
}


@pytest.mark.parametrize("damage", SLIMMING_DAMAGE)
def test_damage_in_a_container_is_named(fixtures: Path, tmp_path: Path, damage: str) -> None:
    change, named = SLIMMING_DAMAGE[damage]
    document = json.loads((fixtures / "nam" / "core_slimmable_container.nam").read_text())
    change(document)
    assert_named(document, tmp_path / "broken.nam", named)


@pytest.mark.parametrize("widths", [[2, 1, 3], [1, 2], [1, 2, 3, 4], [], ["1", 3]])
def test_widths_that_cannot_be_cut_are_named(fixtures: Path, tmp_path: Path, widths: list[Any]) -> None:
    document = json.loads((fixtures / "nam" / "core_slimmable_wavenet.nam").read_text())
    document["config"]["layers"][0]["slimmable"]["kwargs"]["allowed_channels"] = widths
    assert_named(document, tmp_path / "broken.nam", "config.layers.0.slimmable")


def test_truncated_file_is_refused_at_every_length(fixtures: Path, tmp_path: Path) -> None:
    text = (fixtures / "nam" / "core_lstm.nam").read_bytes()
    broken = tmp_path / "short.nam"
    for length in range(0, len(text) - 1, 97):
        broken.write_bytes(text[:length])
        with pytest.raises(ModelError, match=r"short\.nam"):
            read_nam(broken)


def test_a_failed_write_leaves_the_old_file(fixtures: Path, tmp_path: Path) -> None:
    target = tmp_path / "old.nam"
    target.write_text("old")
    (tmp_path / "sub").mkdir()
    with pytest.raises(IsADirectoryError):
        write_nam(read_nam(fixtures / "nam" / "core_lstm.nam"), tmp_path / "sub")
    assert target.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["old.nam", "sub"]


def test_the_knobs_of_an_lstm_are_its_further_inputs(tmp_path: Path) -> None:
    """Named one for one in our own field; without it the file is not understood."""
    weights = 4 * (3 + 1) + 4 + 2 + 2
    document = plain_document("LSTM", {"input_size": 3, "hidden_size": 1, "num_layers": 1}, weights)
    assert_named(document, tmp_path / "broken.nam", "knobs: names 0, but the model has 2 inputs beside the audio")
    (tmp_path / "knobs.nam").write_text(json.dumps(document | {"knobs": ["gain", "tone"]}))
    assert read_nam(tmp_path / "knobs.nam").knobs == ("gain", "tone")
