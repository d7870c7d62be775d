"""From two recordings to a capture: align, check, compensate."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...models.errors import AudioError, ParameterError
from .capture import USES, Capture, Passage, Take, Use
from .checks.evidence import Evidence
from .checks.table import chosen_checks, run_checks
from .layouts import Layout
from .layouts.cutting import cut_at_quiet_places
from .layouts.recognition import recognise
from .recordings import on_24_bit_grid, resample


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
    audio, recorded = (_mono(part, which) for part, which in ((input_audio, "input"), (output_audio, "output")))
    ignored = chosen_checks(ignore)
    unknown = [use for use in uses if use not in USES[:3]]
    if unknown:
        raise ParameterError(f"capture {name}: a take cannot be used for {unknown[0]!r}: use {', '.join(USES[:3])}")
    rate = sample_rate if output_rate is None else output_rate
    audio = resample(audio, sample_rate, sample_rate)
    layout = layout or recognise(audio, sample_rate) or cut_at_quiet_places(audio, sample_rate)
    if layout.sample_rate != sample_rate:
        raise ParameterError(
            f"capture {name}: the input runs at {sample_rate} Hz, its layout {layout.name} at {layout.sample_rate} Hz"
        )
    evidence = Evidence(
        audio=audio,
        recorded=recorded,
        sample_rate=sample_rate,
        output_rate=rate,
        output=resample(recorded, rate, sample_rate),
        layout=layout,
        told_frames=latency_frames,
    )
    findings = run_checks(evidence, take=name, ignored=ignored)
    first, last = evidence.recorded_span
    positions = dict(knobs or {})
    return Capture(
        name=name,
        sample_rate=sample_rate,
        takes=(
            Take(
                name,
                on_24_bit_grid(audio[:last]),
                on_24_bit_grid(evidence.target[:last]),
                tuple(positions.values()),
                evidence.latency_frames,
                tuple(uses),
            ),
        ),
        passages=within(layout.passages, first, last),
        knobs=tuple(positions),
        findings=findings,
        ignored=ignored,
        gear=dict(gear or {}),
        input_level_dbu=input_level_dbu,
        output_level_dbu=output_level_dbu,
        layout=layout.name,
    )


def within(passages: Sequence[Passage], first: int, last: int) -> tuple[Passage, ...]:
    """What of the passages lies between two frames; a clip that is cut is left out."""
    return tuple(
        replace(passage, start=max(passage.start, first), stop=min(passage.stop, last))
        for passage in passages
        if max(passage.start, first) < min(passage.stop, last)
        and not (passage.alone and (passage.start < first or passage.stop > last))
    )


def _mono(audio: ArrayLike, which: str) -> NDArray[np.float32]:
    samples = np.asarray(audio, np.float32)
    if samples.ndim == 2 and 1 in samples.shape:
        samples = samples.reshape(-1)
    if samples.ndim != 1 or not samples.size:
        raise AudioError(f"the {which} has the shape {samples.shape}: use one mono recording with sound in it")
    return samples


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
    last = min(take.audio.size for capture in captures for take in capture.takes)
    shared = set.intersection(*({passage.name for passage in capture.passages} for capture in captures))
    start = {
        name: max(passage.start for capture in captures for passage in capture.passages if passage.name == name)
        for name in shared
    }
    takes = tuple(
        replace(take, audio=take.audio[:last], target=take.target[:last])
        for capture in captures
        for take in capture.takes
    )
    return Capture(
        name=name,
        sample_rate=first.sample_rate,
        takes=takes,
        passages=within(
            [
                replace(passage, start=start[passage.name])
                for passage in first.passages
                if passage.name in shared and start[passage.name] < passage.stop
            ],
            0,
            last,
        ),
        knobs=first.knobs,
        findings=tuple(finding for capture in captures for finding in capture.findings),
        ignored=tuple(dict.fromkeys(name for capture in captures for name in capture.ignored)),
        gear=first.gear,
        input_level_dbu=first.input_level_dbu,
        output_level_dbu=first.output_level_dbu,
        layout=first.layout,
    )
