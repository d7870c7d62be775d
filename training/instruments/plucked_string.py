"""A plucked string: the extended Karplus-Strong algorithm.

Jaffe and Smith, "Extensions of the Karplus-Strong Plucked-String Algorithm", Computer Music Journal 7(2), 1983: a delay
line of about one period, a damping filter and a tuning allpass in a loop, excited by a burst that a pick-position comb
and a dynamics filter have shaped.
"""

from dataclasses import dataclass
from math import atan2, cos, exp, pi, sin, sqrt
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

BRIGHTNESS_HZ: Final = 3000.0  # where `Decay.bright` is measured
LARGEST_GAIN: Final = 0.99999  # of the loop at 0 Hz


@dataclass(frozen=True)
class Decay:
    """How long a string sounds.

    Attributes
    ----------
    fundamental : float
        Seconds in which the fundamental falls by 60 dB.
    bright : float
        Seconds in which partials about 3 kHz fall by 60 dB; not longer than `fundamental`.
    """

    fundamental: float
    bright: float


@dataclass(frozen=True)
class StringLoop:
    """Coefficients of the string's feedback loop.

    The loop lasts one period exactly at the fundamental: `delay` frames, the phase delay of the damping filter
    ``gain * (1 - pole) / (1 - pole / z)``, and that of the allpass ``(allpass + 1/z) / (1 + allpass / z)``.
    """

    delay: int
    allpass: float
    gain: float
    pole: float


@dataclass(frozen=True)
class Pluck:
    """How a string is excited.

    Attributes
    ----------
    level : float
        Strength, 0 to 1; a stronger pluck is also brighter.
    position : float
        Where it is plucked, as a part of the string's length from the bridge.
    bandwidth : float
        Bandwidth of the excitation at full level, in Hz.
    noise : float
        Part of noise in the excitation, 0 to 1; the rest is one click of the pick.
    """

    level: float
    position: float = 0.13
    bandwidth: float = 2500.0
    noise: float = 0.25


def tune_loop(frequency: float, decay: Decay, sample_rate: float) -> StringLoop:
    """Choose the loop's coefficients for a pitch and a decay.

    Parameters
    ----------
    frequency : float
        Fundamental in Hz.
    decay : Decay
        Decay at the fundamental and at 3 kHz.
    sample_rate : float
        In Hz.

    Notes
    -----
    The damping filter is a one-pole (the paper's one-zero cannot damp low strings enough). Its two numbers follow from
    its gain at the two frequencies, ``10 ** (-3 / (frequency * seconds))`` a period. The allpass coefficient for a
    phase delay ``d`` at angular frequency ``w`` is ``sin((1 - d) w / 2) / sin((1 + d) w / 2)``, exact at the
    fundamental.
    """
    omega = 2 * pi * frequency / sample_rate
    lost = 10 ** (-3 / (frequency * decay.fundamental))
    ratio = (lost / 10 ** (-3 / (frequency * decay.bright))) ** 2
    pole = 0.0
    if ratio > 1 and frequency < BRIGHTNESS_HZ:
        middle = (ratio * cos(omega) - cos(2 * pi * BRIGHTNESS_HZ / sample_rate)) / (ratio - 1)
        pole = middle - sqrt(middle * middle - 1) if middle > 1 else 0.0
    gain = lost * sqrt(1 - 2 * pole * cos(omega) + pole * pole) / (1 - pole)
    damping_delay = atan2(pole * sin(omega), 1 - pole * cos(omega)) / omega
    rest = sample_rate / frequency - damping_delay
    delay = int(rest - 0.3)  # leaves the allpass 0.3 to 1.3 frames, where its phase delay is flattest
    fraction = rest - delay
    allpass = sin((1 - fraction) * omega / 2) / sin((1 + fraction) * omega / 2)
    return StringLoop(delay, allpass, min(gain, LARGEST_GAIN), pole)


@njit(cache=True)
def _ring(
    excitation: NDArray[np.float64],
    frames: int,
    delay: int,
    allpass: float,
    gain: float,
    pole: float,
    release: int,
    release_gain: float,
) -> NDArray[np.float64]:
    out = np.zeros(frames)
    line = np.zeros(delay)
    position = 0
    damped = tuned = 0.0
    for frame in range(frames):
        loop_gain = gain if frame < release else release_gain
        arriving = line[position]
        damped_now = loop_gain * (1 - pole) * arriving + pole * damped
        tuned = allpass * (damped_now - tuned) + damped
        damped = damped_now
        out[frame] = tuned + (excitation[frame] if frame < excitation.size else 0.0)
        line[position] = out[frame]
        position = position + 1 if position + 1 < delay else 0
    return out


def excite(period: float, pluck: Pluck, sample_rate: float, noise: np.random.Generator) -> NDArray[np.float64]:
    """Make one period of excitation: click and noise through the dynamics filter and the pick-position comb.

    Returns
    -------
    ndarray of float64, shape (frames,)
        Without a mean, so that the loop holds no constant.
    """
    frames = round(period)
    burst = pluck.noise * noise.uniform(-1, 1, frames) / sqrt(frames / 12)
    burst[0] += 1 - pluck.noise
    pole = exp(-pi * pluck.bandwidth * (0.25 + 0.75 * pluck.level) / sample_rate)
    burst = _smooth(burst, pole)
    shift = max(1, round(pluck.position * period))
    shaped = np.zeros(frames + shift)
    shaped[:frames] += burst
    shaped[shift:] -= burst
    return pluck.level * (shaped - shaped.mean())


@njit(cache=True)
def _smooth(signal: NDArray[np.float64], pole: float) -> NDArray[np.float64]:
    out = np.empty_like(signal)
    last = 0.0
    for frame in range(signal.size):
        last = (1 - pole) * signal[frame] + pole * last
        out[frame] = last
    return out / (1 - pole) ** 0.5  # about equal power whatever the bandwidth


def pluck_string(
    frequency: float,
    seconds: float,
    *,
    pluck: Pluck,
    decay: Decay,
    sample_rate: float,
    held: float,
    noise: np.random.Generator,
) -> NDArray[np.float64]:
    """Play one note.

    Parameters
    ----------
    frequency : float
        Fundamental in Hz.
    seconds, held : float
        Length of the result, and when the finger stops the string (60 dB in a tenth of a second from there).
    pluck, decay : Pluck, Decay
        The excitation and the string.
    sample_rate : float
        In Hz.
    noise : numpy Generator
        Source of the pick's noise.

    Returns
    -------
    ndarray of float64, shape (frames,)
    """
    loop = tune_loop(frequency, decay, sample_rate)
    excitation = excite(sample_rate / frequency, pluck, sample_rate, noise)
    stopped = min(loop.gain, 10 ** (-3 / (frequency * 0.1)))
    frames = round(seconds * sample_rate)
    return _ring(excitation, frames, loop.delay, loop.allpass, loop.gain, loop.pole, round(held * sample_rate), stopped)
