"""Stems through chains: files in, files out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ...models.errors import ParameterError
from ...presets import Lv2, Preset, Setlist, Vst3
from ..plugins.trial import is_trusting
from .formats import AudioSource, BitDepth, Container, OutputFormat, free_target, whole_file, write_errors
from .result import RenderResult
from .score import Programme, Score
from .side_stem import open_side_stem
from .stem import Progress, StemJob, write_stem
from .take import MOST_CHANNELS
from .worker_pool import render_in_workers

__all__ = ["Progress", "render"]

LEAST_PEAK: Final = -60.0  # dBFS
FOREIGN: Final = (Vst3, Lv2)


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
    jobs: int = 1,
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
        A standard MIDI file whose time 0 is frame 0 of every stem. Program changes bring up slots, controls do what the
        presets and the setlist map; CC 7, 11, 69 and 102 up set levels, snapshots and bypasses where nothing maps them.
        What follows the tempo follows that of the file, where it says one. Each acts at its exact
        frame; what lies behind a processor with latency hears it earlier by that latency (at most 2 ms for amps).
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
    jobs : int
        Stems rendered at once, each in a process of its own. Stems whose chains hold VST3 or LV2 plugins are rendered
        in such processes in any case, so that a plugin that crashes or hangs takes nothing with it; the results are
        the same, bit for bit.
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
    LostStemsError
        When a plugin crashed or hung: names it, and holds the results of the stems that were rendered all the same. It
        is not loaded again until it is updated, or cleared with ``ampboard plugins clear``.

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
    _check(channels=channels, tail_limit=tail_limit, normalize=normalize, jobs=jobs)
    _check_midi(midi, midi_channel)
    stems = [
        StemJob(
            source=source,
            target=target,
            programme=programme,
            score=Score.read(midi, programme, source.sample_rate, midi_channel),
            output_format=output_format,
            channels=channels,
            tail_limit=tail_limit,
            normalize=normalize,
            side_stem=None if side_chain is None else open_side_stem(side_chain, source),
        )
        for source, target in zip(sources, targets, strict=True)
    ]
    if (jobs > 1 and len(stems) > 1) or any(has_foreign_plugins(stem) for stem in stems):
        return render_in_workers(stems, workers=jobs, progress=progress)
    return [_render_here(stem, progress) for stem in stems]


def has_foreign_plugins(job: StemJob) -> bool:
    """Whether VST3 or LV2 plugins play in it that are not trusted (see `is_trusting`): they may crash or hang."""
    presets = [job.programme.presets[slot] for slot in job.score.slots]
    return not is_trusting() and any(isinstance(node, FOREIGN) for preset in presets for node in preset.nodes.values())


def _render_here(job: StemJob, progress: Progress | None) -> RenderResult:
    take = job.begin()
    with whole_file(job.target) as temporary:
        return write_stem(job, take, temporary, progress)


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


def _check(*, channels: int | None, tail_limit: float, normalize: float | None, jobs: int) -> None:
    if jobs < 1:
        raise ParameterError(f"jobs is {jobs}: use 1 or more")
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
