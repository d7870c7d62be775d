"""What the report plays: target, model and their difference."""

from collections.abc import Iterator
from io import BytesIO
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from ..page import Embedded
from .measures import Judgement
from .verdict import setting_name

SECONDS: Final = 6.0  # of all settings together
SETTINGS: Final = 3
PEAK: Final = 0.9


def players(judged: Judgement) -> Iterator[tuple[str, Embedded]]:
    """Names and sounds: the loudest seconds at one setting of the knobs, or at three of several.

    All sounds of a setting have one gain, so that the difference is as loud as it is.
    """
    settings = sorted(judged.per_setting)
    chosen = [settings[at] for at in sorted({round(x) for x in np.linspace(0, len(settings) - 1, SETTINGS)})]
    for setting in chosen:
        target, output = _loudest(judged, setting, SECONDS / len(chosen))
        sounds = {"target": target, "model": output, "difference": output - target}
        gain = PEAK / max(float(abs(sound).max()) for sound in sounds.values())
        place = f" at {setting_name(judged.knobs, setting)}" if setting else ""
        quieter = _level(target) - _level(output - target)
        for name, sound in sounds.items():
            note = f", {quieter:.1f} dB below the target" if name == "difference" else ""
            yield f"{name.capitalize()}{place}{note}", _flac(gain * sound, judged.sample_rate)


def _loudest(
    judged: Judgement, setting: tuple[float, ...], seconds: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Target and model in the loudest stretch of all passages at a setting, one after the other."""
    target, output = (
        np.concatenate([sound for sound, e in zip(sounds, judged.excerpts, strict=True) if e.knobs == setting])
        for sounds in ([excerpt.target for excerpt in judged.excerpts], judged.outputs)
    )
    frames = min(round(seconds * judged.sample_rate), len(target))
    energy = np.concatenate([[0.0], np.cumsum(np.square(target, dtype=np.float64))])
    starts = np.arange(0, len(target) - frames + 1, max(1, judged.sample_rate // 10))
    start = int(starts[np.argmax(energy[starts + frames] - energy[starts])])
    return target[start : start + frames].astype(np.float64), output[start : start + frames].astype(np.float64)


def _level(sound: NDArray[np.float64]) -> float:
    return 10 * float(np.log10(max(float(np.mean(sound**2)), 1e-20)))


def _flac(sound: NDArray[np.float64], rate: int) -> Embedded:
    target = BytesIO()
    soundfile.write(target, sound, rate, format="FLAC", subtype="PCM_16")
    return Embedded("audio/flac", target.getvalue())
