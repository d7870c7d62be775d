"""The sound of a show as the engine got and gave it, written to files while it plays."""

from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from ..audio import Audio
from .region import Region
from .specification import Facts

INPUT: Final = "input"
OUTPUT: Final = "output"


class Recording:
    """Writes ``input.wav`` and ``output.wav`` (32-bit float); ``input-2.wav`` and so on after the engine was restarted.

    Parameters
    ----------
    folder : Path
        Where to.
    facts : Facts
        Rate and channels.
    """

    def __init__(self, folder: Path, facts: Facts) -> None:
        self._folder = folder
        self._facts = facts
        self._number = 0
        self.lost = 0
        self.next()

    def next(self) -> None:
        """Go on with new files: another engine, whose first frame is 0."""
        self.close()
        self._number += 1
        self._frame = 0
        ending = "" if self._number == 1 else f"-{self._number}"
        channels = {INPUT: self._facts.channels, OUTPUT: self._facts.outputs}
        self._files = {
            name: soundfile.SoundFile(
                self._folder / f"{name}{ending}.wav",
                "w",
                samplerate=self._facts.sample_rate,
                channels=count,
                subtype="FLOAT",
            )
            for name, count in channels.items()
        }

    def take(self, region: Region) -> None:
        """Write what has been played since the last call; silence where that was too long ago."""
        sound = region.read_sound(self._frame, self._facts.channels, self._facts.outputs)
        lost = sound.start - self._frame
        self.lost += lost
        for file, block in zip(self._files.values(), (sound.input, sound.output), strict=True):
            if lost:
                file.write(np.zeros((lost, file.channels), np.float32))
            file.write(np.ascontiguousarray(block.T))
        self._frame = sound.start + sound.input.shape[1]

    def close(self) -> None:
        """End the files."""
        for file in getattr(self, "_files", {}).values():
            file.close()


def read_sound(path: Path) -> Audio:
    """A recording as float32 of shape (channels, frames)."""
    sound, _ = soundfile.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(sound.T, np.float32)
