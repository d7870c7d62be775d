"""The amp around kernels of which everything is known."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.signal import lfilter

from ampboard.models.calibration import Calibration
from ampboard.models.errors import ParameterError
from ampboard.models.kernels.amp import amp_kernel
from ampboard.models.kernels.contract import (
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
)
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.kernels.memory import float32_at, int64_at

PAIRS = [
    (44_100, 48_000),
    (48_000, 44_100),
    (96_000, 48_000),
    (8_000, 192_000),
    (192_000, 11_025),
    (48_000, 44_101),
    (1_000, 48_000),
    (768_000, 44_100),
]


@cache
def leaky_kernel() -> Kernel:
    """y[n] = drive * x[n] + bias + keep * y[n - 1]: linear, with memory, and at rest where drive and bias put it."""

    @compiled(MEASURE)
    def measure(program: int, setup: int) -> int:
        return PARAMETER_BYTES + 8 + 8 * setup_channels(setup)

    @compiled(RESET)
    def reset(state: int) -> None:
        slots, history = float32_at(state), float32_at(state + PARAMETER_BYTES + 8)
        for channel in range(int64_at(state + PARAMETER_BYTES)[0]):
            history[channel] = slots[1] / (np.float32(1.0) - slots[2])

    @compiled(PREPARE)
    def prepare(state: int, program: int, setup: int) -> int:
        int64_at(state + PARAMETER_BYTES)[0] = setup_channels(setup)
        return np.int32(0)

    @compiled(PROCESS)
    def process(state: int, inputs: int, outputs: int, frames: int) -> None:
        slots, history = float32_at(state), float32_at(state + PARAMETER_BYTES + 8)
        for channel in range(int64_at(state + PARAMETER_BYTES)[0]):
            x, y = float32_at(int64_at(inputs)[channel]), float32_at(int64_at(outputs)[channel])
            for i in range(frames):
                history[channel] = slots[0] * x[i] + slots[1] + slots[2] * history[channel]
                y[i] = history[channel]

    return Kernel(
        "leaky",
        KernelFunctions(measure, prepare, process, reset),
        pack_program(np.zeros(1, np.int64), np.zeros(0, np.float32)),
        (
            Parameter("drive", "Drive", "", -10.0, 10.0, 1.0),
            Parameter("bias", "Bias", "", -1.0, 1.0, 0.0),
            Parameter("keep", "Keep", "", 0.0, 0.9, 0.0),
        ),
    )


def amp(
    host: float, model: int = 48_000, *, channels: int = 1, options: dict[str, Any] | None = None, **parameters: float
) -> KernelInstance:
    kernel = amp_kernel(leaky_kernel(), model_rate=model, **(options or {}))
    return KernelInstance(kernel, sample_rate=host, channels=channels, parameters=parameters)


def noise(frames: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (channels, frames)).astype(np.float32)


def decibels(gain: np.ndarray) -> np.ndarray:
    return 20 * np.log10(np.maximum(np.abs(gain), 1e-30))


def test_at_the_models_rate_the_output_is_the_inner_kernels_bit_for_bit():
    inner = KernelInstance(leaky_kernel(), sample_rate=48_000, channels=2, parameters={"keep": 0.5})
    outer = amp(48_000, channels=2, keep=0.5)
    audio = noise(1_000, 2)
    assert outer.latency == 0
    assert outer.process(audio).tobytes() == inner.process(audio).tobytes()


@pytest.mark.parametrize(("host", "model"), PAIRS)
def test_there_and_back_is_flat_stops_and_keeps_its_frame(host, model):
    wire = amp(host, model)
    frames, low = 1 << 15, min(host, model)
    impulse = np.zeros((1, frames), np.float32)
    impulse[0, 0] = 1
    response = wire.process(impulse)[0]
    assert np.argmax(response) == wire.latency
    frequency = np.fft.rfftfreq(8 * frames, 1 / host)
    gain = decibels(np.fft.rfft(response, 8 * frames))
    assert np.abs(gain[frequency <= 0.45 * low]).max() < 0.1
    assert gain[frequency >= 0.501 * low].max(initial=-200) < -100


@pytest.mark.parametrize(
    ("host", "model", "frames"),
    [(44_100, 48_000, 88), (48_000, 44_100, 96), (44_100, 96_000, 88), (48_000, 96_000, 88), (96_000, 48_000, 176)],
)
def test_latency_is_a_whole_number_of_frames_within_two_milliseconds(host, model, frames):
    instance = amp(host, model)
    assert instance.latency == frames
    assert instance.latency / host <= 0.002


@pytest.mark.parametrize(("host", "model"), PAIRS[:3])
@pytest.mark.parametrize("share", [0.11, 0.37, 0.449])
def test_a_sine_comes_back_without_aliases(host, model, share):
    """Everything but the sine stays below -100 dB of it."""
    frequency = share * min(host, model)
    times = np.arange(host) / host
    audio = np.sin(2 * np.pi * frequency * times).astype(np.float32)[None]
    wet = amp(host, model).process(audio)[0, 4_000:].astype(np.float64)
    window = np.blackman(wet.size) ** 2
    basis = np.stack([np.sin(2 * np.pi * frequency * times[4_000:]), np.cos(2 * np.pi * frequency * times[4_000:])])
    fit = np.linalg.lstsq((basis * window).T, wet * window, rcond=None)[0] @ basis
    rest = np.abs(np.fft.rfft((wet - fit) * window)).max() / np.abs(np.fft.rfft(fit * window)).max()
    assert decibels(rest) < -100


@pytest.mark.parametrize(("host", "model"), [(96_000, 48_000), (192_000, 11_025)])
def test_what_the_model_cannot_hear_does_not_alias_into_it(host, model):
    """Every sine between half the model's rate and half the host's disappears: below -100 dB."""
    for share in (0.501, 0.6, 0.99, 1.01, 1.3):
        frequency = share * model
        if frequency < host / 2:
            audio = np.sin(2 * np.pi * frequency * np.arange(30_000) / host).astype(np.float32)[None]
            assert decibels(amp(host, model).process(audio)[0, 5_000:]).max() < -100


@pytest.mark.parametrize(("host", "model"), [(48_000, 48_000), *PAIRS])
def test_streaming_equals_offline_bit_for_bit(host, model):
    audio = noise(3_000, 2)
    instance = amp(host, model, channels=2, mix=0.7, input_db=3.0, keep=0.3)
    offline = instance.process(audio)
    rng = np.random.default_rng(3)
    for most in (1, 7, 64, 500):
        instance.reset()
        blocks, start = [], 0
        while start < audio.shape[1]:
            size = int(rng.integers(1, most + 1))
            blocks.append(instance.process(audio[:, start : start + size]))
            start += size
        assert np.concatenate(blocks, axis=1).tobytes() == offline.tobytes()


@pytest.mark.parametrize("host", [48_000, 44_100])
def test_ramps_do_not_depend_on_the_blocks(host):
    """The same changes at the same frames: the same bits, whatever the blocks between them."""
    audio = noise(6_000)
    changes = {100: ("mix", 0.2), 700: ("output_db", -9.0), 1_000: ("mix", 1.0), 1_500: ("input_db", 6.0)}

    def render(block: int) -> bytes:
        instance, blocks, start = amp(host), [], 0
        while start < audio.shape[1]:
            if start in changes:
                instance.set(*changes[start])
            end = min([start + block, audio.shape[1], *(frame for frame in changes if frame > start)])
            blocks.append(instance.process(audio[:, start:end]))
            start = end
        return np.concatenate(blocks, axis=1).tobytes()

    whole = render(10_000)
    assert all(render(block) == whole for block in (1, 13, 64, 640))


def test_gains_are_exact_from_the_first_frame_and_ramp_later():
    ones = np.ones((1, 3_000), np.float32)
    instance = amp(48_000, input_db=6.0, output_db=-20.0)
    gain = 10 ** (6 / 20) * 0.1
    np.testing.assert_allclose(instance.process(ones), gain, rtol=1e-6)
    instance.set("output_db", 0.0)
    wet = instance.process(ones)[0]
    ramp = gain + (10 * gain - gain) * np.minimum(np.arange(1, 3_001) / 960, 1)  # 20 ms
    np.testing.assert_allclose(wet, ramp, rtol=1e-5)
    instance.reset()
    np.testing.assert_allclose(instance.process(ones), 10 * gain, rtol=1e-6)


@pytest.mark.parametrize(("host", "model"), [(48_000, 48_000), *PAIRS[:3]])
def test_the_dry_part_is_the_input_delayed_by_the_latency(host, model):
    audio = noise(2_000)
    instance = amp(host, model, mix=0.0, input_db=12.0)
    dry = instance.process(audio)
    delay = instance.latency
    assert not dry[:, :delay].any()
    assert np.array_equal(dry[:, delay:], audio[:, : 2_000 - delay])


@pytest.mark.parametrize(("host", "model"), PAIRS[:3])
def test_dry_and_wet_are_aligned(host, model):
    """A wire that turns the sign, half mixed in, leaves less than 0.1 dB of ripple's worth."""
    time = np.arange(8_000) / host
    audio = np.sin(2 * np.pi * 0.3 * min(host, model) * time).astype(np.float32)[None]
    rest = amp(host, model, mix=0.5, drive=-1.0).process(audio)[0, 1_000:]
    assert np.abs(rest).max() < 0.5 * (10 ** (0.1 / 20) - 1)


