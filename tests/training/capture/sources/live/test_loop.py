"""What the audio thread of a live take does, called as a backend calls it."""

import tracemalloc

import numpy as np
import pytest

from ampboard.training.capture.sources.live.loop import BACK, LARGEST_BLOCK, OUT, PlayLoop

SIGNAL = np.random.default_rng(1).uniform(-0.5, 0.5, 10_000).astype(np.float32)


def loop_of(outputs: int = 2) -> PlayLoop:
    return PlayLoop(SIGNAL, tail=500, channels=(outputs - 1, 0), outputs=outputs)


@pytest.mark.parametrize("blocks", [(64,), (100, 37, 1, 512), (LARGEST_BLOCK,)])
def test_the_signal_goes_out_once_and_what_comes_back_is_kept_at_its_place(blocks: tuple[int, ...]) -> None:
    """Whatever the blocks; what comes back is minus what went out a block before."""
    loop = loop_of()
    loop.armed = True
    out: list[np.ndarray] = []
    back: list[np.ndarray] = []
    before = np.zeros(LARGEST_BLOCK, np.float32)
    number = 0
    while not loop.is_done:
        frames = blocks[number % len(blocks)]
        played = before[np.newaxis, :frames].copy()
        both = loop.process(played)
        assert not both[0].any()  # a channel that was not asked for stays silent
        out.append(both[1].copy())
        back.append(played[0])
        before[:frames] = -both[1]
        number += 1
    whole = np.concatenate(out)
    np.testing.assert_array_equal(whole[: SIGNAL.size], SIGNAL)
    assert not whole[SIGNAL.size :].any()
    np.testing.assert_array_equal(loop.recorded, np.concatenate(back)[: loop.recorded.size])
    assert not loop.lost


def test_it_is_silent_and_counts_nothing_before_it_is_armed_and_after_its_end() -> None:
    loop = loop_of()
    loop.xrun()
    assert not loop.process(np.ones((1, 256), np.float32)).any()
    assert (loop.position, loop.lost) == (0, 0)
    loop.armed = True
    loop.xrun()
    loop.gap(64)
    assert loop.lost == 2
    while not loop.is_done:
        loop.process(np.zeros((1, 4096), np.float32))
    loop.xrun()
    assert loop.lost == 2
    assert not loop.process(np.ones((1, 256), np.float32)).any()


def test_peaks_are_those_since_the_last_look() -> None:
    loop = loop_of()
    loop.armed = True
    block = np.zeros((1, 1000), np.float32)
    block[0, 7] = -0.75
    loop.process(block)
    assert loop.peaks[BACK] == np.float32(0.75)
    assert loop.peaks[OUT] == np.abs(SIGNAL[:1000]).max()
    loop.peaks[:] = 0
    loop.process(np.zeros((1, 1000), np.float32))
    assert loop.peaks[BACK] == 0


def test_a_call_takes_no_memory_for_sound() -> None:
    """Less than 4 KiB in a call of 8192 frames, which hold 32 KiB: only the views that name what is there."""
    loop = loop_of()
    loop.armed = True
    block = np.zeros((1, LARGEST_BLOCK), np.float32)
    loop.process(block)
    tracemalloc.start()
    try:
        loop.process(block)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4096


def test_a_block_that_is_too_large_loses_the_take_and_not_the_stream() -> None:
    loop = loop_of()
    loop.armed = True
    assert loop.process(np.zeros((1, LARGEST_BLOCK + 1), np.float32)).shape == (2, LARGEST_BLOCK + 1)
    assert loop.lost == 1
