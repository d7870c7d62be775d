"""From two recordings to a capture: align, check, compensate."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ...models.errors import ParameterError
from .capture import Capture, Passage, Take, Use
from .layouts import Layout


def make_capture(
    input_audio: ArrayLike,
    output_audio: ArrayLike,
    sample_rate: int,
    *,
    output_rate: int | None = None,
    name: str = "capture",
    layout: Layout | None = None,
    knobs: Mapping[str, float] | None = None,
    uses: Sequence[Use] = ("train", "validation", "test"),
    gear: Mapping[str, str] | None = None,
    input_level_dbu: float | None = None,
    output_level_dbu: float | None = None,
    latency_frames: int | None = None,
    ignore: Sequence[str] = (),
) -> Capture:
    """Align, check and compensate one recording of a device.

    Parameters
    ----------
    input_audio, output_audio : array of float, shape (frames,)
        What went in and what came out. They may differ in length.
    sample_rate : int
        Of the input, in Hz; the capture's.
    output_rate : int, optional
        Of the output; like the input's unless told.
    name : str
        Of the capture, and of its take.
    layout : Layout, optional
        Of the input. Recognised by its content unless told.
    knobs : mapping of str to float, optional
        Names and positions (0 to 1) of the knobs.
    uses : sequence of str
        What this take may be used for.
    gear : mapping of str to str, optional
        What was captured.
    input_level_dbu, output_level_dbu : float, optional
        See `Capture`.
    latency_frames : int, optional
        Measured unless told.
    ignore : sequence of str
        Names of checks whose errors do not stop the user; recorded in the capture. ``all`` names all.

    Returns
    -------
    Capture
        With one take. What the checks found is in it: call `Capture.refuse_errors` before it is used.

    Raises
    ------
    AudioError
        When the recordings cannot be a pair at all: not mono, empty.
    ParameterError
        When a check that is to be ignored, or a use, is unknown.
    """
    audio, target = (np.asarray(part, np.float32) for part in (input_audio, output_audio))
    frames = min(audio.size, target.size)
    positions = dict(knobs or {})
    return Capture(
        name=name,
        sample_rate=sample_rate,
        takes=(Take(name, audio[:frames], target[:frames], tuple(positions.values()), 0, tuple(uses)),),
        passages=(Passage("all", 0, frames, "music", "train"),),
        knobs=tuple(positions),
        ignored=tuple(ignore),
        gear=dict(gear or {}),
        input_level_dbu=input_level_dbu,
        output_level_dbu=output_level_dbu,
    )


def join_captures(captures: Sequence[Capture], *, name: str) -> Capture:
    """Make one parametric capture of several settings of one device.

    Parameters
    ----------
    captures : sequence of Capture
        Of the same input, with the same knobs.
    name : str
        Of the whole.

    Raises
    ------
    ParameterError
        When rate, passages or knobs differ.
    """
    first = captures[0]
    for other in captures[1:]:
        for what in ("sample_rate", "knobs", "layout"):
            if getattr(other, what) != getattr(first, what):
                raise ParameterError(
                    f"capture {other.name}: {what} is {getattr(other, what)!r}, "
                    f"that of {first.name} {getattr(first, what)!r}: capture all settings with one input"
                )
    takes = tuple(take for capture in captures for take in capture.takes)
    return Capture(
        name=name,
        sample_rate=first.sample_rate,
        takes=takes,
        passages=first.passages,
        knobs=first.knobs,
        findings=tuple(finding for capture in captures for finding in capture.findings),
        ignored=tuple(dict.fromkeys(name for capture in captures for name in capture.ignored)),
        gear=first.gear,
        input_level_dbu=first.input_level_dbu,
        output_level_dbu=first.output_level_dbu,
        layout=first.layout,
    )
