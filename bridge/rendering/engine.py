"""Stems through chains: files in, files out."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from ...models.errors import ParameterError
from ...presets import Preset, Setlist
from ..audio import Audio
from .formats import AudioSource, BitDepth, Container, OutputFormat, audio_sink, free_target, whole_file, write_errors
from .loudness import LoudnessMeter, PeakMeter
from .result import RenderResult
from .score import Programme, Score
from .stem import open_stem
from .take import MOST_CHANNELS, READ, Take

LEAST_PEAK: Final = -60.0  # dBFS

Progress = Callable[[Path, int, int], None]
"""Called with the source, the frames done and the frames there are."""


def render(
    inputs: str | Path | Sequence[str | Path],
    *,
    out_dir: str | Path,
    preset: Preset | str | Path | None = None,
    setlist: Setlist | str | Path | None = None,
    midi: str | Path | None = None,
    midi_channel: int | None = None,
    side_chain: str | Path | None = None,
    format: Container = "wav",
    bit_depth: BitDepth | None = None,
    channels: int | None = None,
    tail_limit: float = 10.0,
    normalize: float | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> list[RenderResult]:
    """Render audio files through a preset, or through a setlist that a MIDI file switches.

    The files keep their sample rate; the chains run at it. Latency is trimmed: what is at a frame of the source is
    at the same frame of the output. The tail is kept until it stays below -90 dBFS. Memory does not grow with length.

    Parameters
    ----------
    inputs : path or sequence of paths
        The stems: any format libsndfile reads.
    out_dir : path
        Folder for the outputs, which are named after their sources; made when missing.
    preset : Preset, path or name
        One preset for all; or
    setlist : Setlist, path or name
        several, of which the first plays until a program change arrives.
    midi : path, optional
        A standard MIDI file whose time 0 is frame 0 of every stem. Program changes bring up slots, control changes move
        what the presets map; CC 7 and CC 11 set the level behind the chain where no preset maps them. Each acts at its
        exact frame; what lies behind a processor with latency hears it earlier by that latency (at most 2 ms for amps).
        Plugins that listen to MIDI get notes, controllers and bends with the very frame of sound they belong to.
    midi_channel : int, optional
        Channel to listen to, 1 to 16; all when left out.
    side_chain : path, optional
        Audio file for the side-chains that hear a stem, from frame 0 on; it has the sample rate of the inputs. Silence
        follows when it is shorter; one channel is heard on both sides, two are averaged where there is one.
    format : {"wav", "flac"}
        Container of the outputs.
    bit_depth : {"float", "24", "16"}, optional
        32-bit float for wav, 24 for flac when left out.
    channels : int, optional
        Channels of the outputs: 2 makes stereo of mono. When left out, as many as the source has, but mono becomes
        stereo when a chain has a stereo reverb.
    tail_limit : float
        Longest tail in seconds; what still sounds then is faded out. Also the longest time a chain rings on after a
        switch, unless the setlist says less.
    normalize : float, optional
        Sample peak in dBFS to which each output is scaled, -60 to 0.
    overwrite : bool
        Replace outputs that exist.
    progress : callable, optional
        Called now and then with the source, the frames done and the frames there are.

    Returns
    -------
    list of RenderResult
        In the order of `inputs`.

    Raises
    ------
    AmpboardError
        When something given is not usable: nothing is written when that shows before the start, and never half a file.

    Examples
    --------
    >>> render("DI.wav", preset="crunch", out_dir="wet")                                # doctest: +SKIP
    >>> render(["guitar.wav", "bass.wav"], setlist="demo", midi="demo.mid", out_dir="wet")  # doctest: +SKIP
    """
    output_format = OutputFormat(format, bit_depth)
    paths = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    sources = [AudioSource.open(path) for path in paths]
    programme = Programme.load(preset, setlist)
    with write_errors(Path(out_dir)):
        targets = _targets(sources, Path(out_dir), output_format, overwrite=overwrite)
    _check(channels=channels, tail_limit=tail_limit, normalize=normalize)
    _check_midi(midi, midi_channel)
    stems = [None if side_chain is None else open_stem(side_chain, source) for source in sources]
    scores = [Score.read(midi, programme, source.sample_rate, midi_channel) for source in sources]
    results = []
    for source, target, score, stem in zip(sources, targets, scores, stems, strict=True):
        take = Take(source, programme, score, channels=channels, tail_limit=tail_limit, stem=stem)
        output_format.check(target, source.sample_rate, take.channels)
        results.append(_write(take, target, output_format, normalize, progress))
    return results


def _write(
    take: Take, target: Path, output_format: OutputFormat, normalize: float | None, progress: Progress | None
) -> RenderResult:
    started = time.perf_counter()
    with whole_file(target) as temporary:
        if normalize is None:
            result = _measure_and_write(take.blocks(), take, temporary, output_format, progress)
        else:
            result = _normalized(take, temporary, output_format, normalize, progress)
    return replace(result, path=target, seconds=time.perf_counter() - started)


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
    for frame, program in take.score.unknown:
        yield f"program {program.program} of bank {program.bank} at frame {frame}: no slot has it, nothing was switched"


def _targets(
    sources: Sequence[AudioSource], folder: Path, output_format: OutputFormat, *, overwrite: bool
) -> list[Path]:
    if not sources:
        raise ParameterError("there are no inputs: name at least one audio file")
    if folder.exists() and not folder.is_dir():
        raise ParameterError(f"{folder} is a file: name a folder for the outputs")
    targets = [folder / f"{source.path.stem}.{output_format.container}" for source in sources]
    for index, (source, target) in enumerate(zip(sources, targets, strict=True)):
        if target in targets[:index]:
            first = sources[targets.index(target)].path
            raise ParameterError(f"{source.path} and {first} would both become {target}: render them into two folders")
        if any(target.exists() and target.samefile(other.path) for other in sources):
            raise ParameterError(f"{target} is one of the inputs: choose another folder for the outputs")
        free_target(target, overwrite=overwrite, remedy="choose another folder")
    return targets


def _check(*, channels: int | None, tail_limit: float, normalize: float | None) -> None:
    if channels is not None and not 1 <= channels <= MOST_CHANNELS:
        raise ParameterError(f"channels is {channels}: use 1 to {MOST_CHANNELS}")
    if not 0 <= tail_limit <= 600:
        raise ParameterError(f"tail_limit is {tail_limit:g} s: use 0 to 600")
    if normalize is not None and not LEAST_PEAK <= normalize <= 0:
        raise ParameterError(f"normalize is {normalize:g} dBFS: use {LEAST_PEAK:g} to 0")


def _check_midi(midi: str | Path | None, midi_channel: int | None) -> None:
    if midi_channel is None:
        return
    if midi is None:
        raise ParameterError(f"midi_channel is {midi_channel} without a MIDI file: give midi too, or leave both out")
    if not 1 <= midi_channel <= 16:
        raise ParameterError(f"midi_channel is {midi_channel}: use 1 to 16")
