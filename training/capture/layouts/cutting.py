"""Cutting what nobody has laid out into passages: a plain pair of recordings at its quiet places, clips one by one."""

from collections.abc import Collection
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ....models.errors import ParameterError
from ..capture import Passage, Use
from .layout import Layout

SHORTEST, LONGEST = 5.0, 10.0  # seconds of a passage
QUIET_SECONDS: Final = 0.05
GUARD_SECONDS: Final = 0.25  # around what judges, used by nobody: a note that rings on is not in both
TURNS: Final[tuple[Use, ...]] = ("train", "train", "train", "train", "validation", "train", "train", "train", "test")


def cut_at_quiet_places(audio: NDArray[np.float32], sample_rate: int) -> Layout:
    """Cut a recording into passages of 5 to 10 s, each where it is quietest.

    Parameters
    ----------
    audio : ndarray of float32, shape (frames,)
        What went into the device.
    sample_rate : int
        In Hz.

    Returns
    -------
    Layout
        Every ninth passage validates, every ninth tests (at least one of each); a quarter of a second lies between
        these and what is trained on. A recording below 30 s is cut into three or four.
    """
    shortest, longest = (round(seconds * sample_rate) for seconds in (SHORTEST, LONGEST))
    if audio.size < 3 * longest:
        shortest, longest = max(1, audio.size // 4), max(2, audio.size // 3 + 1)
    window = max(1, min(round(QUIET_SECONDS * sample_rate), shortest))
    power = np.concatenate([[0.0], np.cumsum(np.square(audio, dtype=np.float64))])
    loudness = power[window:] - power[:-window]  # of the stretch that starts here
    edges = [0]
    while audio.size - edges[-1] > longest:
        first = edges[-1] + shortest - window // 2
        last = min(edges[-1] + longest, audio.size - shortest) - window // 2
        edges.append(first + window // 2 + int(np.argmin(loudness[first : max(first + 1, last)])))
    edges.append(audio.size)
    uses = _turns(len(edges) - 1)
    guard = min(round(GUARD_SECONDS * sample_rate), shortest // 8)
    passages: list[Passage] = []
    for number, use in enumerate(uses):
        start, stop = edges[number], edges[number + 1]
        if number and use != uses[number - 1]:
            start += guard
        passages.append(Passage(f"passage {number + 1}", start, stop, "music", use))
    return Layout("plain", sample_rate, tuple(passages))


def cut_into_clips(
    frames: int,
    clip_frames: int,
    sample_rate: int,
    *,
    validation: Collection[int] | None = None,
    test: Collection[int] | None = None,
) -> Layout:
    """Lay out clips that stand end to end, each recorded with the device at rest before it.

    Parameters
    ----------
    frames : int
        Of all clips.
    clip_frames : int
        Of one.
    sample_rate : int
        In Hz.
    validation, test : collection of int, optional
        Numbers of the clips (from 0) that validate and test; every ninth each unless told.

    Raises
    ------
    ParameterError
        When the clips do not fill the recording, or one is to validate and test.
    """
    if clip_frames < 1 or frames % clip_frames or not frames:
        raise ParameterError(f"clips of {clip_frames} frames do not fill {frames} frames: give the length of one clip")
    count = frames // clip_frames
    turns = _turns(count)
    chosen: dict[Use, set[int]] = {}
    given: dict[Use, Collection[int] | None] = {"validation": validation, "test": test}
    for use, numbers in given.items():
        chosen[use] = {number for number, turn in enumerate(turns) if turn == use} if numbers is None else set(numbers)
    both = chosen["validation"] & chosen["test"]
    if both or not chosen["validation"] | chosen["test"] <= set(range(count)):
        raise ParameterError(
            f"clips to validate and test with: use numbers from 0 to {count - 1}, none twice"
            + (f" (as {min(both)} is)" if both else "")
        )

    uses: list[Use] = [
        "validation" if number in chosen["validation"] else "test" if number in chosen["test"] else "train"
        for number in range(count)
    ]
    passages = (
        Passage(f"clip {number}", number * clip_frames, (number + 1) * clip_frames, "music", use, alone=True)
        for number, use in enumerate(uses)
    )
    return Layout("clips", sample_rate, tuple(passages))


def _turns(count: int) -> list[Use]:
    uses: list[Use] = [TURNS[number % len(TURNS)] for number in range(count)]
    if count >= 3 and "test" not in uses:
        uses[-1] = "test"
    if count >= 3 and "validation" not in uses:
        uses[-2] = "validation"
    return uses
