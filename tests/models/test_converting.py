"""Conversion between formats: the same weights, the same sound, and clear refusals."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from ampboard.models import ModelError, load_model
from ampboard.models.converting import convert_model
from ampboard.models.formats import read_model

from . import oracles


@pytest.fixture(scope="module")
def snapshot(fixtures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GuitarML snapshot without skip connection (the fixtures all have one)."""
    document = json.loads((fixtures / "guitarml" / "neuralpi_TS9_FullD.json").read_text())
    document["model_data"]["skip"] = 0
    path = tmp_path_factory.mktemp("converting") / "snapshot.json"
    path.write_text(json.dumps(document))
    return path


def guitar(fixtures: Path) -> np.ndarray:
    return 4 * soundfile.read(fixtures / "reference" / "input_48k.wav", dtype="float32")[0][20_000:40_000]


def test_guitarml_to_nam_sounds_the_same_once_the_start_is_over(fixtures: Path, tmp_path: Path, snapshot: Path) -> None:
    target = tmp_path / "snapshot.nam"
    convert_model(snapshot, target)
    converted, audio = load_model(target), guitar(fixtures)
    assert (converted.architecture, converted.sample_rate) == ("LSTM", 44_100)
    expected = load_model(snapshot).process(audio)
    output = converted.process(audio)
    assert np.abs(output - expected)[5_000:].max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("name", ["BossLSTM-1x16", "BossLSTM-2x8"])
@pytest.mark.parametrize("format", ["aida-x", "guitarml"])
def test_nam_to_json_keeps_every_weight_and_sounds_as_the_layers(
    fixtures: Path, tmp_path: Path, name: str, format: str
) -> None:
    source, target = fixtures / "nam" / f"{name}.nam", tmp_path / "converted.json"
    convert_model(source, target, format=format)
    given, written = read_model(source)[1], read_model(target)[1]
    for array in ("0.input.weight", "0.recurrent.weight", "0.input.bias", "head.weight", "head.bias"):
        np.testing.assert_array_equal(written.arrays[array], given.arrays[array])
    assert written.sample_rate == 48_000  # what a .nam file without a rate means
    document, audio = json.loads(target.read_text()), guitar(fixtures)[:3_000]
    expected = (oracles.guitarml if format == "guitarml" else oracles.rtneural)(document, audio)
    output = load_model(target).process(audio)
    assert oracles.error_to_signal(output, expected) < 1e-8


def test_there_and_back_is_the_same_network(fixtures: Path, tmp_path: Path) -> None:
    for name in ("aidax/tw40_blues_deluxe", "rtneural/lstm_1d"):
        middle, back = tmp_path / "middle.nam", tmp_path / "back.json"
        convert_model(fixtures / f"{name}.json", middle)
        convert_model(middle, back, format="aida-x")
        given, written = read_model(fixtures / f"{name}.json")[1], read_model(back)[1]
        assert written.architecture == given.architecture
        for array, expected in given.arrays.items():
            np.testing.assert_array_equal(written.arrays[array], expected)
        assert written.metadata == given.metadata


def test_knobs_and_skip_connections_go_from_guitarml_to_aida_x(fixtures: Path, tmp_path: Path) -> None:
    source, target = fixtures / "guitarml" / "neuralpi_TS9.json", tmp_path / "ts9.json"
    convert_model(source, target)
    audio = guitar(fixtures)
    expected = load_model(source).process(audio, gain=0.8)
    output = load_model(target).process(audio, gain=0.8)
    # the two biases of a gate are one there, rounded once
    assert oracles.error_to_signal(output, expected) < 1e-9


@pytest.mark.parametrize(
    ("name", "target", "reason"),
    [
        ("guitarml/neuralpi_TS9", "a.nam", r"neuralpi_TS9\.json: cannot become a\.nam: .* with 1 knob\(s\) and a skip"),
        ("guitarml/pedalnet", "a.nam", r"this is a PedalNet \(PedalNetRT\)"),
        ("guitarml/smartamppro_Heavy", "a.json", "this is a StatelessLstm"),
        ("rtneural/gru_torch", "a.nam", "this is a GRU"),
        ("rtneural/conv", "a.nam", "this is a LayerSequence"),
        ("rtneural/conv", "a.wav", r"the suffix '\.wav' names no format"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(
    fixtures: Path, tmp_path: Path, name: str, target: str, reason: str
) -> None:
    with pytest.raises(ModelError, match=reason):
        convert_model(fixtures / f"{name}.json", tmp_path / target)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_not_converted_onto_itself(tmp_path: Path, snapshot: Path) -> None:
    with pytest.raises(ModelError, match="itself"):
        convert_model(snapshot, snapshot)
    with pytest.raises(ModelError, match="'wav' is not known"):
        convert_model(snapshot, tmp_path / "a.json", format="wav")


@pytest.mark.parametrize("file", ["nam/core_A2.nam", "nam/core_lstm.nam", "aidax/tw40_blues_deluxe.json"])
def test_a_file_of_the_targets_own_format_is_written_as_it_was_read(fixtures: Path, tmp_path: Path, file: str) -> None:
    document = json.loads((fixtures / file).read_text())
    document["somebody's own key"] = {"kept": [1, 2]}
    source, target = tmp_path / f"in{Path(file).suffix}", tmp_path / f"out{Path(file).suffix}"
    source.write_text(json.dumps(document))
    convert_model(source, target)
    assert _rounded(json.loads(target.read_text())) == _rounded(document)


def _rounded(value: Any) -> Any:
    """The document with every number as float32."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(np.float32(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
