"""Written back, a json model equals what was read: weights as float32, all else as it stood, unknown keys kept."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ampboard.models.errors import ModelError
from ampboard.models.formats import read_model
from ampboard.models.formats.guitarml import write_guitarml
from ampboard.models.formats.pedalnet import write_pedalnet
from ampboard.models.formats.rtneural import write_rtneural
from ampboard.models.formats.smartamppro import write_smartamppro
from ampboard.models.formats.torch_state import write_torch_state

NAMES = [
    *(f"aidax/tw40_{name}" for name in ("blues_deluxe", "california_clean")),
    *(f"guitarml/neuralpi_{name}" for name in ("BluesJR_FullD", "BluesJr", "HT40_Overdrive", "TS9", "TS9_FullD")),
    *(f"guitarml/proteus_{name}" for name in ("BlackstarHT40_AmpClean", "BluesJrAmp_VolKnob", "BossMT2_PedalHighGain")),
    "guitarml/proteus_DS1_fromVideo",
    "guitarml/pedalnet",
    *(f"guitarml/smartamppro_{name}" for name in ("ClearBlueSky", "Heavy", "TubeDirty")),
    *(f"rtneural/{name}" for name in ("conv", "dense", "full_model", "gru", "gru_1d", "lstm", "lstm_1d")),
    *(f"rtneural/{name}_torch" for name in ("gru", "lstm")),
]
UNKNOWN = {"notes": {"made in": 1976, "tubes": ["12AX7", None, 1.5]}}


def numbers(value: Any) -> Any:
    """The value as float32 where it is a list of numbers (or of numbers as text), else None."""
    try:
        return np.array(value, np.float64).astype(np.float32)
    except (TypeError, ValueError):
        return None


def differences(a: Any, b: Any, place: str = "") -> Iterator[str]:
    """Places at which two documents differ, with numbers in lists compared as float32."""
    if isinstance(a, dict) and isinstance(b, dict):
        if list(a) != list(b):
            yield f"{place}: {list(a)} {list(b)}"
        for key in a.keys() & b.keys():
            yield from differences(a[key], b[key], f"{place}.{key}")
    elif isinstance(a, list) and numbers(a) is not None:
        if not np.array_equal(numbers(a), numbers(b), equal_nan=True):
            yield place
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from differences(x, y, f"{place}.{index}")
    elif a != b or type(a) is not type(b):
        yield place


@pytest.mark.parametrize("name", NAMES)
def test_written_back_equals_what_was_read(fixtures: Path, tmp_path: Path, name: str) -> None:
    document = json.loads((fixtures / f"{name}.json").read_text())
    if "torch" not in name:  # there, every key is a weight
        document |= UNKNOWN
    original, copy = tmp_path / "original.json", tmp_path / "copy.json"
    original.write_text(json.dumps(document))
    known, description = read_model(original)
    known.write(description, copy)
    assert list(differences(document, json.loads(copy.read_text()))) == []
    _, again = read_model(copy)
    assert again.architecture == description.architecture
    for array, expected in description.arrays.items():
        np.testing.assert_array_equal(again.arrays[array], expected)


def test_the_comparison_sees_a_changed_weight(fixtures: Path) -> None:
    document = json.loads((fixtures / "rtneural" / "conv.json").read_text())
    changed = json.loads(json.dumps(document))
    changed["layers"][1]["weights"][0][2][7][3] += 1e-6
    assert list(differences(document, changed)) == [".layers.1.weights.0"]


def test_nested_unknown_keys_are_kept(fixtures: Path, tmp_path: Path) -> None:
    document = json.loads((fixtures / "aidax" / "tw40_blues_deluxe.json").read_text())
    document["layers"][0]["comment"] = document["metadata"]["comment"] = "mine"
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document))
    write_rtneural(read_model(path)[1], path)
    assert list(differences(document, json.loads(path.read_text()))) == []


@pytest.mark.parametrize(
    ("write", "name", "reason"),
    [
        (write_guitarml, "guitarml/pedalnet", "GuitarML json holds an LSTM or a GRU, not a PedalNet"),
        (write_pedalnet, "aidax/tw40_blues_deluxe", "not a Recurrent"),
        (write_smartamppro, "aidax/tw40_blues_deluxe", "not a Recurrent"),
        (write_rtneural, "guitarml/smartamppro_Heavy", "not a StatelessLstm"),
        (write_torch_state, "aidax/tw40_blues_deluxe", "only a model read from a state_dict"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(
    fixtures: Path, tmp_path: Path, write: Any, name: str, reason: str
) -> None:
    with pytest.raises(ModelError, match=reason):
        write(read_model(fixtures / f"{name}.json")[1], tmp_path / "out.json")
    assert list(tmp_path.iterdir()) == []
