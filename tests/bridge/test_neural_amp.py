"""Neural amps in pedalboard chains: the model's own samples, at every rate, in every arrangement."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pedalboard
import pytest
import soundfile
from pedalboard import Chain, Gain, Mix, Pedalboard
from scipy.signal import resample

from ampboard.bridge.processors import Cabinet, NeuralAmp, ToneStack
from ampboard.models import AudioError, Model, ModelDescription, ModelError, ParameterError, load_model
from ampboard.models.description import LayerArray, Recurrent, WaveNet
from ampboard.models.kernels.amp import amp_kernel
from ampboard.models.kernels.instance import KernelInstance

RATES = (44_100, 48_000, 96_000)


def model(architecture, knobs: tuple[str, ...] = (), *, size: float = 0.5, rate: int = 48_000) -> Model:
    rng = np.random.default_rng(7)
    arrays = {n: rng.uniform(-size, size, s).astype(np.float32) for n, s in architecture.shapes().items()}
    return Model(ModelDescription(architecture, arrays, rate, 0, knobs, {"name": "Test Amp"}))


@pytest.fixture(scope="module")
def wavenet() -> Model:
    stack = LayerArray(1, 1, 4, 3, (1, 2, 4), "Tanh", gated=False, head_size=1, head_bias=True)
    return model(WaveNet((stack,)))


@pytest.fixture(scope="module")
def lstm() -> Model:
    return model(Recurrent("lstm", 2, 8, 1, skip=True), ("drive",))


@pytest.fixture(scope="module")
def wire() -> Model:
    """A model whose output is its input."""
    return model(Recurrent("lstm", 1, 4, 1, skip=True), size=0.0)


@pytest.fixture(params=["wavenet", "lstm"])
def amp_model(request: pytest.FixtureRequest) -> Model:
    return request.getfixturevalue(request.param)


def noise(channels: int, frames: int, seed: int = 0) -> np.ndarray:
    return (0.3 * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32)


def offline(amp_model: Model, audio: np.ndarray, rate: int, **parameters: float) -> np.ndarray:
    """The amp's kernel in one call, its latency trimmed as pedalboard trims it."""
    kernel = amp_kernel(amp_model.kernel, model_rate=amp_model.sample_rate)
    instance = KernelInstance(kernel, sample_rate=rate, channels=audio.shape[0], parameters=parameters)
    padded = np.concatenate([audio, np.zeros((audio.shape[0], instance.latency), np.float32)], axis=1)
    return instance.process(padded)[:, instance.latency :]


def test_it_is_a_pedalboard_plugin_named_after_its_model(wavenet: Model):
    amp = NeuralAmp(wavenet)
    assert isinstance(amp, pedalboard.Plugin)
    assert amp.name == "Test Amp"
    assert amp.model is wavenet


def test_in_every_arrangement_the_samples_are_the_models(amp_model: Model):
    audio = noise(1, 5_000)
    expected = amp_model.process(audio)
    boards = {
        "alone": NeuralAmp(amp_model),
        "Pedalboard": Pedalboard([NeuralAmp(amp_model)]),
        "Chain": Pedalboard([Chain([NeuralAmp(amp_model)])]),
        "Mix": Pedalboard([Mix([NeuralAmp(amp_model)])]),
        "nested": Pedalboard([Chain([Mix([Chain([NeuralAmp(amp_model), Gain(0.0)])])])]),
    }
    for name, board in boards.items():
        assert np.array_equal(board(audio, 48_000), expected), name
    twice = Pedalboard([NeuralAmp(amp_model), NeuralAmp(amp_model)])
    assert np.array_equal(twice(audio, 48_000), amp_model.process(expected))
    sides = Pedalboard([Mix([NeuralAmp(amp_model), NeuralAmp(amp_model)])])
    assert np.array_equal(sides(audio, 48_000), expected + expected)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("buffer_size", [1, 64, 1_000, 8_192])
