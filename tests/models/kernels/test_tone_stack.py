"""The tone stack against its circuit, solved node by node in float64."""

import numpy as np
import pytest
from scipy.signal import freqz, lfilter

from ampboard.models.errors import ParameterError
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.kernels.tone_stack import CIRCUITS, TAPER, tone_stack_coefficients, tone_stack_kernel

KNOBS = [(5, 5, 5), (0, 0, 0), (10, 10, 10), (10, 0, 10), (2, 10, 0.5), (7, 3, 9)]


def circuit_response(circuit: str, bass: float, mid: float, treble: float, frequency: np.ndarray) -> np.ndarray:
    """Output over input of the network, by nodal analysis (Kirchhoff's current law at six nodes)."""
    r1, r2, r3, r4, c1, c2, c3 = CIRCUITS[circuit].values
    s = 2j * np.pi * frequency
    source, top, out, middle, slope, low, wiper, ground = range(8)
    share = np.exp(TAPER * (bass / 10 - 1))

    def resistor(ohms: float) -> np.ndarray:
        return np.full(s.size, 1 / max(ohms, 1e-3), complex)

    branches = [
        (source, top, s * c1),
        (top, out, resistor((1 - treble / 10) * r1)),
        (out, middle, resistor(treble / 10 * r1)),
        (source, slope, resistor(r4)),
        (slope, middle, s * c2),
        (slope, wiper, s * c3),
        (middle, low, resistor(share * r2)),
        (low, wiper, resistor((1 - mid / 10) * r3)),
        (wiper, ground, resistor(mid / 10 * r3)),
    ]
    admittance = np.zeros((s.size, 8, 8), complex)
    for a, b, y in branches:
        admittance[:, a, a] += y
        admittance[:, b, b] += y
        admittance[:, a, b] -= y
        admittance[:, b, a] -= y
    inner = slice(top, ground)
    voltages = np.linalg.solve(admittance[:, inner, inner], -admittance[:, inner, source][..., None])
    return voltages[:, out - top, 0]


def stack(rate: float, circuit: str = "fender", channels: int = 1, **knobs: float) -> KernelInstance:
    return KernelInstance(tone_stack_kernel(circuit), sample_rate=rate, channels=channels, parameters=knobs)


def coefficients(circuit: str, bass: float, mid: float, treble: float, rate: float) -> np.ndarray:
    k = np.zeros(7)
    tone_stack_coefficients(CIRCUITS[circuit].values, bass, mid, treble, rate, k)
    return k


@pytest.mark.parametrize("circuit", CIRCUITS)
@pytest.mark.parametrize("knobs", KNOBS)
@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_the_filter_is_the_circuit_with_bilinear_frequencies(circuit, knobs, rate):
    """Digital frequency f stands for rate / pi * tan(pi f / rate): within 1e-6 of unity gain."""
    k = coefficients(circuit, *knobs, rate)
    frequency = np.geomspace(10, 0.499 * rate, 100)
    _, digital = freqz(k[:4], [1, *k[4:]], worN=frequency, fs=rate)
    analogue = circuit_response(circuit, *knobs, rate / np.pi * np.tan(np.pi * frequency / rate))
    np.testing.assert_allclose(digital, analogue, atol=1e-6)


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_the_kernel_is_the_difference_equation_of_its_coefficients(rate):
    """Against scipy's lfilter in float64: within float32 rounding."""
    audio = np.random.default_rng(0).uniform(-1, 1, (1, 5_000)).astype(np.float32)
    k = coefficients("marshall", 3, 6, 8, rate)
    expected = lfilter(k[:4], [1, *k[4:]], audio[0].astype(np.float64))
    wet = stack(rate, "marshall", bass=3, mid=6, treble=8).process(audio)[0]
    np.testing.assert_allclose(wet, expected, atol=1e-7)


def test_knobs_turn_without_clicks_and_arrive():
    """A turned knob is heard within 21 ms and moves the output by no more than a ramp of 20 ms does."""
    rate = 48_000
    audio = np.sin(2 * np.pi * 100 * np.arange(rate) / rate).astype(np.float32)[None]
    instance = stack(rate, bass=0)
    before = instance.process(audio[:, :24_000])
    instance.set("bass", 10.0)
    after = instance.process(audio[:, 24_000:])
    steps = np.abs(np.diff(np.concatenate([before, after], axis=1)[0]))
    assert steps.max() < 1.5 * np.abs(np.diff(after[0, 12_000:])).max()
    settled = stack(rate, bass=10).process(audio)[:, 24_000:]
    np.testing.assert_allclose(after[:, 12_000:], settled[:, 12_000:], atol=1e-6)
    assert np.abs(after[:, :100] - settled[:, :100]).max() > 0.01


def test_turning_knobs_gives_the_same_bits_in_any_blocks():
    audio = np.random.default_rng(1).uniform(-1, 1, (2, 4_000)).astype(np.float32)
    changes = {50: ("treble", 9.0), 333: ("bass", 1.0), 801: ("mid", 0.0), 1_500: ("treble", 2.0)}

    def render(block: int) -> bytes:
        instance, blocks, start = stack(44_100, channels=2), [], 0
        while start < audio.shape[1]:
            if start in changes:
                instance.set(*changes[start])
            end = min([start + block, audio.shape[1], *(frame for frame in changes if frame > start)])
            blocks.append(instance.process(audio[:, start:end]))
            start = end
        return np.concatenate(blocks, axis=1).tobytes()

    whole = render(10_000)
    assert all(render(block) == whole for block in (1, 13, 64, 500))


def test_reset_returns_to_rest():
    audio = np.random.default_rng(2).uniform(-1, 1, (1, 1_000)).astype(np.float32)
    instance = stack(48_000, "vox")
    first = instance.process(audio)
    instance.reset()
    assert instance.process(audio).tobytes() == first.tobytes()


def test_an_unknown_circuit_is_named():
    with pytest.raises(ParameterError, match="'mesa': use one of fender, blackface"):
        tone_stack_kernel("mesa")


@pytest.mark.parametrize("rate", [0.0, float("nan"), float("inf")])
def test_rates_that_cannot_be_are_refused(rate):
    with pytest.raises(ParameterError, match="does not run"):
        stack(rate)
