"""The dry input inside and beside a network: the same sound."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.models.errors import ModelError
from ampboard.models.formats import read_model
from ampboard.models.model import Model
from ampboard.training.losses import error_to_signal_ratio
from ampboard.training.result.dry_path import with_cells, with_dry_path

from .conftest import playing, recurrent

KNOBS = ((), ("drive",))


@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.parametrize("knobs", KNOBS)
@pytest.mark.parametrize("skip", [True, False])
def test_the_sound_stays(kind: str, knobs: tuple[str, ...], skip: bool) -> None:
    """Error-to-signal ratio below 1e-8; one cell more."""
    given = recurrent(kind, knobs=knobs, skip=not skip)
    changed = with_dry_path(given, skip=skip)
    assert (changed.architecture.skip, changed.architecture.hidden_size) == (skip, 7)
    audio, positions = playing(1.0), dict.fromkeys(knobs, 0.7)
    expected = Model(given).process(audio, **positions)
    assert error_to_signal_ratio(Model(changed).process(audio, **positions), expected) < 1e-8
    assert with_dry_path(given, skip=not skip) is given


def test_a_real_model_at_full_scale(fixtures: Path) -> None:
    """NeuralPi's Tube Screamer, whose dry input is beside it, on a loud guitar: below 1e-8."""
    given = read_model(fixtures / "guitarml" / "neuralpi_TS9_FullD.json")[1]
    audio = soundfile.read(fixtures / "devices" / "input.flac", start=20 * 48_000, frames=96_000, dtype="float32")[0]
    audio /= np.abs(audio).max()
    expected = Model(given).process(audio)
    assert error_to_signal_ratio(Model(with_dry_path(given, skip=False)).process(audio), expected) < 1e-8


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_cells_that_do_nothing_change_nothing(kind: str) -> None:
    audio, given = playing(0.5), recurrent(kind, knobs=("drive",))
    expected = Model(given).process(audio, drive=0.2)
    output = Model(with_cells(given, 40)).process(audio, drive=0.2)
    np.testing.assert_allclose(output, expected, atol=1e-6)


def test_networks_that_cannot_are_refused(fixtures: Path) -> None:
    two_layers = read_model(fixtures / "nam" / "BossLSTM-2x8.nam")[1]
    with pytest.raises(ModelError, match="2 layers has no way for the dry input"):
        with_dry_path(two_layers, skip=True)
    with pytest.raises(ModelError, match="a WaveNet has no cells"):
        with_dry_path(read_model(fixtures / "nam" / "BossWN-nano.nam")[1], skip=True)
    with pytest.raises(ModelError, match="do not become one of 3"):
        with_cells(recurrent(), 3)
