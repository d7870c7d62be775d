"""The cabinet against convolution in float64."""

import numpy as np
import pytest
from scipy.signal import fftconvolve

from ampboard.models.errors import ParameterError
from ampboard.models.kernels.cabinet.kernel import cabinet_kernel, pink_noise_gain
from ampboard.models.kernels.instance import KernelInstance


def noise(frames: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (channels, frames)).astype(np.float32)


def decaying(frames: int, channels: int = 1, seed: int = 1) -> np.ndarray:
    return noise(frames, channels, seed) * np.exp(-5 * np.arange(frames) / frames).astype(np.float32)


def loudspeaker(rate: int, frames: int = 2_000) -> np.ndarray:
    """Damped resonances below 5 kHz, starting at once: what a trimmed cabinet response looks like."""
    time = np.arange(frames) / rate
    modes = [(110, 90), (420, 300), (1_900, 900), (3_300, 1_500), (4_700, 4_000)]
    return sum(np.exp(-decay * time) * np.sin(2 * np.pi * f * time + 0.3) for f, decay in modes)[None] * 1e3 / rate


def cabinet(response: np.ndarray, rate: int = 48_000, *, host: float | None = None, channels: int = 1, **options):
    kernel = cabinet_kernel(response, rate, **options)
    return KernelInstance(kernel, sample_rate=host or rate, channels=channels)


@pytest.mark.parametrize("length", [1, 2, 63, 64, 65, 128, 129, 1_000, 20_000])
def test_the_output_is_the_convolution(length):
    """Against scipy.signal.fftconvolve in float64: within 2e-6 of its peak; the first frame is the first tap's."""
    audio, response = noise(30_000), decaying(length)
    expected = fftconvolve(audio.astype(np.float64), response.astype(np.float64), axes=1)[:, : audio.shape[1]]
    instance = cabinet(response)
    assert instance.latency == 0
    np.testing.assert_allclose(instance.process(audio), expected, atol=2e-6 * np.abs(expected).max())


def test_a_single_tap_passes_the_input_bit_for_bit():
    audio = noise(1_000)
    assert cabinet(np.ones((1, 1), np.float32)).process(audio).tobytes() == audio.tobytes()


@pytest.mark.parametrize("length", [50, 700])
def test_every_block_size_gives_the_same_bits(length):
    audio, instance = noise(3_000, 2), cabinet(decaying(length), channels=2)
    offline = instance.process(audio)
    for block in (1, 7, 63, 64, 65, 512):
        instance.reset()
        blocks = [instance.process(audio[:, i : i + block]) for i in range(0, 3_000, block)]
        assert np.concatenate(blocks, axis=1).tobytes() == offline.tobytes()


def test_a_gain_change_gives_the_same_bits_in_any_blocks():
    audio = noise(4_000)

    def render(block: int) -> bytes:
        instance = cabinet(decaying(300))
        blocks = [instance.process(audio[:, :999])]
        instance.set("output_db", -12.0)
        blocks += [instance.process(audio[:, i : min(i + block, 4_000)]) for i in range(999, 4_000, block)]
        return np.concatenate(blocks, axis=1).tobytes()

    assert len({render(block) for block in (1, 13, 64, 4_000)}) == 1


def test_the_output_level_is_exact_at_once_after_reset_and_ramps_otherwise():
    instance = cabinet(np.ones((1, 1), np.float32))
    ones = np.ones((1, 2_000), np.float32)
    instance.set("output_db", 20.0)
    ramp = instance.process(ones)[0]
    np.testing.assert_allclose(ramp, 1 + 9 * np.minimum(np.arange(1, 2_001) / 960, 1), rtol=1e-6)
    instance.reset()
    np.testing.assert_allclose(instance.process(ones), 10, rtol=1e-6)


