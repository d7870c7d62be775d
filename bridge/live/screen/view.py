"""What a player sees, as plain facts: the screen draws one `View` after the other and knows nothing else."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from ..tuner.tuner import CHROMATIC, CONCERT_PITCH_HZ, Reading

FLOOR_DB: Final = -60.0
"""Lower end of a level meter."""


class Page(Enum):
    """What fills the screen."""

    SHOW = "show"
    TUNER = "tuner"
    HELP = "help"


@dataclass(frozen=True)
class Level:
    """A level meter, in dB of full scale.

    Attributes
    ----------
    peak_db : float
        Now.
    held_db : float
        The highest of the last seconds.
    clipped : bool
        Whether full scale was reached a short time ago.
    """

    peak_db: float = FLOOR_DB
    held_db: float = FLOOR_DB
    clipped: bool = False


@dataclass(frozen=True)
class Load:
    """Time that the audio callback takes, in microseconds, and the time there is.

    Attributes
    ----------
    p50_us, p99_us, max_us : float
        Half of the callbacks, 99 in 100, all of them are done by then.
    budget_us : float
        Length of a block; 0 when unknown.
    """

    p50_us: float = 0.0
    p99_us: float = 0.0
    max_us: float = 0.0
    budget_us: float = 0.0

    @property
    def share(self) -> float:
        """Part of the budget that 99 in 100 callbacks stay below."""
        return self.p99_us / self.budget_us if self.budget_us else 0.0


@dataclass(frozen=True)
class TunerView:
    """What the tuner shows."""

    reading: Reading | None = None
    reference_hz: float = CONCERT_PITCH_HZ
    tuning: str = CHROMATIC


@dataclass(frozen=True)
class View:
    """One state of the screen.

    Attributes
    ----------
    setlist : str
        Its name.
    slot, slots : int
        Number of the slot that plays, from 1, and how many there are.
    program : int or None
        The MIDI program that brings it up.
    preset, song, notes, snapshot : str
        Of the slot that plays; empty where there is none.
    tempo : float or None
        In quarter notes a minute, once there is one.
    previous, following : str
        Presets of the neighbouring slots.
    ringing : int
        Chains that still ring on.
    levels_in, levels_out : Level
        Of the engine.
    load : Load
        Of the audio callback.
    xruns, dropped : int
        Times that the sound was interrupted; messages that were lost.
    midi : str
        The last MIDI message in words.
    tuner : TunerView
        What the tuner shows.
    muted, bypassed : bool
        Whether the output is silent, or the dry signal.
    backend : str
        Who carries the audio: ``JACK, 48000 Hz, 64 frames``.
    engine : str
        How the engine is: ``playing``, ``restarting``.
    messages : tuple of str
        What the player should know, the newest last.
    page : Page
        What fills the screen.
    """

    setlist: str = ""
    slot: int = 1
    slots: int = 1
    program: int | None = None
    preset: str = ""
    song: str = ""
    notes: str = ""
    snapshot: str = ""
    tempo: float | None = None
    previous: str = ""
    following: str = ""
    ringing: int = 0
    levels_in: Level = Level()
    levels_out: Level = Level()
    load: Load = Load()
    xruns: int = 0
    dropped: int = 0
    midi: str = ""
    tuner: TunerView = field(default=TunerView())
    muted: bool = False
    bypassed: bool = False
    backend: str = ""
    engine: str = ""
    messages: tuple[str, ...] = ()
    page: Page = Page.SHOW
