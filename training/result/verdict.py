"""What the measures mean, in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from .measures import Judgement


@dataclass(frozen=True)
class Grade:
    """A range of error-to-signal ratios, up to `below`, and what players call it."""

    below: float
    word: str
    meaning: str


GRADES: Final = (
    Grade(0.01, "great", "Hard to tell from the device, even side by side."),
    Grade(0.035, "good", "A difference can be heard side by side, hardly in a mix."),
    Grade(0.1, "usable", "The character is there, the feel and the top end are not quite."),
    Grade(
        float("inf"),
        "not there yet",
        "It does not sound like the device. Train for longer; if that does not help, look at the capture's checks: "
        "wrong latency, clipping, or a device with delay or reverb.",
    ),
)
"""From the best; error-to-signal ratios on passages that were not trained on."""

LEVEL_LU: Final = 0.5
UNEVEN: Final = 3.0  # times the whole's ratio
SHORT: Final = 5.0  # seconds below which a verdict is not to be relied on
REST_DC: Final = 1e-3  # -60 dBFS
AUDIBLE_DB: Final = -30.0  # of the lowest tone, which is a note that a guitar has
CLEAN_DB: Final = -60.0
ALIASING: Final = ((CLEAN_DB, "clean"), (AUDIBLE_DB, "slight, hidden by the music"), (float("inf"), "can be heard"))
"""What the level of aliases means, up to each number of dB."""


@dataclass(frozen=True)
class Remark:
    """Something to know beside the grade: when it is said, and what is said."""

    applies: Callable[[Judgement], bool]
    words: Callable[[Judgement], str]


REMARKS: Final = (
    Remark(
        lambda judged: judged.part == "validation",
        lambda _: (
            "Nothing was kept back for a test: these are the passages that chose the model, so the figures "
            "flatter it a little."
        ),
    ),
    Remark(
        lambda judged: judged.worst.esr > UNEVEN * judged.esr,
        lambda judged: f"It is uneven: on {judged.worst.name} the ratio is {figure(judged.worst.esr)}.",
    ),
    Remark(
        lambda judged: _setting_spread(judged) > UNEVEN,
        lambda judged: (
            f"The setting {setting_name(judged.knobs, _worst_setting(judged))} is the hardest, at "
            f"{figure(judged.per_setting[_worst_setting(judged)])}: a capture nearer to it would help."
        ),
    ),
    Remark(
        lambda judged: abs(judged.level_difference or 0) > LEVEL_LU,
        lambda judged: (
            f"It is {abs(judged.level_difference or 0):.1f} LU "
            f"{'louder' if (judged.level_difference or 0) > 0 else 'quieter'} than the device."
        ),
    ),
    Remark(
        lambda judged: abs(judged.rest_dc) > REST_DC,
        lambda judged: (
            f"It gives {judged.rest_dc:+.4f} of direct current when nothing is played: put a high-pass "
            "behind it, or add dc to the loss."
        ),
    ),
    Remark(
        lambda judged: judged.aliasing[0].level_db > AUDIBLE_DB,
        lambda judged: (
            f"High notes alias: beside the harmonics of a {judged.aliasing[0].frequency:.0f} Hz tone there is "
            f"sound at {judged.aliasing[0].level_db:.0f} dB. Play the model oversampled, or add alias to the loss."
        ),
    ),
    Remark(
        lambda judged: bool(judged.silent),
        lambda judged: f"The device is silent on {', '.join(judged.silent)}, which could not be judged.",
    ),
)


@dataclass(frozen=True)
class Verdict:
    """The verdict on a model.

    Attributes
    ----------
    word : str
        ``great``, ``good``, ``usable`` or ``not there yet``.
    sentence : str
        With the figure and what it means.
    remarks : tuple of str
        What else there is to know.
    """

    word: str
    sentence: str
    remarks: tuple[str, ...] = ()

    @property
    def thresholds(self) -> str:
        """The grades in a line."""
        return ", ".join(f"below {grade.below:g} {grade.word}" for grade in GRADES[:-1])


def give_verdict(judged: Judgement, *, ignored: Sequence[str] = ()) -> Verdict:
    """Put the measures into words.

    Parameters
    ----------
    judged : Judgement
        The measures.
    ignored : sequence of str
        Checks of the capture that found an error, which was accepted.
    """
    grade = next(grade for grade in GRADES if not judged.esr >= grade.below)
    seconds = sum(passage.seconds for passage in judged.passages)
    count = len(judged.passages)
    sentence = (
        f"{grade.word.capitalize()}: error-to-signal ratio {figure(judged.esr)} on {count} {judged.part} "
        f"passage{'s' if count > 1 else ''}, {seconds:.0f} s together, that the network was not trained on. "
        f"{grade.meaning}"
    )
    if seconds < SHORT:
        sentence += f" Judged on {seconds:.2g} s only: record a longer signal to be sure."
    remarks = [remark.words(judged) for remark in REMARKS if remark.applies(judged)]
    if ignored:
        remarks.append(f"Ignored: {', '.join(ignored)}. The capture failed what is named there, and was used anyway.")
    return Verdict(grade.word, sentence, tuple(remarks))


def aliasing_word(level_db: float) -> str:
    """What aliases of this level are to a listener."""
    return next(word for below, word in ALIASING if not level_db >= below)


def figure(esr: float) -> str:
    """An error-to-signal ratio in two significant digits, at least four decimals."""
    return f"{esr:.4f}" if esr >= 0.001 else f"{esr:.2g}"


def setting_name(knobs: tuple[str, ...], setting: tuple[float, ...]) -> str:
    """A setting in words: ``gain 0.5, tone 1``."""
    return ", ".join(f"{knob} {value:g}" for knob, value in zip(knobs, setting, strict=True))


def _worst_setting(judged: Judgement) -> tuple[float, ...]:
    return max(judged.per_setting, key=lambda setting: judged.per_setting[setting])


def _setting_spread(judged: Judgement) -> float:
    return judged.per_setting[_worst_setting(judged)] / judged.esr if len(judged.per_setting) > 1 else 0.0
