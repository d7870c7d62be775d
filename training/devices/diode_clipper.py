"""The clipping stage of a Tube-Screamer-like overdrive: diodes in the feedback of an operational amplifier.

Component values: the TS-808 circuit as R. G. Keen describes it in "The Technology of the Tube Screamer" (geofex.com)
and as Yeh, Abel and Smith use it in "Simplified, physically-informed models of distortion and overdrive guitar effects
pedals", DAFx-07, from which the diode's numbers are as well. The amplifier is ideal. The capacitors are integrated by
the trapezoidal rule, the diodes' voltage solved by Newton's method in each frame.

The tone control after it is a simplification: the circuit's 723 Hz low-pass, and as much of what it removed as the knob
says.
"""

from dataclasses import dataclass
from math import asinh, exp, pi
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from .device import simulate
from .dial import Dial, read_dials, turn_dials
from .knob import Knob

SHUNT_RESISTOR: Final = 4_700.0  # ohm, from the inverting input towards ground
SHUNT_CAPACITOR: Final = 47e-9  # farad, in series with it
FEEDBACK_RESISTOR: Final = 51_000.0
DRIVE_RESISTOR: Final = 500_000.0  # the drive potentiometer, in series with the feedback resistor
FEEDBACK_CAPACITOR: Final = 51e-12
SATURATION_CURRENT: Final = 2.52e-9  # ampere, of one diode
THERMAL_VOLTAGE: Final = 45.3e-3  # volt, ideality factor included
TONE_HZ: Final = 1 / (2 * pi * 1_000.0 * 0.22e-6)

DIALS: Final = (Dial("drive", ("drive",)), Dial("tone", ("tone",)), Dial("level", ("level",)))


@njit(cache=True)
def clip(
    signal: NDArray[np.float64], sample_rate: float, feedback: float, thermal: float, saturation: float
) -> NDArray[np.float64]:
    """Simulate the clipping stage.

    Parameters
    ----------
    signal : ndarray of float64, shape (frames,)
        Input in volts.
    sample_rate : float
        In Hz.
    feedback : float
        Feedback resistance in ohm, drive included.
    thermal, saturation : float
        The diodes' thermal voltage (V) and saturation current (A).

    Returns
    -------
    ndarray of float64, shape (frames,)
        Output in volts.
    """
    out = np.empty_like(signal)
    shunt = 2 * SHUNT_CAPACITOR * sample_rate
    parallel = 2 * FEEDBACK_CAPACITOR * sample_rate
    shunt_history = 0.0  # the shunt capacitor's voltage plus its current over `shunt`
    parallel_history = 0.0
    voltage = 0.0
    for frame in range(signal.size):
        current = (signal[frame] - shunt_history) / (SHUNT_RESISTOR + 1 / shunt)
        shunt_history += 2 * current / shunt
        # Feedback voltage v: parallel * v - history + v / feedback + 2 * saturation * sinh(v / thermal) = current
        target = current + parallel_history
        linear = parallel + 1 / feedback
        bound = thermal * asinh(abs(target) / (2 * saturation))
        bound = min(bound, abs(target) / linear)  # the solution lies between 0 and either part alone
        voltage = min(max(voltage, -bound), bound)
        for _ in range(50):
            up = exp(voltage / thermal)
            down = 1 / up
            error = linear * voltage + saturation * (up - down) - target
            change = error / (linear + saturation * (up + down) / thermal)
            voltage = min(max(voltage - change, -bound), bound)
            if abs(change) < 1e-12:
                break
        up = exp(voltage / thermal)
        flowing = current - voltage / feedback - saturation * (up - 1 / up)
        parallel_history = parallel * voltage + flowing
        out[frame] = signal[frame] + voltage
    return out


@njit(cache=True)
def _tone(signal: NDArray[np.float64], sample_rate: float, treble: float) -> None:
    """Replace a signal by what the tone control makes of it."""
    step = np.tan(pi * TONE_HZ / sample_rate)
    state = 0.0
    for frame in range(signal.size):
        change = step * (signal[frame] - state) / (1 + step)
        low = state + change
        state = low + change
        signal[frame] = low + treble * (signal[frame] - low)


@dataclass(frozen=True)
class DiodeClipper:
    """An overdrive pedal.

    Attributes
    ----------
    drive, tone, level : float
        The knobs, 0 to 1.
    volts : float
        Input voltage at digital full scale; the output is scaled back by the same number.
    name : str
        What it is called.
    """

    drive: float = 0.5
    tone: float = 0.5
    level: float = 0.5
    volts: float = 2.0
    name: str = "overdrive"

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """Drive, tone and level."""
        return read_dials(self, DIALS)

    def with_knobs(self, **values: float) -> "DiodeClipper":
        """See `device.Device.with_knobs`."""
        return turn_dials(self, DIALS, values)

    def process(self, audio: ArrayLike, sample_rate: float) -> NDArray[np.float64]:
        """See `device.Device.process`."""
        feedback = FEEDBACK_RESISTOR + self.drive * DRIVE_RESISTOR

        def circuit(signal: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
            signal *= self.volts
            clipped = clip(signal, rate, feedback, THERMAL_VOLTAGE, SATURATION_CURRENT)
            _tone(clipped, rate, self.tone)
            clipped *= self.level / self.volts
            return clipped

        return simulate(circuit, audio, sample_rate)
