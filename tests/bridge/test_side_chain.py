"""Side-chains: what a kernel hears of an earlier point of its chain, or of a stem, frame by frame.

The listener is the probe of `native/probe.c` with its gain at 0: its output is its side-chain.
"""

import gc
import itertools
import random
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pedalboard
import pytest
from numpy.typing import NDArray
from pedalboard import Chain, Mix, Pedalboard

from ampboard.bridge.native.library import library
from ampboard.bridge.native.running import release_finished
from ampboard.bridge.native.side_chain import SideBus
from ampboard.bridge.processors import Tap
from ampboard.bridge.processors.kernel_plugin import KernelPlugin
from ampboard.bridge.streaming import StreamingBoard
from ampboard.models.errors import AudioError, ParameterError

Audio = NDArray[np.float32]
MakeProbe = Callable[..., Any]
RATE = 48_000
SILENT = {"gain": 0.0}


def noise(frames: int, channels: int = 2, seed: int = 0) -> Audio:
    return np.random.default_rng(seed).standard_normal((channels, frames)).astype(np.float32)


def listener(probe: MakeProbe, source: Any, **fields: Any) -> KernelPlugin:
    plugin = KernelPlugin(probe(**{"side_inputs": 2, **fields}), SILENT)
    plugin.side_chain = source
    return plugin


def pieces(audio: Audio, seed: int, longest: int = 900) -> list[Audio]:
    generator = random.Random(seed)
    edges = [0]
    while edges[-1] < audio.shape[1]:
        edges.append(min(edges[-1] + generator.randrange(1, longest), audio.shape[1]))
    return [audio[:, start:end] for start, end in itertools.pairwise(edges)]


def test_silence_while_nothing_feeds_it(probe: MakeProbe) -> None:
    plugin = listener(probe, None)
    assert not plugin.process(noise(1_000), RATE).any()
    plugin.side_chain = SideBus("nobody taps it")
    assert not plugin.process(noise(1_000), RATE).any()


@pytest.mark.parametrize("latency", [0, 1, 100, 512, 5_000])
@pytest.mark.parametrize("buffer_size", [64, 700, 8192])
def test_the_same_position_whatever_lies_between(probe: MakeProbe, latency: int, buffer_size: int) -> None:
    audio, bus = noise(6_000), SideBus("dry")
    between = [KernelPlugin(probe(latency=latency), {"gain": 0.5}), pedalboard.Gain(-6)]
    board = Pedalboard([pedalboard.Gain(0.0), Tap(bus), *between, listener(probe, bus)])
    for _ in range(2):
        np.testing.assert_array_equal(board(audio, RATE, buffer_size=buffer_size), audio)


@pytest.mark.parametrize("seed", range(8))
def test_streams_of_random_blocks(probe: MakeProbe, seed: int) -> None:
    audio, bus = noise(20_000, seed=seed), SideBus("dry")
    latencies = [random.Random(seed).choice([0, 37, 600]) for _ in range(2)]
    between = [KernelPlugin(probe(latency=latency)) for latency in latencies]
    board = Pedalboard([Tap(bus), *between, listener(probe, bus, latency=40)])
    blocks = [
        board.process(piece, RATE, buffer_size=128, reset=False)
        for piece in [audio[:, :0], *pieces(audio, seed)]
        if piece.shape[1] != 2
    ]
    wet = np.concatenate(blocks, axis=1)
    expected = np.concatenate([piece for piece in pieces(audio, seed) if piece.shape[1] != 2], axis=1)
    np.testing.assert_array_equal(wet, expected[:, : wet.shape[1]])
    assert wet.shape[1] == expected.shape[1] - sum(latencies) - 40


@pytest.mark.parametrize("seed", range(4))
def test_a_strict_stream_is_the_offline_call_delayed(probe: MakeProbe, seed: int) -> None:
    audio, bus = noise(10_000, seed=seed), SideBus("dry")
    between = [KernelPlugin(probe(latency=700)), pedalboard.Mix([pedalboard.Gain(0), pedalboard.Gain(0)])]
    board = Pedalboard([Tap(bus), *between, listener(probe, bus)])
    stream = StreamingBoard(board, sample_rate=RATE, channels=2)
    assert stream.latency == 700
    for _ in range(2):
        wet = np.concatenate([stream.process(piece) for piece in pieces(audio, seed)], axis=1)
        np.testing.assert_array_equal(wet[:, 700:], audio[:, :-700])
        stream.reset()


