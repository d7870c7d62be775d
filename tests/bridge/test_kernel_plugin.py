"""Kernels as pedalboard plugins: the same bits as the kernel run directly, wherever and however pedalboard runs it."""

import ctypes
import gc
import itertools
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pedalboard
import pytest
from numpy.typing import NDArray
from pedalboard import Chain, Mix, Pedalboard

from ampboard.bridge.native.library import library
from ampboard.bridge.native.running import release_finished
from ampboard.bridge.processors.kernel_plugin import KernelPlugin
from ampboard.models.errors import ParameterError, PluginError
from ampboard.models.kernels.contract import (
    MEASURE,
    PREPARE,
    PROCESS,
    RESET,
    Kernel,
    KernelFunctions,
    Parameter,
    aligned_bytes,
    compiled,
    setup_channels,
    setup_sample_rate,
)
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.kernels.memory import call_reset, float32_at, int32_at, int64_at

Audio = NDArray[np.float32]
SLOTS = 256  # bytes of parameter slots; then int32 channels, int32 latency, int64 program, 64 floats, the delay line
FEEDBACK = np.float32(0.9)
DELAY_SECONDS = 0.001
LOUD = np.float32(10.0)

GAIN = Parameter("gain_db", "Gain", "dB", -60.0, 12.0, 0.0)
FACTOR = Parameter("factor", "Factor", "", 0.0, 4.0, 1.0)
SWITCH = Parameter("bright", "Bright", "", 0.0, 1.0, 0.0, steps=1)


@compiled(MEASURE)
def measure(program: int, setup: int) -> int:
    if setup_sample_rate(setup) > 200_000.0:
        return -1
    return 4096 + setup_channels(setup) * 4096


@compiled(PREPARE)
def prepare(state: int, program: int, setup: int) -> int:
    """Latency: as many milliseconds as the program's first number says."""
    header = int32_at(state + SLOTS)
    header[0] = setup_channels(setup)
    header[1] = np.int32(int64_at(program)[0] * setup_sample_rate(setup) * DELAY_SECONDS)
    int64_at(state + SLOTS)[1] = program
    float32_at(state + SLOTS + 64)[63] = float32_at(state)[1]
    return header[1]


@compiled(RESET)
def reset(state: int) -> None:
    memory = float32_at(state + SLOTS + 64)
    for channel in range(63):
        memory[channel] = 0.0
    memory[63] = float32_at(state)[1]
    line = float32_at(state + 4096)
    for i in range(int32_at(state + SLOTS)[0] * 1024):
        line[i] = 0.0


@compiled(PROCESS)
def one_pole(state: int, inputs: int, outputs: int, frames: int) -> None:
    """A gain that glides (slot 1), a delay, a leaky integrator that turns into NaN when the input is loud."""
    header, memory, line = int32_at(state + SLOTS), float32_at(state + SLOTS + 64), float32_at(state + 4096)
    latency = header[1]
    factor = memory[63]
    for frame in range(frames):
        factor += np.float32(0.01) * (float32_at(state)[1] - factor)
        for channel in range(header[0]):
            x = float32_at(int64_at(inputs)[channel])[frame]
            if x > LOUD:
                x = np.float32(np.nan)
            memory[channel] = FEEDBACK * memory[channel] + factor * x
            y = memory[channel]
            if latency > 0:
                for i in range(latency - 1, 0, -1):
                    line[channel * 1024 + i] = line[channel * 1024 + i - 1]
                delayed = line[channel * 1024 + latency]
                line[channel * 1024 + latency] = line[channel * 1024 + latency - 1]
                line[channel * 1024] = y
                y = delayed
            float32_at(int64_at(outputs)[channel])[frame] = y
    memory[63] = factor


@compiled(PROCESS)
def constant(state: int, inputs: int, outputs: int, frames: int) -> None:
    for channel in range(int32_at(state + SLOTS)[0]):
        for frame in range(frames):
            float32_at(int64_at(outputs)[channel])[frame] = float32_at(state)[1]


