"""Supply and power stage against closed formulas."""

import numpy as np
import pytest

from ampboard.training.devices.circuits.power_stage import PowerStage, push_pull
from ampboard.training.devices.circuits.power_supply import (
    NODES,
    POWER_NODE,
    PREAMP_NODE,
    PowerSupply,
    rest_supply,
    step_supply,
)

RATE = 384_000.0


def test_a_step_of_current_sags_the_supply_as_an_rc_does() -> None:
    """Within 2 mV of V - I R (1 - exp(-t / RC)), the dropper and preamplifier taken away."""
    supply = PowerSupply(volts=340.0, resistance=200.0, reservoir=32e-6, dropper=1e12)
    state = np.zeros(NODES)
    rest_supply(supply.constants, state, 0.0, 0.0)
    frames = round(RATE * 0.01)
    for _ in range(frames):
        step_supply(supply.constants, state, 0.1, 0.0, RATE)
    expected = 340 - 0.1 * 200 * (1 - np.exp(-frames / RATE / (200 * 32e-6)))
    assert state[POWER_NODE] == pytest.approx(expected, abs=2e-3)


def test_the_supply_at_rest_stays_there() -> None:
    supply = PowerSupply()
    state = np.zeros(NODES)
    rest_supply(supply.constants, state, 0.08, 0.003)
    before = state.copy()
    for _ in range(1_000):
        step_supply(supply.constants, state, 0.08, 0.003, RATE)
    np.testing.assert_allclose(state, before, rtol=1e-12)
    assert state[PREAMP_NODE] == pytest.approx(340 - 150 * 0.083 - 10e3 * 0.003)


def test_the_power_stage_is_odd_and_ends_at_the_supply() -> None:
    constants = PowerStage(load=20e3).constants(340.0)
    inputs = np.linspace(-300, 300, 101)
    outputs = np.array([push_pull(constants, volts, 300.0)[0] for volts in inputs])
    np.testing.assert_allclose(outputs, -outputs[::-1], atol=1e-9)
    assert (np.diff(outputs) >= 0).all()
    assert np.abs(outputs).max() <= 300.0


def test_a_lower_supply_gives_less_gain_and_loud_sound_draws_more_current() -> None:
    constants = PowerStage().constants(340.0)
    assert push_pull(constants, 1.0, 250.0)[0] < push_pull(constants, 1.0, 340.0)[0]
    assert push_pull(constants, 20.0, 340.0)[1] > 1.2 * push_pull(constants, 0.0, 340.0)[1]


def test_idle_current_is_that_of_the_three_halves_law() -> None:
    """Within 1 %: at rest the knee adds little to the idle voltage."""
    stage = PowerStage(knee=1.0)
    _, current = push_pull(stage.constants(340.0), 0.0, 340.0)
    assert current == pytest.approx(2 * stage.perveance * stage.idle**1.5, rel=1e-2)
