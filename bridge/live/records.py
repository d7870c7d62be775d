"""What the engine and the process that steers it say to each other: one fixed record both ways.

Commands go to the engine, events come back. A record is 64 bytes: a sequence number and a checksum (see `ring`), then
the fields of `Record`. What the fields mean depends on the kind, as the tables below say.
"""

import struct
from enum import IntEnum
from typing import Final, NamedTuple


class Command(IntEnum):
    """What the engine is told; the unused fields are 0.

    SWITCH
        Bring up `slot`.
    MOVE
        Move control number `index` of the engine's table of controls to `value`, in the parameter's own unit.
    LEVEL
        Set gain number `index` of `LEVELS` to `value` dB.
    MUTE
        Silence the output when `value` is 1, let it sound when 0.
    PANIC
        Cut all that rings; the chain that plays starts anew from rest.
    MIDI
        A channel message for plugins that take MIDI: `slot` bytes (2 or 3) in `index`, the first one lowest.
    BYPASS
        The dry signal instead of the chains when `value` is 1, the selected chain again when 0.
    STOP
        Fade out and end.
    """

    SWITCH = 1
    MOVE = 2
    LEVEL = 3
    MUTE = 4
    PANIC = 5
    MIDI = 6
    BYPASS = 7
    STOP = 8


class Event(IntEnum):
    """What the engine reports.

    APPLIED
        A command took effect at `frame`: `command` says which kind, `number`, `slot`, `index`, `value` and `stamp` are
        the command's own.
    REFUSED
        A command did nothing: `slot` or `index` does not exist.
    METERS
        Twenty times a second: `slot` plays; `value` is the longest callback since the last report as a part of a
        block; `index` counts xruns since the start, `number` the chains that ring; `peak_in` and `peak_out`
        are amplitudes over all channels since the last report, full scale at 1.
    XRUN
        The server reports that audio was lost; `index` counts since the start.
    GAP
        `slot` frames of the server's time passed without the engine being called, in front of `frame`; below 0, its
        clock was set back by as much.
    NONFINITE
        A chain put out something that is not a number in the block at `frame`; the block was silenced.
    STOPPED
        The engine has played its last block; `frame` counts the frames played.
    """

    APPLIED = 64
    REFUSED = 65
    METERS = 66
    XRUN = 67
    GAP = 68
    NONFINITE = 69
    STOPPED = 70


LEVELS: Final = ("volume", "expression")
"""The gains behind all chains that a player sets; a `LEVEL` command names one by its index."""


class Record(NamedTuple):
    """One message.

    Attributes
    ----------
    kind : int
        A `Command` or an `Event`.
    command : int
        Of an event: the kind of the command it answers.
    rest : int
        Of a command: how many records that follow belong to it, to be applied in the same block (a snapshot).
    slot, index, number : int
        See the kinds; `number` of a command counts the commands that were sent.
    frame : int
        Of an event: frames the engine had played before the block in which it happened.
    stamp : int
        Of a command: when it was sent, in nanoseconds of ``time.monotonic_ns``.
    value : float
        See the kinds.
    peak_in, peak_out : float
        Of METERS.
    """

    kind: int
    command: int = 0
    rest: int = 0
    slot: int = 0
    index: int = 0  # pyright: ignore[reportIncompatibleMethodOverride]
    number: int = 0
    frame: int = 0
    stamp: int = 0
    value: float = 0.0
    peak_in: float = 0.0
    peak_out: float = 0.0


PAYLOAD: Final = struct.Struct("<BBHiIIqqd2f8x")
"""The fields of a record as they lie in memory: 56 bytes."""
