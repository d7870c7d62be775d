"""The methods the networks are compared with, against closed formulas and stated numbers."""

import numpy as np
import pytest
from scipy.signal import lfilter

from ampboard.training.repair.linear_prediction import burg, interpolate
from ampboard.training.repair.measures import repair_quality, signal_to_noise_db
from ampboard.training.repair.notes import long_sound
from ampboard.training.repair.spectral_gating import spectral_gate


def test_burg_finds_the_filter_that_made_a_sound() -> None:
    coefficients = np.array([1.0, -1.6, 0.9, -0.2])
    sound = lfilter([1.0], coefficients, np.random.default_rng(1).standard_normal(200_000))
    np.testing.assert_allclose(burg(np.asarray(sound), 3), coefficients, atol=0.01)


def test_a_gap_in_sines_is_filled_to_40_db() -> None:
    time = np.arange(4_000)
    sound = np.sin(0.1 * time) + 0.5 * np.sin(0.237 * time + 1)
    missing = (time >= 2_000) & (time < 2_150)
    repaired = interpolate(np.where(missing, np.nan, sound), missing, order=16)
    assert signal_to_noise_db(repaired[missing], sound[missing]) > 40


def test_linear_prediction_reaches_the_stated_numbers_on_the_long_sound() -> None:
    sound = long_sound(56, np.random.default_rng(5))
    quality = repair_quality(interpolate(sound.chopped, sound.missing), sound.clean, sound.missing)
    assert quality.overall == pytest.approx(17.7, abs=0.5)
    assert quality.in_gaps == pytest.approx(14.7, abs=1.0)
    assert quality.outside == pytest.approx(18.9, abs=0.2)


def test_gating_takes_noise_from_a_tone_that_comes_and_goes() -> None:
    time = np.arange(32_000)
    clean = np.sin(0.1 * time) * (time % 8_000 < 4_000)
    noisy = clean + np.random.default_rng(2).normal(0, 0.08, time.size)
    assert signal_to_noise_db(spectral_gate(noisy), clean) > signal_to_noise_db(noisy, clean) + 3
