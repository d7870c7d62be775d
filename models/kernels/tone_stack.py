"""The passive tone stack of guitar amps: bass, mid and treble in one network of three capacitors and four resistors.

The network of Fender, Marshall and Vox, from the input to the treble pot's wiper::

    in --+-- C1 --- treble pot R1 (wiper: out) ---+--- bass pot R2 (as a rheostat) ---+
         |                                        |                                   |
         +-- R4 --+-- C2 -------------------------+                               mid pot R3
                  |                                                                   |
                  +-- C3 --- wiper of the mid pot                                   ground

Its transfer function has third order and a closed form in the components and the three wipers: D. T. Yeh and J. O.
Smith, "Discretization of the '59 Fender Bassman Tone Stack", DAFx 2006. The bilinear transform without prewarping makes
the digital filter, which runs in float64. While a knob moves, the coefficients are computed anew every 8 frames of the
stream; the network is passive at every setting.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numba.extending import register_jitable

from ..errors import ParameterError
from .code_version import code_version
from .contract import (
    MEASURE,
    PARAMETER_BYTES,
    PREPARE,
    PROCESS,
    RESET,
    Kernel,
    KernelFunctions,
    Parameter,
    compiled,
    pack_program,
    setup_channels,
    setup_sample_rate,
)
from .floating_point import flush_denormals, restore_mode
from .memory import float32_at, float64_at, int64_at
from .smoothing import RAMP_BYTES, SMOOTHING, aim_ramp, next_value, ramp_asks, ramp_moves, start_ramp


@dataclass(frozen=True)
class ToneStackCircuit:
    """Component values of a tone stack.

    Attributes
    ----------
    amp : str
        Whose values these are.
    treble_pot, bass_pot, mid_pot, slope : float
        R1, R2, R3 (pots) and R4 in ohms.
    treble_capacitor, bass_capacitor, mid_capacitor : float
        C1, C2, C3 in farads.
    """

    amp: str
    treble_pot: float
    bass_pot: float
    mid_pot: float
    slope: float
    treble_capacitor: float
    bass_capacitor: float
    mid_capacitor: float

    @property
    def values(self) -> tuple[float, ...]:
        """R1, R2, R3, R4 in ohms and C1, C2, C3 in farads."""
        resistors = (self.treble_pot, self.bass_pot, self.mid_pot, self.slope)
        return (*resistors, self.treble_capacitor, self.bass_capacitor, self.mid_capacitor)


CIRCUITS: Final = {
    "fender": ToneStackCircuit("Fender Bassman 5F6-A, 1959", 250e3, 1e6, 25e3, 56e3, 250e-12, 20e-9, 20e-9),
    "blackface": ToneStackCircuit("Fender Twin Reverb AA270, 1969", 250e3, 250e3, 10e3, 100e3, 120e-12, 100e-9, 47e-9),
    "princeton": ToneStackCircuit("Fender Princeton AA1164, 1964", 250e3, 250e3, 4.8e3, 100e3, 250e-12, 100e-9, 47e-9),
    "marshall": ToneStackCircuit("Marshall JCM800 2203, 1981", 220e3, 1e6, 22e3, 33e3, 470e-12, 22e-9, 22e-9),
    "plexi": ToneStackCircuit("Marshall Major Lead 200, 1967", 250e3, 1e6, 25e3, 33e3, 500e-12, 22e-9, 22e-9),
    "vox": ToneStackCircuit("Vox AC30 Top Boost", 1e6, 1e6, 10e3, 100e3, 50e-12, 22e-9, 22e-9),
}
"""Values as the CAPS and Guitarix projects list them. A Vox has a fixed 10 kohm for a mid pot: that is mid 10."""

PARAMETERS: Final = (
    Parameter("bass", "Bass", "", 0.0, 10.0, 5.0, smoothing=SMOOTHING),
    Parameter("mid", "Mid", "", 0.0, 10.0, 5.0, smoothing=SMOOTHING),
    Parameter("treble", "Treble", "", 0.0, 10.0, 5.0, smoothing=SMOOTHING),
)
BASS, MID, TREBLE = range(3)
TAPER: Final = 3.4
"""Steepness of the bass pot's logarithmic taper: the share of its track is exp(TAPER * (position - 1))."""

GRID: Final = 8  # frames between new coefficients while a knob moves