def test_at_every_rate_and_buffer_size_it_is_the_kernel(amp_model: Model, rate: int, buffer_size: int):
    """At 48 kHz, the model's rate, that is the model itself."""
    audio = noise(2, 3_000)
    wet = Pedalboard([NeuralAmp(amp_model)])(audio, rate, buffer_size=buffer_size)
    assert np.array_equal(wet, offline(amp_model, audio, rate))
    if rate == amp_model.sample_rate:
        assert np.array_equal(wet, amp_model.process(audio))


@pytest.mark.parametrize("rate", RATES)
def test_eight_threads_render_the_same_samples(amp_model: Model, rate: int):
    signals = [noise(1, 20_000, seed) for seed in range(8)]
    expected = [offline(amp_model, audio, rate) for audio in signals]
    amps = [Pedalboard([NeuralAmp(amp_model)]) for _ in signals]
    with ThreadPoolExecutor(8) as threads:
        rendered = list(threads.map(lambda amp, audio: amp(audio, rate, buffer_size=256), amps, signals))
    for wet, samples in zip(rendered, expected, strict=True):
        assert np.array_equal(wet, samples)


@pytest.mark.parametrize("rate", RATES)
def test_a_stream_in_random_blocks_is_one_offline_call(amp_model: Model, rate: int):
    audio = noise(2, 6_000)
    amp = NeuralAmp(amp_model, input_db=3.0, mix=0.6)
    padded = np.concatenate([audio, np.zeros((2, 1_000), np.float32)], axis=1)
    rng = np.random.default_rng(5)
    for _ in range(3):
        amp.reset()
        blocks, start = [], 0
        while start < 6_180:  # latencies reach 176 frames
            size = int(rng.choice([1, 3, 63, 64, 100, 700]))
            blocks.append(amp.process(padded[:, start : start + size], rate, reset=False))
            start += size
        wet = np.concatenate(blocks, axis=1)[:, :6_000]
        assert np.array_equal(wet, offline(amp_model, audio, rate, input_db=3.0, mix=0.6))


@pytest.mark.parametrize("rate", RATES)
def test_an_impulse_at_frame_0_stays_there(wire: Model, rate: int):
    impulse = np.zeros((1, 2_000), np.float32)
    impulse[0, 0] = 1
    for board in (Pedalboard([NeuralAmp(wire)]), Pedalboard([Mix([NeuralAmp(wire), Gain(-100.0)])])):
        assert np.argmax(np.abs(board(impulse, rate))) == 0


@pytest.mark.parametrize("rate", RATES)
def test_dry_and_wet_stay_aligned_in_the_mix(wire: Model, rate: int):
    """Within the 0.1 dB of the resampling; dry alone is the input, bit for bit."""
    audio = np.sin(2 * np.pi * 5_000 * np.arange(4_000) / rate).astype(np.float32)[None]
    half = NeuralAmp(wire, mix=0.5)(audio, rate)
    assert np.abs(half - audio)[:, 500:-500].max() < 0.5 * (10 ** (0.1 / 20) - 1)
    assert np.array_equal(NeuralAmp(wire, mix=0.0)(audio, rate), audio)


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_at_another_rate_it_sounds_as_the_model(wavenet: Model, rate: int):
    """Against a periodic signal at 48 kHz through the model, taken to the other rate by an exact Fourier method.

    Up to 0.43 of the lower rate; ESR below 1e-4, which is the 0.07 dB of ripple.
    """
    times = np.arange(48_000) / 48_000
    dry = sum(np.sin(2 * np.pi * f * times + f) for f in (110, 230, 1_210, 3_070)) * 0.2
    wet = wavenet.process(np.tile(dry, 2).astype(np.float32))[48_000:].astype(np.float64)
    expected = resample(wet, rate)
    audio = np.tile(resample(dry, rate), 3).astype(np.float32)
    heard = NeuralAmp(wavenet)(audio, rate)[rate : 2 * rate].astype(np.float64)
    passed = np.fft.rfftfreq(rate, 1 / rate) < 0.43 * min(rate, 48_000)
    difference = np.fft.rfft(heard - expected)[passed]
    assert np.sum(np.abs(difference[1:]) ** 2) < 1e-4 * np.sum(np.abs(np.fft.rfft(expected)[passed][1:]) ** 2)


