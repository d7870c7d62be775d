"""A push-pull power stage, simplified: two valves of the three-halves law, a load, and an output transformer.

The plate current does not depend on the plate's voltage (as a pentode's nearly does not), until the load line ends at
the supply: there it limits smoothly. The screens hang on the supply, so sag lowers gain and headroom together. The
transformer is a high-pass and a low-pass of first order. The phase inverter is taken to be ideal.
"""

from dataclasses import dataclass
from math import exp, log1p, pi, tan, tanh
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

PERVEANCE, IDLE, KNEE, LOAD, GAIN, SUPPLY, LOW_HZ, HIGH_HZ = range(8)
LOW_STATE, HIGH_STATE = range(2)
STATES: Final = 2


@dataclass(frozen=True)
class PowerStage:
    """Numbers of the stage.

    Attributes
    ----------
    perveance : float
        Plate current in A per V ** 1.5.
    idle : float
        Grid voltage above cut-off at rest, in V: small is class B.
    knee : float
        Softness of the cut-off, in V.
    load : float
        What each plate sees, in ohm.
    gain : float
        From the stage's input to each grid, inverter and master volume included.
    low_hz, high_hz : float
        Corners of the output transformer.
    """

    perveance: float = 6.9e-4
    idle: float = 13.0
    knee: float = 2.0
    load: float = 2_000.0
    gain: float = 1.0
    low_hz: float = 45.0
    high_hz: float = 9_000.0

    def constants(self, supply_volts: float) -> NDArray[np.float64]:
        """The row of numbers that the compiled functions read; the perveance holds at this supply voltage."""
        return np.array(
            [self.perveance, self.idle, self.knee, self.load, self.gain, supply_volts, self.low_hz, self.high_hz]
        )


@njit(cache=True)
def valve_current(constants: NDArray[np.float64], grid: float, supply: float) -> float:
    """Plate current in A at a grid voltage around rest and a supply voltage."""
    x = (constants[IDLE] + grid) / constants[KNEE]
    open_by = constants[KNEE] * (max(x, 0.0) + log1p(exp(-abs(x))))
    return constants[PERVEANCE] * (open_by * max(supply, 0.0) / constants[SUPPLY]) ** 1.5


@njit(cache=True)
def push_pull(constants: NDArray[np.float64], volts: float, supply: float) -> tuple[float, float]:
    """Output voltage at the load and current drawn, of an input voltage and a supply voltage."""
    grid = constants[GAIN] * volts
    push = valve_current(constants, grid, supply)
    pull = valve_current(constants, -grid, supply)
    asked = constants[LOAD] * (push - pull)
    supply = max(supply, 1.0)
    given = supply * tanh(asked / supply)
    share = given / asked if abs(asked) > 1e-9 else 1.0
    return given, min(push, pull) * 2 + share * abs(push - pull)


@njit(cache=True)
def transform(constants: NDArray[np.float64], state: NDArray[np.float64], volts: float, sample_rate: float) -> float:
    """Pass one frame through the output transformer; the state's two numbers are advanced (trapezoidal rule)."""
    low = tan(pi * constants[LOW_HZ] / sample_rate)
    change = low * (volts - state[LOW_STATE]) / (1 + low)
    below = state[LOW_STATE] + change
    state[LOW_STATE] = below + change
    high = tan(pi * constants[HIGH_HZ] / sample_rate)
    change = high * (volts - below - state[HIGH_STATE]) / (1 + high)
    passed = state[HIGH_STATE] + change
    state[HIGH_STATE] = passed + change
    return passed
