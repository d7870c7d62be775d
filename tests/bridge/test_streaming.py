"""Streams of pedalboard chains: as many frames out as in, equal to one offline call."""

import math
import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pedalboard
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pedalboard import Chain, Mix, Pedalboard, Plugin
from pedalboard_native._internal import AddLatency

from ampboard.bridge.chains import build_chain
from ampboard.bridge.processors import KernelPlugin, NeuralAmp
from ampboard.bridge.streaming import StreamingBoard, StreamingChain, widens
from ampboard.models.errors import AudioError, ParameterError, PluginError
from ampboard.models.kernels.amp import amp_kernel
from ampboard.presets import Preset

CRUNCH = Path(__file__).resolve().parents[2] / "presets" / "factory" / "models" / "crunch.nam"
RATE = 48_000
BLOCK = 256
FRAMES = 12_000

IMPULSE_RESPONSE = np.exp(-np.arange(600) / 80).astype(np.float32) * np.cos(np.arange(600)).astype(np.float32)

EXACT: dict[str, Callable[[], list[Plugin]]] = {
    "nothing": list,
    "reverb": lambda: [pedalboard.Reverb(room_size=0.8)],
    "chorus": lambda: [pedalboard.Chorus(rate_hz=3.0, feedback=0.3)],
    "phaser": lambda: [pedalboard.Phaser(rate_hz=2.0)],
    "delay": lambda: [pedalboard.Delay(0.05, 0.5, 0.5)],
    "compressor": lambda: [pedalboard.Compressor(-30, 4)],
    "limiter": lambda: [pedalboard.Limiter(-20)],
    "noise gate": lambda: [pedalboard.NoiseGate(-25)],
    "filters": lambda: [
        pedalboard.HighpassFilter(100),
        pedalboard.LowpassFilter(5000),
        pedalboard.PeakFilter(800, 6),
        pedalboard.HighShelfFilter(),
        pedalboard.LowShelfFilter(),
        pedalboard.LadderFilter(),
    ],
    "shapers": lambda: [
        pedalboard.Distortion(),
        pedalboard.Clipping(-12),
        pedalboard.Bitcrush(10),
        pedalboard.Invert(),
        pedalboard.Gain(-3),
    ],
    "latency": lambda: [pedalboard.Gain(3), AddLatency(700), pedalboard.Chorus(), AddLatency(3)],
    "mix": lambda: [Mix([pedalboard.Gain(-3), Chain([pedalboard.Delay(0.01, 0.2, 1.0), pedalboard.Reverb()])])],
    "mix with latency": lambda: [
        AddLatency(10),
        Chain([Mix([pedalboard.Gain(-3), Chain([AddLatency(300), Mix([pedalboard.Gain(), AddLatency(5)])])])]),
        pedalboard.Phaser(),
    ],
}


