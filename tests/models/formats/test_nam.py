"""Reading and writing .nam files: the real ones exactly, damaged ones with an error that names the field."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ampboard.models.description import Recurrent, WaveNet
from ampboard.models.errors import ModelError
from ampboard.models.formats.nam import read_nam, write_nam

WAVENETS = ("BossWN-standard", "BossWN-feather", "BossWN-nano", "core_my_model", "core_wavenet")
LSTMS = ("BossLSTM-1x16", "BossLSTM-2x8", "core_lstm")


@pytest.mark.parametrize("name", WAVENETS + LSTMS)
def test_written_back_keeps_every_weight(fixtures: Path, tmp_path: Path, name: str) -> None:
    source = fixtures / "nam" / f"{name}.nam"
    target = tmp_path / "copy.nam"
    write_nam(read_nam(source), target)
    original, copy = json.loads(source.read_text()), json.loads(target.read_text())
    np.testing.assert_array_equal(np.float32(copy["weights"]), np.float32(original["weights"]))
    assert copy["config"] == original["config"]
    assert copy["metadata"] == original.get("metadata", {})
    assert copy.get("sample_rate") == original.get("sample_rate")


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


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named(fixtures: Path, tmp_path: Path, damage: str) -> None:
    change, named = DAMAGE[damage]
    document = deepcopy(json.loads((fixtures / "nam" / "core_wavenet.nam").read_text()))
    change(document)
    broken = tmp_path / "broken.nam"
    broken.write_text(json.dumps(document))
    with pytest.raises(ModelError) as error:
        read_nam(broken)
    message = str(error.value)
    assert named in message
    assert message.startswith(str(broken))
    assert "\n" not in message


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
