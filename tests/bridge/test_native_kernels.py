"""Kernels of a C compiler: what they take beside their state, MIDI, and parameters by the hundred."""

import gc
import random
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pedalboard import Pedalboard

from ampboard.bridge.native import live
from ampboard.bridge.native.library import library
from ampboard.bridge.native.running import release_finished
from ampboard.bridge.processors.kernel_plugin import KernelPlugin
from ampboard.bridge.streaming import StreamingBoard
from ampboard.models.errors import ParameterError
from ampboard.models.kernels.parameter import Parameter

Audio = NDArray[np.float32]
MakeProbe = Callable[..., Any]
RATE = 48_000
NOTE = bytes((0x90, 60, 100))
NOTE_NUMBER = (0x90 * 256 + 60) * 256 + 100


def silence(frames: int) -> Audio:
    return np.zeros((2, frames), np.float32)


def heard(wet: Audio) -> dict[int, float]:
    """Frames at which something sounds, with the number; the same in both channels."""
    np.testing.assert_array_equal(wet[0], wet[1])
    return {int(frame): float(wet[0, frame]) for frame in np.flatnonzero(wet[0])}


def test_what_prepare_took_is_given_back_once_the_kernel_is_exchanged_or_gone(probe: MakeProbe) -> None:
    first, second = probe(), probe()
    plugin = KernelPlugin(first)
    plugin.process(silence(100), RATE)
    plugin.process(silence(100), 44_100)
    assert first.program.held == 1
    plugin.swap(second)
    assert (first.program.held, second.program.held) == (0, 1)
    gone = weakref.ref(second)
    program = second.program
    del plugin, second
    gc.collect()
    assert program.held == 0
    release_finished()
    assert gone() is None


def test_a_refused_setup_has_nothing_to_give_back(probe: MakeProbe) -> None:
    kernel = probe(channels=(1, 16))
    plugin = KernelPlugin(kernel)
    with pytest.raises(ParameterError, match="does not run at 48000 Hz with this audio's channels"):
        plugin.process(np.zeros((9, 100), np.float32), RATE)
    assert kernel.program.held == 0


@pytest.mark.parametrize("buffer_size", [64, 512, 700, 8192])
def test_midi_arrives_at_its_frame_in_slices_and_blocks_of_any_size(probe: MakeProbe, buffer_size: int) -> None:
    kernel = probe()
    plugin = KernelPlugin(kernel)
    frames = [1999, 0, 511, 512, 63, 1024, 64, 1998]
    for number, frame in enumerate(frames):
        plugin.send_midi(bytes((0xC0, number)), frame)
    wet = plugin.process(silence(2_000), RATE, buffer_size=buffer_size)
    assert heard(wet) == {frame: 0xC000 + number for number, frame in enumerate(frames)}
    assert kernel.program.disorders == 0


def test_messages_count_from_the_next_block_and_wait_for_theirs(probe: MakeProbe) -> None:
    kernel = probe()
    plugin = KernelPlugin(kernel)
    blocks, sent, start = [], {}, 0
    generator = random.Random(1)
    plugin.process(silence(10), RATE)
    for number in range(200):
        frame = generator.choice([0, generator.randrange(300), generator.randrange(5_000)])
        plugin.send_midi(bytes((0xC0, number % 128)), frame)
        sent.setdefault(start + frame, []).append(0xC000 + number % 128)
        blocks.append(plugin.process(silence(generator.randrange(1, 700)), RATE, reset=False))
        start += blocks[-1].shape[1]
    blocks.append(plugin.process(silence(5_000), RATE, reset=False))
    assert heard(np.concatenate(blocks, axis=1)) == {frame: float(sum(numbers)) for frame, numbers in sent.items()}
    assert kernel.program.disorders == 0


def test_a_reset_forgets_what_waits_but_not_what_was_sent_since_the_last_block(probe: MakeProbe) -> None:
    plugin = KernelPlugin(probe())
    plugin.send_midi(NOTE, 150)
    assert heard(plugin.process(silence(100), RATE)) == {}
    plugin.send_midi(b"\xf8", 7)
    assert heard(plugin.process(silence(100), RATE)) == {7: 0xF8}
    plugin.send_midi(NOTE, 150)
    assert heard(plugin.process(silence(100), RATE, reset=False)) == {}
    assert heard(plugin.process(silence(100), RATE, reset=False)) == {50: NOTE_NUMBER}


def test_midi_through_a_board_and_a_latent_kernel(probe: MakeProbe) -> None:
    plugin = KernelPlugin(probe(latency=100))
    plugin.send_midi(NOTE, 30)
    assert heard(Pedalboard([KernelPlugin(probe(latency=77)), plugin])(silence(1_000), RATE)) == {30: NOTE_NUMBER}


def test_messages_that_are_none_or_unwanted_are_refused(probe: MakeProbe) -> None:
    plugin = KernelPlugin(probe(takes_midi=False))
    with pytest.raises(ParameterError, match="Probe takes no MIDI"):
        plugin.send_midi(NOTE)
    plugin = KernelPlugin(probe())
    for message, frame in ((b"", 0), (b"\x40\x40", 0), (b"\xf0" + bytes(52), 0), (NOTE, -1), (NOTE, 2**31)):
        with pytest.raises(ParameterError, match="use a whole message of at most 52 bytes"):
            plugin.send_midi(message, frame)
    plugin.swap(probe(takes_midi=False))
    with pytest.raises(ParameterError, match="Probe takes no MIDI"):
        plugin.send_midi(NOTE)


