"""Reading recordings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr
from numpy.typing import ArrayLike, NDArray

from ...models.errors import AudioError

STEPS: Final = 2**23  # of 24 bit, between 0 and full scale


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
        if not path.exists():
            raise AudioError(f"{path}: no such file; check its name and folder") from error
        raise AudioError(f"{path}: cannot be read as audio ({sound_words(path, error)}); use WAV or FLAC") from error
    if not samples.size:
        raise AudioError(f"{path}: holds no sound; record it again")
    loud = [channel for channel in samples.T if np.any(channel)]
    if len(loud) > 1 and not all(np.array_equal(loud[0], other, equal_nan=True) for other in loud[1:]):
        raise AudioError(f"{path}: its {len(loud)} channels differ; export the one channel of the device as mono")
    return Recording(np.array(loud[0] if loud else samples[:, 0], np.float32), int(rate), path.name)


def sound_words(path: Path, error: OSError | soundfile.LibsndfileError) -> str:
    """Why a recording cannot be read, without its path."""
    if not path.exists():
        return "no such file"
    return os_words(error) if isinstance(error, OSError) else error.error_string.rstrip(".")


def os_words(error: OSError) -> str:
    """What the system says about a file, without its path."""
    return "no such file" if isinstance(error, FileNotFoundError) else error.strerror or str(error)


def read_pair(input_path: Path, output_path: Path) -> tuple[Recording, Recording]:
    """Read what went into a device and what came out; see `read_recording`."""
    return read_recording(input_path), read_recording(output_path)


def resample(audio: NDArray[np.float32], from_rate: int, to_rate: int) -> NDArray[np.float32]:
    """A recording at another rate, by soxr at its very high quality; not finite values become zero."""
    finite = np.where(np.isfinite(audio), audio, np.float32(0)).astype(np.float32)
    return finite if from_rate == to_rate else soxr.resample(finite, from_rate, to_rate, quality="VHQ")


def scale_of(audio: NDArray[np.floating]) -> float:
    """Power of two, 1 or more, below which the recording stays: what it is divided by to fit into a file of 24 bit."""
    peak = max(float(audio.max(initial=0.0)), -float(audio.min(initial=0.0)))
    return 1.0 if peak < 1 else 2.0 ** (1 + int(np.floor(np.log2(peak))))


def on_24_bit_grid(audio: ArrayLike) -> NDArray[np.float32]:
    """Round to 24 bit, of `scale_of` full scale, so that a file holds it exactly."""
    exact = np.asarray(audio)
    if exact.dtype != np.float32:
        exact = exact.astype(np.float64)
    scale = scale_of(exact)
    whole = exact * exact.dtype.type(STEPS / scale)  # a power of two: exact, in either precision
    np.minimum(np.rint(whole, out=whole), STEPS - 1, out=whole)
    whole *= scale / STEPS
    return whole.astype(np.float32, copy=False)


def write_24_bit(path: Path, audio: NDArray[np.float32], sample_rate: int, *, scale: float = 1.0) -> None:
    """Write a mono file of 24 bit, divided by `scale`; values on the grid of 24 bit come back exactly."""
    # libsndfile scales floating point by 2**23 - 1 when it writes and by 2**23 when it reads.
    whole = np.rint(audio.astype(np.float64) / scale * STEPS)
    soundfile.write(path, np.clip(whole, -STEPS, STEPS - 1).astype(np.int32) << 8, sample_rate, subtype="PCM_24")
