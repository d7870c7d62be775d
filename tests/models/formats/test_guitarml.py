"""Reading GuitarML's json."""

import json
from pathlib import Path

import numpy as np
import pytest

from ampboard.models.errors import ModelError
from ampboard.models.formats.guitarml import read_guitarml


def test_snapshot_and_knob_models(fixtures: Path) -> None:
    snapshot = read_guitarml(fixtures / "guitarml" / "neuralpi_TS9_FullD.json")
    knob = read_guitarml(fixtures / "guitarml" / "neuralpi_TS9.json")
    assert snapshot.knobs == ()
    assert knob.knobs == ("gain",)
    assert snapshot.sample_rate == 44_100
    assert knob.prewarm_frames == 0
    assert knob.arrays["0.input.weight"].shape == (80, 2)


def test_arrays_equal_the_state_dict(fixtures: Path) -> None:
    path = fixtures / "guitarml" / "proteus_DS1_fromVideo.json"
    state = json.loads(path.read_text())["state_dict"]
    arrays = read_guitarml(path).arrays
    np.testing.assert_array_equal(arrays["0.recurrent.weight"], np.float32(state["rec.weight_hh_l0"]))
    np.testing.assert_array_equal(arrays["0.recurrent.bias"], np.float32(state["rec.bias_hh_l0"]))


@pytest.mark.parametrize("key", ["rec.weight_hh_l0", "lin.bias"])
def test_missing_and_misshapen_weights_are_named(fixtures: Path, tmp_path: Path, key: str) -> None:
    document = json.loads((fixtures / "guitarml" / "neuralpi_TS9.json").read_text())
    broken = tmp_path / "broken.json"
    value = document["state_dict"].pop(key)
    broken.write_text(json.dumps(document))
    with pytest.raises(ModelError, match=rf"broken\.json: state_dict\.{key}: is missing"):
        read_guitarml(broken)
    document["state_dict"][key] = [*value, value[0]]
    broken.write_text(json.dumps(document))
    with pytest.raises(ModelError, match=rf"broken\.json: state_dict\.{key}: has shape"):
        read_guitarml(broken)
