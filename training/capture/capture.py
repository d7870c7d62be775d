"""A capture: what went into a device, what came out, where which passage is, and what the checks found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ...models.errors import AudioError, ParameterError

if TYPE_CHECKING:
    from ..data.material import Material

Kind = Literal["silence", "blips", "sweep", "noise", "steps", "music"]
Use = Literal["train", "validation", "test", "check"]
Severity = Literal["ok", "warning", "error"]

KINDS: Final[tuple[str, ...]] = get_args(Kind)
USES: Final[tuple[str, ...]] = get_args(Use)
NEVER_IGNORED: Final = ("not-finite",)
"""Checks whose errors nobody can ignore."""

SEVERITIES: Final[tuple[str, ...]] = get_args(Severity)


@dataclass(frozen=True)
class Passage:
    """A stretch of a capture that is used as a whole.

    Attributes
    ----------
    name : str
        Unlike any other passage's.
    start, stop : int
        First frame, and first frame after it, of the input.
    kind : str
        One of `KINDS`.
    use : str
        One of `USES`; ``check`` is never trained on nor judged by.
    repeats : str
        Name of the passage whose audio this one plays once more, or nothing.
    alone : bool
        Whether the device was at rest before it, so that it is never joined with its neighbour (independent clips).
    """

    name: str
    start: int
    stop: int
    kind: Kind
    use: Use
    repeats: str = ""
    alone: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ParameterError(f"passage {self.name}: kind is {self.kind!r}: use one of {', '.join(KINDS)}")
        if self.use not in USES:
            raise ParameterError(f"passage {self.name}: use is {self.use!r}: use one of {', '.join(USES)}")
        if not 0 <= self.start < self.stop:
            raise ParameterError(
                f"passage {self.name}: runs from frame {self.start} to {self.stop}: end after the start"
            )

    @property
    def frames(self) -> int:
        """How long it is."""
        return self.stop - self.start


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    check : str
        The check's name, which `ignore` takes.
    severity : str
        One of `SEVERITIES`.
    measured : float
        The figure, in `unit`.
    unit : str
        As ``dBFS`` or ``frames``; empty for a ratio.
    words : str
        What it means, for a musician.
    remedy : str
        What to do about it; empty when all is well.
    take : str
        Name of the take it is about.
    """

    check: str
    severity: Severity
    measured: float
    unit: str
    words: str
    remedy: str = ""
    take: str = ""


@dataclass(frozen=True, eq=False)
class Take:
    """One recording of the device at one setting of its knobs.

    Attributes
    ----------
    name : str
        Unlike any other take's.
    audio : ndarray of float32, shape (frames,)
        What went in.
    target : ndarray of float32, shape (frames,)
        What came out, latency compensated.
    knobs : tuple of float
        Where they stand, from 0 to 1, in the order of `Capture.knobs`.
    latency_frames : int
        How many frames late the recording was; already taken out of `target`.
    uses : tuple of str
        What this take may be used for; a setting that is to stay unseen has ``("test",)``.
    """

    name: str
    audio: NDArray[np.float32]
    target: NDArray[np.float32]
    knobs: tuple[float, ...] = ()
    latency_frames: int = 0
    uses: tuple[Use, ...] = ("train", "validation", "test")

    def __post_init__(self) -> None:
        if self.audio.ndim != 1 or self.audio.shape != self.target.shape:
            raise AudioError(
                f"take {self.name}: input of shape {self.audio.shape} and output of shape {self.target.shape}: "
                "use two mono recordings of one length"
            )
        for value in self.knobs:
            if not 0.0 <= value <= 1.0:
                raise ParameterError(f"take {self.name}: a knob stands at {value:g}: use a value from 0 to 1")


@dataclass(frozen=True, eq=False)
class Capture:
    """A device, captured: one or more takes over the same passages.

    Attributes
    ----------
    name : str
        What it is called.
    sample_rate : int
        In Hz.
    takes : tuple of Take
        At least one; all of them hold every passage.
    passages : tuple of Passage
        In the order of time.
    knobs : tuple of str
        Names of the knobs that were moved between takes.
    findings : tuple of Finding
        What the checks found.
    ignored : tuple of str
        Names of the checks whose errors the user chose to ignore.
    gear : mapping of str to str
        What was captured: make, model, type, tone, who made it.
    input_level_dbu, output_level_dbu : float or None
        Level in dBu of a 1 kHz sine whose peak is digital full scale, at the device's input and output.
    layout : str
        Name of the layout of the input signal.
    """

    name: str
    sample_rate: int
    takes: tuple[Take, ...]
    passages: tuple[Passage, ...]
    knobs: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    ignored: tuple[str, ...] = ()
    gear: Mapping[str, str] = field(default_factory=dict[str, str])
    input_level_dbu: float | None = None
    output_level_dbu: float | None = None
    layout: str = "plain"

    def __post_init__(self) -> None:
        if not self.takes:
            raise ParameterError(f"capture {self.name}: has no take")
        for take in self.takes:
            if len(take.knobs) != len(self.knobs):
                raise ParameterError(
                    f"capture {self.name}: take {take.name} gives {len(take.knobs)} knob values, "
                    f"the capture has {len(self.knobs)} knobs"
                )
        _refuse_twins("take", [take.name for take in self.takes], self.name)
        _refuse_twins("passage", [passage.name for passage in self.passages], self.name)

    @property
    def latency_frames(self) -> int:
        """Latency of the first take, already compensated."""
        return self.takes[0].latency_frames

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The errors that nobody chose to ignore."""
        return tuple(
            finding
            for finding in self.findings
            if finding.severity == "error" and (finding.check not in self.ignored or finding.check in NEVER_IGNORED)
        )

    def refuse_errors(self) -> None:
        """Stop here when a check found an error that is not ignored.

        Raises
        ------
        AudioError
            With the words and the remedy of every such error, a line each.
        """
        if self.errors:
            lines = [f"{self.name}: {error.words} {error.remedy}".rstrip() for error in self.errors]
            names = ",".join(dict.fromkeys(error.check for error in self.errors))
            if not any(error.check in NEVER_IGNORED for error in self.errors):
                lines.append(f"To go on all the same: --ignore-checks {names}")
            raise AudioError("\n".join(lines))

    def material(self) -> "Material":
        """What a network is trained and judged on, split by whole passages; see `splitting.split`."""
        from .splitting import split

        return split(self)

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write the folder; see `folder.save_capture`."""
        from .folder import save_capture

        save_capture(self, folder, overwrite=overwrite)

    @classmethod
    def load(cls, folder: str | Path) -> "Capture":
        """Read a folder; see `folder.load_capture`."""
        from .folder import load_capture

        return load_capture(folder)


def _refuse_twins(what: str, names: list[str], capture: str) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise ParameterError(f"capture {capture}: more than one {what} is called {', '.join(twins)}")
