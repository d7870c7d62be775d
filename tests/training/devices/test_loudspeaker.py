"""Cabinet responses: minimum phase, the right magnitude, the right length."""

import numpy as np
import pytest
from scipy.signal import freqz

from ampboard.training.devices.loudspeaker import (
    CABINETS,
    CLOSED_4X12,
    OPEN_1X12,
    Cabinet,
    impulse_response,
    magnitude,
    minimum_phase,
)

RATE = 48_000
each_cabinet = pytest.mark.parametrize("cabinet", CABINETS, ids=lambda cabinet: cabinet.name)


@each_cabinet
def test_the_response_is_short_finite_and_dies_away(cabinet: Cabinet) -> None:
    response = impulse_response(cabinet, RATE)
    assert response.dtype == np.float32
    assert 0.040 * RATE <= response.size <= 0.085 * RATE
    assert np.isfinite(response).all()
    assert np.abs(response[-8:]).max() < 1e-4 * np.abs(response).max()


@each_cabinet
def test_the_response_has_the_magnitude_of_the_model(cabinet: Cabinet) -> None:
    """Within 0.5 dB from 70 Hz to 6 kHz: the cut after some 50 ms costs no more."""
    frequencies = np.geomspace(70, 6_000, 200)
    _, measured = freqz(impulse_response(cabinet, RATE), worN=frequencies, fs=RATE)
    assert np.abs(20 * np.log10(np.abs(measured) / magnitude(cabinet, frequencies))).max() < 0.5


@each_cabinet
def test_the_response_is_minimum_phase(cabinet: Cabinet) -> None:
    """No other response of this magnitude has its energy earlier: rebuilt from its magnitude alone it is the same."""
    response = impulse_response(cabinet, RATE).astype(np.float64)
    rebuilt = minimum_phase(np.abs(np.fft.rfft(response, 1 << 17)))[: response.size]
    assert np.abs(rebuilt - response).max() < 2e-3 * np.abs(response).max()


def test_minimum_phase_recovers_a_filter_with_known_zeros() -> None:
    """Zeros inside the unit circle are minimum phase by definition; mirrored zeros must come back inside."""
    inside = np.poly([0.9, -0.5, 0.3 + 0.6j, 0.3 - 0.6j]).real
    mirrored = inside[::-1]
    rebuilt = minimum_phase(np.abs(np.fft.rfft(mirrored, 1 << 14)))[: inside.size]
    np.testing.assert_allclose(rebuilt, inside, atol=1e-9)


def test_passband_gain_is_unity() -> None:
    frequencies = np.geomspace(200, 2_000, 300)
    for cabinet in CABINETS:
        assert np.mean(20 * np.log10(magnitude(cabinet, frequencies))) == pytest.approx(0, abs=0.01)


def test_open_and_closed_back_differ_where_players_hear_it() -> None:
    """The closed cabinet has at least 3 dB more at 90 Hz and both fall by 15 dB from 3 to 8 kHz."""
    low, presence, top = 90.0, 3_000.0, 8_000.0
    levels = {
        cabinet.name: 20 * np.log10(magnitude(cabinet, np.array([low, presence, top])))
        for cabinet in (OPEN_1X12, CLOSED_4X12)
    }
    assert levels["closed-4x12"][0] > levels["open-1x12"][0] + 3
    for level in levels.values():
        assert level[1] - level[2] > 15
