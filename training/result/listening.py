"""What the report plays: target, model and their difference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from ...models.description import ModelDescription
from ..data.material import Excerpt, Material
from ..page import Embedded
from ..trainer.evaluation import evaluate
from .measures import Judgement
from .verdict import setting_name

SECONDS: Final = (6.0, 4.0)  # of one setting of the knobs, and of each of several
SETTINGS: Final = 3
PEAK: Final = 0.9
RUN_UP: Final = 1.0  # seconds that are played, not heard, before a passage that was cut from a longer one

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Target and model."""


@dataclass(frozen=True)
class Players:
    """What can be heard, by name, and what there is to know about it."""

    sounds: tuple[tuple[str, Embedded], ...]
    words: str


def players(judged: Judgement, description: ModelDescription, material: Material) -> Players:
    """The loudest seconds at one setting of the knobs, or at three of several.

    All sounds of a setting have one gain, so that the difference is as loud as it is. Where less was kept back than is
    worth listening to, passages that the network chose or learned from follow behind it.

    Parameters
    ----------
    judged : Judgement
        What was kept back, and what the model made of it.
    description : ModelDescription
        The model, which plays the rest.
    material : Material
        Where the rest is from.
    """
    settings = sorted(judged.per_setting)
    chosen = [settings[at] for at in sorted({round(x) for x in np.linspace(0, len(settings) - 1, SETTINGS)})]
    frames = round(SECONDS[len(chosen) > 1] * judged.sample_rate)
    sounds: list[tuple[str, Embedded]] = []
    kept = frames
    for setting in chosen:
        own = _loudest(_kept(judged, setting), frames)
        kept = min(kept, len(own[0]))
        heard = _with_more(own, frames, description, _others(judged, material, setting), material)
        sounds += _three(judged, setting, own, heard)
    return Players(tuple(sounds), _words(kept, frames, judged.sample_rate, judged.part))


def _words(kept: int, frames: int, rate: int, part: str) -> str:
    words = "The loudest of what was kept back, 16 bits. All three have one gain: the difference is as loud as it is."
    if kept == frames:
        return words
    learned = "chosen or trained by" if part == "test" else "trained by"
    return (
        f"{words} Only {kept / rate:.1f} s were kept back: what is behind that, where the capture has more, the "
        f"network was {learned}."
    )


def _kept(judged: Judgement, setting: tuple[float, ...]) -> Pair:
    """All that was kept back at a setting, one after the other."""
    pairs = [
        (excerpt.target, output)
        for excerpt, output in zip(judged.excerpts, judged.outputs, strict=True)
        if excerpt.knobs == setting
    ]
    return _joined(pairs)


def _joined(pairs: Sequence[tuple[NDArray[np.floating], NDArray[np.floating]]]) -> Pair:
    target, output = (np.concatenate([np.asarray(pair[side], np.float64) for pair in pairs]) for side in range(2))
    return target, output


def _loudest(pair: Pair, frames: int) -> Pair:
    start = _loudest_start(pair[0], min(frames, len(pair[0])))
    return pair[0][start : start + frames], pair[1][start : start + frames]


def _loudest_start(sound: NDArray[np.floating], frames: int) -> int:
    """Where the loudest stretch begins, to an eighth of its length."""
    energy = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    starts = np.arange(0, len(sound) - frames + 1, max(1, frames // 8))
    return int(starts[np.argmax(energy[starts + frames] - energy[starts])])


def _others(judged: Judgement, material: Material, setting: tuple[float, ...]) -> list[Excerpt]:
    """What was not judged at a setting: the passages that chose the model, then those that it learned from."""
    chosen_by = material.validation if judged.part == "test" else ()
    return [excerpt for excerpt in (*chosen_by, *material.train) if excerpt.knobs == setting and len(excerpt.audio)]


def _with_more(
    pair: Pair, frames: int, description: ModelDescription, others: Sequence[Excerpt], material: Material
) -> Pair:
    """A pair with the loudest of others behind it, until it has so many frames."""
    run_up = round(RUN_UP * material.sample_rate)
    for excerpt in others:
        missing = frames - len(pair[0])
        if missing <= 0:
            break
        start = _loudest_start(excerpt.target, min(missing, len(excerpt.target)))
        before = min(start, run_up)
        part = slice(start - before, start + missing)
        cut = replace(excerpt, audio=excerpt.audio[part], target=excerpt.target[part])
        output = evaluate(description, [cut], material.knobs).outputs[0]
        pair = _joined([pair, (cut.target[before:], output[before:])])
    return pair


def _three(judged: Judgement, setting: tuple[float, ...], own: Pair, heard: Pair) -> Iterator[tuple[str, Embedded]]:
    """Names and sounds of one setting; the difference is told of what was kept back."""
    target, output = heard
    sounds = {"target": target, "model": output, "difference": output - target}
    gain = PEAK / max(float(abs(sound).max()) for sound in sounds.values())
    place = f" at {setting_name(judged.knobs, setting)}" if setting else ""
    quieter = _level(own[0]) - _level(own[1] - own[0])
    for name, sound in sounds.items():
        note = f", {quieter:.1f} dB below the target" if name == "difference" else ""
        yield f"{name.capitalize()}{place}{note}", _flac(gain * sound, judged.sample_rate)


def _level(sound: NDArray[np.float64]) -> float:
    return 10 * float(np.log10(max(float(np.mean(sound**2)), 1e-20)))


def _flac(sound: NDArray[np.float64], rate: int) -> Embedded:
    target = BytesIO()
    soundfile.write(target, sound, rate, format="FLAC", subtype="PCM_16")
    return Embedded("audio/flac", target.getvalue())