# The state behind the parameter slots.
_PROGRAM, _CHANNELS, _POSITION, _RAMP_STEPS = range(4)  # int64 words
_RATE: Final = PARAMETER_BYTES + 32  # float64
_RAMPS: Final = PARAMETER_BYTES + 64
_COEFFICIENTS: Final = _RAMPS + len(PARAMETERS) * RAMP_BYTES  # float64: b0 b1 b2 b3, a1 a2 a3
_VOICES: Final = _COEFFICIENTS + 64  # float64: three words a channel


@register_jitable
def tone_stack_coefficients(components: Any, bass: float, mid: float, treble: float, rate: float, out: Any) -> None:
    """Write b0 b1 b2 b3 a1 a2 a3 of the digital filter to `out`; knobs from 0 to 10.

    `components` holds R1 R2 R3 R4 C1 C2 C3. The sums are equation (2) of Yeh and Smith, t, m and l being
    the positions of the wipers.
    """
    r1, r2, r3, r4 = components[0], components[1], components[2], components[3]
    c1, c2, c3 = components[4], components[5], components[6]
    t, m, l = treble / 10.0, mid / 10.0, math.exp(TAPER * (bass / 10.0 - 1.0))  # noqa: E741
    r33, c12, c13, c23, c123 = r3 * r3, c1 * c2, c1 * c3, c2 * c3, c1 * c2 * c3
    mm = m * (1.0 - m)

    b1 = t * c1 * r1 + m * c3 * r3 + (c1 + c2) * (l * r2 + r3)
    b2 = (
        t * (c12 + c13) * r1 * r4
        + mm * (c13 + c23) * r33
        + m * c13 * r1 * r3
        + l * (c12 * r1 * r2 + (c12 + c13) * r2 * r4)
        + l * m * (c13 + c23) * r2 * r3
        + c12 * r1 * r3
        + (c12 + c13) * r3 * r4
    )
    b3 = c123 * (
        l * m * r2 * r3 * (r1 + r4) + mm * r33 * (r1 + r4) + t * (1.0 - m) * r1 * r3 * r4 + t * l * r1 * r2 * r4
    )
    a1 = c1 * (r1 + r3) + c2 * (r3 + r4) + c3 * r4 + m * c3 * r3 + l * (c1 + c2) * r2
    a2 = (
        m * (c13 * r1 * r3 - c23 * r3 * r4)
        + mm * (c13 + c23) * r33
        + l * m * (c13 + c23) * r2 * r3
        + l * r2 * (c12 * (r1 + r4) + (c13 + c23) * r4)
        + (c12 + c13) * r1 * r4
        + (c12 + c13 + c23) * r3 * r4
        + c12 * r1 * r3
    )
    a3 = c123 * (l * m * r2 * r3 * (r1 + r4) + mm * r33 * (r1 + r4) + (1.0 - m) * r1 * r3 * r4 + l * r1 * r2 * r4)

    # s = c (1 - 1/z) / (1 + 1/z), c = 2 * rate, over the common denominator (1 + 1/z)^3
    c = 2.0 * rate
    b1, b2, b3 = b1 * c, b2 * c * c, b3 * c * c * c
    a1, a2, a3 = a1 * c, a2 * c * c, a3 * c * c * c
    scale = 1.0 / (1.0 + a1 + a2 + a3)
    out[0] = (b1 + b2 + b3) * scale
    out[1] = (b1 - b2 - 3.0 * b3) * scale
    out[2] = (-b1 - b2 + 3.0 * b3) * scale
    out[3] = (-b1 + b2 - b3) * scale
    out[4] = (3.0 + a1 - a2 - 3.0 * a3) * scale
    out[5] = (3.0 - a1 - a2 + 3.0 * a3) * scale
    out[6] = (1.0 - a1 + a2 - a3) * scale


@register_jitable
def _filter(voice: Any, k: Any, source: Any, sink: Any, frames: int) -> None:
    """Transposed direct form II of third order; `k` as `tone_stack_coefficients` writes it."""
    s0, s1, s2 = voice[0], voice[1], voice[2]
    for i in range(frames):
        x = np.float64(source[i])
        y = k[0] * x + s0
        s0 = k[1] * x - k[4] * y + s1
        s1 = k[2] * x - k[5] * y + s2
        s2 = k[3] * x - k[6] * y
        sink[i] = np.float32(y)
    voice[0], voice[1], voice[2] = s0, s1, s2


