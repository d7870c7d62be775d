"""Between a session and its screen: what happens becomes a `View`, what is pressed becomes a command."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from rich.console import Console

from ..region import Region, Word
from ..session import Session
from ..tuner.tuner import CHROMATIC, CONCERT_PITCH_HZ, Reading, Tuner
from .keys import Press, keyboard
from .levels import LevelMeter
from .screen import open_screen
from .view import Load, Page, TunerView, View

FRAMES_PER_SECOND: Final = 20.0
POLL_S: Final = 0.01
MESSAGES: Final = 8
TIMES_EVERY_S: Final = 0.5
"""The histogram of callback times is large: it is not read for every picture."""


class Watcher:
    """Sees what a session does and lets keys steer it.

    Parameters
    ----------
    session : Session
        The show.
    reference_hz, tuning : float, str
        Of the tuner.
    """

    def __init__(self, session: Session, *, reference_hz: float = CONCERT_PITCH_HZ, tuning: str = CHROMATIC) -> None:
        self.session = session
        self.quit = False
        self._page = Page.SHOW
        self._mute_before_tuning = False
        self._meters = (LevelMeter(), LevelMeter())
        self._tuner = Tuner(session.facts.sample_rate, reference_hz=reference_hz, tuning=tuning)
        self._times, self._timed_at = session.engine.times(), -math.inf
        self._listened: tuple[Region, int] | None = None

    def view(self, now: float) -> View:
        """The state at a time in seconds."""
        seen, facts = self.session.view, self.session.facts
        if now - self._timed_at >= TIMES_EVERY_S:
            self._times, self._timed_at = self.session.engine.times(), now
        times = self._times
        setlist = self.session.programme.setlist
        names = [preset.name for preset in self.session.programme.presets]
        levels_in, levels_out = (
            meter.update(peak, now) for meter, peak in zip(self._meters, (seen.peak_in, seen.peak_out), strict=True)
        )
        return View(
            setlist=setlist.name if setlist else "",
            slot=seen.slot + 1,
            slots=len(names),
            program=self.session.slots[seen.slot].program if self.session.slots else None,
            preset=seen.preset,
            song=seen.song,
            notes=seen.notes,
            snapshot=seen.snapshot,
            tempo=seen.tempo,
            previous=_neighbour(names, seen.slot, -1),
            following=_neighbour(names, seen.slot, 1),
            ringing=seen.ringing,
            levels_in=levels_in,
            levels_out=levels_out,
            load=Load(times.p50, times.p99, times.longest, times.budget),
            xruns=seen.xruns,
            dropped=seen.dropped,
            midi=seen.last_midi,
            tuner=TunerView(self._listen(), self._tuner.reference_hz, self._tuner.tuning),
            muted=seen.muted,
            bypassed=seen.bypassed,
            backend=f"{facts.backend}, {facts.sample_rate} Hz, {facts.block} frames",
            engine="playing" if self.session.engine.exit_code is None else "restarting",
            messages=tuple(seen.messages[-MESSAGES:]),
            page=self._page,
        )

    def press(self, press: Press, digit: int = 0) -> None:
        """Do what a key asks for."""
        session, seen = self.session, self.session.view
        match press:
            case Press.SLOT:
                session.select(digit - 1)
            case Press.NEXT:
                session.next()
            case Press.PREVIOUS:
                session.next(-1)
            case Press.NEXT_SNAPSHOT:
                session.next_snapshot()
            case Press.PREVIOUS_SNAPSHOT:
                session.next_snapshot(-1)
            case Press.TAP:
                session.tap()
            case Press.MUTE:
                session.mute(not seen.muted)
            case Press.BYPASS:
                session.bypass(not seen.bypassed)
            case Press.PANIC:
                session.panic()
            case Press.TUNER:
                self._toggle_tuner()
            case Press.HELP:
                self._page = Page.SHOW if self._page is Page.HELP else Page.HELP
            case Press.QUIT:
                self.quit = True

    def _toggle_tuner(self) -> None:
        """Show the tuner and be silent, or play again as before."""
        if not self.session.facts.measured:
            self.session.say("there is no tuner with this backend: it hears nothing")
            return
        if self._page is Page.TUNER:
            self._page = Page.SHOW
            self.session.mute(self._mute_before_tuning)
        else:
            self._page = Page.TUNER
            self._mute_before_tuning = self.session.view.muted
            self.session.mute(True)

    def _listen(self) -> Reading | None:
        """Give the tuner the input since the last time; a new engine, or frames that were missed, start it anew."""
        region = self.session.engine.region
        written = region.words[Word.SOUND]
        listened = self._listened[1] if self._listened and self._listened[0] is region else None
        sound = region.read_sound(-self._tuner.window if listened is None else listened, self.session.facts.channels, 0)
        if listened is None or sound.start != listened:
            self._tuner.reset()
        self._tuner.push(sound.input)
        self._listened = (region, sound.start + sound.input.shape[1])
        return self._tuner.read() if written else None


def watch(
    session: Session,
    over: Callable[[], bool],
    *,
    console: Console | None = None,
    reference_hz: float = CONCERT_PITCH_HZ,
    tuning: str = CHROMATIC,
) -> None:
    """Show a session and obey the keys until the player quits or `over` says so.

    Raises
    ------
    DeviceError
        When engines keep ending, or the device is gone.
    """
    watcher = Watcher(session, reference_hz=reference_hz, tuning=tuning)
    drawn = -math.inf
    with open_screen(console) as screen, keyboard() as keys:
        while not watcher.quit and not over():
            session.poll()
            for press, digit in keys.presses():
                watcher.press(press, digit)
            if (now := time.monotonic()) - drawn >= 1 / FRAMES_PER_SECOND:
                screen.show(watcher.view(now))
                drawn = now
            time.sleep(POLL_S)
        screen.show(replace(watcher.view(time.monotonic()), engine="stopped"))


def _neighbour(names: Sequence[str], slot: int, step: int) -> str:
    return names[(slot + step) % len(names)] if len(names) > 1 else ""
