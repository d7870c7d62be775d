"""Keeps an engine playing: when a plugin ends it, another one takes over without that plugin."""

import signal
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import Final

from ...models.errors import AmpboardError, DeviceError
from ..plugins.identity import PluginIdentity
from ..plugins.quarantine import Verdict, record_verdict
from .engine import Engine
from .engine_trail import Culprit
from .records import Command, Record
from .region import Word
from .specification import Facts, Specification

MOST_RESTARTS: Final = 5
RESTART_WINDOW: Final = 60.0  # seconds
HANG_SECONDS: Final = 0.5
FAULTS: Final = tuple(int(getattr(signal, name, 0)) for name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL"))
"""Signals that a program's own faults raise; another one ended it from outside."""


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
            f"{self.culprit} ended the engine ({self.reason}) while {self.culprit.stage}; "
            f"it plays on without it after {self.seconds:.2f} s"
        )


class Standstill:
    """Notices an engine that a plugin does not let go."""

    def __init__(self) -> None:
        self._seen = (0, 0)
        self._since = 0.0

    def lasts(self, engine: Engine) -> bool:
        """Whether an engine has been inside the same plugin for long, without a block."""
        words = engine.region.words
        seen = (words[Word.FRAMES], words[Word.INSIDE])
        now = time.monotonic()
        if seen != self._seen or not seen[1]:
            self._seen, self._since = seen, now
        return now - self._since > HANG_SECONDS


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
        self._standstill = Standstill()
        self._verdicts: dict[PluginIdentity, Verdict] = {}
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
            When engines keep ending, or none can play any more: `engine` is still the one that ended.
        """
        hangs = self._standstill.lasts(self.engine)
        if hangs:
            self.engine.kill()
        code = self.engine.exit_code
        if code is None:
            return None
        began = time.monotonic()
        ended = self.engine
        reason = f"no block for {HANG_SECONDS:g} s" if hangs else ended.error() or _reason(code)
        if len(self._restarts) == MOST_RESTARTS and began - self._restarts[0] < RESTART_WINDOW:
            raise DeviceError(f"the engine ended {MOST_RESTARTS + 1} times within {RESTART_WINDOW:g} s: {reason}")
        self._restarts.append(began)
        culprit = ended.culprit
        if culprit:
            self.excluded.update(culprit.places)
            self._note_verdict(culprit, code, reason, hangs=hangs)
        self.engine = self._successor(slot, reason)
        for record in state:
            self.engine.send(Command(record.kind), slot=record.slot, index=record.index, value=record.value)
        restart = Restart(reason, culprit, time.monotonic() - began)
        self._keep_spare()
        return ended, restart

    def close(self) -> None:
        """End both engines; plugins that have ended one are not loaded again before they change."""
        self.engine.close()
        if self._spare:
            self._spare.close()
        for identity, verdict in self._verdicts.items():  # not before: an engine that loads would refuse the preset
            record_verdict(identity, verdict)
        self._verdicts.clear()

    def _successor(self, slot: int, reason: str) -> Engine:
        """An engine that plays on; what failed is closed, and why the last one ended is part of the error."""
        engine = self._next(slot)
        try:
            engine.wait_until_ready()
            engine.play(slot, self.excluded)
        except AmpboardError as error:
            engine.close()
            raise DeviceError(f"the engine ended ({reason}) and no other can play: {error}") from None
        return engine

    def _next(self, slot: int) -> Engine:
        spare, self._spare = self._spare, None
        if spare and spare.exit_code is None:
            return spare
        if spare:
            spare.close()
        return Engine(replace(self.specification, slot=slot, excluded=tuple(sorted(self.excluded))))

    def _keep_spare(self) -> None:
        if self._with_spare:
            facts = self.engine.facts
            self._spare = Engine(
                replace(self.specification, excluded=tuple(sorted(self.excluded)), backend=facts.backend),
                layout=(facts.sample_rate, facts.block),
            )

    def _note_verdict(self, culprit: Culprit, code: int, reason: str, *, hangs: bool) -> None:
        if len(culprit.plugins) == 1 and (hangs or -code in FAULTS):
            outcome = "hung" if hangs else "crashed"
            reason = f"{HANG_SECONDS:g} s" if hangs else reason
            self._verdicts[culprit.plugins[0]] = Verdict(outcome, reason, culprit.stage)


def _reason(code: int) -> str:
    if code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"
