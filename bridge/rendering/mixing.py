"""Stems become a stereo mix of a wanted loudness."""

import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...models.errors import AudioError, ParameterError
from ..audio import Audio
from .formats import AudioSource, BitDepth, Container, OutputFormat, audio_sink, free_target, whole_file
from .limiter import TruePeakLimiter
from .loudness import LoudnessMeter, PeakMeter

STRETCH: Final = 1 << 16  # frames
MARGIN: Final = 0.2  # dB: what different interpolators disagree about between samples
CLOSE_ENOUGH: Final = 0.1  # LU
MOST_PASSES: Final = 8
SUFFIXES: Final[Mapping[str, Container]] = {".wav": "wav", ".flac": "flac"}


@dataclass(frozen=True)
class Stem:
    """A file in a mix.

    Parameters
    ----------
    path : Path
        Mono or stereo.
    gain_db : float
        Gain in dB.
    pan : float
        -1 is left, 1 is right. Mono is panned with constant power (-3 dB in the middle); of stereo the other side
        fades.
    """

    path: Path
    gain_db: float = 0.0
    pan: float = 0.0

    def __post_init__(self) -> None:
        if not -1.0 <= self.pan <= 1.0:
            raise ParameterError(f"{self.path}: pan is {self.pan:g}: use -1 (left) to 1 (right)")
        if not math.isfinite(self.gain_db):
            raise ParameterError(f"{self.path}: gain_db is {self.gain_db}: use a finite number")

    def gains(self, channels: int) -> NDArray[np.float64]:
        """Gains of left and right: shape (2, 1)."""
        level = 10 ** (self.gain_db / 20)
        if channels == 1:
            angle = (self.pan + 1) * math.pi / 4
            return level * np.array([[math.cos(angle)], [math.sin(angle)]])
        return level * np.array([[min(1.0, 1.0 - self.pan)], [min(1.0, 1.0 + self.pan)]])


@dataclass(frozen=True)
class MixResult:
    """A mix that was written.

    Attributes
    ----------
    path : Path
    sample_rate, frames : int
    loudness : float
        Integrated, in LUFS, as measured on what was written.
    peak, true_peak : float
        In dBFS and dBTP.
    gain : float
        Gain in dB over the plain sum of the stems.
    limited : bool
        Whether the limiter had something to do.
    """

    path: Path
    sample_rate: int
    frames: int
    loudness: float
    peak: float
    true_peak: float
    gain: float
    limited: bool


def mix(
    stems: Sequence[Stem | str | Path],
    path: str | Path,
    *,
    loudness: float = -16.0,
    true_peak: float = -1.0,
    bit_depth: BitDepth | None = None,
    overwrite: bool = False,
) -> MixResult:
    """Sum stems to a stereo file of a wanted loudness.

    A gain brings the sum to the loudness; only where true peaks would then be above `true_peak`, a look-ahead limiter
    takes them down. Memory does not grow with length.

    Parameters
    ----------
    stems : sequence of Stem or path
        Mono or stereo files of one sample rate; the mix is as long as the longest.
    path : path
        A ``.wav`` or ``.flac`` file.
    loudness : float
        Integrated loudness in LUFS (ITU-R BS.1770-4).
    true_peak : float
        Highest true peak in dBTP.
    bit_depth : {"float", "24", "16"}, optional
        32-bit float for wav, 24 for flac when left out.
    overwrite : bool
        Replace a file that exists.

    Returns
    -------
    MixResult

    Raises
    ------
    AmpboardError
        When a stem cannot be used, all are silent, or the file exists.
    """
    target = Path(path)
    if target.suffix not in SUFFIXES:
        raise ParameterError(f"{target}: a mix is written to .wav or .flac: correct the suffix")
    output_format = OutputFormat(SUFFIXES[target.suffix], bit_depth)
    free_target(target, overwrite=overwrite, remedy="choose another name")
    if not (math.isfinite(loudness) and true_peak <= 0):
        raise ParameterError(
            f"loudness {loudness:g} LUFS, true_peak {true_peak:g} dBTP: use a finite one, and at most 0"
        )
    parts = [stem if isinstance(stem, Stem) else Stem(Path(stem)) for stem in stems]
    sources = [_source(stem) for stem in parts]
    if not sources:
        raise ParameterError("there are no stems: name at least one audio file")
    rates = {source.sample_rate for source in sources}
    if len(rates) > 1:
        raise AudioError(f"{target}: the stems have sample rates {sorted(rates)}: bring them to one")
    rate = rates.pop()
    with whole_file(target) as temporary, tempfile.TemporaryDirectory(dir=target.parent, prefix=".mix-") as folder:
        plain = Path(folder) / "sum.wav"
        frames = max(source.frames for source in sources)
        measured = _write(_sum(parts, sources), plain, OutputFormat(), rate, frames)
        if not math.isfinite(measured.loudness):
            raise AudioError(f"{target}: the stems are silent, or shorter than 400 ms: there is no loudness to set")
        gain = loudness - measured.loudness
        total = AudioSource.open(plain)
        limiter = None
        if measured.true_peak + gain > true_peak:
            gain, limiter = _limited(total, gain, loudness, true_peak)
        result = _write(_finished(total, gain, limiter), temporary, output_format, rate, frames)
    return MixResult(
        target, rate, result.frames, result.loudness, result.peak, result.true_peak, gain, limiter is not None
    )


