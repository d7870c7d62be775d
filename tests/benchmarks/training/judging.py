"""How good a network is: one function for everybody, and a clock that stops while it judges."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import process_time

import numpy as np
from numpy.typing import NDArray

from ampboard.training.data.material import Excerpt

Pair = tuple[NDArray[np.float32], NDArray[np.float32]]
SETTLED = 8_192  # frames that NAM's LSTM recipe gives a network to settle, before it counts errors


@dataclass(frozen=True)
class Judgement:
    """Errors on the validation excerpts.

    Attributes
    ----------
    esr : float
        Sum of squared errors over sum of squared targets, over all excerpts together.
    by_knobs : dict
        The same for each setting of the knobs, such as ``{"0.5": 0.01}``; empty without knobs.
    settled : dict
        As `by_knobs`, without the first `SETTLED` frames of each excerpt.
    """

    esr: float
    by_knobs: dict[str, float]
    settled: dict[str, float]


def esr(excerpts: Sequence[Pair]) -> float:
    """Error-to-signal ratio of pairs of target and output, in float64.

    Source: Wright et al., "Real-Time Guitar Amplifier Emulation with Deep Learning", 2020, eq. 10, without filter.
    """
    error = sum(float(np.sum(np.square(target.astype(np.float64) - output))) for target, output in excerpts)
    return error / sum(float(np.sum(np.square(target, dtype=np.float64))) for target, _ in excerpts)


def judge(excerpts: tuple[Excerpt, ...], outputs: Sequence[NDArray[np.float32]]) -> Judgement:
    """Compare what a network made of every excerpt, each from rest, with what the device made of it."""
    pairs: dict[str, list[Pair]] = {}
    for excerpt, output in zip(excerpts, outputs, strict=True):
        name = ", ".join(f"{knob:g}" for knob in excerpt.knobs)
        pairs.setdefault(name, []).append((excerpt.target, output))
    named = {name: some for name, some in pairs.items() if name}
    return Judgement(
        esr([pair for some in pairs.values() for pair in some]),
        {name: esr(some) for name, some in named.items()},
        {name: esr([(t[SETTLED:], o[SETTLED:]) for t, o in some]) for name, some in named.items()},
    )


def inputs_of(excerpt: Excerpt) -> NDArray[np.float32]:
    """Audio and one constant row a knob, shape (1 + knobs, frames)."""
    rows = [excerpt.audio, *(np.full_like(excerpt.audio, knob) for knob in excerpt.knobs)]
    return np.stack(rows)


class TrainingClock:
    """Processor seconds of training: of all threads of this process, without what happens in `stopped`."""

    def __init__(self) -> None:
        self._start: float | None = None
        self._spent = 0.0

    @property
    def seconds(self) -> float:
        """Processor seconds so far."""
        return self._spent + (process_time() - self._start if self._start is not None else 0.0)

    def start(self) -> None:
        """Go on; nothing happens when it runs."""
        if self._start is None:
            self._start = process_time()

    def stop(self) -> None:
        """Stand still; nothing happens when it does."""
        self._spent, self._start = self.seconds, None

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stand still meanwhile."""
        self.stop()
        yield
        self.start()


@dataclass
class Marks:
    """When to judge: at even parts of the budget, closer together at the beginning where the error falls fastest."""

    budget: float
    count: int = 24
    _next: int = 1

    def due(self, seconds: float) -> bool:
        """Whether a mark was passed; each is told once."""
        passed = False
        while self._next <= self.count and seconds >= self.budget * (self._next / self.count) ** 1.5:
            self._next += 1
            passed = True
        return passed
