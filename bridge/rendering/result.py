"""What a render tells about itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...models.errors import PluginError


@dataclass(frozen=True)
class SwitchEvent:
    """A slot that was brought up: at which frame of the file, which slot, what its preset is called."""

    frame: int
    slot: int
    preset: str


@dataclass(frozen=True)
class RenderResult:
    """A file that was rendered.

    Attributes
    ----------
    source, path : Path
        What was read and what was written.
    sample_rate, channels, frames : int
        Of the written file.
    latency : int
        Frames of latency that were trimmed.
    tail : int
        Frames behind the end of the source.
    peak : float
        Sample peak in dBFS.
    true_peak : float
        In dBTP.
    loudness : float
        Integrated loudness in LUFS; minus infinity for silence and below 400 ms.
    gain : float
        Gain in dB by which it was normalized; 0 when it was not.
    clipped : int
        Samples that the format cut off at full scale.
    switches : tuple of SwitchEvent
        In order; the first is what played at frame 0.
    warnings : tuple of str
        One line each.
    seconds : float
        Wall-clock time it took.
    """

    source: Path
    path: Path
    sample_rate: int
    channels: int
    frames: int
    latency: int
    tail: int
    peak: float
    true_peak: float
    loudness: float
    gain: float
    clipped: int
    switches: tuple[SwitchEvent, ...]
    warnings: tuple[str, ...]
    seconds: float

    @property
    def real_time_factor(self) -> float:
        """Seconds of work for a second of audio: below 1 is faster than real time."""
        return self.seconds * self.sample_rate / self.frames


@dataclass(frozen=True)
class LostStem:
    """A stem that a plugin has spoilt.

    Attributes
    ----------
    source : Path
        What was to be rendered.
    reason : str
        Which plugin, what it did, and what can be done.
    """

    source: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.source}: not rendered: {self.reason}"


class LostStemsError(PluginError):
    """Plugins crashed or hung; the other stems are rendered. One line for each lost stem.

    Attributes
    ----------
    lost : tuple of LostStem
    results : tuple of RenderResult
        Of the other stems.
    """

    def __init__(self, lost: Sequence[LostStem], results: Sequence[RenderResult]) -> None:
        super().__init__("\n".join(map(str, lost)))
        self.lost = tuple(lost)
        self.results = tuple(results)
