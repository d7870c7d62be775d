"""One stem on its way into its file."""

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..audio import Audio
from .formats import AudioSource, OutputFormat, audio_sink
from .loudness import LoudnessMeter, PeakMeter
from .result import RenderResult
from .score import Programme, Score
from .take import READ, Take

Progress = Callable[[Path, int, int], None]
"""Called with the source, the frames done and the frames there are."""


@dataclass(frozen=True)
class StemJob:
    """What is to be rendered, and into which file; can be sent to another process.

    Attributes
    ----------
    source : AudioSource
    target : Path
        The file in the end; it is written elsewhere first.
    programme, score
        The presets, and what happens when.
    output_format : OutputFormat
    channels, tail_limit, normalize
        See `render`.
    side_stem : AudioSource or None
        What side-chains hear.
    """

    source: AudioSource
    target: Path
    programme: Programme
    score: Score
    output_format: OutputFormat
    channels: int | None
    tail_limit: float
    normalize: float | None
    side_stem: AudioSource | None = None

    def begin(self) -> Take:
        """Make the chains.

        Raises
        ------
        AmpboardError
            When one cannot be made, or its output does not fit into the format.
        """
        take = Take(
            self.source,
            self.programme,
            self.score,
            channels=self.channels,
            tail_limit=self.tail_limit,
            side_stem=self.side_stem,
        )
        self.output_format.check(self.target, self.source.sample_rate, take.channels)
        return take


def write_stem(job: StemJob, take: Take, path: Path, progress: Progress | None) -> RenderResult:
    """Play a take into a file at `path`, which becomes the job's target afterwards.

    Raises
    ------
    AmpboardError, OSError, soundfile.SoundFileError
        When the chain fails, or the file system.
    """
    started = time.perf_counter()
    if job.normalize is None:
        result = _measure_and_write(take.blocks(), take, path, job.output_format, progress)
    else:
        result = _normalized(take, path, job.output_format, job.normalize, progress)
    return replace(result, path=job.target, seconds=time.perf_counter() - started)


def _normalized(
    take: Take, path: Path, output_format: OutputFormat, peak: float, progress: Progress | None
) -> RenderResult:
    """Render to a float file first, then scale."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".render-") as folder:
        first = Path(folder) / "float.wav"
        raw = _measure_and_write(take.blocks(), take, first, OutputFormat(), progress)
        gain = peak - raw.peak if np.isfinite(raw.peak) else 0.0
        factor = np.float32(10 ** (gain / 20))
        scaled = (block * factor for block in AudioSource.open(first).blocks(READ))
        result = _measure_and_write(scaled, take, path, output_format, None)
    return replace(result, gain=gain)


def _measure_and_write(
    blocks: Iterator[Audio], take: Take, path: Path, output_format: OutputFormat, progress: Progress | None
) -> RenderResult:
    source = take.source
    loudness = LoudnessMeter(source.sample_rate, take.channels)
    peaks = PeakMeter(source.sample_rate, take.channels)
    with audio_sink(
        path, output_format, sample_rate=source.sample_rate, channels=take.channels, most_frames=take.most_frames
    ) as sink:
        for block in blocks:
            loudness.add(block)
            peaks.add(block)
            sink.write(block)
            if progress:
                progress(source.path, min(sink.frames, source.frames), source.frames)
    peaks.finish()
    return RenderResult(
        source=source.path,
        path=path,
        sample_rate=source.sample_rate,
        channels=take.channels,
        frames=sink.frames,
        latency=take.latency,
        tail=sink.frames - source.frames,
        peak=peaks.peak,
        true_peak=peaks.true_peak,
        loudness=loudness.integrated(),
        gain=0.0,
        clipped=sink.clipped,
        switches=tuple(take.switches),
        warnings=tuple(_warnings(take, sink.clipped, peaks.peak)),
        seconds=0.0,
    )


def _warnings(take: Take, clipped: int, peak: float) -> Iterator[str]:
    source = take.source
    if source.missing_bytes:
        yield (
            f"the file is cut short: its header promises {source.missing_bytes} bytes of audio more, "
            f"only the {source.frames} frames there are were rendered"
        )
    yield from take.score.remarks
    yield from take.remarks
    if late := [frame for frame, _ in take.score.events if frame >= source.frames]:
        end = f"the end ({source.frames} frames)"
        yield f"MIDI events from frame {late[0]} on come after {end}: only the tail hears them"
    if clipped:
        yield f"{clipped} samples clipped (peak {peak:+.1f} dBFS): write float, or normalize"
    for frame, unanswered in take.score.unanswered:
        yield f"frame {frame}: {unanswered}"