def noise(channels: int, frames: int = FRAMES, seed: int = 0) -> np.ndarray:
    """Noise with pauses, so that gates and tails have something to do."""
    audio = 0.1 * np.random.default_rng(seed).standard_normal((channels, frames)).astype(np.float32)
    audio[:, frames // 3 : frames // 2] = 0
    return audio


def in_blocks(stream: StreamingBoard, audio: np.ndarray, largest: int, seed: int = 0) -> np.ndarray:
    """Stream `audio` in blocks of random sizes, with a square one first."""
    rng = np.random.default_rng(seed)
    blocks, start, size = [], 0, audio.shape[0]
    while start < audio.shape[1]:
        blocks.append(stream.process(audio[:, start : start + size]))
        assert blocks[-1].shape[1] == audio[:, start : start + size].shape[1]
        start += size
        size = int(rng.integers(1, largest + 1))
    return np.concatenate(blocks, axis=1)


@pytest.mark.parametrize(
    ("name", "channels"), [(name, n) for name in EXACT for n in (1, 2, 5) if n <= 2 or name not in ("reverb", "mix")]
)
def test_stream_equals_one_offline_call_bit_for_bit(name: str, channels: int) -> None:
    audio = noise(channels)
    stream = StreamingBoard(Pedalboard(EXACT[name]()), sample_rate=RATE, channels=channels, max_block=BLOCK)
    expected = Pedalboard(EXACT[name]())(audio, RATE, buffer_size=1 << 20)
    for largest in (8, 700):
        output = in_blocks(stream, audio, largest)
        np.testing.assert_array_equal(output[:, : stream.latency], 0)
        np.testing.assert_array_equal(output[:, stream.latency :], expected[:, : FRAMES - stream.latency])
        stream.reset()


@pytest.mark.parametrize(
    ("plugins", "latency"),
    [([], 0), ([AddLatency(700)], 700), ([Mix([AddLatency(300), AddLatency(20)]), AddLatency(9)], 309)],
)
def test_latency_is_that_of_the_plugins(plugins: list[Plugin], latency: int) -> None:
    assert StreamingBoard(plugins, sample_rate=RATE, channels=1).latency == latency


def test_convolution_is_within_rounding_of_one_offline_call() -> None:
    audio = noise(2)
    convolution = [pedalboard.Convolution(IMPULSE_RESPONSE[None], 1.0, sample_rate=RATE) for _ in range(2)]
    stream = StreamingBoard(convolution[:1], sample_rate=RATE, channels=2, max_block=BLOCK)
    expected = Pedalboard(convolution[1:])(audio, RATE)
    # pedalboard's own offline calls with two block sizes differ by 1.5e-8
    np.testing.assert_allclose(in_blocks(stream, audio, 300), expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize(
    "make", [lambda: pedalboard.Resample(16_000), pedalboard.MP3Compressor], ids=["Resample", "MP3Compressor"]
)
def test_buffered_processors_equal_an_offline_call_that_starts_with_silence(make: Callable[[], Plugin]) -> None:
    audio = noise(2)
    stream = StreamingBoard([make()], sample_rate=RATE, channels=2, max_block=BLOCK)
    silence = np.zeros((2, -(-2 * RATE // BLOCK) * BLOCK), np.float32)
    expected = Pedalboard([make()])(np.concatenate([silence, audio], axis=1), RATE, buffer_size=BLOCK)
    expected = expected[:, silence.shape[1] :]
    for seed in range(2):
        output = in_blocks(stream, audio, 400, seed)[:, stream.latency :]
        np.testing.assert_array_equal(output, expected[:, : output.shape[1]])
        stream.reset()


@pytest.mark.parametrize("make", [pedalboard.GSMFullRateCompressor, pedalboard.PitchShift])
def test_jittering_processors_still_return_every_frame(make: Callable[[], Plugin]) -> None:
    audio = noise(1, 3000)
    stream = StreamingBoard([make()], sample_rate=RATE, channels=1, max_block=BLOCK)
    assert in_blocks(stream, audio, 600).shape == audio.shape
    assert stream.latency > 0


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 2 * BLOCK), min_size=1, max_size=40))
def test_any_split_gives_the_same(sizes: list[int]) -> None:
    plugins = [pedalboard.Delay(0.001, 0.7, 0.5), AddLatency(37), pedalboard.Chorus()]
    audio = noise(2, sum(sizes))
    stream = StreamingBoard(plugins, sample_rate=RATE, channels=2, max_block=BLOCK)
    whole = stream.process(audio)
    stream.reset()
    edges = np.cumsum([0, *sizes])
    parts = [stream.process(audio[:, a:b]) for a, b in pairwise(edges)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_amps_in_branches_equal_one_offline_call_at_every_rate(rate: int) -> None:
    def make() -> list[Plugin]:
        return [
            pedalboard.NoiseGate(-60),
            Mix([pedalboard.Gain(-6), NeuralAmp(CRUNCH, input_db=3.0)]),
            NeuralAmp(CRUNCH, mix=0.5),
            pedalboard.Chorus(),
        ]

    audio = noise(2)
    stream = StreamingBoard(make(), sample_rate=rate, channels=2, max_block=BLOCK)
    assert (stream.latency > 0) == (rate != 48_000)
    expected = Pedalboard(make())(audio, rate)
    for seed in range(2):
        output = in_blocks(stream, audio, 600, seed)
        np.testing.assert_array_equal(output[:, stream.latency :], expected[:, : FRAMES - stream.latency])
        stream.reset()


def test_bypass_is_noticed_and_leaves_the_others_undisturbed() -> None:
    audio = noise(1)
    board = Pedalboard([pedalboard.Delay(0.01, 0.5, 0.5), pedalboard.Invert(), Mix([pedalboard.Gain(6)])])
    stream = StreamingBoard(board, sample_rate=RATE, channels=1)
    before = stream.process(audio[:, :5000])
    for index in (1, 2):
        board[index] = Chain([])
    stream.refresh()
    after = stream.process(audio[:, 5000:])
    expected = Pedalboard([pedalboard.Delay(0.01, 0.5, 0.5)])(audio, RATE)
    np.testing.assert_array_equal(after, expected[:, 5000:])
    np.testing.assert_allclose(before, -expected[:, :5000] * 10 ** (6 / 20), rtol=1e-5)


def test_parameters_move_between_blocks() -> None:
    gain = pedalboard.Gain(0.0)
    stream = StreamingBoard(Pedalboard([gain, pedalboard.Invert()]), sample_rate=RATE, channels=1)
    block = np.full((1, 100), 0.5, np.float32)
    np.testing.assert_array_equal(stream.process(block), -0.5)
    gain.gain_db = 20.0
    for _ in range(50):  # pedalboard ramps a gain
        output = stream.process(block)
    np.testing.assert_allclose(output, -5.0, rtol=1e-6)


def test_mono_becomes_stereo_in_front_of_a_reverb() -> None:
    audio = noise(1)
    plugins = [[pedalboard.Compressor(-30, 4), pedalboard.Reverb(), pedalboard.Delay(0.01)] for _ in range(2)]
    stream = StreamingBoard(plugins[0], sample_rate=RATE, channels=1, outputs=2)
    expected = Pedalboard(plugins[1])(np.repeat(audio, 2, axis=0), RATE)
    output = in_blocks(stream, audio, 600)
    np.testing.assert_array_equal(output, expected)
    assert np.abs(output[0] - output[1]).max() > 1e-3
    assert widens(plugins[0])
    assert not widens([pedalboard.Delay()])


def test_mono_becomes_stereo_at_the_end_when_nothing_spreads_it() -> None:
    audio = noise(1)
    stream = StreamingBoard([pedalboard.Invert()], sample_rate=RATE, channels=1, outputs=2)
    np.testing.assert_array_equal(stream.process(audio), -np.repeat(audio, 2, axis=0))


def test_quiet_time_is_longer_than_the_longest_echo() -> None:
    board = Pedalboard([Chain([pedalboard.Delay(1.5)])])
    assert StreamingBoard(board, sample_rate=RATE, channels=1).quiet_time == pytest.approx(1.6)


def test_refused_channels_and_numbers_say_so() -> None:
    with pytest.raises(PluginError, match="MP3Compressor: cannot play 8 channels"):
        StreamingBoard([pedalboard.MP3Compressor()], sample_rate=RATE, channels=8)
    with pytest.raises(ParameterError, match="2 channels cannot become 1"):
        StreamingBoard([], sample_rate=RATE, channels=2, outputs=1)
    with pytest.raises(ParameterError, match="max_block 0"):
        StreamingBoard([], sample_rate=RATE, channels=2, max_block=0)


def builtins() -> dict[str, Callable[[], Plugin]]:
    """Every builtin that is not by nature mono (GSM) or refuses more than two channels itself (MP3), made audible."""
    made: dict[str, Callable[[], Plugin]] = {
        "Convolution": lambda: pedalboard.Convolution(IMPULSE_RESPONSE[None], 1.0, sample_rate=RATE),
        "Reverb": lambda: pedalboard.Reverb(width=0.0, damping=0.0),
        "Resample": lambda: pedalboard.Resample(16_000),
        "PitchShift": pedalboard.PitchShift,
    }
    for name in ("chorus", "phaser", "delay", "compressor", "limiter", "noise gate", "filters", "shapers"):
        made |= {type(plugin).__name__: partial(EXACT[name]().__getitem__, i) for i, plugin in enumerate(EXACT[name]())}
    return made


@pytest.mark.parametrize("name", builtins())
def test_more_than_two_channels_are_refused_exactly_where_pedalboard_spoils_them(name: str) -> None:
    """Whether the third channel comes out as it does alone tells which builtins are at most stereo."""
    audio = noise(3)
    together, alone = (Pedalboard([builtins()[name]()])(part, RATE)[-1] for part in (audio, audio[2:]))
    spoiled = np.abs(together - alone).max() > 1e-4
    assert spoiled == (name in ("Reverb", "Convolution"))
    if spoiled:
        with pytest.raises(AudioError, match=f"{name} plays at most 2 channels, not 3: split the audio into stereo"):
            StreamingBoard([Chain([builtins()[name]()])], sample_rate=RATE, channels=3)
    else:
        StreamingBoard([Chain([builtins()[name]()])], sample_rate=RATE, channels=3)


@pytest.mark.parametrize("rate", [999, 768_001])
def test_a_rate_that_an_amp_refuses_is_an_error_every_time(rate: int) -> None:
    board = Pedalboard([Mix([Chain([NeuralAmp(CRUNCH)])])])
    for _ in range(2):
        with pytest.raises(AudioError, match=rf"does not run at {rate} Hz: convert the audio to a usual rate"):
            StreamingBoard(board, sample_rate=rate, channels=1)
    assert StreamingBoard(board, sample_rate=48_000, channels=1).process(noise(1)).any()


def test_a_kernel_that_only_refuses_to_prepare_is_an_error() -> None:
    inner = replace(NeuralAmp(CRUNCH).kernel, parameters=())  # late at 96 kHz, which an amp's inner kernel must not be
    late = KernelPlugin(amp_kernel(inner, model_rate=96_000))
    with pytest.raises(AudioError, match="does not run at 48000 Hz"):
        StreamingBoard([late], sample_rate=RATE, channels=1)


def chain_of(*nodes: str) -> StreamingChain:
    listed = "\n".join(f"[[chain]]\n{node}" for node in nodes)
    document = tomllib.loads(f'schema = 1\nname = "x"\n{listed}')
    return StreamingChain(build_chain(Preset.model_validate(document)), sample_rate=RATE, channels=1, max_block=BLOCK)


GAIN = 'id = "gain"\ntype = "builtin"\nplugin = "Gain"\nparameters = { gain_db = -40.0 }'
CUT = 'id = "cut"\ntype = "builtin"\nplugin = "HighpassFilter"\nparameters = { cutoff_frequency_hz = 2000.0 }'


@pytest.mark.parametrize("block", [7, 64, 300])
def test_parameter_that_is_moved_glides_in_small_steps_at_any_split(block: int) -> None:
    chain = chain_of(GAIN)
    audio = np.ones((1, 6000), np.float32)
    chain.process(audio[:, :2000])
    chain.set_parameter("gain.gain_db", 0.0)
    output = np.concatenate([chain.process(audio[:, i : i + block]) for i in range(2000, 6000, block)], axis=1)[0]
    steps = math.ceil(0.02 * RATE / 16)
    stairs = 10 ** ((-40 + 40 * np.minimum(np.arange(4000 // 16 + 1), steps) / steps) / 20)
    expected = np.interp(np.arange(1, 4001) / 16, np.arange(len(stairs)), stairs)  # a line from step to step
    np.testing.assert_allclose(output, expected, rtol=1e-5)
    assert np.abs(np.diff(output)).max() <= 1 - 10 ** (-40 / steps / 20) + 1e-5
    assert chain.chain.get_parameter("gain.gain_db") == 0.0


def test_parameter_that_is_moved_before_it_plays_is_there_at_once() -> None:
    chain = chain_of(GAIN)
    chain.set_parameter("gain.gain_db", 0.0)
    np.testing.assert_array_equal(chain.process(np.ones((1, 100), np.float32)), 1)


def test_reset_ends_a_glide() -> None:
    chain = chain_of(GAIN)
    chain.process(np.ones((1, 100), np.float32))
    chain.set_parameter("gain.gain_db", 0.0)
    chain.process(np.ones((1, 100), np.float32))
    chain.reset()
    np.testing.assert_array_equal(chain.process(np.ones((1, 100), np.float32)), 1)


@pytest.mark.parametrize("block", [7, 64, 300])
def test_bypass_fades_over_5_ms_and_is_then_exact(block: int) -> None:
    """A high-pass takes a constant away: its bypass is a step of 1, spread over a raised cosine."""
    chain = chain_of(CUT)
    audio = np.ones((1, 9000), np.float32)

    def play(start: int, end: int) -> np.ndarray:
        return np.concatenate([chain.process(audio[:, i : min(i + block, end)]) for i in range(start, end, block)], 1)[
            0
        ]

    assert np.abs(play(0, 3000)[-100:]).max() < 1e-3
    chain.set_parameter("cut.bypass", 1.0)
    dry = play(3000, 6000)
    fade = round(0.005 * RATE)
    np.testing.assert_allclose(dry[:fade], 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade), atol=2e-3)
    np.testing.assert_array_equal(dry[fade:], 1)
    chain.set_parameter("cut.bypass", 0.0)
    wet = play(6000, 9000)
    assert np.abs(np.diff(wet)).max() < 0.2  # the filter's own start, faded in; without the fade a step of 1
    assert np.abs(wet[-100:]).max() < 1e-3
