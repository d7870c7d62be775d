"""Gains that move along a raised cosine."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .delay_line import DelayLine

Gains = NDArray[np.float32] | float
"""Gains of some frames: one number when all are equal."""


@lru_cache(maxsize=16)
def raised_cosine(frames: int) -> NDArray[np.float64]:
    """Half a period of a raised cosine that rises from 0 to 1, sampled in the middle of each frame.

    Returns
    -------
    ndarray of float64, shape (frames,)
        ``(1 - cos(pi (k + 1/2) / frames)) / 2``: all frames lie strictly between 0 and 1, ``1 - r`` is `r` backwards.
        No step between frames is above ``pi / (2 frames)``. Not writable.
    """
    curve = 0.5 - 0.5 * np.cos(np.pi * (np.arange(frames) + 0.5) / max(frames, 1))
    curve.flags.writeable = False
    return curve


class Ramp:
    """A gain that stays where it is until told to move, and then moves along a raised cosine.

    Ramps that are told at the same frame to move for the same time keep their sum on its own raised cosine: where the
    sum before and after is 1, it is 1 all the way, also when they are told again before they have arrived.
    """

    def __init__(self, value: float) -> None:
        self.set(value)

    @property
    def target(self) -> float:
        """Where it moves to, or stays."""
        return self._target

    @property
    def steady(self) -> bool:
        """Whether it has arrived."""
        return self._position >= len(self._curve)

    def set(self, value: float) -> None:
        """Jump to `value`."""
        self._start = self._target = self._value = value
        self._curve = raised_cosine(0)
        self._position = 0  # in the curve; below 0 while a move waits

    def move(self, target: float, frames: int, *, wait: int = 0) -> None:
        """Move from the present value to `target` in `frames` frames, beginning `wait` frames from now."""
        self._start, self._target = self._value, target
        self._curve = raised_cosine(frames)
        self._position = -wait

    def next(self, frames: int) -> Gains:
        """Gains of the next frames: one number, or float32 of shape (frames,)."""
        if not frames:
            return self._value
        begin = self._position
        self._position += frames
        if begin >= len(self._curve):
            self._position = len(self._curve)
            self._value = self._target
            return self._target
        if self._position <= 0:
            return self._start
        gains = np.full(frames, self._target)
        waiting = max(-begin, 0)
        gains[:waiting] = self._start
        shape = self._curve[begin + waiting : begin + frames]
        gains[waiting : waiting + len(shape)] = self._start + (self._target - self._start) * shape
        self._value = float(gains[-1])
        return gains.astype(np.float32)


class DelayedRamp(Ramp):
    """A ramp whose gains come out `latency` frames late: for a signal that is late by as much."""

    def __init__(self, value: float, latency: int) -> None:
        self._line = DelayLine(1, latency)
        super().__init__(value)

    @property
    def settled(self) -> bool:
        """Whether nothing but the target comes out any more."""
        return self.steady and self._unsettled <= 0

    def set(self, value: float) -> None:
        """Jump to `value`, at once."""
        super().set(value)
        self._line.fill(value)
        self._unsettled = 0  # frames until all in the line is equal to the last gain that went in
        self._last = value

    def next(self, frames: int) -> Gains:
        """Gains of the next frames: one number, or float32 of shape (frames,)."""
        gains = super().next(frames)
        if not self._line.latency:
            return gains
        if not isinstance(gains, np.ndarray):
            if gains != self._last:
                self._unsettled = self._line.latency
            self._last = gains
            if self._unsettled <= 0:
                return gains
            self._unsettled -= frames
            gains = np.full(frames, gains, np.float32)
        else:
            since_arrival = max(self._position - len(self._curve), 0)
            self._unsettled = self._line.latency - since_arrival
            self._last = self._value
        return self._line.process(gains[np.newaxis])[0]