def test_latency_is_reported(wavenet: Model):
    amp = NeuralAmp(wavenet)
    for rate, frames in ((44_100, 88), (48_000, 0), (96_000, 176)):
        amp(noise(1, 100), rate)
        assert amp.latency == amp.reported_latency_samples == frames


def test_stereo_is_one_state_for_each_channel(amp_model: Model):
    audio = noise(2, 4_000)
    wet = NeuralAmp(amp_model)(audio, 44_100)
    for channel in range(2):
        assert np.array_equal(wet[channel : channel + 1], NeuralAmp(amp_model)(audio[channel : channel + 1], 44_100))


def test_knobs_and_levels_are_parameters(lstm: Model):
    audio = noise(1, 2_000)
    amp = NeuralAmp(lstm, input_db=-6.0, output_db=2.0, drive=0.9)
    assert (amp.input_db, amp.output_db, amp.mix) == (-6.0, 2.0, 1.0)
    gain = np.float32(10 ** (-6 / 20))
    expected = lstm.process(audio * gain, drive=0.9) * np.float32(10 ** (2 / 20))
    np.testing.assert_allclose(amp(audio, 48_000), expected, atol=1e-6)
    amp.drive = 0.1
    amp.input_db = amp.output_db = 0.0
    assert np.array_equal(amp(audio, 48_000), lstm.process(audio, drive=0.1))
    with pytest.raises(ParameterError, match="gain"):
        NeuralAmp(lstm, gain=1.0)
    with pytest.raises(ParameterError, match="mix is 2"):
        NeuralAmp(lstm, mix=2.0)


def test_a_real_capture_is_the_model(fixtures):
    amp = NeuralAmp(fixtures / "nam" / "BossWN-nano.nam")
    audio = noise(1, 4_000)
    assert np.array_equal(amp(audio, 48_000), amp.model.process(audio))


def test_the_levels_of_a_real_capture_are_honoured(fixtures):
    """core_lstm: full scale was 18.3 dBu into the device and 12.3 dBu out of it, its loudness is -37.84 dB."""
    path, audio = fixtures / "nam" / "core_lstm.nam", noise(1, 4_000)
    amp = NeuralAmp(path, interface_dbu=12.0, output="calibrated", input_db=1.0)
    assert (amp.input_db, amp.output_db) == (1.0, 0.0)
    assert (amp.calibration.input_db, amp.calibration.output_db) == pytest.approx((-6.3, 0.3), abs=1e-9)
    expected = amp.model.process(audio * np.float32(10 ** (-5.3 / 20))) * 10 ** (0.3 / 20)
    np.testing.assert_allclose(amp(audio, 48_000), expected, atol=1e-6)
    normalized = NeuralAmp(path, output="normalized")
    assert normalized.calibration.output_db == pytest.approx(-18 + 37.8406867980957)
    np.testing.assert_allclose(
        normalized(audio, 48_000), amp.model.process(audio) * 10 ** (19.8406867980957 / 20), rtol=1e-5, atol=1e-6
    )
    dry = NeuralAmp(path, interface_dbu=12.0, output="normalized", mix=0.0)
    assert np.array_equal(dry(audio, 48_000), audio)


def test_loudness_of_a_capture_without_levels(fixtures):
    standard = NeuralAmp(fixtures / "nam" / "BossWN-standard.nam", output="normalized")
    assert standard.calibration.output_db == pytest.approx(-18 + 8.640249252319336)
    with pytest.raises(ModelError, match=r"BossWN-standard\.nam: metadata\.input_level_dbu: the model does not say it"):
        NeuralAmp(fixtures / "nam" / "BossWN-standard.nam", interface_dbu=12.0)
    with pytest.raises(ModelError, match=r"core_my_model\.nam: metadata\.loudness"):
        NeuralAmp(fixtures / "nam" / "core_my_model.nam", output="normalized")
    with pytest.raises(ParameterError, match="needs interface_dbu"):
        NeuralAmp(fixtures / "nam" / "core_lstm.nam", output="calibrated")


