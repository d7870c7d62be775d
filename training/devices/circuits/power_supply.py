"""The high-voltage supply: a source with resistance, and two smoothing capacitors. It sags under load.

The rectifier is not modelled in detail; a series resistance of a hundred ohm or more stands for transformer and valve.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

VOLTS, RESISTANCE, RESERVOIR, DROPPER, SMOOTHING = range(5)
POWER_NODE, PREAMP_NODE = range(2)
NODES: Final = 2


@dataclass(frozen=True)
class PowerSupply:
    """Components in volt, ohm and farad.

    Attributes
    ----------
    volts : float
        Without load.
    resistance : float
        Of transformer and rectifier: more sags more.
    reservoir : float
        Capacitor at the power stage.
    dropper, smoothing : float
        Resistor towards the preamplifier and the capacitor behind it.
    """

    volts: float = 340.0
    resistance: float = 150.0
    reservoir: float = 47e-6
    dropper: float = 10e3
    smoothing: float = 22e-6

    @property
    def constants(self) -> NDArray[np.float64]:
        """The row of numbers that the compiled functions read."""
        return np.array([self.volts, self.resistance, self.reservoir, self.dropper, self.smoothing])


@njit(cache=True)
def rest_supply(
    constants: NDArray[np.float64], state: NDArray[np.float64], power_amps: float, preamp_amps: float
) -> None:
    """Set the two node voltages to what constant currents (A) leave of the source's."""
    state[POWER_NODE] = constants[VOLTS] - constants[RESISTANCE] * (power_amps + preamp_amps)
    state[PREAMP_NODE] = state[POWER_NODE] - constants[DROPPER] * preamp_amps


@njit(cache=True)
def step_supply(
    constants: NDArray[np.float64],
    state: NDArray[np.float64],
    power_amps: float,
    preamp_amps: float,
    sample_rate: float,
) -> None:
    """Advance the node voltages by one frame under the currents (A) drawn; forward Euler, for the supply is slow."""
    charging = (constants[VOLTS] - state[POWER_NODE]) / constants[RESISTANCE]
    feeding = (state[POWER_NODE] - state[PREAMP_NODE]) / constants[DROPPER]
    state[POWER_NODE] += (charging - feeding - power_amps) / (constants[RESERVOIR] * sample_rate)
    state[PREAMP_NODE] += (feeding - preamp_amps) / (constants[SMOOTHING] * sample_rate)