def kernel_of(
    process: Any, *, milliseconds: int = 0, name: str = "Leaky", channels: tuple[int, int] = (1, 63)
) -> Kernel:
    program = aligned_bytes(64)
    program[:8].view(np.int64)[0] = milliseconds
    functions = KernelFunctions(measure, prepare, process, reset)
    return Kernel("Leaky", functions, program, (GAIN, FACTOR, SWITCH), channels)


def leaky() -> Kernel:
    return kernel_of(one_pole)


def noise(channels: int, frames: int, seed: int = 0) -> Audio:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, frames))).astype(np.float32)


def direct(kernel: Kernel, audio: Audio, rate: float = 48_000, **parameters: float) -> Audio:
    return KernelInstance(kernel, sample_rate=rate, channels=len(audio), parameters=parameters).process(audio)


@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("buffer_size", [1, 64, 511, 513, 8192])
def test_same_bits_at_every_rate_channel_count_and_buffer_size(rate: int, channels: int, buffer_size: int) -> None:
    audio = noise(channels, 600)
    plugin = KernelPlugin(leaky(), {"factor": 0.3})
    wet = plugin.process(audio, rate, buffer_size=buffer_size)
    np.testing.assert_array_equal(wet, direct(leaky(), audio, rate, factor=0.3))


def test_streaming_with_growing_and_shrinking_blocks_is_one_offline_call_and_prepares_once() -> None:
    audio = noise(2, 6_000)
    plugin = KernelPlugin(leaky())
    plugin.process(audio[:, :10], 48_000)
    before = plugin.counters
    edges = np.cumsum([0, 1, 3, 64, 7, 700, 2, 1500, 1, 3722])
    blocks = [
        plugin.process(audio[:, start:end], 48_000, reset=bool(start == 0)) for start, end in itertools.pairwise(edges)
    ]
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), direct(leaky(), audio))
    assert plugin.counters.prepares == before.prepares
    assert plugin.counters.resets == before.resets + 1


def test_chains_mixes_and_nesting() -> None:
    audio = noise(2, 3_000)
    once, twice = direct(leaky(), audio), direct(leaky(), direct(leaky(), audio))

    def plugin() -> KernelPlugin:
        return KernelPlugin(leaky())

    np.testing.assert_array_equal(Pedalboard([plugin(), plugin()])(audio, 48_000), twice)
    np.testing.assert_array_equal(Pedalboard([Chain([plugin(), plugin()])])(audio, 48_000, buffer_size=100), twice)
    np.testing.assert_array_equal(
        Pedalboard([Mix([plugin(), Chain([plugin(), plugin()])])])(audio, 48_000), once + twice
    )


def test_eight_threads_at_once() -> None:
    audio = [noise(2, 20_000, seed) for seed in range(8)]
    boards = [Pedalboard([KernelPlugin(leaky(), {"factor": 0.1 * seed})]) for seed in range(8)]
    with ThreadPoolExecutor(8) as threads:
        wet = list(threads.map(lambda board, dry: board(dry, 48_000, buffer_size=64), boards, audio))
    for seed in range(8):
        np.testing.assert_array_equal(wet[seed], direct(leaky(), audio[seed], factor=0.1 * seed))


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_latency_is_reported_and_compensated(rate: int) -> None:
    late, prompt = kernel_of(one_pole, milliseconds=2), leaky()
    audio = noise(2, 5_000)
    plugin = KernelPlugin(late)
    board = Pedalboard([Mix([plugin, KernelPlugin(prompt)])])
    alone = direct(prompt, audio, rate)
    np.testing.assert_array_equal(board(audio, rate), alone + alone)
    assert plugin.latency == int(2 * rate * DELAY_SECONDS)
    assert plugin.latency == plugin.reported_latency_samples


