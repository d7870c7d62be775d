"""A kernel played as a host plays it: block after block from compiled code, timed from inside it."""

import ctypes
import time
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ampboard.models.kernels.contract import SETUP, Kernel, aligned_bytes
from ampboard.models.kernels.memory import call_process, int64_at

from .subjects import SAMPLE_RATE

_clock_gettime: Any = ctypes.CDLL(None).clock_gettime
_clock_gettime.argtypes = [ctypes.c_int, ctypes.c_longlong]
_clock_gettime.restype = ctypes.c_int
WALL, PROCESSOR = time.CLOCK_MONOTONIC, time.CLOCK_THREAD_CPUTIME_ID


@njit(nogil=True)
def _play(process: int, state: int, rows: int, audio: int, stride: int, channels: int, blocks: int, size: int) -> None:
    """Play so many blocks of `size` frames; ``rows`` holds the addresses of the inputs, then those of the outputs."""
    inputs = int64_at(rows)
    for block in range(blocks):
        for channel in range(channels):
            inputs[channel] = audio + 4 * (block * size + channel * stride)
        call_process(process, state, rows, rows + 8 * channels, np.int32(size))


@njit(nogil=True)
def nanoseconds(clock: int, place: int) -> int:
    _clock_gettime(clock, place)
    now = int64_at(place)
    return now[0] * 1_000_000_000 + now[1]


@njit(nogil=True)
def _time_blocks(
    process: int, state: int, rows: int, audio: int, blocks: int, frames: int, place: int, times: NDArray[np.int64]
) -> None:
    inputs = int64_at(rows)
    for block in range(blocks):
        inputs[0] = audio + 4 * block * frames
        wall = nanoseconds(WALL, place)
        processor = nanoseconds(PROCESSOR, place)
        call_process(process, state, rows, rows + 8, np.int32(frames))
        times[1, block] = nanoseconds(PROCESSOR, place) - processor
        times[0, block] = nanoseconds(WALL, place) - wall


def picked_notes(seconds: float, channels: int = 1) -> NDArray[np.float32]:
    """A signal like a player's: twice a second a burst of noise that dies away into exact silence."""
    frames = round(seconds * SAMPLE_RATE)
    place = np.arange(frames) % (SAMPLE_RATE // 2) / SAMPLE_RATE
    level = np.where(place < 0.4, 0.4 * np.exp(-place / 0.05), 0.0)
    noise = np.random.default_rng(2).standard_normal((channels, frames))
    return (level * noise).astype(np.float32)


class Playing:
    """One instance of a kernel in the memory of a host.

    Parameters
    ----------
    kernel : Kernel
        What to play.
    frames : int
        Frames a block.
    channels : int
        Channels in and out.

    Attributes
    ----------
    state_bytes : int
        Memory of the instance.
    """

    def __init__(self, kernel: Kernel, *, frames: int, channels: int = 1) -> None:
        self._kernel, self._frames, self._channels = kernel, frames, channels
        setup = np.zeros(1, SETUP)
        setup[0] = (SAMPLE_RATE, frames, channels, channels, 0)
        self._process = kernel.functions.process.address
        program = kernel.program.ctypes.data
        self.state_bytes = int(kernel.functions.measure.ctypes(program, setup.ctypes.data))
        self._state = aligned_bytes(self.state_bytes)
        slots = self._state[: 4 * max(1, len(kernel.parameters))].view(np.float32)
        slots[: len(kernel.parameters)] = [parameter.default for parameter in kernel.parameters]
        if kernel.functions.prepare.ctypes(self._state.ctypes.data, program, setup.ctypes.data) < 0:
            raise RuntimeError(f"{kernel.name} refuses {channels} channels")
        self._out = aligned_bytes(4 * frames * channels).view(np.float32).reshape(channels, frames)
        rows = np.arange(channels) * self._out.strides[0] + self._out.ctypes.data
        self._rows = np.concatenate([np.zeros(channels, np.int64), rows])

    def play(self, audio: NDArray[np.float32], blocks: int) -> float:
        """Play `blocks` blocks of `audio`, shape (channels, frames); return the processor seconds of this thread."""
        start = time.thread_time()
        _play(
            self._process,
            self._state.ctypes.data,
            self._rows.ctypes.data,
            audio.ctypes.data,
            audio.shape[1],
            self._channels,
            blocks,
            self._frames,
        )
        return time.thread_time() - start

    def block(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """Play one block and return its output."""
        self.play(audio, 1)
        return self._out.copy()

    def block_times(self, audio: NDArray[np.float32]) -> NDArray[np.int64]:
        """Play a mono signal; return two rows of nanoseconds a block: by the wall clock, by the processor's."""
        blocks = audio.shape[1] // self._frames
        times, place = np.zeros((2, blocks), np.int64), np.zeros(2, np.int64)
        _time_blocks(
            self._process,
            self._state.ctypes.data,
            self._rows.ctypes.data,
            audio.ctypes.data,
            blocks,
            self._frames,
            place.ctypes.data,
            times,
        )
        return times
