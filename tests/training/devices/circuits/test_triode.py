"""The triode stage against Koren's formulas written down again, and a general-purpose solver."""

import numpy as np
import pytest
from scipy.optimize import fsolve

from ampboard.training.devices.circuits.triode import (
    CATHODE_VOLTAGE,
    GRID,
    PLATE_VOLTAGE,
    STATES,
    TriodeStage,
    grid_current,
    plate_current,
    rest_stage,
    step_stage,
)

SUPPLY = 300.0
RATE = 384_000.0


def koren(plate: float, grid: float) -> float:
    inner = np.log1p(np.exp(600 * (1 / 100 + grid / np.sqrt(300 + plate**2))))
    return 2 * (plate / 600 * inner) ** 1.4 / 1060


def operating_point(stage: TriodeStage) -> tuple[float, float, float]:
    def imbalance(x: np.ndarray) -> list[float]:
        grid, cathode, plate = x
        gate = 0.1 * np.log1p(np.exp((grid - cathode) / 0.1)) / 2_000
        anode = koren(plate - cathode, grid - cathode)
        return [
            grid / stage.grid_leak + gate,
            1e3 * (anode + gate - cathode / stage.cathode_resistor),
            1e3 * ((SUPPLY - plate) / stage.plate_resistor - anode),
        ]

    return tuple(fsolve(imbalance, [0.0, 1.5, 180.0], xtol=1e-12))


def at_rest(stage: TriodeStage) -> np.ndarray:
    state = np.zeros(STATES)
    rest_stage(stage.constants, state, SUPPLY, 0.0, RATE)
    return state


def run(stage: TriodeStage, signal: np.ndarray) -> np.ndarray:
    constants, state = stage.constants, at_rest(stage)
    out = np.empty_like(signal)
    for frame, volts in enumerate(signal):
        step_stage(constants, state, SUPPLY, volts, RATE)
        out[frame] = state[PLATE_VOLTAGE]
    return out


@pytest.mark.parametrize("cathode_resistor", [820.0, 1_500.0, 2_700.0, 10_000.0])
def test_rest_is_the_operating_point_that_a_general_solver_finds(cathode_resistor: float) -> None:
    stage = TriodeStage(cathode_resistor=cathode_resistor)
    state = at_rest(stage)
    grid, cathode, plate = operating_point(stage)
    assert state[GRID] == pytest.approx(grid, abs=1e-6)
    assert state[CATHODE_VOLTAGE] == pytest.approx(cathode, abs=1e-6)
    assert state[PLATE_VOLTAGE] == pytest.approx(plate, abs=1e-5)


@pytest.mark.parametrize("bypassed", [True, False])
def test_small_signal_gain_is_that_of_the_textbook_formula(bypassed: bool) -> None:
    """Within 0.5 %: with gm and rp by differences at the operating point, gain is mu Rp / (rp + Rp [+ (mu + 1) Rk])."""
    stage = TriodeStage(cathode_capacitor=1.0 if bypassed else 0.0, coupling_capacitor=1e-3, stray_capacitor=1e-15)
    grid, cathode, plate = operating_point(stage)
    step = 1e-4
    at = (plate - cathode, grid - cathode)
    gm = (koren(at[0], at[1] + step) - koren(at[0], at[1] - step)) / (2 * step)
    rp = 2 * step / (koren(at[0] + step, at[1]) - koren(at[0] - step, at[1]))
    behind_cathode = 0.0 if bypassed else (gm * rp + 1) * stage.cathode_resistor
    divider = stage.grid_leak / (stage.grid_leak + stage.source_resistance)
    expected = divider * gm * rp * stage.plate_resistor / (rp + stage.plate_resistor + behind_cathode)

    time = np.arange(round(RATE / 100)) / RATE  # ten periods of 1 kHz
    carrier = np.exp(2j * np.pi * 1_000 * time)
    wet = run(stage, 1e-3 * carrier.imag)
    amplitude = 2 * np.mean((wet - wet.mean()) * carrier.conj())
    assert abs(amplitude) / 1e-3 == pytest.approx(expected, rel=5e-3)
    assert wet[96] < at_rest(stage)[PLATE_VOLTAGE]  # the first quarter period goes down: the stage inverts


def test_currents_have_the_derivatives_they_claim() -> None:
    step = 1e-5
    for plate, grid in [(250.0, -2.0), (100.0, -0.5), (20.0, 0.3), (180.0, 1.0), (300.0, -4.5)]:
        _, by_plate, by_grid = plate_current(plate, grid)
        differences = [
            (plate_current(plate + step, grid)[0] - plate_current(plate - step, grid)[0]) / (2 * step),
            (plate_current(plate, grid + step)[0] - plate_current(plate, grid - step)[0]) / (2 * step),
        ]
        np.testing.assert_allclose([by_plate, by_grid], differences, rtol=1e-5, atol=1e-12)
        slope = (grid_current(grid + step)[0] - grid_current(grid - step)[0]) / (2 * step)
        assert grid_current(grid)[1] == pytest.approx(slope, rel=1e-5, abs=1e-12)


def test_plate_current_is_korens() -> None:
    for plate, grid in [(250.0, -2.0), (100.0, 0.0), (150.0, -1.0)]:
        assert plate_current(plate, grid)[0] == pytest.approx(koren(plate, grid), rel=1e-12)


def test_an_overdriven_grid_charges_the_coupling_capacitor() -> None:
    """Grid current on the peaks leaves the grid below its resting voltage when the sound stops (blocking)."""
    stage = TriodeStage()
    constants, state = stage.constants, at_rest(stage)
    resting = state[GRID]
    for frame in range(round(RATE * 0.02)):
        step_stage(constants, state, SUPPLY, 20 * np.sin(2 * np.pi * 500 * frame / RATE), RATE)
    step_stage(constants, state, SUPPLY, 0.0, RATE)
    assert state[GRID] < resting - 2.0
