"""Windows for truncated back-propagation: which part of the material each stream hears at each update.

Everything follows from the number of the update and the seed, so that a run that was interrupted goes on as if it had
not been.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ...models.errors import ParameterError
from .material import Excerpt

PIECE_SECONDS = 8.0  # several excerpts are shuffled in pieces of this length


@dataclass(frozen=True, eq=False)
class Window:
    """What the streams hear in one update.

    Attributes
    ----------
    inputs : ndarray of float32, shape (streams, 1 + knobs, frames)
        The audio, and one constant row for each knob.
    target : ndarray of float32, shape (streams, frames)
        What the device made of it.
    power : ndarray of float32, shape (streams,)
        Mean square of the whole target each stream's part is taken from.
    follows : tuple of int, or None
        The stream whose memory each stream continues; None: each its own.
    fresh : tuple of int
        Streams whose memory begins at rest because something else is played from here on. What they play in this
        window settles their memory and is not to be learned from.
    """

    inputs: NDArray[np.float32]
    target: NDArray[np.float32]
    power: NDArray[np.float32]
    follows: tuple[int, ...] | None = None
    fresh: tuple[int, ...] = ()


class Windows(Protocol):
    """A plan of training."""

    streams: int

    def at(self, step: int) -> Window:
        """What is heard at one update, counted from 0."""
        ...


class Lanes:
    """One excerpt, cut in as many lanes as there are streams.

    The streams play side by side; when all reach the ends of their lanes, each goes on in the lane that begins where
    its own ended.

    Parameters
    ----------
    excerpt : Excerpt
        What is played.
    streams : int
        Number of lanes.
    window : int
        Frames an update.
    """

    def __init__(self, excerpt: Excerpt, *, streams: int, window: int) -> None:
        self.streams = streams
        self.window = window
        self.length = len(excerpt.audio) // streams // window * window
        if self.length == 0:
            raise ParameterError(
                f"{excerpt.name}: {len(excerpt.audio)} frames are too few for {streams} streams of {window}"
            )
        shape = (streams, self.length)
        self._audio, self._target = (
            signal[: streams * self.length].reshape(shape) for signal in (excerpt.audio, excerpt.target)
        )
        self._knobs = np.tile(np.array(excerpt.knobs, np.float32), (streams, 1))
        self._power = np.full(streams, np.mean(np.square(self._target, dtype=np.float64)), np.float32)

    def at(self, step: int) -> Window:
        """See `Windows.at`."""
        start = step * self.window % self.length
        part = slice(start, start + self.window)
        turned = start == 0 and step > 0
        follows = tuple((stream - 1) % self.streams for stream in range(self.streams)) if turned else None
        return Window(
            _inputs(self._audio[:, part], self._knobs),
            self._target[:, part],
            self._power,
            follows,
        )


class ShuffledPieces:
    """Several excerpts, in pieces of some seconds that come in a new order each round.

    Every setting of the knobs is so heard at all times of the training. The power of a very quiet excerpt counts as a
    hundredth of the usual, so that silence is not learned before all else.

    Parameters
    ----------
    excerpts : sequence of Excerpt
        What is played; what is left of each after its last whole window is not.
    sample_rate : int
        In Hz.
    streams, window : int
        As of `Lanes`.
    seed : int
        Of the order.
    """

    def __init__(
        self, excerpts: Sequence[Excerpt], *, sample_rate: int, streams: int, window: int, seed: int = 0
    ) -> None:
        self.streams = streams
        self.window = window
        self._seed = seed
        self._excerpts = tuple(excerpts)
        powers = np.array([excerpt.power for excerpt in excerpts])
        self._power = np.maximum(powers, 0.01 * np.mean(powers)).astype(np.float32)
        most = max(2, round(PIECE_SECONDS * sample_rate / window))
        self._pieces = self._cut(most)
        while len(self._pieces) < streams and most > 2:  # little material: shorter pieces
            most = max(2, most // 2)
            self._pieces = self._cut(most)
        if len(self._pieces) < streams:
            raise ParameterError(f"the excerpts are too short: {streams} of {2 * window} frames are needed at least")
        self.round_steps = sum(count for *_, count in self._pieces) // streams
        self._round = -1
        self._order: list[list[tuple[int, int, bool]]] = []

    def _cut(self, most: int) -> list[tuple[int, int, int]]:
        """Excerpt, first frame and number of windows of each piece, which has two at least."""
        return [
            (number, first * self.window, min(most, count - first))
            for number, count in enumerate(len(excerpt.audio) // self.window for excerpt in self._excerpts)
            for first in range(0, count - 1, most)
            if min(most, count - first) > 1
        ]

    def at(self, step: int) -> Window:
        """See `Windows.at`."""
        turn, place = divmod(step, self.round_steps)
        if turn != self._round:
            self._order, self._round = self._shuffled(turn), turn
        parts = [lane[place] for lane in self._order]
        audio, target = (
            np.stack(
                [getattr(self._excerpts[number], field)[start : start + self.window] for number, start, _ in parts]
            )
            for field in ("audio", "target")
        )
        knobs = np.array([self._excerpts[number].knobs for number, *_ in parts], np.float32)
        power = self._power[[number for number, *_ in parts]]
        fresh = tuple(stream for stream, (*_, begins) in enumerate(parts) if begins or place == 0)
        return Window(_inputs(audio, knobs), target, power, None, fresh)

    def _shuffled(self, turn: int) -> list[list[tuple[int, int, bool]]]:
        """Excerpt, first frame and "begins here" for each window of a round, one list a stream."""
        order = np.random.default_rng((self._seed, turn)).permutation(len(self._pieces))
        windows = [
            (number, start + self.window * index, index == 0)
            for number, start, count in (self._pieces[piece] for piece in order)
            for index in range(count)
        ]
        steps = self.round_steps
        return [windows[lane * steps : (lane + 1) * steps] for lane in range(self.streams)]


def plan_windows(excerpts: Sequence[Excerpt], *, sample_rate: int, streams: int, window: int, seed: int = 0) -> Windows:
    """The plan that suits the excerpts: lanes for one, shuffled pieces for several."""
    if len(excerpts) == 1:
        return Lanes(excerpts[0], streams=streams, window=window)
    return ShuffledPieces(excerpts, sample_rate=sample_rate, streams=streams, window=window, seed=seed)


def _inputs(audio: NDArray[np.float32], knobs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Join audio (streams, frames) and knobs (streams, knobs) to (streams, 1 + knobs, frames)."""
    held = np.broadcast_to(knobs[:, :, None], (*knobs.shape, audio.shape[1]))
    return np.concatenate([audio[:, None], held], axis=1)
