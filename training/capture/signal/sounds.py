"""The sounds of the test signal: blips, sweeps, noise bursts and level steps."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]

BLIP_LEVEL: Final = 0.9
SWEEP_FROM_HZ: Final = 20.0
SWEEP_TO_HZ: Final = 18_000.0
SWEEP_TO: Final = 0.41  # of the sample rate, when that is lower
SWEEPS_DB: Final = (-3.0, -30.0)
FADE_SECONDS: Final = 0.005
NOISE_LEVELS: Final = (0.03, 0.0, 0.08, 0.0, 0.2, 0.0, 0.5, 0.0)  # peaks
STEPS_DB: Final = (-40.0, -20.0, -6.0, -30.0, -3.0, -12.0, -50.0, -1.0, -40.0)
STEPS_HZ: Final = (82.4, 220.0)  # an open low E string, and a note in the middle of the neck


def blips(frames: int, places: tuple[int, ...]) -> Sound:
    """Silence with spikes of one frame: what latency, tail and drift are measured with."""
    sound = np.zeros(frames)
    sound[list(places)] = BLIP_LEVEL
    return sound


def sweeps(frames: int, sample_rate: int) -> Sound:
    """A loud and a quiet exponential sine sweep over all that is heard.

    Source: A. Farina, "Simultaneous measurement of impulse response and distortion with a swept-sine technique",
    AES 108th Convention, 2000.
    """
    half = frames // len(SWEEPS_DB)
    time = np.arange(half) / half
    octaves = np.log(min(SWEEP_TO_HZ, SWEEP_TO * sample_rate) / SWEEP_FROM_HZ)
    phase = 2 * np.pi * SWEEP_FROM_HZ * half / sample_rate / octaves * np.expm1(octaves * time)
    sweep = fade(np.sin(phase), sample_rate)
    sound = np.zeros(frames)
    for number, level_db in enumerate(SWEEPS_DB):
        sound[number * half : (number + 1) * half] = 10 ** (level_db / 20) * sweep
    return sound


def noise_bursts(frames: int, sample_rate: int, random: np.random.Generator) -> Sound:
    """Bursts of white noise that grow louder, each followed by silence."""
    sound = np.zeros(frames)
    burst = frames // len(NOISE_LEVELS)
    for number, level in enumerate(NOISE_LEVELS):
        sound[number * burst : (number + 1) * burst] = level * fade(random.uniform(-1, 1, burst), sample_rate)
    return sound


def level_steps(frames: int, sample_rate: int) -> Sound:
    """A low and a higher tone whose level jumps: how a device compresses, sags and recovers."""
    held = frames // (len(STEPS_HZ) * len(STEPS_DB))
    levels = np.repeat(10 ** (np.array(STEPS_DB) / 20), held)
    time = np.arange(levels.size) / sample_rate
    sound = np.concatenate([fade(levels * np.sin(2 * np.pi * hertz * time), sample_rate) for hertz in STEPS_HZ])
    return np.pad(sound, (0, frames - sound.size))


def fade(sound: Sound, sample_rate: int) -> Sound:
    """Fade in and out over some milliseconds, so that nothing clicks where sounds meet."""
    ramp = np.sin(np.linspace(0, np.pi / 2, round(FADE_SECONDS * sample_rate))) ** 2
    faded = sound.copy()
    faded[: ramp.size] *= ramp
    faded[faded.size - ramp.size :] *= ramp[::-1]
    return faded