def test_too_many_messages_are_counted_and_the_first_ones_arrive(probe: MakeProbe) -> None:
    plugin = KernelPlugin(probe())
    plugin.process(silence(10), RATE)
    for _ in range(3_000):
        plugin.send_midi(b"\xf8", 1)
    assert heard(plugin.process(silence(10), RATE, reset=False)) == {1: 2_048 * 0xF8}
    assert plugin.counters.dropped_midi == 3_000 - 2_048
    plugin.send_midi(b"\xf8", 1)
    assert heard(plugin.process(silence(10), RATE, reset=False)) == {1: 0xF8}


def test_several_threads_send_while_another_renders(probe: MakeProbe) -> None:
    kernel = probe()
    plugin = KernelPlugin(kernel)
    plugin.process(silence(10), RATE)
    with ThreadPoolExecutor(4) as threads:
        senders = [threads.submit(lambda: [plugin.send_midi(b"\xf8") for _ in range(400)]) for _ in range(3)]
        blocks = [plugin.process(silence(1_000), RATE, buffer_size=32, reset=False) for _ in range(20)]
        for sender in senders:
            sender.result()
    blocks.append(plugin.process(silence(100), RATE, reset=False))
    assert sum(float(block[0].sum()) for block in blocks) == 1_200 * 0xF8
    assert kernel.program.disorders == plugin.counters.dropped_midi == 0


def test_ten_thousand_blocks_with_midi_allocate_nothing(probe: MakeProbe) -> None:
    plugin = KernelPlugin(probe())
    plugin.send_midi(NOTE)
    plugin.process(silence(16), RATE)
    before = library().ampboard_allocations()
    for frame in range(0, 160_000, 100):
        plugin.send_midi(NOTE, frame)
    assert len(heard(plugin.process(silence(160_000), RATE, buffer_size=16))) == 1_600
    assert library().ampboard_allocations() == before


MODE = Parameter("mode", "Mode", "", 0, 2, 0, steps=2, labels=((0, "Room"), (1, "Hall"), (2, "Plate")))
CUTOFF = Parameter("cutoff_hz", "Cutoff", "Hz", 20.0, 20_000.0, 200.0, logarithmic=True)
RELEASE = Parameter("release_ms", "Release", "ms", 0.0, 1_000.0, 100.0, labels=((0.0, "Off"), (1_000.0, "Endless")))


def test_labels_are_shown_and_understood(probe: MakeProbe) -> None:
    plugin = KernelPlugin(probe(parameters=(MODE, RELEASE)), {"mode": "Hall"})
    assert plugin.mode == 1.0
    assert plugin.parameters["mode"].string_value == "Hall"
    plugin.mode = "Plate"
    assert (plugin.mode, plugin.parameters["mode"].string_value) == (2.0, "Plate")
    assert plugin.parameters["mode"].valid_values == ["Room", "Hall", "Plate"]
    assert plugin.parameters["release_ms"].string_value == "100"
    plugin.release_ms = 0
    assert plugin.parameters["release_ms"].string_value == "Off"
    with pytest.raises(ParameterError, match="mode is 'Cave': use Room, Hall, Plate"):
        plugin.mode = "Cave"


def test_a_logarithmic_knob_turns_by_ratios_and_keeps_exact_values(probe: MakeProbe) -> None:
    plugin = KernelPlugin(probe(parameters=(CUTOFF,)))
    assert plugin.cutoff_hz == 200.0
    assert plugin.parameters["cutoff_hz"].raw_value == pytest.approx(1 / 3, abs=1e-7)
    plugin.parameters["cutoff_hz"].raw_value = 2 / 3
    assert plugin.cutoff_hz == pytest.approx(2_000.0, rel=1e-6)
    for value in (20.0, 0.1 + 200.2, 20_000.0):
        plugin.cutoff_hz = value
        plugin.process(silence(100), RATE)
        assert plugin.cutoff_hz == value
    with pytest.raises(ParameterError, match="logarithmic from 0: use a minimum above 0"):
        Parameter("f_hz", "F", "Hz", 0.0, 20.0, 1.0, logarithmic=True)


def many(count: int) -> tuple[Parameter, ...]:
    return tuple(Parameter(f"p{i}", f"Control {i}", "", 0.0, 1.0 + i, 0.5) for i in range(count))


def test_four_hundred_parameters_are_all_exact(probe: MakeProbe) -> None:
    plugin = KernelPlugin(probe(parameters=many(400)), {"p399": 1 / 3})
    plugin.p300 = 0.1
    plugin.process(silence(100), RATE)
    assert (plugin.p399, plugin.p300, plugin.p0) == (1 / 3, 0.1, 0.5)
    assert plugin.process(silence(100) + 1, RATE)[0, 0] == 0.5


def test_four_hundred_parameters_cost_no_more_than_a_few_for_each(probe: MakeProbe) -> None:
    """Reading 1001 texts of each, as pedalboard would, takes a thousand times as long as this allows."""

    def seconds(count: int) -> float:
        times = []
        for _ in range(5):
            kernel = probe(parameters=many(count))
            start = time.perf_counter()
            KernelPlugin(kernel)
            times.append(time.perf_counter() - start)
        return min(times)

    assert seconds(400) < 50 * seconds(8)


def test_the_switch_for_a_show() -> None:
    assert not live.is_live()
    with live.live():
        assert live.is_live()
        with live.live():
            assert live.is_live()
        assert live.is_live()
    assert not live.is_live()


def test_a_native_kernel_streams_as_one_offline_call(probe: MakeProbe) -> None:
    audio = np.random.default_rng(0).standard_normal((2, 4_000)).astype(np.float32)
    stream = StreamingBoard(Pedalboard([KernelPlugin(probe(latency=100))]), sample_rate=RATE, channels=2)
    blocks = [stream.process(audio[:, i : i + 333]) for i in range(0, 4_000, 333)]
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1)[:, 100:], audio[:, :-100])