@pytest.mark.parametrize("options", [{"oversampling": 2}, {"oversampling": 4}, {"rate_conversion": "delay"}])
@pytest.mark.parametrize("rate", RATES)
def test_oversampled_it_is_the_kernel_at_every_buffer_size(lstm: Model, options, rate: int):
    audio = noise(2, 3_000)
    kernel = amp_kernel(lstm.kernel, model_rate=48_000, **options)
    instance = KernelInstance(kernel, sample_rate=rate, channels=2, parameters={"drive": 0.8})
    expected = instance.process(np.pad(audio, ((0, 0), (0, instance.latency))))[:, instance.latency :]
    for buffer_size in (1, 333, 8_192):
        amp = NeuralAmp(lstm, drive=0.8, **options)
        assert np.array_equal(Pedalboard([amp])(audio, rate, buffer_size=buffer_size), expected)
        assert amp.latency == instance.latency


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"absent\.nam"):
        NeuralAmp(tmp_path / "absent.nam")


def test_a_cabinet_convolves_at_unit_gain_without_latency(tmp_path):
    response = noise(1, 300)
    soundfile.write(tmp_path / "cab.wav", response.T, 48_000, subtype="FLOAT")
    audio = noise(1, 2_000)
    expected = np.convolve(audio[0].astype(np.float64), response[0].astype(np.float64))[:2_000]
    for cabinet in (Cabinet(tmp_path / "cab.wav"), Cabinet((response, 48_000))):
        wet = Pedalboard([cabinet])(audio, 48_000)[0]
        np.testing.assert_allclose(wet, expected, atol=2e-6 * np.abs(expected).max())
    quieter = Cabinet((response, 48_000), output_db=-20.0)(audio, 48_000)[0]
    np.testing.assert_allclose(quieter, 0.1 * expected, atol=2e-7 * np.abs(expected).max())


def test_a_file_that_is_no_cabinet_is_named(tmp_path):
    (tmp_path / "text.wav").write_text("no audio")
    soundfile.write(tmp_path / "silent.wav", np.zeros(100), 48_000)
    soundfile.write(tmp_path / "quad.wav", np.ones((100, 4)), 48_000)
    soundfile.write(tmp_path / "long.wav", np.ones(80_008), 8_000)
    for name, reason in (
        ("absent", "cannot be read"),
        ("text", "cannot be read"),
        ("silent", "silent"),
        ("quad", r"shape \(4, 100\)"),
        ("long", "10.0 seconds: use at most 10"),
    ):
        with pytest.raises(AudioError, match=rf"{name}\.wav.*{reason}"):
            Cabinet(tmp_path / f"{name}.wav")


def test_a_tone_stack_boosts_what_its_knobs_say():
    """Bass from 0 to 10 lifts 80 Hz by more than 5 dB, treble lifts 8 kHz by more than 10 dB."""
    seconds = np.arange(24_000) / 48_000
    for frequency, knob, decibels in ((80, "bass", 5), (8_000, "treble", 10)):
        audio = np.sin(2 * np.pi * frequency * seconds).astype(np.float32)[None]
        low, high = (ToneStack("marshall", **{knob: value})(audio, 48_000)[0, 12_000:] for value in (0.0, 10.0))
        assert 10 * np.log10(np.mean(high**2) / np.mean(low**2)) > decibels


def test_quality_picks_the_size(fixtures: Path) -> None:
    small = NeuralAmp(fixtures / "nam" / "BossWN-a2.nam", quality=0.0)
    whole = NeuralAmp(fixtures / "nam" / "BossWN-a2.nam")
    assert small.model.played.weight_count < whole.model.played.weight_count
    noise = np.float32(0.1 * np.random.default_rng(4).standard_normal((1, 4_800)))
    np.testing.assert_array_equal(small(noise, 48_000), load_model(small.model.path, quality=0.0).process(noise))
