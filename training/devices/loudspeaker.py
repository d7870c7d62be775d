"""Guitar cabinets: a loudspeaker in a box and a microphone before it, as minimum-phase impulse responses.

The response is a product of textbook parts: the cone's resonance in its box (a second-order high-pass, Small 1972), the
open back's dipole cancellation, peaks where the cone breaks up, the roll-off above them, the microphone's proximity
effect (Olson), and two arrivals that interfere because the microphone stands off the axis. The magnitude alone is
modelled; the phase is the minimum one, through the folded real cepstrum (Oppenheim and Schafer, "Discrete-Time Signal
Processing").
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SPEED_OF_SOUND: Final = 343.0
DESIGN_FRAMES: Final = 1 << 16
FADE_PART: Final = 0.15
BACK_CORNER_HZ: Final = 350.0  # the box and the cone's back shadow what is above
PROXIMITY_HZ: Final = 150.0
PASSBAND_HZ: Final = (200.0, 2000.0)


@dataclass(frozen=True)
class Breakup:
    """A resonance (or, with negative gain, a dip) of the cone.

    Attributes
    ----------
    frequency : float
        In Hz.
    gain_db : float
        Height in dB.
    q : float
        Sharpness.
    """

    frequency: float
    gain_db: float
    q: float


@dataclass(frozen=True)
class Cabinet:
    """A loudspeaker in its box, and the microphone.

    Attributes
    ----------
    name : str
        As in the file name.
    resonance, box_q : float
        Resonance of the cone in the box, in Hz, and its total Q.
    back_path : float
        Way of the sound from the back of the cone to the microphone, longer than the front's, in metres; 0 when closed.
    back_level : float
        Level of that sound against the front's, 0 to 1.
    breakup : tuple of Breakup
        What the cone does above its piston range.
    roll_off, roll_off_order : float, int
        Upper corner in Hz and order of its Butterworth slope.
    proximity_db : float
        Bass lift of the microphone below 150 Hz.
    off_axis_path, off_axis_level : float
        Path difference in metres and relative level of the second arrival, from the far side of the cone.
    neighbours : tuple of (float, float)
        Further loudspeakers of the cabinet: path difference in metres, relative level.
    seconds : float
        Length of the impulse response.
    """

    name: str
    resonance: float
    box_q: float
    breakup: tuple[Breakup, ...]
    roll_off: float
    roll_off_order: int
    proximity_db: float
    off_axis_path: float
    off_axis_level: float
    back_path: float = 0.0
    back_level: float = 0.0
    neighbours: tuple[tuple[float, float], ...] = ()
    seconds: float = 0.0427


OPEN_1X12: Final = Cabinet(
    name="open-1x12",
    resonance=95.0,
    box_q=1.1,
    back_path=0.62,
    back_level=0.6,
    breakup=(
        Breakup(430.0, -2.0, 1.2),
        Breakup(1150.0, 1.5, 1.8),
        Breakup(2350.0, 6.0, 2.2),
        Breakup(3400.0, 4.5, 3.5),
        Breakup(4500.0, 3.0, 6.0),
    ),
    roll_off=5400.0,
    roll_off_order=5,
    proximity_db=3.0,
    off_axis_path=0.031,
    off_axis_level=0.28,
)

CLOSED_4X12: Final = Cabinet(
    name="closed-4x12",
    resonance=108.0,
    box_q=1.45,
    breakup=(
        Breakup(380.0, -3.0, 1.0),
        Breakup(800.0, -1.5, 2.0),
        Breakup(1650.0, 2.5, 2.2),
        Breakup(2700.0, 6.0, 2.4),
        Breakup(3650.0, 3.5, 5.0),
    ),
    roll_off=4700.0,
    roll_off_order=6,
    proximity_db=4.0,
    off_axis_path=0.024,
    off_axis_level=0.22,
    neighbours=((0.19, 0.11), (0.21, 0.1), (0.33, 0.07)),
    seconds=0.064,
)

CABINETS: Final = (OPEN_1X12, CLOSED_4X12)


def magnitude(cabinet: Cabinet, frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Magnitude response of a cabinet.

    Parameters
    ----------
    cabinet : Cabinet
        What is modelled.
    frequencies : ndarray of float64
        In Hz.

    Returns
    -------
    ndarray of float64, same shape
        Linear; the mean of its logarithm from 200 Hz to 2 kHz is that of unit gain.
    """

    def shape(f: NDArray[np.float64]) -> NDArray[np.float64]:
        s = 1j * f / cabinet.resonance
        response = np.abs(s**2 / (s**2 + s / cabinet.box_q + 1))
        omega = 2j * np.pi * f / SPEED_OF_SOUND
        back = cabinet.back_level / (1 + 1j * f / BACK_CORNER_HZ)
        response = response * np.abs(1 - back * np.exp(-omega * cabinet.back_path))
        arrivals = ((cabinet.off_axis_path, cabinet.off_axis_level), *cabinet.neighbours)
        response = response * np.abs(1 + sum(level * np.exp(-omega * path) for path, level in arrivals))
        for peak in cabinet.breakup:
            s = 1j * f / peak.frequency
            lift = 10 ** (peak.gain_db / 40)
            response = response * np.abs((s**2 + s * lift / peak.q + 1) / (s**2 + s / (lift * peak.q) + 1))
        response = response / np.sqrt(1 + (f / cabinet.roll_off) ** (2 * cabinet.roll_off_order))
        near = 10 ** (cabinet.proximity_db / 20)
        return response * np.abs((1j * f + PROXIMITY_HZ * near) / (1j * f + PROXIMITY_HZ))

    passband = np.geomspace(*PASSBAND_HZ, 512)
    return shape(frequencies) / np.exp(np.mean(np.log(shape(passband))))


def minimum_phase(response: NDArray[np.float64]) -> NDArray[np.float64]:
    """Impulse response with a given magnitude and the least phase.

    Parameters
    ----------
    response : ndarray of float64, shape (frames // 2 + 1,)
        Magnitude from zero to half the sample rate; what lies 140 dB below its maximum is raised to there.

    Returns
    -------
    ndarray of float64, shape (frames,)
    """
    cepstrum = np.fft.irfft(np.log(np.maximum(response, 1e-7 * response.max())))
    half = cepstrum.size // 2
    cepstrum[1:half] *= 2
    cepstrum[half + 1 :] = 0
    return np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))


def impulse_response(cabinet: Cabinet, sample_rate: int) -> NDArray[np.float32]:
    """Impulse response of a cabinet.

    Parameters
    ----------
    cabinet : Cabinet
        What is modelled.
    sample_rate : int
        In Hz.

    Returns
    -------
    ndarray of float32, shape (frames,)
        `cabinet.seconds` long; the last part fades to nothing. Unit gain from 200 Hz to 2 kHz on a logarithmic mean.
    """
    frequencies = np.arange(DESIGN_FRAMES // 2 + 1, dtype=np.float64) * sample_rate / DESIGN_FRAMES
    response = minimum_phase(magnitude(cabinet, frequencies))[: round(cabinet.seconds * sample_rate)]
    fade = round(FADE_PART * response.size)
    response[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade)) ** 2
    return response.astype(np.float32)