def test_latency_of_a_stream_that_never_resets() -> None:
    audio = noise(2, 1_000)
    plugin = KernelPlugin(kernel_of(one_pole, milliseconds=1))
    wet = np.concatenate(
        [plugin.process(audio[:, i : i + 100], 48_000, reset=False) for i in range(0, 1_000, 100)], axis=1
    )
    np.testing.assert_array_equal(wet, direct(leaky(), audio)[:, : 1_000 - 48])


def test_parameters_are_exact_floats_and_pedalboard_shows_the_same() -> None:
    plugin = KernelPlugin(leaky(), {"gain_db": 0.1})
    assert plugin.gain_db == 0.1
    plugin.gain_db = 0.3
    assert plugin.gain_db == 0.3
    plugin.process(noise(2, 100), 48_000)
    assert plugin.gain_db == 0.3, "the rounded value that the host sends back has the last word"
    assert list(plugin.parameters) == ["gain_db", "factor", "bright"]
    assert plugin.parameters["gain_db"].raw_value == pytest.approx((0.3 + 60) / 72, abs=1e-7)
    assert plugin.parameters["gain_db"].string_value == "0.3"
    assert plugin.parameters["bright"].type is bool
    plugin.parameters["gain_db"].raw_value = 0.5
    assert plugin.gain_db == -24.0
    plugin.process(noise(2, 100), 48_000)
    assert plugin.gain_db == -24.0


def test_a_value_set_on_another_thread_is_seen_at_once() -> None:
    plugin = KernelPlugin(leaky())
    parameter = plugin.parameters["factor"]
    with ThreadPoolExecutor(1) as thread:
        thread.submit(setattr, parameter, "raw_value", 0.25).result()
        assert thread.submit(getattr, plugin, "factor").result() == 1.0
    wet = plugin.process(noise(2, 500), 48_000)
    np.testing.assert_array_equal(wet, direct(leaky(), noise(2, 500)))


def test_a_parameter_set_between_blocks_is_heard_from_the_next_block_on() -> None:
    audio = noise(2, 2_000)
    plugin = KernelPlugin(leaky())
    instance = KernelInstance(leaky(), sample_rate=48_000, channels=2)
    for start in range(0, 2_000, 250):
        plugin.factor = start / 1_000
        instance.set("factor", start / 1_000)
        block = audio[:, start : start + 250]
        wet = plugin.process(block, 48_000, reset=False)
        if start == 0:
            instance.reset()
        np.testing.assert_array_equal(wet, instance.process(block))


def test_reset_starts_from_the_present_parameters_without_a_glide() -> None:
    audio = noise(1, 400)
    plugin = KernelPlugin(leaky())
    plugin.process(audio, 48_000)
    plugin.factor = 3.0
    np.testing.assert_array_equal(plugin.process(audio, 48_000), direct(leaky(), audio, factor=3.0))


def test_state_brings_exact_values_back_and_foreign_state_changes_nothing() -> None:
    plugin = KernelPlugin(leaky(), {"gain_db": 0.1, "factor": 1 / 3})
    state = plugin.raw_state
    other = KernelPlugin(leaky())
    other.raw_state = state
    assert (other.gain_db, other.factor) == (0.1, 1 / 3)
    narrower = Kernel("Leaky", leaky().functions, aligned_bytes(64), (GAIN, FACTOR))
    stranger = KernelPlugin(narrower, {"factor": 2.0})
    stranger.raw_state = state
    assert stranger.factor == 2.0


def test_unknown_names_and_values_out_of_range_are_refused() -> None:
    plugin = KernelPlugin(leaky())
    with pytest.raises(ParameterError, match="has no parameter 'gain': it has gain_db, factor, bright"):
        plugin.gain = 1.0
    with pytest.raises(ParameterError, match="gain_db is 13 dB: use a value from -60 to 12"):
        plugin.gain_db = 13.0
    with pytest.raises(ParameterError, match="gain_db is nan"):
        plugin.gain_db = float("nan")
    with pytest.raises(AttributeError, match="no attribute 'gain'"):
        _ = plugin.gain
    with pytest.raises(ParameterError, match="no parameter 'drive'"):
        KernelPlugin(leaky(), {"drive": 1.0})
    clash = Kernel("Clash", leaky().functions, aligned_bytes(64), (Parameter("version", "V", "", 0, 1, 0),))
    with pytest.raises(ParameterError, match="cannot call a parameter 'version'"):
        KernelPlugin(clash)
    assert plugin.gain_db == 0.0