def test_nested_chains_branches_and_several_listeners(probe: MakeProbe) -> None:
    audio, bus = noise(3_000), SideBus("dry")
    late = KernelPlugin(probe(latency=123))
    parallel = Mix([listener(probe, bus), Chain([pedalboard.Gain(0.0), listener(probe, bus)])])
    board = Pedalboard([Chain([Tap(bus), late]), parallel])
    np.testing.assert_array_equal(board(audio, RATE, buffer_size=300), 2 * audio)


class Stage:
    """A strict stream whose places can be emptied and filled again, as a bypass does."""

    def __init__(self, board: Pedalboard, *, resets: bool) -> None:
        self.board = board
        self.resets = resets
        self.stream = StreamingBoard(board, sample_rate=RATE, channels=2, max_block=256)
        self.plugins = [board[index] for index in range(len(board))]

    def bypass(self, index: int) -> None:
        self.board[index] = Chain([])
        self.stream.refresh()

    def restore(self, index: int) -> None:
        if self.resets:
            self.plugins[index].reset()
        self.board[index] = self.plugins[index]
        self.stream.refresh()


@pytest.mark.parametrize("resets", [False, True])
@pytest.mark.parametrize("latency", [0, 300])
@pytest.mark.parametrize("away", [100, 256, 5_000])
def test_a_tap_that_is_bypassed_and_returns(probe: MakeProbe, latency: int, away: int, resets: bool) -> None:
    audio, bus = noise(12_000), SideBus("dry")
    board = Pedalboard([Tap(bus), KernelPlugin(probe(latency=latency)), listener(probe, bus)])
    stage = Stage(board, resets=resets)
    wet = [stage.stream.process(audio[:, :3_000])]
    stage.bypass(0)
    wet.append(stage.stream.process(audio[:, 3_000 : 3_000 + away]))
    stage.restore(0)
    wet.append(stage.stream.process(audio[:, 3_000 + away :]))
    expected = audio.copy()
    expected[:, 3_000 : 3_000 + away] = 0
    np.testing.assert_array_equal(np.concatenate(wet, axis=1)[:, latency:], expected[:, : 12_000 - latency])


@pytest.mark.parametrize("resets", [False, True])
@pytest.mark.parametrize("latency", [0, 300])
@pytest.mark.parametrize("away", [256, 5_120])
def test_a_listener_that_is_bypassed_and_returns(probe: MakeProbe, latency: int, away: int, resets: bool) -> None:
    audio, bus = noise(12_032), SideBus("dry")
    board = Pedalboard([Tap(bus), KernelPlugin(probe(latency=latency)), listener(probe, bus)])
    stage = Stage(board, resets=resets)
    wet = [stage.stream.process(audio[:, :3_072])]
    stage.bypass(2)
    wet.append(stage.stream.process(audio[:, 3_072 : 3_072 + away]))
    stage.restore(2)
    wet.append(stage.stream.process(audio[:, 3_072 + away :]))
    np.testing.assert_array_equal(np.concatenate(wet, axis=1)[:, latency:], audio[:, : 12_032 - latency])


def test_a_call_that_starts_while_the_tap_is_bypassed_hears_nothing_of_the_last_one(probe: MakeProbe) -> None:
    audio, bus = noise(2_000), SideBus("dry")
    tap = Tap(bus)
    board = Pedalboard([tap, KernelPlugin(probe(latency=300)), listener(probe, bus)])
    np.testing.assert_array_equal(board(audio, RATE, buffer_size=256), audio)
    board(audio, RATE, buffer_size=256, reset=False)
    board[0] = Chain([])
    assert not board(audio, RATE, buffer_size=256).any(), "the last 300 frames before the bypass were still to come"
    board[0] = tap
    np.testing.assert_array_equal(board(audio, RATE, buffer_size=256), audio)


