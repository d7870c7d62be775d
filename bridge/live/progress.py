"""How a show goes, as of now, and how it went."""

from dataclasses import dataclass, field

from .engine import Engine
from .timing import NO_CALLBACKS, CallbackTimes, Histogram


@dataclass
class Progress:
    """What a player wants to see, as of the last `Session.poll`.

    Attributes
    ----------
    slot : int
        The slot that plays.
    preset, song, notes : str
        What it holds.
    snapshot : str
        The snapshot that was recalled last in it.
    tempo : float or None
        Quarter notes a minute, once there is a tempo.
    muted, bypassed : bool
        Whether the output is silenced for tuning, and whether the dry signal plays.
    peak_in, peak_out : float
        Amplitudes, full scale at 1.
    load : float
        The longest callback of the last twentieth of a second, as a part of a block.
    xruns, dropped, ringing : int
        Counts: lost audio, messages that found a ring full, chains that ring on.
    frame : int
        Frames played.
    last_midi : str
        The last message.
    messages : list of str
        What else there was to say, oldest first.
    """

    slot: int = 0
    preset: str = ""
    song: str = ""
    notes: str = ""
    snapshot: str = ""
    tempo: float | None = None
    muted: bool = False
    bypassed: bool = False
    peak_in: float = 0.0
    peak_out: float = 0.0
    load: float = 0.0
    xruns: int = 0
    dropped: int = 0
    ringing: int = 0
    frame: int = 0
    last_midi: str = ""
    messages: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Summary:
    """How a show went: what stands at the end of its log; `frames` is None where nobody counts them."""

    frames: int | None
    xruns: int
    dropped: int
    restarts: int
    times: CallbackTimes


@dataclass(frozen=True)
class Counts:
    """What the engines before the present one have counted."""

    frames: int = 0
    xruns: int = 0
    dropped: int = 0
    histogram: Histogram = NO_CALLBACKS

    def plus(self, view: Progress, ended: Engine) -> "Counts":
        """With those of one more engine."""
        return Counts(
            self.frames + view.frame,
            self.xruns + view.xruns,
            self.dropped + ended.dropped,
            self.histogram + Histogram.read(ended.region),
        )
