"""What is learnt: three devices, recorded or rendered here, and the Klon clips at several positions of a knob."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from ampboard.training.data.material import Excerpt, Material

REPOSITORY: Final = Path(__file__).resolve().parents[3]
TRAINING, VALIDATION = (7.0, 180.5), (181.0, 190.0)  # seconds of devices/input.flac; silence between
METAL_AMP: Final = "http://guitarix.sourceforge.net/plugins/gxmetal_amp#metal_amp"
LEVEL: Final = 10 ** (-18 / 20)  # RMS of the recorded devices; the rendered one is brought to it
KLON_CLIP, KLON_TRAINED = 22_050, 250  # frames of a clip; clips to train on, the rest is judged
KLON_TRAINED_GAINS, KLON_GAINS = (0, 100), (0, 50, 100)


@dataclass(frozen=True)
class Subject:
    """A device and the passages of it.

    Attributes
    ----------
    name : str
        What it is called in records and tables.
    words : str
        What it is, for the page.
    material : callable
        Loads it. Every validation excerpt is judged from its first frame, every network starts it from rest.
    missing : callable
        Says why it cannot be loaded on this machine; empty where it can.
    """

    name: str
    words: str
    material: Callable[[], Material]
    missing: Callable[[], str]


def fixtures() -> Path:
    """Folder of the recordings, found as the tests find it."""
    return Path(os.environ.get("AMPBOARD_FIXTURES", REPOSITORY.parent / "shared" / "fixtures"))


def _read(*parts: str) -> tuple[NDArray[np.float32], int]:
    return soundfile.read(fixtures().joinpath(*parts), dtype="float32")


def _recorded(name: str) -> Material:
    audio, rate = _read("devices", "input.flac")
    target, _ = _read("devices", f"{name}.flac")
    return passages(audio, target, rate)


@cache
def _rendered(uri: str) -> Material:
    from ampboard.bridge import load_lv2

    audio, rate = _read("devices", "input.flac")
    target = load_lv2(uri).process(audio[None], rate)[0]
    return passages(audio, target * np.float32(LEVEL / np.sqrt(np.mean(np.square(target, dtype=np.float64)))), rate)


def passages(audio: NDArray[np.float32], target: NDArray[np.float32], rate: int) -> Material:
    """Cut a recording of devices/input.flac into what is trained on and what is judged."""

    def excerpt(name: str, seconds: tuple[float, float]) -> Excerpt:
        part = slice(*(round(second * rate) for second in seconds))
        return Excerpt(name, audio[part], target[part])

    return Material(rate, train=(excerpt("training", TRAINING),), validation=(excerpt("validation", VALIDATION),))


def _klon() -> Material:
    audio, rate = _read("klon", "input.flac")
    outputs = {gain: _read("klon", f"gain_{gain:03d}.flac")[0].reshape(-1, KLON_CLIP) for gain in KLON_GAINS}
    clips = audio.reshape(-1, KLON_CLIP)

    def excerpts(gains: tuple[int, ...], numbers: range) -> tuple[Excerpt, ...]:
        return tuple(
            Excerpt(f"gain {gain}, clip {number}", clips[number], outputs[gain][number], (gain / 100,))
            for gain in gains
            for number in numbers
        )

    return Material(
        rate,
        train=excerpts(KLON_TRAINED_GAINS, range(KLON_TRAINED)),
        validation=excerpts(KLON_GAINS, range(KLON_TRAINED, len(clips))),
        knobs=("gain",),
    )


def _absent(*parts: str) -> str:
    path = fixtures().joinpath(*parts)
    return "" if path.exists() else f"{path} is not there"


def _no_plugin() -> str:
    from ampboard.bridge import load_lv2
    from ampboard.models.errors import AmpboardError

    try:
        load_lv2(METAL_AMP)
    except AmpboardError as error:
        return str(error)
    return _absent("devices")


SUBJECTS: Final = (
    Subject(
        "amp",
        "two triode stages, tone stack, supply sag; a circuit simulation of ours",
        lambda: _recorded("amp"),
        lambda: _absent("devices", "amp.flac"),
    ),
    Subject(
        "hg",
        "a high-gain circuit simulation of ours",
        lambda: _recorded("hg"),
        lambda: _absent("devices", "hg.flac"),
    ),
    Subject("gxmetal", "guitarix' gxmetal_amp, rendered here through LV2", lambda: _rendered(METAL_AMP), _no_plugin),
    Subject(
        "klon",
        "a simulated Klon-type gain stage: trained at gain 0 and 100, judged at 0, 50 and 100 on other clips. "
        "Each clip begins with the thump of the simulation's switching on, cut off at full scale for 6,200 of its "
        "22,050 frames, and slowly dying away: most of the power is the thump's, and no network below has learned "
        "the device",
        _klon,
        lambda: _absent("klon"),
    ),
)


def subject_named(name: str) -> Subject:
    """The row of `SUBJECTS` with this name."""
    return next(subject for subject in SUBJECTS if subject.name == name)
