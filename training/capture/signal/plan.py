"""Where each sound of the test signal is: a table, from which the layout follows for any length and sample rate."""

from dataclasses import dataclass
from typing import Final

from ....models.errors import ParameterError
from ..capture import Kind, Passage, Use
from ..layouts import Layout

VERSION: Final = 1
NAME: Final = f"ampboard {VERSION}"
SECONDS: Final = 190.0
SHORTEST_SECONDS: Final = 30.0
# What is played twice is that part of a second more than whole seconds apart: no tremolo of 0.5, 1, 2 ... 10 Hz stands
# where it stood.
APART: Final = 0.618
BLIP_SECONDS: Final = (0.25, 1.25)  # within their passage: more than a second of silence follows the last


@dataclass(frozen=True)
class Part:
    """A row of the plan: its length is `seconds` plus `share` of what the others leave."""

    name: str
    kind: Kind
    use: Use
    seconds: float = 0.0
    share: float = 0.0
    repeats: str = ""


PLAN: Final = (
    Part("noise floor", "silence", "check", 1.0),
    Part("blips", "blips", "check", 2.5),
    Part("sweeps", "sweep", "train", 4.0),
    Part("noise", "noise", "train", 2.0),
    Part("steps", "steps", "train", 3.6),
    Part("pause 1", "silence", "check", 0.5),
    Part("first hearing", "music", "check", share=1 / 20),
    Part("pause 2", "silence", "check", 0.5),
    Part("playing", "music", "train"),
    Part("pause 3", "silence", "check", 0.5),
    Part("validation 1", "music", "validation", share=1 / 20, repeats="first hearing"),
    Part("pause 4", "silence", "check", 0.5),
    Part("validation 2", "music", "validation", share=1 / 20),
    Part("pause 5", "silence", "check", 0.5),
    Part("test", "music", "test", share=1 / 12),
    Part("pause 6", "silence", "check", 0.5),
    Part("blips again", "blips", "check", 2.5, repeats="blips"),
)


def plan_layout(frames: int, sample_rate: int) -> Layout:
    """Layout of a test signal of this many frames.

    Raises
    ------
    ParameterError
        When it is too short to hold everything.
    """
    if frames < SHORTEST_SECONDS * sample_rate:
        raise ParameterError(
            f"a test signal of {frames / sample_rate:.3g} s: use {SHORTEST_SECONDS:g} s or more, 180 is usual"
        )
    fixed = sum(round(part.seconds * sample_rate) for part in PLAN)
    lengths = [round(part.seconds * sample_rate) + int(part.share * (frames - fixed)) for part in PLAN]
    names = [part.name for part in PLAN]
    playing, once, again = (names.index(name) for name in ("playing", "first hearing", "validation 1"))
    lengths[playing] = frames - sum(lengths)
    apart = sum(lengths[once:again]) - round(APART * sample_rate)
    lengths[again + 1] += apart % sample_rate
    lengths[playing] -= apart % sample_rate
    passages: list[Passage] = []
    start = 0
    for part, length in zip(PLAN, lengths, strict=True):
        passages.append(Passage(part.name, start, start + length, part.kind, part.use, part.repeats))
        start += length
    return Layout(
        NAME,
        sample_rate,
        tuple(passages),
        tuple(
            passage.start + place
            for passage in passages
            if passage.kind == "blips"
            for place in blip_places(sample_rate)
        ),
    )


def blip_places(sample_rate: int) -> tuple[int, ...]:
    """Frames of the blips within their passage."""
    return tuple(round(second * sample_rate) for second in BLIP_SECONDS)