def test_a_stem_counts_from_the_start_of_the_stream(probe: MakeProbe) -> None:
    stem, audio = noise(2_500, seed=1), noise(4_000)
    plugin = listener(probe, stem)
    expected = np.concatenate([stem, np.zeros((2, 1_500), np.float32)], axis=1)
    board = Pedalboard([KernelPlugin(probe(latency=200)), plugin])
    for _ in range(2):
        np.testing.assert_array_equal(board(audio, RATE, buffer_size=333), expected)
    kept = stem.copy()
    stem[:] = 0
    blocks = [plugin.process(audio[:, i : i + 400], RATE, reset=i == 0) for i in range(0, 4_000, 400)]
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1)[:, :2_500], kept)


def test_rows_and_channels_that_differ_in_number(probe: MakeProbe) -> None:
    audio, stem = noise(1_000), noise(1_000, seed=1)
    mono = listener(probe, stem, side_inputs=1)
    np.testing.assert_allclose(mono.process(audio, RATE)[0], stem.mean(axis=0), atol=1e-6)
    np.testing.assert_array_equal(listener(probe, stem[:1]).process(audio, RATE), np.repeat(stem[:1], 2, axis=0))
    three = listener(probe, noise(1_000, 3, seed=1), side_inputs=4).process(noise(1_000, 4), RATE)
    np.testing.assert_array_equal(three[:3], noise(1_000, 3, seed=1))
    assert not three[3].any()


def test_what_is_not_finite_never_reaches_a_side_chain(probe: MakeProbe) -> None:
    audio, bus = noise(1_000), SideBus("dry")
    audio[0, 10], audio[1, 600] = np.nan, np.inf
    clean = np.nan_to_num(audio, posinf=0)
    board = Pedalboard([Tap(bus), listener(probe, bus)])
    np.testing.assert_array_equal(board(audio, RATE), clean)
    np.testing.assert_array_equal(listener(probe, audio).process(clean, RATE), clean)


def test_sources_that_cannot_be(probe: MakeProbe) -> None:
    with pytest.raises(ParameterError, match="Tap hears no side-chain"):
        Tap(SideBus("a")).side_chain = SideBus("b")
    with pytest.raises(AudioError, match=r"shape \(channels, frames\), not \(1, 2, 50\)"):
        listener(probe, np.zeros((1, 2, 50), np.float32))
    with pytest.raises(ParameterError, match="seconds is 0"):
        SideBus("none", seconds=0)


def test_a_source_lives_while_somebody_uses_it_and_no_longer(probe: MakeProbe) -> None:
    audio, bus = noise(1_000), SideBus("dry")
    board = Pedalboard([Tap(bus), listener(probe, bus)])
    gone = weakref.ref(bus)
    del bus
    gc.collect()
    np.testing.assert_array_equal(board(audio, RATE), audio)
    del board
    gc.collect()
    release_finished()
    assert gone() is None


def test_sources_change_while_another_thread_renders(probe: MakeProbe) -> None:
    """Bus and stem hold the same constant, so that a change at any moment leaves no trace but a crash."""
    audio, bus = np.full((2, 100_000), 0.25, np.float32), SideBus("dry")
    tap, plugin = Tap(bus), listener(probe, audio)
    board = Pedalboard([tap, plugin])
    with ThreadPoolExecutor(1) as thread:
        rendering = thread.submit(lambda: [board(audio, RATE, buffer_size=32) for _ in range(5)])
        changes = 0
        while not rendering.done():
            plugin.side_chain = audio if changes % 2 else bus
            changes += 1
        results = rendering.result()
    assert changes > 10
    for wet in results:
        assert set(np.unique(wet)) <= {np.float32(0.25), np.float32(0.0)}
        assert np.count_nonzero(wet) > 0.9 * wet.size


def test_ten_thousand_blocks_through_a_bus_allocate_nothing(probe: MakeProbe) -> None:
    audio, bus = noise(160_000), SideBus("dry", seconds=0.5)
    board = Pedalboard([Tap(bus), listener(probe, bus)])
    board(audio[:, :16], RATE)
    before = library().ampboard_allocations()
    np.testing.assert_array_equal(board(audio, RATE, buffer_size=16), audio)
    assert library().ampboard_allocations() == before
