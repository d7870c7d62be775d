"""Calibration: what a sine of known level tells about full scale."""

import numpy as np
import pytest

from ampboard.bridge.live.sine_level import measure_sine, volts_to_dbu
from ampboard.models.errors import AudioError

RATE = 48_000


def sine(dbfs: float, frequency: float = 997.3, seconds: float = 2.0) -> np.ndarray:
    phase = 2 * np.pi * frequency * np.arange(round(RATE * seconds)) / RATE + 0.7
    return 10 ** (dbfs / 20) * np.sin(phase)


def test_volts_become_dbu() -> None:
    assert volts_to_dbu(0.774597) == pytest.approx(0.0, abs=1e-4)
    assert volts_to_dbu(1.0) == pytest.approx(2.218, abs=1e-3)


@pytest.mark.parametrize("frequency", [50.3, 440.0, 1000.0, 9876.5])
@pytest.mark.parametrize("dbfs", [-40.0, -12.3])
def test_the_level_of_a_noisy_sine_is_right_within_a_hundredth_of_a_db(frequency, dbfs) -> None:
    sound = sine(dbfs, frequency)
    sound += np.random.default_rng(4).normal(0, 10 ** ((dbfs - 46) / 20), sound.size) + 0.01
    measured = measure_sine(sound, RATE)
    assert measured.dbfs == pytest.approx(dbfs, abs=0.01)
    assert measured.frequency == pytest.approx(frequency, abs=0.01)
    assert measured.residue_db == pytest.approx(-43.0, abs=1.0)  # noise of -46 dB against a sine 3 dB below its peak


def test_full_scale_is_as_far_above_the_source_as_the_sine_below_full_scale() -> None:
    assert measure_sine(sine(-12.2), RATE).interface_dbu(0.0) == pytest.approx(12.2, abs=0.001)
    assert measure_sine(sine(-20.0), RATE).interface_dbu(-2.5) == pytest.approx(17.5, abs=0.001)


@pytest.mark.parametrize(
    ("sound", "message"),
    [
        (sine(-10, seconds=0.5), "record at least 1 s"),
        (np.clip(sine(2.0), -1, 1), "turn the gain down"),
        (sine(-80.0), "below -60 dBFS"),
        (np.random.default_rng(5).normal(0, 0.1, 2 * RATE), "play a clean sine alone"),
        (sine(-10) + sine(-30, 1994.6), "play a clean sine alone"),
        (sine(-10) * np.linspace(1, 1.03, 2 * RATE), "the level changes by"),
        (np.append(sine(-10), np.nan), "not finite"),
    ],
)
def test_what_is_no_clean_steady_sine_is_refused_with_a_remedy(sound, message) -> None:
    with pytest.raises(AudioError, match=message):
        measure_sine(sound, RATE)