def test_creation_on_another_thread_says_which_thread_to_use() -> None:
    first = KernelPlugin(leaky())
    with (
        ThreadPoolExecutor(1) as thread,
        pytest.raises(PluginError, match="on the thread that created the first plugin"),
    ):
        thread.submit(KernelPlugin, leaky()).result()
    assert first.factor == 1.0
    assert library().ampboard_is_alive(first.running.number)


def test_setups_that_the_kernel_refuses() -> None:
    mono = KernelPlugin(kernel_of(one_pole, channels=(1, 1)))
    with pytest.raises(ValueError, match="2-channel"):
        mono.process(noise(2, 100), 48_000)
    plugin = KernelPlugin(leaky())
    for _ in range(2):
        with pytest.raises(ParameterError, match="Leaky does not run at 384000 Hz: use another sample rate"):
            plugin(noise(2, 100), 384_000)
    assert not Pedalboard([plugin])(noise(2, 100), 384_000).any()
    assert plugin.counters.refusals == 1
    np.testing.assert_array_equal(plugin.process(noise(2, 100), 48_000), direct(leaky(), noise(2, 100)))


def test_swap_takes_over_between_two_blocks_and_releases_the_old_kernel() -> None:
    audio = noise(2, 1_000)
    old = leaky()
    plugin = KernelPlugin(old, {"factor": 0.5})
    first = plugin.process(audio, 48_000, reset=False)
    np.testing.assert_array_equal(first, direct(old, audio, factor=0.5))
    gone = weakref.ref(old)
    plugin.swap(kernel_of(constant))
    del old
    gc.collect()
    assert gone() is None
    np.testing.assert_array_equal(plugin.process(audio, 48_000, reset=False), np.full_like(audio, 0.5))
    with pytest.raises(ParameterError, match="their parameters differ"):
        plugin.swap(Kernel("Other", leaky().functions, aligned_bytes(64), (GAIN,), (1, 63)))
    with pytest.raises(ParameterError, match="runs on 1 to 2 channels"):
        plugin.swap(kernel_of(constant, channels=(1, 2)))


def test_swapping_while_another_thread_renders() -> None:
    """Both kernels give the same constant, so that a swap at any moment leaves no trace but a crash."""
    plugin = KernelPlugin(kernel_of(constant), {"factor": 0.25})
    audio = noise(2, 200_000)
    with ThreadPoolExecutor(1) as thread:
        rendering = thread.submit(lambda: [plugin.process(audio, 48_000, buffer_size=32) for _ in range(5)])
        swaps = 0
        while not rendering.done():
            plugin.swap(kernel_of(constant))
            swaps += 1
    assert swaps > 10
    for wet in rendering.result():
        np.testing.assert_array_equal(wet, np.full_like(audio, 0.25))


def test_a_board_outlives_the_wrapper_and_the_plugin_inside_is_identified() -> None:
    kernel = leaky()
    gone = weakref.ref(kernel)
    board = Pedalboard([KernelPlugin(kernel), pedalboard.Gain(0.0)])
    del kernel
    gc.collect()
    audio = noise(2, 500)
    np.testing.assert_array_equal(board(audio, 48_000), direct(leaky(), audio))
    running = KernelPlugin.identify(board[0])
    assert running is not None
    assert running.kernel is gone()
    running.set("factor", 2.0)
    np.testing.assert_array_equal(board(audio, 48_000), direct(leaky(), audio, factor=2.0))
    assert KernelPlugin.identify(board[1]) is None
    del board, running
    gc.collect()
    release_finished()
    assert gone() is None


