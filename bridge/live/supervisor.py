"""Keeps an engine playing: when a plugin ends it, another one takes over without that plugin."""

import signal
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import Final

from ...models.errors import AmpboardError, DeviceError
from .engine import Engine
from .engine_trail import Culprit
from .records import Command, Record
from .specification import Facts, Specification

MOST_RESTARTS: Final = 5
RESTART_WINDOW: Final = 60.0  # seconds


@dataclass(frozen=True)
class Restart:
    """An engine ended, and another one plays.

    Attributes
    ----------
    reason : str
        Why it ended: its signal, its exit code, what it said.
    culprit : Culprit or None
        The plugin that was being called, left out from now on.
    seconds : float
        From noticing the end until the other one played.
    """

    reason: str
    culprit: Culprit | None
    seconds: float

    def __str__(self) -> str:
        if self.culprit is None:
            return f"the engine ended ({self.reason}); it plays on after {self.seconds:.2f} s"
        return (
            f"{self.culprit}: it ended the engine ({self.reason}), which plays on without it after {self.seconds:.2f} s"
        )


class Supervisor:
    """One engine that plays, and one that waits loaded.

    Parameters
    ----------
    specification : Specification
        What to play.
    spare : bool
        Whether to keep a second engine loaded: it takes as much memory again, and takes over at once; without one a
        new engine has to load first.

    Attributes
    ----------
    engine : Engine
        The one that plays.
    excluded : set of (str, str)
        Plugins (location, plugin) that are left out.
    """

    def __init__(self, specification: Specification, *, spare: bool = True) -> None:
        self.specification = specification
        self.excluded: set[tuple[str, str]] = set(specification.excluded)
        self._with_spare = spare
        self._spare: Engine | None = None
        self._restarts: deque[float] = deque(maxlen=MOST_RESTARTS)
        self.engine = Engine(specification)

    def start(self) -> tuple[Facts, str]:
        """Wait until all is loaded, and play; return the facts and what the system did not allow.

        Raises
        ------
        AmpboardError
            When something cannot be loaded or opened.
        """
        try:
            facts = self.engine.wait_until_ready()
            note = self.engine.play(self.specification.slot, self.excluded)
        except AmpboardError:
            self.engine.close()
            raise
        self._keep_spare()
        return facts, note

    def check(self, slot: int, state: list[Record]) -> tuple[Engine, Restart] | None:
        """Start another engine when the one that played has ended.

        Parameters
        ----------
        slot : int
            Where to go on.
        state : list of Record
            Commands that bring the controls to where they were.

        Returns
        -------
        tuple of (Engine, Restart), optional
            The engine that ended, to read its last events from and to close, and what was done.

        Raises
        ------
        DeviceError
            When engines keep ending.
        """
        code = self.engine.exit_code
        if code is None:
            return None
        began = time.monotonic()
        ended = self.engine
        reason = ended.error() or _reason(code)
        if len(self._restarts) == MOST_RESTARTS and began - self._restarts[0] < RESTART_WINDOW:
            raise DeviceError(f"the engine ended {MOST_RESTARTS + 1} times within {RESTART_WINDOW:g} s: {reason}")
        self._restarts.append(began)
        culprit = ended.culprit
        if culprit:
            self.excluded.update(culprit.plugins)
        self.engine = self._next(slot)
        self.engine.play(slot, self.excluded)
        for record in state:
            self.engine.send(Command(record.kind), slot=record.slot, index=record.index, value=record.value)
        restart = Restart(reason, culprit, time.monotonic() - began)
        self._keep_spare()
        return ended, restart

    def close(self) -> None:
        """End both engines."""
        self.engine.close()
        if self._spare:
            self._spare.close()

    def _next(self, slot: int) -> Engine:
        spare, self._spare = self._spare, None
        if spare and spare.exit_code is None:
            spare.wait_until_ready()
            return spare
        if spare:
            spare.close()
        engine = Engine(replace(self.specification, slot=slot, excluded=tuple(sorted(self.excluded))))
        engine.wait_until_ready()
        return engine

    def _keep_spare(self) -> None:
        if self._with_spare:
            facts = self.engine.facts
            self._spare = Engine(
                replace(self.specification, excluded=tuple(sorted(self.excluded)), backend=facts.backend),
                layout=(facts.sample_rate, facts.block),
            )


def _reason(code: int) -> str:
    if code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"
