"""The diode clipper against a general-purpose solver of the same circuit."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from ampboard.training.devices.diode_clipper import (
    FEEDBACK_CAPACITOR,
    SATURATION_CURRENT,
    SHUNT_CAPACITOR,
    SHUNT_RESISTOR,
    THERMAL_VOLTAGE,
    DiodeClipper,
    clip,
)

RATE = 384_000.0


def diodes(volts: float) -> float:
    return 2 * SATURATION_CURRENT * np.sinh(volts / THERMAL_VOLTAGE)


@pytest.mark.parametrize("amplitude", [0.001, 0.1, 1.0])
def test_a_sine_comes_out_as_a_stiff_solver_has_it(amplitude: float) -> None:
    """Within 4e-3 of the peak: the trapezoidal rule at 384 kHz against Radau at 1e-9."""
    feedback, frequency = 300e3, 220.0

    def source(time: float) -> float:
        return amplitude * np.sin(2 * np.pi * frequency * time)

    def derivative(time: float, state: np.ndarray) -> list[float]:
        shunt, voltage = state
        current = (source(time) - shunt) / SHUNT_RESISTOR
        return [current / SHUNT_CAPACITOR, (current - voltage / feedback - diodes(voltage)) / FEEDBACK_CAPACITOR]

    times = np.arange(1, round(RATE * 0.012)) / RATE
    exact = solve_ivp(derivative, (0, times[-1]), [0, 0], "Radau", times, rtol=1e-9, atol=1e-12).y[1] + source(times)
    ours = clip(source(np.concatenate([[0.0], times])), RATE, feedback, THERMAL_VOLTAGE, SATURATION_CURRENT)[1:]
    assert np.abs(ours - exact).max() < 4e-3 * np.abs(exact).max()


def test_the_plateau_is_the_root_of_the_static_circuit() -> None:
    """A slow ramp through the shunt capacitor is a constant current C dV/dt: diodes and resistor share it."""
    feedback, slope = 551e3, 50.0  # ohm, volt a second
    ramp = slope * np.arange(round(RATE * 0.01)) / RATE
    voltage = clip(ramp, RATE, feedback, THERMAL_VOLTAGE, SATURATION_CURRENT)[-1] - ramp[-1]
    current = slope * SHUNT_CAPACITOR
    root = brentq(lambda v: v / feedback + diodes(v) - current, 0, 2, xtol=1e-14)
    assert voltage == pytest.approx(root, rel=1e-6)


def test_positive_and_negative_halves_are_alike() -> None:
    signal = np.random.default_rng(1).normal(0, 0.5, 5_000)
    both = [clip(sign * signal, RATE, 100e3, THERMAL_VOLTAGE, SATURATION_CURRENT) for sign in (1, -1)]
    np.testing.assert_allclose(both[0], -both[1], atol=1e-12)


@pytest.mark.parametrize("level", [1.0, 1e3, 1e6])
def test_square_waves_of_any_level_stay_bounded(level: float) -> None:
    """The diodes add at most their own voltage to the input: under 2 V even at a million times full scale."""
    square = level * np.sign(np.sin(2 * np.pi * 100 * np.arange(20_000) / RATE))
    wet = clip(square, RATE, 551e3, THERMAL_VOLTAGE, SATURATION_CURRENT)
    assert np.isfinite(wet).all()
    assert np.abs(wet - square).max() < 2.0


def test_more_drive_means_more_distortion() -> None:
    time = np.arange(48_000) / 48_000
    sine = 0.05 * np.sin(2 * np.pi * 500 * time)

    def harmonics(drive: float) -> float:
        spectrum = np.abs(np.fft.rfft(DiodeClipper(drive=drive).process(sine, 48_000)[24_000:]))
        return float(np.linalg.norm(spectrum[500:5_000:250][1:]) / spectrum[250])

    assert harmonics(0.0) < harmonics(0.5) < harmonics(1.0)
