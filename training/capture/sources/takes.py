"""From what any source recorded to one capture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

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
    signal: Recording, takes: Sequence[RawTake], labels: Labels, *, layout: Layout | None = None
) -> Capture:
    """Align and check takes of one device at one or many settings, and make one capture of them.

    Parameters
    ----------
    signal : Recording
        What was sent through the device.
    takes : sequence of RawTake
        At least one.
    labels : Labels
        Name, gear, levels.
    layout : Layout, optional
        Of the signal; recognised by its content unless told.

    Raises
    ------
    ParameterError
        When the takes have not all the same knobs, or two of them the same setting.
    AudioError
        When a recording cannot be the signal's pair at all.
    """
    if not takes:
        raise ParameterError(f"{labels.name}: there is no take: give a recording")
    names = tuple(takes[0].positions)
    seen: dict[tuple[float, ...], str] = {}
    for take in takes:
        if set(take.positions) != set(names):
            raise ParameterError(
                f"take {take.name} says where {_list(take.positions)} stands, take {takes[0].name} {_list(names)}: "
                "give every take a value of the same knobs"
            )
        place = tuple(take.positions[name] for name in names)
        if place in seen:
            raise ParameterError(f"takes {seen[place]} and {take.name} have the same setting: leave one out")
        seen[place] = take.name
    captures = [
        make_capture(
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
            ignore=labels.ignore,
        )
        for take in takes
    ]
    if len(captures) == 1:
        return replace(captures[0], name=labels.name)
    return join_captures(captures, name=labels.name)


def _list(names: Sequence[str] | Mapping[str, float]) -> str:
    return " and ".join(names) or "no knob"
