"""Recordings made in any DAW as takes: a file each, with the positions of the knobs before its name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ....models.errors import ParameterError
from ..recordings import Recording, read_recording
from .settings import model_positions
from .takes import ALL_USES, UNSEEN, RawTake

# A knob's name before "=" and no path separator: what "C:\takes\a=b.wav" begins with is no knob.
_KNOBS: Final = re.compile(r"(?P<knobs>[^=:/\\]+=[^=:/\\]+(?:,[^=:/\\]+=[^=:/\\]+)*):(?P<path>.+)")


@dataclass(frozen=True)
class RecordingFile:
    """A file and where the knobs stood.

    Attributes
    ----------
    path : Path
        Any format and rate that soundfile reads.
    positions : mapping of str to float
        0 to 1, by knob.
    """

    path: Path
    positions: Mapping[str, float]

    @classmethod
    def parse(cls, text: str) -> "RecordingFile":
        """Read ``rec.wav`` or ``gain=0.5,tone=1:rec50.wav``.

        Raises
        ------
        ParameterError
            When the position of a knob is no number from 0 to 1.
        """
        match = _KNOBS.fullmatch(text)
        if match is None:
            return cls(Path(text), {})
        return cls(Path(match["path"]), model_positions([match["knobs"]]))

    def read(self, name: str = "", *, unseen: bool = False) -> RawTake:
        """Read the file as a take, called as its setting or else as the file, if not `name`; see `read_recording`."""
        setting = ", ".join(f"{knob}={value:.6g}" for knob, value in self.positions.items())
        recording: Recording = read_recording(self.path)
        return RawTake(name or setting or self.path.stem, recording, self.positions, UNSEEN if unseen else ALL_USES)


def with_knobs(file: RecordingFile, positions: Mapping[str, float]) -> RecordingFile:
    """The same file with positions of knobs that stood so in every take; what stands before its name is kept.

    Raises
    ------
    ParameterError
        When both say something about one knob.
    """
    twice = sorted(set(positions) & set(file.positions))
    if twice:
        raise ParameterError(f"{file.path}: {', '.join(twice)} is said twice: before the file name and with --knob")
    return RecordingFile(file.path, {**file.positions, **positions})


def is_setting(positions: Mapping[str, float], text: str) -> bool:
    """Whether a text like ``gain=0.5`` says where these knobs stand."""
    return model_positions([text]) == dict(positions)
