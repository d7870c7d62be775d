"""The article's experiment with everything it shows: pictures, sounds, numbers and one page of all."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from ...models.errors import ParameterError
from ...models.kernels.instance import KernelInstance
from ...models.model import Model
from ...models.writing import atomic_target, write_atomically
from ..logs import RunLog
from ..page import Section, Table, write_page
from .digits import bundled_digits, mnist_digits
from .experiment import SNAPSHOTS, Run, Snapshot, repair_sound, run_experiment
from .figures import draw_pictures, draw_sounds, draw_waves
from .linear_prediction import LINEAR_PREDICTION, interpolate
from .material import Frames, Material
from .measures import RepairQuality, decibels, repair_quality
from .models import TrainedRepair, train_note_denoiser
from .notes import SAMPLE_RATE, LongSound, Notes, from_unit, long_sound
from .spectral_gating import spectral_gate

Subject = Literal["notes", "digits"]

PAGE: Final = "index.html"
NUMBERS: Final = "numbers.json"
LONG_SOUND_NOTES: Final = 56
BLENDS: Final = 9  # steps of the interpolation
RANDOM_LATENTS: Final = 8
LOUDNESS: Final = 0.5  # of the written sounds' sines
PAUSE: Final = 4_000  # frames between the notes of a written gallery
LOOK_AHEADS: Final = (784, 256, 0)  # frames: 49, 16 and 0 ms
STREAMING_STEP_SECONDS: Final = 0.03  # roughly, on a core of 2023
MADE: Final = ("index.html", "numbers.json", "pictures/*.png", "audio/*.wav", "tensorboard/events*")
CLEAN_FED: Final = "encoder fed the clean frame"
CHOPPED_FED: Final = "encoder fed the chopped frame"


@dataclass(frozen=True)
class Reproduction:
    """What came of the experiment.

    Attributes
    ----------
    page : Path
        The page that shows everything.
    snapshots, clean_fed : tuple of Snapshot
        Of the network whose encoder sees the chopped frame, and of the one that is trained on clean ones; the latter
        is empty where it was not asked for.
    input_quality : RepairQuality
        Of the chopped test frames.
    long_sound : mapping of str to RepairQuality
        Of the long sound by method; empty for digits.
    streaming : mapping of str to float
        Processor time in seconds that each streaming model's training took.
    logged : bool
        Whether TensorBoard logs were written.
    """

    page: Path
    snapshots: tuple[Snapshot, ...]
    clean_fed: tuple[Snapshot, ...]
    input_quality: RepairQuality
    long_sound: dict[str, RepairQuality]
    streaming: dict[str, float]
    logged: bool


def reproduce(
    subject: Subject,
    out: Path,
    *,
    iterations: Sequence[int] = SNAPSHOTS,
    seed: int = 0,
    mnist: Path | None = None,
    compare_clean_fed: bool = True,
    streaming_steps: int = 0,
    overwrite: bool = False,
    watch: Callable[[str, Snapshot], None] = lambda *_: None,
    told: Callable[[str], None] = lambda _: None,
) -> Reproduction:
    """Run the article's experiment and write its page.

    Parameters
    ----------
    subject : {"notes", "digits"}
        What to learn.
    out : Path
        Folder for the page, pictures, sounds, numbers and logs.
    iterations : sequence of int
        When to look, ascending from 0; the last ends the training.
    seed : int
        Of everything random.
    mnist : Path, optional
        Folder with MNIST's IDX files, to be used instead of the bundled digits.
    compare_clean_fed : bool
        Train a second network whose encoder is fed clean frames, as the published code did.
    streaming_steps : int
        For notes, updates of each of three causal networks of 49, 16 and 0 ms of latency, which repair the long sound
        as the repair kernel plays them; 0: none.
    overwrite : bool
        Remove what an earlier run left in the folder.
    watch : callable
        Is told the run's name and each snapshot.
    told : callable
        Is told what else begins, in a line.

    Raises
    ------
    ParameterError
        When the iterations do not ascend, or the folder holds an earlier run and `overwrite` is not given.
    MaterialError
        When digits are asked for and there are none.
    """
    if not iterations or list(iterations) != sorted(set(iterations)) or iterations[0] < 0:
        raise ParameterError(f"iterations are {list(iterations)}: use ascending numbers from 0")
    material = _material(subject, mnist)
    _clear(out, overwrite=overwrite)
    out.mkdir(parents=True, exist_ok=True)
    log = RunLog(out / "tensorboard")
    runs: dict[str, Run] = {}
    for name, clean_fed in ((CHOPPED_FED, False), (CLEAN_FED, True))[: 1 + compare_clean_fed]:

        def seen(snapshot: Snapshot, name: str = name) -> None:
            log.numbers(name.replace(" ", "-"), _logged(snapshot), snapshot.iteration)
            watch(name, snapshot)

        runs[name] = run_experiment(material, iterations=iterations, seed=seed, clean_fed=clean_fed, watch=seen)
    run = runs[CHOPPED_FED]
    sections = [Section("Numbers", _EXPLANATION, _number_table(runs))]
    sections += _note_sections(run, out, log) if subject == "notes" else [_digit_section(run, out)]
    qualities: dict[str, RepairQuality] = {}
    streaming: dict[str, TrainedRepair] = {}
    if subject == "notes":
        sound = long_sound(LONG_SOUND_NOTES, np.random.default_rng(seed + 2))
        if streaming_steps:
            for number, ahead in enumerate(LOOK_AHEADS, 1):
                told(
                    f"streaming model {number} of {len(LOOK_AHEADS)}, {streaming_steps} updates: "
                    f"about {STREAMING_STEP_SECONDS * streaming_steps:.0f} s of processor time"
                )
                streaming[_streaming_name(ahead)] = train_note_denoiser(ahead, steps=streaming_steps)
        section, qualities = _long_sound_section(runs, streaming, sound, out, log)
        sections.append(section)
    sections += [_latent_section(run, subject, out, seed), _blend_section(run, subject, out)]
    log.close()
    page = write_page(out / PAGE, f"The denoising variational autoencoder on {subject}", sections)
    clean_fed = runs[CLEAN_FED].snapshots if CLEAN_FED in runs else ()
    done = Reproduction(
        page,
        run.snapshots,
        clean_fed,
        run.input_quality,
        qualities,
        {name: trained.cpu_seconds for name, trained in streaming.items()},
        log.available,
    )
    write_atomically(out / NUMBERS, json.dumps(_numbers(done), indent=2).encode())
    return done


def _logged(snapshot: Snapshot) -> dict[str, float]:
    return {
        "reconstruction": snapshot.reconstruction,
        "divergence": snapshot.divergence,
        "snr_db": snapshot.quality.overall,
        "snr_in_gaps_db": snapshot.quality.in_gaps,
        "snr_sampled_db": snapshot.sampled.overall,
        "gap_error": snapshot.gap_error,
    }


def _clear(out: Path, *, overwrite: bool) -> None:
    """Remove an earlier run, so that nothing of it stands beside the new one."""
    earlier = [path for pattern in MADE for path in out.glob(pattern)]
    if earlier and not overwrite:
        raise ParameterError(f"{out}: holds an earlier run ({earlier[0].name}); use --overwrite, or another folder")
    for path in earlier:
        path.unlink()


def _material(subject: Subject, mnist: Path | None) -> Material:
    if subject == "notes":
        return Notes()
    return bundled_digits() if mnist is None else mnist_digits(mnist)


_EXPLANATION: Final = (
    "Signal-to-noise ratio against the clean signal in dB on frames that were not trained on, a contiguous fifth of "
    "each missing. The encoder really sees the chopped frame; the article's published code passes it the clean one, "
    "which is shown beside it where it was asked for."
)


def _number_table(runs: dict[str, Run]) -> Table:
    rows: list[tuple[str, ...]] = []
    for name, run in runs.items():
        rows += [
            (
                name,
                str(shot.iteration),
                decibels(shot.quality.overall),
                decibels(shot.quality.in_gaps),
                decibels(shot.sampled.overall),
                f"{shot.gap_error:.3f}",
                f"{shot.reconstruction:.1f}",
                f"{shot.divergence:.1f}",
                f"{shot.cpu_seconds:.1f}",
            )
            for shot in run.snapshots
        ]
    given = next(iter(runs.values())).input_quality
    rows.insert(0, ("chopped input", "", decibels(given.overall), decibels(given.in_gaps), "", "", "", "", ""))
    head = ("", "iteration", "SNR, mean latent", "in gaps", "SNR, sampled latent", "RMS error in gaps")
    return Table((*head, "reconstruction, nats", "divergence, nats", "CPU seconds"), tuple(rows))


def _note_sections(run: Run, out: Path, log: RunLog) -> list[Section]:
    clean, chopped = (from_unit(f) for f in (run.gallery.examples.clean, run.gallery.frames))
    missing = run.gallery.missing.ravel()
    sections: list[Section] = []
    heard = [("clean", _write_notes(out / "audio" / "clean.wav", clean))]
    heard.append(("chopped", _write_notes(out / "audio" / "chopped.wav", chopped)))
    for shot in run.snapshots:
        repaired = from_unit(shot.gallery)
        name = f"iteration-{shot.iteration:04d}"
        picture = draw_sounds(
            out / "pictures" / f"{name}.png",
            f"Iteration {shot.iteration}: the seven notes, 49 ms each",
            [("clean", clean.ravel()), ("chopped input", chopped.ravel()), ("reconstruction", repaired.ravel())],
            SAMPLE_RATE,
            missing,
        )
        sound = _write_notes(out / "audio" / f"{name}.wav", repaired)
        log.sound("gallery", repaired.ravel(), SAMPLE_RATE, shot.iteration)
        sections.append(
            Section(
                f"Iteration {shot.iteration}",
                f"SNR {shot.quality} (all, in gaps, outside)",
                pictures=((f"Waveform and spectrogram after {shot.iteration} iterations", picture),),
                sounds=(*heard, (f"after {shot.iteration} iterations", sound)),
            )
        )
    return sections


def _digit_section(run: Run, out: Path) -> Section:
    rows = [("whole", run.gallery.examples.whole), ("chopped", run.gallery.frames)]
    rows += [(str(shot.iteration), shot.gallery) for shot in run.snapshots]
    picture = draw_pictures(out / "pictures" / "iterations.png", "Digits by iteration", rows)
    return Section("Iterations", pictures=(("The same ten digits at each snapshot", picture),))


def _long_sound_section(
    runs: dict[str, Run], streaming: dict[str, TrainedRepair], sound: LongSound, out: Path, log: RunLog
) -> tuple[Section, dict[str, RepairQuality]]:
    ways = (("side by side, sampled latent", False, True), ("overlapping, mean latent", True, False))
    repaired = {
        f"{name}, {way}": repair_sound(run.network, sound.chopped, overlapping=overlapping, sampled=sampled)
        for name, run in runs.items()
        for way, overlapping, sampled in ways
    }
    repaired[LINEAR_PREDICTION] = interpolate(sound.chopped, sound.missing)
    repaired["the same, then spectral gating"] = spectral_gate(repaired[LINEAR_PREDICTION])
    repaired |= {name: play_repair(trained, sound.chopped) for name, trained in streaming.items()}
    best = f"{CHOPPED_FED}, {ways[1][0]}"
    qualities = {"chopped input": repair_quality(sound.chopped, sound.clean, sound.missing)}
    qualities |= {name: repair_quality(result, sound.clean, sound.missing) for name, result in repaired.items()}
    players: list[tuple[str, Path]] = []
    for number, (name, result) in enumerate({"chopped input": sound.chopped, **repaired}.items()):
        players.append((name, _write_sound(out / "audio" / f"long-{number}.wav", result)))
        log.sound(f"long/{name.replace(' ', '-')}", result, SAMPLE_RATE, 0)
    second = slice(0, SAMPLE_RATE)
    drawn = [
        (name, result[second])
        for name, result in (
            ("clean", sound.clean),
            ("chopped input", sound.chopped),
            ("network, overlapping frames", repaired[best]),
            ("linear prediction", repaired[LINEAR_PREDICTION]),
            *((name, repaired[name]) for name in list(streaming)[:1]),
        )
    ]
    picture = draw_sounds(
        out / "pictures" / "long.png", "A second of the long sound", drawn, SAMPLE_RATE, sound.missing[second]
    )
    rows = tuple((name, *map(decibels, asdict(q).values())) for name, q in qualities.items())
    return (
        Section(
            "A longer sound with many gaps",
            "Half a second a note, gaps of 9.8 ms in a fifth of the time, noise of 0.08.",
            Table(("method", "overall, dB", "in gaps, dB", "outside, dB"), rows),
            (("The beginning, waveform and spectrogram", picture),),
            tuple(players),
        ),
        qualities,
    )


def play_repair(trained: TrainedRepair, chopped: NDArray[np.float64]) -> NDArray[np.float64]:
    """Repair a long sound with a model as its kernel plays it; the result is aligned with the input."""
    rate = trained.description.sample_rate or SAMPLE_RATE
    instance = KernelInstance(Model(trained.description).kernel, sample_rate=rate, channels=1)
    padded = np.concatenate([chopped, np.zeros(instance.latency)]).astype(np.float32)
    return instance.process(padded[None])[0, instance.latency :].astype(np.float64)


def _streaming_name(look_ahead: int) -> str:
    return f"causal network, {1000 * look_ahead / SAMPLE_RATE:.0f} ms"


@torch.no_grad()
def _latent_section(run: Run, subject: Subject, out: Path, seed: int) -> Section:
    generator = torch.Generator().manual_seed(seed)
    latents = torch.randn(RANDOM_LATENTS, run.network.latents, generator=generator)
    frames = run.network.decode(latents).numpy()
    names = [("", frames)]
    picture = _draw(subject, out / "pictures" / "random-latents.png", "Random latents, decoded", names)
    sounds = ()
    if subject == "notes":
        sounds = (("decoded", _write_notes(out / "audio" / "random-latents.wav", from_unit(frames))),)
    return Section(
        "Random latents",
        "What the decoder makes of draws from the prior.",
        pictures=(("Decoded draws", picture),),
        sounds=sounds,
    )


@torch.no_grad()
def _blend_section(run: Run, subject: Subject, out: Path) -> Section:
    first, last = (0, 5) if subject == "notes" else (1, 7)
    ends = torch.from_numpy(run.gallery.examples.whole[[first, last]])
    mean, _ = run.network.encode(ends)
    share = torch.linspace(0, 1, BLENDS)[:, None]
    frames = run.network.decode((1 - share) * mean[:1] + share * mean[1:]).numpy()
    labels = ("C", "A") if subject == "notes" else ("1", "7")
    title = f"From {labels[0]} to {labels[1]} through the latent space"
    picture = _draw(subject, out / "pictures" / "interpolation.png", title, [("", frames)])
    sounds = ()
    if subject == "notes":
        sounds = ((title, _write_notes(out / "audio" / "interpolation.wav", from_unit(frames))),)
    return Section("Interpolation", title, pictures=((title, picture),), sounds=sounds)


def _draw(subject: Subject, path: Path, title: str, rows: list[tuple[str, Frames]]) -> Path:
    return (draw_waves if subject == "notes" else draw_pictures)(path, title, rows)


def _write_notes(path: Path, frames: NDArray[np.float64]) -> Path:
    """Frames one after the other, faded in and out, with pauses."""
    fade = np.sin(np.pi * (np.arange(frames.shape[1]) + 0.5) / frames.shape[1]) ** 2
    spaced = np.concatenate([np.append(frame * fade, np.zeros(PAUSE)) for frame in frames])
    return _write_sound(path, spaced)


def _write_sound(path: Path, sound: NDArray[np.float64]) -> Path:
    with atomic_target(path) as temporary:
        soundfile.write(temporary, np.clip(LOUDNESS * sound, -1, 1), SAMPLE_RATE, subtype="PCM_16", format="WAV")
    return path


def _numbers(done: Reproduction) -> dict[str, Any]:
    def shots(snapshots: tuple[Snapshot, ...]) -> list[dict[str, Any]]:
        return [{name: value for name, value in asdict(s).items() if name != "gallery"} for s in snapshots]

    return {
        "input": asdict(done.input_quality),
        "chopped_fed": shots(done.snapshots),
        "clean_fed": shots(done.clean_fed),
        "streaming_cpu_seconds": done.streaming,
        "long_sound": {name: asdict(quality) for name, quality in done.long_sound.items()},
    }