@dataclass(frozen=True)
class _Measured:
    frames: int
    loudness: float
    peak: float
    true_peak: float


def _source(stem: Stem) -> AudioSource:
    source = AudioSource.open(stem.path)
    if source.channels > 2:
        raise AudioError(f"{stem.path}: {source.channels} channels: a mix takes mono and stereo stems")
    return source


def _sum(stems: Sequence[Stem], sources: Sequence[AudioSource]) -> Iterator[Audio]:
    gains = [stem.gains(source.channels) for stem, source in zip(stems, sources, strict=True)]
    readers = [source.blocks(STRETCH) for source in sources]
    for start in range(0, max(source.frames for source in sources), STRETCH):
        frames = min(STRETCH, max(source.frames for source in sources) - start)
        total = np.zeros((2, frames))
        for reader, gain in zip(readers, gains, strict=True):
            block = next(reader, None)
            if block is not None:
                total[:, : block.shape[1]] += gain * block
        yield total.astype(np.float32)


def _limited(source: AudioSource, gain: float, loudness: float, true_peak: float) -> tuple[float, TruePeakLimiter]:
    """Gain and limiter that reach the loudness although the limiter takes some away, and hold the peak as measured."""
    ceiling = true_peak - MARGIN
    limiter = TruePeakLimiter(source.sample_rate, ceiling)
    for _ in range(MOST_PASSES):
        measured = _measure(_finished(source, gain, limiter), source.sample_rate, lambda block: None)
        missing, excess = loudness - measured.loudness, measured.true_peak - true_peak
        if excess <= 0 and abs(missing) < CLOSE_ENOUGH:
            break
        gain += missing
        if excess > 0:
            ceiling -= excess + MARGIN / 4
            limiter = TruePeakLimiter(source.sample_rate, ceiling)
    return gain, limiter


def _finished(source: AudioSource, gain: float, limiter: TruePeakLimiter | None) -> Iterator[Audio]:
    """The sum with its gain, limited where asked: each stretch is seen with what is around it."""
    factor = 10 ** (gain / 20)
    context = limiter.context if limiter else 0
    silence = np.zeros((2, context))
    seen = silence  # what has been read and is still of use
    for block in _and_then(source.blocks(STRETCH), silence):
        seen = np.concatenate([seen, factor * block], axis=1)
        if seen.shape[1] > 2 * context:
            yield (limiter.process(seen) if limiter else seen).astype(np.float32)
            seen = seen[:, seen.shape[1] - 2 * context :]


def _and_then(blocks: Iterator[Audio], last: NDArray[np.float64]) -> Iterator[NDArray[Any]]:
    yield from blocks
    yield last


def _write(
    blocks: Iterator[Audio], path: Path, output_format: OutputFormat, sample_rate: int, frames: int
) -> _Measured:
    with audio_sink(path, output_format, sample_rate=sample_rate, channels=2, most_frames=frames) as sink:
        return _measure(blocks, sample_rate, sink.write)


def _measure(blocks: Iterator[Audio], sample_rate: int, write: Callable[[Audio], None]) -> _Measured:
    loudness, peaks = LoudnessMeter(sample_rate, 2), PeakMeter(sample_rate, 2)
    frames = 0
    for block in blocks:
        loudness.add(block)
        peaks.add(block)
        write(block)
        frames += block.shape[1]
    peaks.finish()
    return _Measured(frames, loudness.integrated(), peaks.peak, peaks.true_peak)
