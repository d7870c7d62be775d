"""The low-pass and the fractions that sample rates are converted with."""

from fractions import Fraction

import numpy as np
import pytest
from numba import njit

from ampboard.models.kernels.contract import aligned_bytes
from ampboard.models.kernels.resampling import (
    HALF_LENGTH,
    MAX_TERM,
    SERIES,
    half_length,
    low_pass,
    measure_resampler,
    nearest_fraction,
    prepare_resampler,
    resample,
)

RATES = (8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000)


@njit
def prepare(memory: int, up: int, down: int, delay: float, frames: int) -> None:
    prepare_resampler(memory, up, down, delay, 1, frames)


@njit
def run(memory: int, source: int, frames: int, out: int, most: int) -> int:
    return resample(memory, source, frames, frames, out, most, most)


def spectrum(frequency: np.ndarray) -> np.ndarray:
    """Fourier transform of the low-pass, in closed form; `frequency` in units of the lower rate."""
    f = np.asarray(frequency)[:, None]
    partials = np.arange(SERIES.size) / (2 * HALF_LENGTH)
    length = 2 * HALF_LENGTH
    return HALF_LENGTH * (np.sinc(length * (f - partials)) + np.sinc(length * (f + partials))) @ SERIES


def test_low_pass_is_flat_within_a_twentieth_of_a_decibel_up_to_0_45():
    gain = 20 * np.log10(spectrum(np.linspace(0, 0.45, 20_001)))
    assert np.abs(gain).max() < 0.031


@pytest.mark.parametrize(("low", "high", "bound"), [(0.5, 1, -103.5), (1, 6, -119), (6, 60, -155)])
def test_low_pass_stops_everything_from_half_the_lower_rate_on(low, high, bound):
    gain = 20 * np.log10(np.abs(spectrum(np.linspace(low, high, 60_001))).max())
    assert gain < bound


def test_compiled_low_pass_is_the_cosine_series():
    t = np.linspace(-HALF_LENGTH, HALF_LENGTH, 1_001)
    series = np.cos(np.pi * np.outer(t, np.arange(SERIES.size)) / HALF_LENGTH) @ SERIES
    compiled = np.array([low_pass(x) for x in t])
    np.testing.assert_allclose(compiled, series, atol=1e-11)
    assert low_pass(HALF_LENGTH) == low_pass(-50.0) == 0.0
    assert abs(low_pass(HALF_LENGTH - 1e-6)) < 1e-9


@pytest.mark.parametrize("host", RATES)
def test_customary_rates_have_an_exact_fraction(host):
    for model in RATES:
        exact = Fraction(host, model)
        assert nearest_fraction(host / model) == (exact.numerator, exact.denominator)


def test_other_ratios_get_the_nearest_fraction():
    rng = np.random.default_rng(1)
    denominators = np.arange(1, MAX_TERM + 1)
    for ratio in [682.9, 44_101 / 48_000, 48_010 / 48_000, 48_001 / 48_000, *np.exp(rng.uniform(-6.6, 6.6, 60)), 683.1]:
        numerators = np.rint(ratio * denominators)
        allowed = (numerators >= 1) & (numerators <= MAX_TERM)
        nearest = np.abs(numerators / denominators - ratio)[allowed].min()
        numerator, denominator = nearest_fraction(ratio)
        assert 1 <= numerator <= MAX_TERM
        assert 1 <= denominator <= MAX_TERM
        assert abs(numerator / denominator - ratio) <= nearest * (1 + 1e-9)
        assert abs(numerator / denominator / ratio - 1) < 1.47e-4


@pytest.mark.parametrize(("up", "down"), [(160, 147), (147, 160), (1, 4), (3, 1), (2087, 1933)])
def test_output_is_the_input_weighted_by_the_low_pass(up, down):
    """Against the sum over all input frames in float64: within 1e-6 of the input's peak."""
    frames, delay = 700, half_length(up, down) + 0.3
    rng = np.random.default_rng(2)
    source = rng.uniform(-1, 1, frames).astype(np.float32)
    memory = aligned_bytes(measure_resampler(up, down, delay, 1, frames))
    prepare(memory.ctypes.data, up, down, delay, frames)
    out = np.zeros(frames * up // down + 1, np.float32)
    written = run(memory.ctypes.data, source.ctypes.data, frames, out.ctypes.data, out.size)
    assert written == -(-frames * up // down)

    low = min(up, down) / down
    times = np.arange(written)[:, None] * down / up - delay - np.arange(frames)
    series = np.cos(np.pi * (times * low)[..., None] * np.arange(SERIES.size) / HALF_LENGTH) @ SERIES
    expected = np.where(np.abs(times * low) < HALF_LENGTH, low * series, 0) @ source.astype(np.float64)
    np.testing.assert_allclose(out[:written], expected, atol=1e-6)
