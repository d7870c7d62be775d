"""Models at a multiple of their own rate: exactly the network with longer delays, less aliasing, the same sound."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.models import Model, load_model
from ampboard.models.description import LayerArray, ModelDescription, Recurrent, WaveNet
from ampboard.models.kernels.amp import amp_kernel
from ampboard.models.kernels.instance import KernelInstance

RATE = 48_000


def played(model: Model, audio: np.ndarray, *, times: int = 1, host: int = 0, **options: str) -> np.ndarray:
    """The amp's output for mono audio, its latency trimmed, in float64."""
    kernel = amp_kernel(model.kernel, model_rate=model.sample_rate, oversampling=times, **options)
    instance = KernelInstance(kernel, sample_rate=host or model.sample_rate, channels=1)
    padded = np.pad(audio, (0, instance.latency)).astype(np.float32)
    return instance.process(padded[None])[0, instance.latency :].astype(np.float64)


def random_model(architecture, *, size: float) -> Model:
    random = np.random.default_rng(2)
    arrays = {n: random.uniform(-size, size, s).astype(np.float32) for n, s in architecture.shapes().items()}
    return Model(ModelDescription(architecture, arrays, RATE))


def noise(frames: int) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.3, frames).astype(np.float32)


def lengthened(model: Model, times: int) -> Model:
    """The WaveNet with all its dilations so many times longer."""
    description = model.description
    stacks = tuple(
        replace(stack, dilations=tuple(times * dilation for dilation in stack.dilations))
        for stack in description.architecture.layer_arrays
    )
    prewarm = times * description.prewarm_frames
    return Model(replace(description, architecture=WaveNet(stacks), prewarm_frames=prewarm))


@pytest.mark.parametrize("times", [2, 3, 4])
@pytest.mark.parametrize("gated", [False, True])
def test_a_wavenet_is_the_one_with_longer_dilations(times: int, gated: bool) -> None:
    """Within 1e-6 of the peak."""
    stack = LayerArray(1, 1, 4, 3, (1, 2, 7), "Tanh", gated=gated, head_size=1, head_bias=True)
    model = random_model(WaveNet((stack,)), size=0.5)
    wet = played(model, noise(3_001), host=times * RATE, rate_conversion="delay")
    expected = lengthened(model, times).process(noise(3_001))
    assert np.abs(wet - expected).max() < 1e-6 * np.abs(expected).max()


def test_a_captured_wavenet_is_the_one_with_longer_dilations(fixtures: Path) -> None:
    """Within 1e-5 of the peak, prewarmed as the original engine does it."""
    model = load_model(fixtures / "nam" / "BossWN-nano.nam")
    wet = played(model, noise(9_000), host=96_000, times=2)
    expected = lengthened(model, 2).process(noise(9_000))
    assert np.abs(wet - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.parametrize("times", [2, 4])
def test_a_recurrent_network_has_its_state_delayed(kind: str, times: int) -> None:
    """Against float64: h[n] and c[n] made from h[n - times] and c[n - times]; within 2e-6 of the peak."""
    model = random_model(Recurrent(kind, 1, 9, 1), size=0.6)
    weights = {name: array.astype(np.float64) for name, array in model.description.arrays.items()}
    audio = noise(1_501)
    hidden, cell = np.zeros((2, times + audio.size, 9))

    def sigmoid(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    for n, x in enumerate(audio.astype(np.float64), start=times):
        fed = weights["0.input.weight"][:, 0] * x + weights["0.input.bias"]
        back = weights["0.recurrent.weight"] @ hidden[n - times]
        if kind == "lstm":
            i, f, g, o = (fed + back).reshape(4, 9)
            cell[n] = sigmoid(f) * cell[n - times] + sigmoid(i) * np.tanh(g)
            hidden[n] = sigmoid(o) * np.tanh(cell[n])
        else:
            r, z = sigmoid(fed + back)[:18].reshape(2, 9)
            hidden[n] = (1 - z) * np.tanh(fed[18:] + r * back[18:]) + z * hidden[n - times]
    expected = hidden[times:] @ weights["head.weight"][0] + weights["head.bias"]
    wet = played(model, audio, times=times, host=times * RATE)
    assert np.abs(wet - expected).max() < 2e-6 * np.abs(expected).max()


def aliases_db(model: Model, frequency: int, times: int) -> float:
    """What is no harmonic of a sine at 0.8 of full scale, relative to its harmonics, from 20 Hz to 0.4 of the rate.

    A whole number of periods in a second: harmonics fall on multiples of the frequency, aliases between.
    """
    rate = model.sample_rate
    sine = 0.8 * np.sin(2 * np.pi * frequency * np.arange(2 * rate + 1_000) / rate)
    power = np.abs(np.fft.rfft(played(model, sine, times=times)[rate : 2 * rate])) ** 2
    hertz = np.arange(power.size)
    heard, harmonic = (hertz > 20) & (hertz < 0.4 * rate), hertz % frequency == 0
    return 10 * np.log10(power[heard & ~harmonic].sum() / power[heard & harmonic].sum())


@pytest.mark.parametrize(
    ("name", "twice", "four_times"),
    [("nam/BossWN-standard.nam", 7, 18), ("nam/BossWN-nano.nam", 7, 17), ("nam/BossLSTM-1x16.nam", 20, 50)],
)
def test_aliasing_falls(fixtures: Path, name: str, twice: float, four_times: float) -> None:
    """By at least so many dB at 2x and 4x, for sines from 1.2 to 9 kHz, of captures of a distortion pedal."""
    model = load_model(fixtures / name)
    for frequency in (1_249, 4_001, 9_001):
        plain = aliases_db(model, frequency, 1)
        assert aliases_db(model, frequency, 2) < plain - twice
        assert aliases_db(model, frequency, 4) < plain - four_times


@pytest.mark.parametrize("name", ["nam/BossWN-nano.nam", "nam/BossLSTM-1x16.nam"])
@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_a_guitar_sounds_as_through_the_plain_model(fixtures: Path, name: str, gain: float) -> None:
    """Loud and quiet: ESR below 5e-5, which is the ripple of the two resampling low-passes (0.03 dB each)."""
    model = load_model(fixtures / name)
    guitar, _ = soundfile.read(fixtures / "di" / "t3k_fear_guitar.flac", start=RATE, frames=RATE, dtype="float32")
    dry = gain * guitar.reshape(RATE, -1)[:, 0]
    plain = played(model, dry)
    for times in (2, 4):
        difference = played(model, dry, times=times) - plain
        assert difference.var() < 5e-5 * plain.var()


def test_longer_delays_sound_as_resampling(fixtures: Path) -> None:
    """At 96 kHz, a chord below 5 kHz at low level: ESR below 5e-5 between both ways."""
    model = load_model(fixtures / "nam" / "BossWN-nano.nam")
    times = np.arange(48_000) / 96_000
    dry = 0.01 * sum(np.sin(2 * np.pi * hertz * times) for hertz in (110, 277, 1_330, 4_200))
    resampled, delayed = (played(model, dry, host=96_000, rate_conversion=way)[9_600:] for way in ("resample", "delay"))
    assert (delayed - resampled).var() < 5e-5 * resampled.var()