@pytest.mark.parametrize(("host", "model"), [(48_000, 48_000), *PAIRS[:3]])
def test_a_model_that_rests_on_a_voltage_starts_on_it(host, model):
    silence = np.zeros((1, 1_000), np.float32)
    wet = amp(host, model, bias=0.4, keep=0.5).process(silence)
    np.testing.assert_allclose(wet, 0.8, rtol=3e-5)  # images of the voltage are below -100 dB


def test_channels_are_independent():
    audio = noise(1_500, 3)
    together = amp(44_100, channels=3, keep=0.5).process(audio)
    for channel in range(3):
        alone = amp(44_100, keep=0.5).process(audio[channel : channel + 1])
        assert np.array_equal(together[channel], alone[0])


@pytest.mark.parametrize("rate", [0.0, 999.0, 768_001.0, float("nan"), float("inf")])
def test_rates_out_of_range_are_refused(rate):
    with pytest.raises(ParameterError, match="does not run"):
        amp(rate)


def test_construction_names_what_is_wrong():
    with pytest.raises(ParameterError, match="model_rate is 100 Hz: use 1000 to 768000"):
        amp_kernel(leaky_kernel(), model_rate=100)
    with pytest.raises(ParameterError, match="'input_db', which is one of the amp's"):
        amp_kernel(amp_kernel(leaky_kernel(), model_rate=48_000), model_rate=48_000)


