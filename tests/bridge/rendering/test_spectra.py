"""Band levels against signals whose spectrum is known."""

import numpy as np
import pytest

from ampboard.bridge.rendering.spectra import band_spectrum


def test_a_sine_has_its_power_in_its_own_octave() -> None:
    time = np.arange(48_000 * 2) / 48_000
    sine = np.float32(0.5 * np.sin(2 * np.pi * 1000 * time))[None]
    spectrum = band_spectrum(sine, 48_000)
    octaves = spectrum.octaves()
    assert octaves.max() == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.1)
    assert spectrum.frequencies[spectrum.levels.argmax()] == pytest.approx(1000, rel=0.06)


def test_white_noise_rises_three_db_an_octave() -> None:
    noise = np.random.default_rng(1).standard_normal((1, 48_000 * 10)).astype(np.float32)
    octaves = band_spectrum(noise, 48_000).octaves()
    np.testing.assert_allclose(np.diff(octaves[2:]), 3.01, atol=0.3)


def test_shorter_than_a_window_is_padded() -> None:
    assert np.isfinite(band_spectrum(np.ones((2, 10), np.float32), 44_100).levels).all()
