"""MIDI learn: move a control, and the mapping that fits it is proposed.

Adding a kind of control is adding a row to `LEARNABLE`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import mido

from .words import control_words

MAX_VALUE: Final = 127
SETTLED_S: Final = 0.8
"""Silence after which a control has been shown completely."""
SWEEP_VALUES: Final = 4
"""A control that took so many values is a pedal or a knob; one that took fewer is a switch."""
_BANKS: Final = (0, 32)
_FINE: Final = range(32, 64)


@dataclass(frozen=True)
class Learnable:
    """A kind of control: which messages it sends, what identifies it, and its value.

    Attributes
    ----------
    type : str
        mido's name of the message.
    key : callable
        The fields of a mapping that identify the control, without the channel.
    value : callable
        0 to 127.
    words : callable
        The control's name, from its key.
    mapping : bool
        Whether it makes a row of ``[[midi]]``; otherwise it chooses a slot.
    """

    type: str
    key: Callable[[Any], tuple[tuple[str, int], ...]]
    value: Callable[[Any], int]
    words: Callable[[Mapping[str, int]], str]
    mapping: bool = True


LEARNABLE: Final = (
    Learnable(
        type="control_change",
        key=lambda m: (("cc", m.control),),
        value=lambda m: m.value,
        words=lambda key: control_words(key["cc"]),
    ),
    Learnable(
        type="program_change",
        key=lambda m: (("program", m.program),),
        value=lambda m: MAX_VALUE,
        words=lambda key: f"program {key['program']}",
        mapping=False,
    ),
)


@dataclass(frozen=True)
class Learned:
    """A control that was shown.

    Attributes
    ----------
    key : mapping of str to int
        What identifies it in a mapping: ``{"cc": 11}``.
    channel : int
        1 to 16.
    values : tuple of int
        Those it has sent, in order of time.
    kind : Learnable
        Its row.
    """

    key: Mapping[str, int]
    channel: int
    values: tuple[int, ...]
    kind: Learnable

    @property
    def is_switch(self) -> bool:
        """Whether it only jumps: a footswitch, not a pedal."""
        return len(set(self.values)) < SWEEP_VALUES

    @property
    def words(self) -> str:
        """What it is, for the player."""
        nature = ""
        if self.kind.mapping:
            low, high = min(self.values), max(self.values)
            nature = ", a switch" if self.is_switch else f", a pedal or knob that went from {low} to {high}"
        return f"{self.kind.words(self.key)} on channel {self.channel}{nature}"


@dataclass
class Learner:
    """Takes messages until one control was shown completely.

    Messages that come along by themselves do not count: clocks, bank selects. Of several controls that moved, the one
    that took the most values is meant.

    Parameters
    ----------
    kinds : tuple of Learnable
        What may be learnt.
    """

    kinds: tuple[Learnable, ...] = LEARNABLE
    _shown: dict[tuple[Learnable, tuple[tuple[str, int], ...], int], list[int]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _last: float = 0.0

    def feed(self, message: mido.Message, now: float) -> None:
        """Take a message and the time in seconds at which it came."""
        fields: Any = message
        for kind in self.kinds:
            if fields.type == kind.type and not (fields.type == "control_change" and fields.control in _BANKS):
                self._shown[kind, kind.key(message), fields.channel + 1].append(kind.value(message))
                self._last = now

    def result(self, now: float) -> Learned | None:
        """What was shown; None until a control has moved and rested for 0.8 s."""
        if not self._shown or now - self._last < SETTLED_S:
            return None
        meant = {shown: values for shown, values in self._shown.items() if not self._is_fine_part(*shown)}
        (kind, key, channel), values = max(meant.items(), key=lambda item: (len(set(item[1])), len(item[1])))
        return Learned(dict(key), channel, tuple(values), kind)

    def _is_fine_part(self, kind: Learnable, key: tuple[tuple[str, int], ...], channel: int) -> bool:
        """Whether it is the lower half of a 14-bit control whose upper half, 32 below, has moved too."""
        control = dict(key).get("cc", -1)
        return control in _FINE and (kind, (("cc", control - 32),), channel) in self._shown


def propose_mapping(
    learned: Learned,
    target: str,
    *,
    any_channel: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
    curve: str | None = None,
) -> dict[str, Any]:
    """The fields of a ``[[midi]]`` row that lets a learned control move a target.

    Parameters
    ----------
    learned : Learned
        The control.
    target : str
        ``node.parameter``.
    any_channel : bool
        Leave the channel out.
    minimum, maximum : float, optional
        Values at both ends; the parameter's own when left out.
    curve : str, optional
        As in a preset; ``switch`` for a control that jumps when left out.
    """
    fields: dict[str, Any] = dict(learned.key)
    if not any_channel:
        fields["channel"] = learned.channel
    fields["target"] = target
    chosen = {"minimum": minimum, "maximum": maximum, "curve": curve or ("switch" if learned.is_switch else None)}
    return fields | {name: value for name, value in chosen.items() if value is not None}