def test_a_knob_called_like_one_of_the_amps_gets_another_title():
    inner = replace(leaky_kernel(), parameters=(Parameter("output", "Output", "", 0.0, 1.0, 0.0),))
    titles = [parameter.title for parameter in amp_kernel(inner, model_rate=48_000).parameters]
    assert titles == ["Input", "Output", "Mix", "Model Output"]


def test_a_rate_that_differs_by_a_hair_is_the_models():
    assert amp(48_000.5).latency == 0


def test_the_models_own_gains_are_around_the_model_only():
    """12 dB into it, -6 dB behind it: exact beside the levels; the dry part knows nothing of them."""
    ones = np.ones((1, 1_000), np.float32)
    options = {"calibration": Calibration(12.0, -6.0)}
    wet = amp(48_000, options=options, input_db=-2.0, output_db=1.0).process(ones)
    np.testing.assert_allclose(wet, 10 ** (5 / 20), rtol=1e-6)
    biased = amp(48_000, options=options, bias=0.5, mix=0.5, drive=0.0).process(ones)
    np.testing.assert_allclose(biased, 0.5 + 0.25 * 10 ** (-6 / 20), rtol=1e-6)
    assert np.array_equal(amp(48_000, options=options, mix=0.0).process(noise(500)), noise(500))


