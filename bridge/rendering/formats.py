"""What audio is read from and written to."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import soundfile

from ...models.errors import AudioError, ParameterError
from ...models.writing import atomic_target
from ..audio import Audio
from .riff import clear_time_stamp, missing_bytes

Container = Literal["wav", "flac"]
BitDepth = Literal["16", "24", "float"]

SUBTYPES: Final[Mapping[Container, Mapping[BitDepth, str]]] = {
    "wav": {"float": "FLOAT", "24": "PCM_24", "16": "PCM_16"},
    "flac": {"24": "PCM_24", "16": "PCM_16"},
}
"""Sample formats by container, in libsndfile's names; the first is the default."""

BYTES: Final[Mapping[str, int]] = {"FLOAT": 4, "PCM_24": 3, "PCM_16": 2}
MOST_WAV_BYTES: Final = 0xFFFF_FFFF - 4096  # above that a wav file becomes RF64
MOST_FLAC_RATE: Final = 655_350  # Hz
MOST_FLAC_CHANNELS: Final = 8


@dataclass(frozen=True)
class OutputFormat:
    """Container and sample format of a written file.

    Parameters
    ----------
    container : {"wav", "flac"}
        Also the suffix of the file's name.
    bit_depth : {"float", "24", "16"}, optional
        32-bit float for wav and 24 bits for flac when left out; flac has no float.

    Raises
    ------
    ParameterError
        When the container does not hold such samples.
    """

    container: Container = "wav"
    bit_depth: BitDepth | None = None

    def __post_init__(self) -> None:
        if self.container not in SUBTYPES:
            raise ParameterError(f"format is {self.container!r}: use one of {', '.join(SUBTYPES)}")
        depths = SUBTYPES[self.container]
        if self.bit_depth is not None and self.bit_depth not in depths:
            raise ParameterError(f"bit depth {self.bit_depth!r} with {self.container}: use one of {', '.join(depths)}")

    @property
    def subtype(self) -> str:
        """The sample format in libsndfile's name."""
        depths = SUBTYPES[self.container]
        return depths[self.bit_depth] if self.bit_depth else next(iter(depths.values()))

    @property
    def clips(self) -> bool:
        """Whether samples beyond full scale are cut off."""
        return self.subtype != "FLOAT"

    def check(self, path: Path, sample_rate: int, channels: int) -> None:
        """Raise `AudioError` when such audio does not fit in."""
        if self.container == "flac" and (sample_rate > MOST_FLAC_RATE or channels > MOST_FLAC_CHANNELS):
            raise AudioError(f"{path}: flac holds no {channels} channels at {sample_rate} Hz: use wav")


@dataclass(frozen=True)
class AudioSource:
    """An audio file that is there and readable.

    Attributes
    ----------
    path : Path
    sample_rate : int
        Frames a second.
    channels, frames : int
        Both at least 1.
    missing_bytes : int
        What a wav file's header promises of audio beyond that: the file is cut short.
    """

    path: Path
    sample_rate: int
    channels: int
    frames: int
    missing_bytes: int = 0

    @classmethod
    def open(cls, path: str | Path) -> "AudioSource":
        """Look at a file.

        Raises
        ------
        AudioError
            When it is not there, holds no audio that libsndfile reads, or not a single frame.
        """
        file = Path(path)
        if file.is_dir():
            raise AudioError(f"{file} is a folder: name the audio files in it")
        if not file.is_file():
            raise AudioError(f"{file}: there is no such file: correct the path")
        try:
            facts = soundfile.info(str(file))
            missing = missing_bytes(file)
        except (soundfile.SoundFileError, OSError, TypeError) as error:
            raise AudioError(f"{file}: cannot be read as audio ({error}): use wav, flac, aiff, ogg or mp3") from error
        if facts.frames <= 0:
            raise AudioError(f"{file}: holds no audio (0 frames): record something first")
        return cls(file, int(facts.samplerate), facts.channels, facts.frames, missing)

    def blocks(self, frames: int) -> Generator[Audio]:
        """The audio in blocks: float32 of shape (channels, up to `frames`), contiguous.

        Raises
        ------
        AudioError
            At a sample that is not a finite number, and where the file ends early.
        """
        done = 0
        try:
            with soundfile.SoundFile(str(self.path)) as file:
                while len(interleaved := np.asarray(file.read(frames, dtype="float32", always_2d=True), np.float32)):
                    self._check_finite(interleaved, done)
                    done += len(interleaved)
                    yield np.ascontiguousarray(interleaved.T)
        except soundfile.SoundFileError as error:
            raise AudioError(f"{self.path}: cannot be read behind frame {done}: {error}") from error
        if done < self.frames:
            raise AudioError(f"{self.path}: ends after {done} of {self.frames} frames: it is cut short")

    def _check_finite(self, interleaved: Audio, first: int) -> None:
        if np.isfinite(interleaved.sum(dtype=np.float64)):
            return
        frame, channel = np.argwhere(~np.isfinite(interleaved))[0]
        raise AudioError(
            f"{self.path}: frame {first + frame} of channel {channel + 1} is {interleaved[frame, channel]}: "
            "export the file again"
        )


class AudioSink:
    """An audio file that is being written, from blocks of shape (channels, frames)."""

    def __init__(self, file: soundfile.SoundFile, output_format: OutputFormat) -> None:
        self._file = file
        self._clips = output_format.clips
        self.frames = 0
        self.clipped = 0  # samples beyond full scale that an integer format has cut off

    def write(self, block: Audio) -> None:
        """Append a block."""
        if self._clips:
            self.clipped += int(np.count_nonzero(np.abs(block) > 1.0))
            block = np.clip(block, -1.0, 1.0)
        self._file.write(block.T)
        self.frames += block.shape[1]


@contextmanager
def audio_sink(
    path: Path, output_format: OutputFormat, *, sample_rate: int, channels: int, most_frames: int
) -> Generator[AudioSink]:
    """Write a file; `most_frames` is an upper bound of its length, which decides between wav and RF64.

    Equal audio makes equal files.
    """
    size = most_frames * channels * BYTES[output_format.subtype]
    container = (
        "RF64" if output_format.container == "wav" and size > MOST_WAV_BYTES else output_format.container.upper()
    )
    with soundfile.SoundFile(str(path), "w", sample_rate, channels, output_format.subtype, format=container) as file:
        yield AudioSink(file, output_format)
    if output_format.container == "wav":
        clear_time_stamp(path)


@contextmanager
def write_errors(path: Path) -> Generator[None]:
    """Turn what the file system refuses inside the block into an `AudioError` that names `path`."""
    try:
        yield
    except (soundfile.SoundFileError, OSError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        remedy = "choose a place that is writable and has room"
        raise AudioError(f"{path}: cannot be written ({reason.rstrip('.')}): {remedy}") from error


def free_target(path: Path, *, overwrite: bool, remedy: str) -> None:
    """Raise `AudioError` when `path` is a folder, or a file that must stay."""
    with write_errors(path):
        if path.is_dir():
            raise AudioError(f"{path} is a folder: {remedy}")
        if path.exists() and not overwrite:
            raise AudioError(f"{path} exists: {remedy}, or allow overwriting")


@contextmanager
def whole_file(path: Path) -> Generator[Path]:
    """Yield a temporary path that becomes `path` when the block ends, and disappears when it raises.

    Raises
    ------
    AudioError
        When the file system refuses anything in the block.
    """
    with write_errors(path), atomic_target(path) as temporary:
        yield temporary
