"""The sound of a show as the engine got and gave it, written to files while it plays."""

from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from ...models.errors import AudioError
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
        self.next()

    def next(self) -> None:
        """Go on with new files: another engine, whose first frame is 0."""
        self.close()
        self._number += 1
        self._frame = 0
        channels = {INPUT: self._facts.channels, OUTPUT: self._facts.outputs}
        self._files = {
            name: soundfile.SoundFile(
                numbered(self._folder / f"{name}.wav", self._number),
                "w",
                samplerate=self._facts.sample_rate,
                channels=count,
                subtype="FLOAT",
            )
            for name, count in channels.items()
        }

    def take(self, region: Region) -> int:
        """Write what has been played since the last call; silence where that was too long ago: its frames."""
        sound = region.read_sound(self._frame, self._facts.channels, self._facts.outputs)
        lost = sound.start - self._frame
        for file, block in zip(self._files.values(), (sound.input, sound.output), strict=True):
            if lost:
                file.write(np.zeros((lost, file.channels), np.float32))
            file.write(np.ascontiguousarray(block.T))
        self._frame = sound.start + sound.input.shape[1]
        return lost

    def close(self) -> None:
        """End the files."""
        for file in getattr(self, "_files", {}).values():
            file.close()


def numbered(path: Path, number: int) -> Path:
    """The file for the first engine as it is called, ``-2`` and so on behind the name for those after it."""
    return path if number == 1 else path.with_stem(f"{path.stem}-{number}")


def read_sound(path: Path) -> Audio:
    """Read a recording.

    Returns
    -------
    ndarray of float32, shape (channels, frames)

    Raises
    ------
    AudioError
        When it is not there, or no sound file.
    """
    if not path.is_file():
        raise AudioError(f"{path}: there is no such recording: live --record keeps one, --input names another")
    try:
        sound, _ = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise AudioError(f"{path}: no sound file that can be read: {error}") from None
    return np.ascontiguousarray(sound.T, np.float32)