@pytest.mark.parametrize(
    ("host", "model", "times"),
    [(96_000, 48_000, 2), (176_400, 44_100, 4), (144_000, 48_000, 3), (96_000.4, 48_000, 2), (48_000, 48_000, 1)],
)
def test_with_longer_delays_a_multiple_of_the_models_rate_is_played_directly(host, model, times):
    """y[n] = x[n] + keep * y[n - times], within float32, without latency."""
    audio = noise(2_000, 2)
    instance = amp(host, model, channels=2, options={"rate_conversion": "delay"}, keep=0.7)
    assert instance.latency == 0
    expected = lfilter([1.0], [1.0] + [0.0] * (times - 1) + [-0.7], audio.astype(np.float64))
    np.testing.assert_allclose(instance.process(audio), expected, atol=3e-6)
    if times in (2, 4):
        oversampled = amp(host, model, channels=2, options={"oversampling": times}, keep=0.7)
        instance.reset()
        assert oversampled.process(audio).tobytes() == instance.process(audio).tobytes()


@pytest.mark.parametrize(
    ("host", "options", "frames"),
    [
        (48_000, {"oversampling": 2}, 88),
        (44_100, {"oversampling": 4}, 88),
        (96_000, {"oversampling": 2}, 0),
        (96_000, {"oversampling": 4}, 88),
        (192_000, {"oversampling": 2}, 176),
        (192_000, {"oversampling": 2, "rate_conversion": "delay"}, 0),
        (96_000, {"oversampling": 4, "rate_conversion": "delay"}, 88),
        (44_100, {"rate_conversion": "delay"}, 88),
        (24_000, {"rate_conversion": "delay"}, 88),
    ],
)
def test_oversampling_has_the_latency_of_its_resampling(host, options, frames):
    """Of two low-passes of 44 periods of the lower rate; a wire stays flat within 0.1 dB up to 0.45 of the host's."""
    wire = amp(host, options=options)
    assert wire.latency == frames
    impulse = np.zeros((1, 1 << 14), np.float32)
    impulse[0, 0] = 1
    response = wire.process(impulse)[0]
    assert np.argmax(response) == frames
    frequency = np.fft.rfftfreq(response.size, 1 / host)
    gain = decibels(np.fft.rfft(response))
    assert np.abs(gain[frequency <= 0.45 * min(host, 48_000)]).max() < 0.1


@pytest.mark.parametrize("host", [44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("options", [{"oversampling": 2}, {"oversampling": 4}, {"rate_conversion": "delay"}])
def test_oversampled_streams_equal_offline_bit_for_bit(host, options):
    audio = noise(1_500, 2)
    instance = amp(host, channels=2, options=options, mix=0.8, input_db=3.0, keep=0.6)
    offline = instance.process(audio)
    rng = np.random.default_rng(4)
    for most in (1, 5, 100):
        instance.reset()
        blocks, start = [], 0
        while start < audio.shape[1]:
            size = int(rng.integers(1, most + 1))
            blocks.append(instance.process(audio[:, start : start + size]))
            start += size
        assert np.concatenate(blocks, axis=1).tobytes() == offline.tobytes()


@pytest.mark.parametrize("host", [44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("options", [{"oversampling": 2}, {"oversampling": 4}, {"rate_conversion": "delay"}])
def test_every_voice_of_an_oversampled_model_rests_on_its_voltage(host, options):
    silence = np.zeros((1, 1_000), np.float32)
    instance = amp(host, options=options, bias=0.4, keep=0.5)
    for _ in range(2):
        np.testing.assert_allclose(instance.process(silence), 0.8, rtol=3e-5)
        instance.process(noise(777))
        instance.reset()


def test_oversampling_that_does_not_exist_is_refused():
    with pytest.raises(ParameterError, match="oversampling is 3: use 1, 2 or 4"):
        amp_kernel(leaky_kernel(), model_rate=48_000, oversampling=3)
    with pytest.raises(ParameterError, match="rate_conversion is 'none': use resample or delay"):
        amp_kernel(leaky_kernel(), model_rate=48_000, rate_conversion="none")
