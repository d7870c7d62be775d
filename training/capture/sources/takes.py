"""From what any source recorded to one capture."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ....models.errors import ParameterError
from ..capture import Capture, Use
from ..layouts import Layout
from ..making import join_captures, make_capture
from ..recordings import Recording

UNSEEN: tuple[Use, ...] = ("test",)
ALL_USES: tuple[Use, ...] = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class RawTake:
    """What a device made of the signal, as it was recorded: not aligned, not checked.

    Attributes
    ----------
    name : str
        Unlike any other take's.
    recording : Recording
        What was recorded.
    positions : mapping of str to float
        Where the knobs stood, 0 to 1; the same knobs in all takes of a device.
    uses : tuple of str
        As `Take.uses`.
    """

    name: str
    recording: Recording
    positions: Mapping[str, float] = field(default_factory=dict[str, float])
    uses: tuple[Use, ...] = ALL_USES


@dataclass(frozen=True)
class Labels:
    """What is written into a capture besides sound.

    Attributes
    ----------
    name : str
        Of the capture.
    gear : mapping of str to str
        See `Capture.gear`.
    input_level_dbu, output_level_dbu : float or None
        See `Capture`.
    ignore : tuple of str
        Checks whose errors the user ignores.
    """

    name: str
    gear: Mapping[str, str] = field(default_factory=dict[str, str])
    input_level_dbu: float | None = None
    output_level_dbu: float | None = None
    ignore: tuple[str, ...] = ()


def capture_takes(
    signal: Recording,
    takes: Iterable[RawTake],
    labels: Labels,
    *,
    layout: Layout | None = None,
    latency_frames: int | None = None,
    computed: bool = False,
) -> Capture:
    """Align and check takes of one device at one or many settings, and make one capture of them.

    Parameters
    ----------
    signal : Recording
        What was sent through the device.
    takes : iterable of RawTake
        At least one; each is let go before the next is asked for.
    labels : Labels
        Name, gear, levels.
    layout : Layout, optional
        Of the signal; recognised by its content unless told.
    latency_frames : int, optional
        Of all takes; measured, in each, unless told.
    computed : bool
        A circuit or a plugin played it, no converter was in the way: a flat top at full scale is the device's own. It
        answers equally late at all settings, and never before it is asked: what the first take shows holds for all,
        for a frame more or less at some setting is a tone control's doing, and would confuse a model.

    Raises
    ------
    ParameterError
        When there is no take, the takes have not all the same knobs, or two of them the same setting.
    AudioError
        When a recording cannot be the signal's pair at all.
    """
    captures: list[Capture] = []
    seen: dict[tuple[float, ...], str] = {}
    names: tuple[str, ...] = ()
    latency = latency_frames
    for take in takes:
        names = names or tuple(take.positions)
        if set(take.positions) != set(names):
            raise ParameterError(
                f"take {take.name} says where {_list(take.positions)} stands, the first take {_list(names)}: "
                "give every take a value of the same knobs"
            )
        place = tuple(take.positions[name] for name in names)
        if place in seen:
            raise ParameterError(f"takes {seen[place]} and {take.name} have the same setting: leave one out")
        seen[place] = take.name
        made = _capture(signal, take, names, labels, layout, latency)
        if computed and latency is None and not {error.check for error in made.errors} - {"clipping"}:
            latency = max(made.latency_frames, 0)
            if latency != made.latency_frames:
                made = _capture(signal, take, names, labels, layout, latency)
        elif latency_frames is None and any(error.check == "latency" for error in made.errors):
            made = _capture(signal, take, names, labels, layout, None)  # it is not so steady
        if computed:
            made = replace(made, findings=tuple(found for found in made.findings if found.check != "clipping"))
        captures.append(_sharing(made, captures))
    if not captures:
        raise ParameterError(f"{labels.name}: there is no take: give a recording")
    if len(captures) == 1:
        return replace(captures[0], name=labels.name)
    return join_captures(captures, name=labels.name)


def _capture(
    signal: Recording,
    take: RawTake,
    names: Sequence[str],
    labels: Labels,
    layout: Layout | None,
    latency: int | None,
) -> Capture:
    return make_capture(
        signal.audio,
        take.recording.audio,
        signal.sample_rate,
        output_rate=take.recording.sample_rate,
        name=take.name,
        layout=layout,
        knobs={name: take.positions[name] for name in names},
        uses=take.uses,
        gear=labels.gear,
        input_level_dbu=labels.input_level_dbu,
        output_level_dbu=labels.output_level_dbu,
        latency_frames=latency,
        ignore=labels.ignore,
    )


def _sharing(made: Capture, others: Sequence[Capture]) -> Capture:
    """The same capture, its input held once in memory where it is that of the others."""
    if not others:
        return made
    audio = others[0].takes[0].audio
    takes = (replace(t, audio=audio) if np.array_equal(t.audio, audio) else t for t in made.takes)
    return replace(made, takes=tuple(takes))


def _list(names: Sequence[str] | Mapping[str, float]) -> str:
    return " and ".join(names) or "no knob"
