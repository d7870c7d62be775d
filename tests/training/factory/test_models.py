"""The shipped models sound as their metadata claims."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.models import load_model
from ampboard.training.devices.amps import AMPS
from ampboard.training.losses import error_to_signal_ratio

FACTORY = Path(__file__).resolve().parents[3] / "presets" / "factory"
RATE = 48_000


@pytest.mark.parametrize("name", AMPS)
def test_the_error_on_a_held_out_passage_is_the_one_in_the_metadata(name: str) -> None:
    """Within 5 % (another processor rounds otherwise), and below 0.01 in any case."""
    model = load_model(FACTORY / "models" / f"{name}.nam")
    claim = model.metadata["training"]["passage"]
    guitar, _ = soundfile.read(FACTORY / "recordings" / "guitar.flac")
    first = round(claim["start"] * RATE)
    dry = guitar[first : first + round(claim["seconds"] * RATE)]
    measured = error_to_signal_ratio(model.process(dry.astype(np.float32)), AMPS[name].process(dry, RATE))
    assert measured == pytest.approx(claim["esr"], rel=0.05, abs=2e-6)
    assert measured < 0.01
    assert model.metadata["training"]["validation_esr"] < 0.01


def test_both_kinds_of_network_ship_and_all_are_small() -> None:
    files = sorted((FACTORY / "models").glob("*.nam"))
    assert [file.stem for file in files] == sorted(AMPS)
    assert {load_model(file).architecture for file in files} == {"WaveNet", "LSTM"}
    for file in files:
        assert file.stat().st_size < 300_000
        assert load_model(file).sample_rate == RATE


@pytest.mark.parametrize("name", AMPS)
def test_silence_gives_next_to_nothing(name: str) -> None:
    """Below -90 dBFS once settled, where a ringing chain counts as silent: no offset is left."""
    model = load_model(FACTORY / "models" / f"{name}.nam")
    assert np.abs(model.process(np.zeros(RATE // 2, np.float32))[RATE // 4 :]).max() < 10 ** (-90 / 20)
