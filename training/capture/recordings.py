"""Reading recordings."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ...models.errors import AudioError


@dataclass(frozen=True, eq=False)
class Recording:
    """A mono recording.

    Attributes
    ----------
    audio : ndarray of float32, shape (frames,)
        Full scale is 1.
    sample_rate : int
        In Hz.
    name : str
        Of the file it came from.
    """

    audio: NDArray[np.float32]
    sample_rate: int
    name: str = ""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.audio.size / self.sample_rate


def read_recording(path: Path) -> Recording:
    """Read a recording as it is: mono, or the one channel of several that holds sound.

    Parameters
    ----------
    path : Path
        WAV, FLAC, AIFF or whatever else libsndfile reads.

    Raises
    ------
    AudioError
        When the file is not there, is no audio, is empty, or has several channels that differ.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise AudioError(f"{path}: cannot be read as audio ({error}); use WAV or FLAC") from error
    if not samples.size:
        raise AudioError(f"{path}: holds no sound; record it again")
    loud = [channel for channel in samples.T if np.any(channel)]
    if len(loud) > 1 and not all(np.array_equal(loud[0], other, equal_nan=True) for other in loud[1:]):
        raise AudioError(f"{path}: its {len(loud)} channels differ; export the one channel of the device as mono")
    return Recording(np.ascontiguousarray(loud[0] if loud else samples[:, 0]), int(rate), path.name)


def read_pair(input_path: Path, output_path: Path) -> tuple[Recording, Recording]:
    """Read what went into a device and what came out; see `read_recording`."""
    return read_recording(input_path), read_recording(output_path)