def test_two_channels_hear_left_and_right_and_one_hears_the_mean():
    audio, response = noise(2_000, 2), decaying(500, 2)
    stereo = cabinet(response, channels=2).process(audio)
    for channel in range(2):
        alone = cabinet(response[channel]).process(audio[channel : channel + 1])
        assert np.array_equal(stereo[channel], alone[0])
    mean = cabinet(response).process(audio[:1])
    assert np.array_equal(mean, cabinet(response.mean(axis=0)).process(audio[:1]))


@pytest.mark.parametrize(
    ("rate", "host"), [(48_000, 44_100), (44_100, 48_000), (48_000, 96_000), (44_100, 192_000), (96_000, 48_000)]
)
@pytest.mark.parametrize("response", [np.ones((1, 1)), None])
def test_a_resampled_response_keeps_its_gain(rate, host, response):
    """Complex error below 0.4 % of the largest gain up to 0.44 of the lower rate, in phase too: nothing is delayed."""
    response = loudspeaker(rate) if response is None else response
    impulse = np.zeros((1, 16_384), np.float32)
    impulse[0, 0] = 1
    resampled = cabinet(response, rate, host=host).process(impulse)[0]
    frequency = np.linspace(20, 0.44 * min(rate, host), 200)

    def gain(taps: np.ndarray, at: float) -> np.ndarray:
        return np.exp(-2j * np.pi * np.outer(frequency, np.arange(taps.size)) / at) @ taps.astype(np.float64)

    expected = gain(response[0], rate)
    bound = 0.012 if response.size == 1 else 0.004
    assert np.abs(gain(resampled, host) - expected).max() < bound * np.abs(expected).max()


def test_normalizing_lets_pink_noise_pass_with_its_power():
    """Pink noise made in the frequency domain, in and out: the same power within 0.2 dB, whatever the file's level."""
    rate, frames = 48_000, 1 << 17
    rng = np.random.default_rng(4)
    frequency = np.fft.rfftfreq(frames, 1 / rate)
    shape = np.where((frequency >= 40) & (frequency <= 16_000), 1 / np.sqrt(np.maximum(frequency, 1)), 0)
    pink = np.fft.irfft(shape * np.exp(2j * np.pi * rng.uniform(size=shape.size)))[None]
    pink = (pink / np.abs(pink).max()).astype(np.float32)
    for level in (0.001, 30.0):
        wet = cabinet(level * loudspeaker(rate), rate, normalize=True).process(pink)
        assert abs(10 * np.log10(np.mean(wet**2) / np.mean(pink**2))) < 0.2


def test_pink_noise_gain_does_not_depend_on_the_sample_rate():
    gains = [pink_noise_gain(loudspeaker(rate, rate // 10), rate) for rate in (44_100, 96_000)]
    assert abs(20 * np.log10(gains[0] / gains[1])) < 0.5


def test_reset_returns_to_rest():
    audio, instance = noise(1_000), cabinet(decaying(777))
    first = instance.process(audio)
    instance.reset()
    assert instance.process(audio).tobytes() == first.tobytes()


@pytest.mark.parametrize(
    ("response", "rate", "message"),
    [
        (np.zeros((1, 100)), 48_000, "silent"),
        (np.full((1, 100), np.nan), 48_000, "NaN or infinity"),
        (np.ones((3, 100)), 48_000, r"shape \(3, 100\)"),
        (np.ones((1, 0)), 48_000, r"shape \(1, 0\)"),
        (np.ones((1, 80_001)), 8_000, "10.0 seconds: use at most 10"),
        (np.ones((1, 10)), 100, "100 Hz"),
        (np.ones((1, 10)), float("nan"), "nan Hz"),
    ],
)
def test_a_response_that_cannot_be_used_is_named(response, rate, message):
    with pytest.raises(ParameterError, match=message):
        cabinet_kernel(response, rate)


def test_a_stereo_response_refuses_more_than_two_channels():
    assert cabinet_kernel(decaying(10, 2), 48_000).channels == (1, 2)
    assert cabinet_kernel(decaying(10), 48_000).channels == (1, 64)
