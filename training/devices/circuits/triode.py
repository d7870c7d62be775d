"""A common-cathode triode stage with coupling capacitor, grid current and cathode bypass.

The plate current follows Koren, "Improved vacuum tube models for SPICE simulations", Glass Audio 8(5), 1996, with his
parameters of the 12AX7; the grid current is his grid resistor (2 kohm) behind a smooth knee at 0 V, so that Newton's
method has a derivative everywhere. Capacitors are replaced by their trapezoidal companion models; grid, cathode and
plate voltage are solved together by Newton's method in each frame. The next stage loads this one through its source
resistance only.
"""

from dataclasses import dataclass
from math import exp, log1p, sqrt
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

MU: Final = 100.0
EXPONENT: Final = 1.4
KG1: Final = 1060.0
KP: Final = 600.0
KVB: Final = 300.0
GRID_RESISTOR: Final = 2_000.0  # ohm, while the grid conducts
GRID_KNEE: Final = 0.1  # volt

# Columns of a stage's constants and of its state, as the compiled functions read them.
SOURCE, LEAK, PLATE, CATHODE, COUPLING, BYPASS, STRAY, DRIVE = range(8)
GRID, CATHODE_VOLTAGE, PLATE_VOLTAGE, COUPLING_HISTORY, BYPASS_HISTORY, STRAY_HISTORY = range(6)
STATES: Final = 6

MOST_STEPS: Final = 60
TOLERANCE: Final = 1e-9  # volt
LARGEST_GRID_STEP: Final = 4.0  # volt a Newton step
LARGEST_PLATE_STEP: Final = 120.0


@dataclass(frozen=True)
class TriodeStage:
    """Components of a stage, in ohm and farad.

    Attributes
    ----------
    plate_resistor, cathode_resistor : float
        Loads.
    cathode_capacitor : float
        Bypass of the cathode resistor; 0 for none.
    coupling_capacitor, grid_leak : float
        At the grid.
    source_resistance : float
        What drives the coupling capacitor: the stage before, dividers, grid stopper.
    stray_capacitor : float
        From plate to ground: the valve's capacitances and the wiring, seen there.
    drive : float
        Part of the input voltage that a volume control or divider lets through, 0 to 1.
    """

    plate_resistor: float = 100e3
    cathode_resistor: float = 1.5e3
    cathode_capacitor: float = 25e-6
    coupling_capacitor: float = 22e-9
    grid_leak: float = 1e6
    source_resistance: float = 68e3
    stray_capacitor: float = 150e-12
    drive: float = 1.0

    @property
    def constants(self) -> NDArray[np.float64]:
        """The row of numbers that `step_stage` reads."""
        return np.array(
            [
                self.source_resistance,
                self.grid_leak,
                self.plate_resistor,
                self.cathode_resistor,
                self.coupling_capacitor,
                self.cathode_capacitor,
                self.stray_capacitor,
                self.drive,
            ]
        )


@njit(cache=True)
def _softplus(x: float) -> float:
    return max(x, 0.0) + log1p(exp(-abs(x)))


@njit(cache=True)
def _logistic(x: float) -> float:
    return 1 / (1 + exp(-x)) if x >= 0 else 1 - 1 / (1 + exp(x))


@njit(cache=True)
def plate_current(plate: float, grid: float) -> tuple[float, float, float]:
    """Koren's plate current.

    Parameters
    ----------
    plate, grid : float
        Voltages against the cathode, in volts.

    Returns
    -------
    tuple of float
        The current in ampere, and its derivatives by the plate's and the grid's voltage.
    """
    if plate <= 0:
        return 0.0, 0.0, 0.0
    root = sqrt(KVB + plate * plate)
    inner = KP * (1 / MU + grid / root)
    soft = _softplus(inner)
    slope = _logistic(inner)
    effective = plate / KP * soft
    if effective < 1e-30:
        return 0.0, 0.0, 0.0
    power = 2 * effective ** (EXPONENT - 1) / KG1
    by_effective = EXPONENT * power
    by_plate = soft / KP - plate * plate * slope * grid / root**3
    return power * effective, by_effective * by_plate, by_effective * plate * slope / root


@njit(cache=True)
def grid_current(grid: float) -> tuple[float, float]:
    """Grid current in ampere at a voltage against the cathode, and its derivative."""
    x = grid / GRID_KNEE
    return GRID_KNEE * _softplus(x) / GRID_RESISTOR, _logistic(x) / GRID_RESISTOR