def test_showing_the_parameters_does_not_keep_a_plugin_alive() -> None:
    plugin = KernelPlugin(leaky())
    assert plugin.parameters["factor"].raw_value == 0.25
    gone = weakref.ref(plugin)
    del plugin
    assert gone() is None


@compiled(PROCESS)
def waits_for_python(state: int, inputs: int, outputs: int, frames: int) -> None:
    """Leave the block as soon as another Python thread has written the flag, or after 5 seconds."""
    program = int64_at(int64_at(state + SLOTS)[1])
    waited = 0
    while program[1] == 0 and waited < 5_000:
        call_reset(program[2], 1_000)  # usleep: it has the same signature
        waited += 1
    for channel in range(int32_at(state + SLOTS)[0]):
        for frame in range(frames):
            float32_at(int64_at(outputs)[channel])[frame] = np.float32(program[1])


def test_python_runs_while_a_kernel_renders() -> None:
    """The kernel waits inside process() for a number that only another Python thread can write."""
    kernel = kernel_of(waits_for_python)
    words = kernel.program[:24].view(np.int64)
    sleep = ctypes.CDLL(None).usleep
    words[2] = ctypes.cast(sleep, ctypes.c_void_p).value
    flag = words[1:2]
    plugin = KernelPlugin(kernel)
    writer = threading.Thread(target=flag.__setitem__, args=(0, 1))
    threading.Timer(0.05, writer.start).start()
    assert (plugin.process(noise(1, 16), 48_000) == 1.0).all(), "the GIL was held for the whole block"


def test_ten_thousand_blocks_allocate_nothing() -> None:
    plugin = KernelPlugin(leaky())
    audio = noise(2, 10_000 * 16)
    plugin.process(audio[:, :16], 48_000)
    before, calls = library().ampboard_allocations(), plugin.counters.process_calls
    plugin.process(audio, 48_000, buffer_size=16)
    assert plugin.counters.process_calls - calls == 10_000
    plugin.process(audio, 48_000, buffer_size=8192, reset=False)
    assert library().ampboard_allocations() == before


def test_input_that_is_not_finite_becomes_silence() -> None:
    audio = noise(2, 1_000)
    audio[0, 100], audio[1, 200], audio[1, 201] = np.nan, np.inf, -np.inf
    plugin = KernelPlugin(leaky())
    np.testing.assert_array_equal(
        plugin.process(audio, 48_000), direct(leaky(), np.nan_to_num(audio, posinf=0, neginf=0))
    )
    assert plugin.counters.non_finite_inputs == 3


def test_output_that_is_not_finite_resets_the_kernel_and_fades_in() -> None:
    audio = np.full((1, 4_000), 0.1, np.float32)
    audio[0, 1_000] = 100.0
    plugin = KernelPlugin(leaky())
    wet = plugin.process(audio, 48_000, buffer_size=100)
    expected = direct(leaky(), audio[:, :1_000])
    np.testing.assert_array_equal(wet[:, :1_000], expected)
    assert not wet[:, 1_000:1_100].any()
    after = direct(leaky(), audio[:, 1_100:])
    ramp = np.minimum(np.arange(2_900, dtype=np.float32) / 480, 1)
    np.testing.assert_allclose(wet[:, 1_100:], after * ramp, atol=1e-6)
    np.testing.assert_array_equal(wet[:, 1_600:], after[:, 500:])
    assert plugin.counters.non_finite_outputs == 100


def test_decaying_sound_never_reaches_denormal_numbers() -> None:
    audio = np.zeros((1, 3_000), np.float32)
    audio[0, 0] = 1.0
    wet = np.abs(KernelPlugin(leaky()).process(audio, 48_000))
    tiny = np.finfo(np.float32).tiny
    assert wet[0, 800] > tiny
    assert not ((wet > 0) & (wet < tiny)).any()