@register_jitable
def _rest(state: int) -> None:
    words, slots = int64_at(state + PARAMETER_BYTES), float32_at(state)
    words[_POSITION] = 0
    for knob in range(3):
        start_ramp(state + _RAMPS + knob * RAMP_BYTES, slots[knob], slots[knob])
    _set_coefficients(state, slots[BASS], slots[MID], slots[TREBLE])
    voices = float64_at(state + _VOICES)
    for i in range(3 * words[_CHANNELS]):
        voices[i] = 0.0


@register_jitable
def _set_coefficients(state: int, bass: float, mid: float, treble: float) -> None:
    components = float64_at(int64_at(state + PARAMETER_BYTES)[_PROGRAM])
    rate = float64_at(state + _RATE)[0]
    tone_stack_coefficients(components, bass, mid, treble, rate, float64_at(state + _COEFFICIENTS))


@register_jitable
def _turn_knobs(state: int) -> None:
    """One step of the grid: where a knob moves, the coefficients of its next position."""
    ramps = state + _RAMPS
    bass, mid, treble = ramps, ramps + MID * RAMP_BYTES, ramps + TREBLE * RAMP_BYTES
    if ramp_moves(bass) or ramp_moves(mid) or ramp_moves(treble):
        _set_coefficients(state, next_value(bass), next_value(mid), next_value(treble))


@cache
def tone_stack_functions() -> KernelFunctions:
    """Compile the functions, or take them from the cache on disk."""
    version = code_version(__file__)

    @compiled(MEASURE)
    def measure(program: int, setup: int) -> int:
        _ = version
        rate = setup_sample_rate(setup)
        if not (rate > 0.0 and rate < np.inf) or setup_channels(setup) < 1:
            return -1
        return _VOICES + 24 * setup_channels(setup)

    @compiled(PREPARE)
    def prepare(state: int, program: int, setup: int) -> int:
        _ = version
        words = int64_at(state + PARAMETER_BYTES)
        rate = setup_sample_rate(setup)
        words[_PROGRAM] = program
        words[_CHANNELS] = setup_channels(setup)
        words[_RAMP_STEPS] = max(1, round(SMOOTHING * rate / GRID))
        float64_at(state + _RATE)[0] = rate
        _rest(state)
        return 0

    @compiled(RESET)
    def reset(state: int) -> None:
        _ = version
        _rest(state)

    @compiled(PROCESS)
    def process(state: int, inputs: int, outputs: int, frames: int) -> None:
        _ = version
        mode = flush_denormals()
        words, slots = int64_at(state + PARAMETER_BYTES), float32_at(state)
        rows_in, rows_out = int64_at(inputs), int64_at(outputs)
        coefficients = float64_at(state + _COEFFICIENTS)
        for knob in range(3):
            ramp, asked = state + _RAMPS + knob * RAMP_BYTES, slots[knob]
            if ramp_asks(ramp, asked):
                aim_ramp(ramp, asked, asked, words[_RAMP_STEPS])
        start = 0
        while start < frames:
            if words[_POSITION] == 0:
                _turn_knobs(state)
            count = min(GRID - words[_POSITION], frames - start)
            for channel in range(words[_CHANNELS]):
                source, sink = float32_at(rows_in[channel] + 4 * start), float32_at(rows_out[channel] + 4 * start)
                _filter(float64_at(state + _VOICES + 24 * channel), coefficients, source, sink, count)
            words[_POSITION] = (words[_POSITION] + count) % GRID
            start += count
        restore_mode(mode)

    return KernelFunctions(measure, prepare, process, reset)


def tone_stack_kernel(circuit: str = "fender") -> Kernel:
    """Build the kernel of an amp's passive tone stack.

    Like the circuit it attenuates: about 10 dB in the middle with all knobs at 5. Any host rate, no latency.

    Parameters
    ----------
    circuit : str
        A key of `CIRCUITS`: ``fender``, ``blackface``, ``princeton``, ``marshall``, ``plexi`` or ``vox``.

    Returns
    -------
    Kernel
        With the parameters ``bass``, ``mid`` and ``treble``, 0 to 10 as on the panel.

    Raises
    ------
    ParameterError
        When the circuit is unknown.
    """
    if circuit not in CIRCUITS:
        raise ParameterError(f"tone stack circuit is {circuit!r}: use one of {', '.join(CIRCUITS)}")
    words = np.array(CIRCUITS[circuit].values).view(np.int64)
    return Kernel(
        name=f"Tone stack ({circuit})",
        functions=tone_stack_functions(),
        program=pack_program(words, np.zeros(0, np.float32)),
        parameters=PARAMETERS,
        tail=0.1,
    )