@njit(cache=True)
def _solve(
    constants: NDArray[np.float64],
    state: NDArray[np.float64],
    supply: float,
    source: float,
    source_conductance: float,
    cathode_conductance: float,
    cathode_history: float,
    plate_conductance: float,
    plate_history: float,
) -> None:
    grid, cathode, plate = state[GRID], state[CATHODE_VOLTAGE], state[PLATE_VOLTAGE]
    leak = 1 / constants[LEAK]
    at_cathode = 1 / constants[CATHODE] + cathode_conductance
    at_plate = 1 / constants[PLATE] + plate_conductance
    for _ in range(MOST_STEPS):
        anode, by_plate, by_grid = plate_current(plate - cathode, grid - cathode)
        gate, gate_slope = grid_current(grid - cathode)
        f1 = source_conductance * (source - grid) - leak * grid - gate
        f2 = anode + gate + cathode_history - at_cathode * cathode
        f3 = supply / constants[PLATE] + plate_history - anode - at_plate * plate
        # Jacobian rows: (a, b, 0), (c, d, by_plate), (-by_grid, by_grid + by_plate, e)
        a = -source_conductance - leak - gate_slope
        b = gate_slope
        c = by_grid + gate_slope
        d = -by_grid - by_plate - gate_slope - at_cathode
        e = -by_plate - at_plate
        # Eliminate the plate, then the cathode.
        ratio = by_plate / e
        c2 = c + ratio * by_grid
        d2 = d - ratio * (by_grid + by_plate)
        g2 = f2 - ratio * f3
        grid_step = -(f1 - b / d2 * g2) / (a - b / d2 * c2)
        cathode_step = -(g2 + c2 * grid_step) / d2
        plate_step = -(f3 - by_grid * grid_step + (by_grid + by_plate) * cathode_step) / e
        shrink = min(
            1.0,
            LARGEST_GRID_STEP / (abs(grid_step) + 1e-300),
            LARGEST_GRID_STEP / (abs(cathode_step) + 1e-300),
            LARGEST_PLATE_STEP / (abs(plate_step) + 1e-300),
        )
        grid += shrink * grid_step
        cathode += shrink * cathode_step
        plate += shrink * plate_step
        if abs(grid_step) + abs(cathode_step) + 0.01 * abs(plate_step) < TOLERANCE:
            break
    state[GRID], state[CATHODE_VOLTAGE], state[PLATE_VOLTAGE] = grid, cathode, plate


@njit(cache=True)
def rest_stage(
    constants: NDArray[np.float64], state: NDArray[np.float64], supply: float, input_volts: float, sample_rate: float
) -> None:
    """Put a stage at its operating point.

    Parameters
    ----------
    constants : ndarray of float64, shape (8,)
        `TriodeStage.constants`.
    state : ndarray of float64, shape (6,)
        Written: grid, cathode and plate voltage, and the three capacitors' histories.
    supply, input_volts : float
        Supply voltage and input voltage at rest.
    sample_rate : float
        In Hz, of the steps that follow.
    """
    state[GRID], state[CATHODE_VOLTAGE], state[PLATE_VOLTAGE] = 0.0, 1.0, 0.6 * supply
    _solve(constants, state, supply, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    state[COUPLING_HISTORY] = constants[DRIVE] * input_volts - state[GRID]  # no current flows at rest
    state[BYPASS_HISTORY] = 2 * constants[BYPASS] * sample_rate * state[CATHODE_VOLTAGE]
    state[STRAY_HISTORY] = 2 * constants[STRAY] * sample_rate * state[PLATE_VOLTAGE]


@njit(cache=True)
def step_stage(
    constants: NDArray[np.float64], state: NDArray[np.float64], supply: float, input_volts: float, sample_rate: float
) -> float:
    """Advance a stage by one frame.

    Parameters
    ----------
    constants, state : ndarray of float64
        See `rest_stage`; the state is advanced.
    supply, input_volts : float
        Voltages at the end of the frame.
    sample_rate : float
        In Hz.

    Returns
    -------
    float
        Current drawn from the supply, in ampere; the output is ``state[PLATE_VOLTAGE]``.
    """
    coupling = 2 * constants[COUPLING] * sample_rate
    bypass = 2 * constants[BYPASS] * sample_rate
    stray = 2 * constants[STRAY] * sample_rate
    source = constants[DRIVE] * input_volts - state[COUPLING_HISTORY]
    conductance = 1 / (constants[SOURCE] + 1 / coupling)
    _solve(constants, state, supply, source, conductance, bypass, state[BYPASS_HISTORY], stray, state[STRAY_HISTORY])
    state[COUPLING_HISTORY] += 2 * conductance * (source - state[GRID]) / coupling
    # The next history of a capacitor is twice its conductance times its voltage, less the last history.
    state[BYPASS_HISTORY] = 2 * bypass * state[CATHODE_VOLTAGE] - state[BYPASS_HISTORY]
    state[STRAY_HISTORY] = 2 * stray * state[PLATE_VOLTAGE] - state[STRAY_HISTORY]
    return (supply - state[PLATE_VOLTAGE]) / constants[PLATE]
