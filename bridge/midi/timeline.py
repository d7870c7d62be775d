"""Standard MIDI files as messages at frames.

The times are exact: ticks are summed as integers under the file's tempo map and rounded once, at the end.

Source: *Standard MIDI Files 1.0* (RP-001, MIDI Manufacturers Association): header division, tempo and SMPTE time.
"""

import heapq
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import mido

from ...models.errors import MidiError, ParameterError

DEFAULT_TEMPO: Final = 500_000  # microseconds a quarter note: 120 a minute, until the file says otherwise
MAX_BYTES: Final = 64 << 20
SMPTE_RATES: Final = {24: Fraction(24), 25: Fraction(25), 29: Fraction(30_000, 1001), 30: Fraction(30)}
MICROSECONDS: Final = 1_000_000

MALFORMED: Final = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    struct.error,
    mido.KeySignatureError,
)
"""What mido's readers and decoders raise on malformed content; it documents none."""


@dataclass(frozen=True)
class TimedMessage:
    """A MIDI message and the frame at which it takes effect."""

    frame: int
    message: mido.Message


@dataclass(frozen=True)
class TimedTempo:
    """A tempo in quarter notes a minute and the frame from which it holds."""

    frame: int
    tempo: float


def read_midi(path: str | Path, sample_rate: int) -> tuple[TimedMessage, ...]:
    """Read a standard MIDI file of type 0 or 1 and place its messages on frames.

    Parameters
    ----------
    path : str or Path
        The file. Division in ticks a quarter note (with tempo map) or in SMPTE frames.
    sample_rate : int
        Frames a second of the time line.

    Returns
    -------
    tuple of TimedMessage
        In order of time; messages at the same tick in the order of tracks. Meta messages are left out. A message
        at time t lies at frame ``floor(t * sample_rate + 1/2)``, computed in integers.

    Raises
    ------
    MidiError
        When the file cannot be read, is not a MIDI file, or is of type 2 (its tracks have no common time).

    Examples
    --------
    >>> read_midi("switches.mid", 48_000)[0]          # doctest: +SKIP
    TimedMessage(frame=0, message=Message('program_change', channel=0, program=0, time=0))
    """
    timed = _timed(Path(path), sample_rate)
    return tuple(TimedMessage(frame, message) for frame, message in timed if isinstance(message, mido.Message))


def read_tempo_map(path: str | Path, sample_rate: int) -> tuple[TimedTempo, ...]:
    """The tempo changes of a standard MIDI file, in order of time; see `read_midi`.

    Returns
    -------
    tuple of TimedTempo
        Empty when the file says no tempo.
    """
    timed = _timed(Path(path), sample_rate)
    return tuple(
        TimedTempo(frame, 60 * MICROSECONDS / message.tempo)
        for frame, message in timed
        if message.type == "set_tempo" and message.tempo
    )


def _timed(file: Path, sample_rate: int) -> list[tuple[int, Any]]:
    """All messages of a file, meta messages too, at their frames."""
    if sample_rate <= 0:
        raise ParameterError(f"sample_rate is {sample_rate}: use a number of frames a second above 0")
    midi = _parse(file)
    if midi.type == 2:
        raise MidiError(f"{file}: MIDI file of type 2, its tracks have no common time: save it as type 0 or 1")
    messages = tuple(_in_order(midi.tracks))
    if midi.ticks_per_beat < 0:
        seconds_per_tick = _smpte_tick(file, midi.ticks_per_beat)
        times = [tick * seconds_per_tick for tick, _ in messages]
    elif midi.ticks_per_beat == 0:
        raise MidiError(f"{file}: the header's division is 0: use ticks a quarter note above 0")
    else:
        times = list(_tempo_times(messages, midi.ticks_per_beat))
    return [(_rounded(time * sample_rate), message) for time, (_, message) in zip(times, messages, strict=True)]


def _parse(file: Path) -> mido.MidiFile:
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise MidiError(f"{file}: {size} bytes is no MIDI file: at most {MAX_BYTES} are read")
        # from memory: a file would be asked for as many bytes as a damaged chunk claims, up to 2 GiB
        return mido.MidiFile(file=BytesIO(file.read_bytes()))
    except FileNotFoundError as error:
        raise MidiError(f"{file}: there is no such file: correct the path") from error
    except EOFError as error:
        raise MidiError(f"{file}: the MIDI file ends too early: it is cut short or empty") from error
    except MALFORMED as error:
        raise MidiError(f"{file}: not a readable MIDI file: {error}") from error


def _in_order(tracks: Iterable[mido.MidiTrack]) -> Iterator[tuple[int, Any]]:
    """All messages with their absolute ticks, merged over the tracks."""
    timed = [zip(accumulate(message.time for message in track), track, strict=True) for track in tracks]
    return heapq.merge(*timed, key=lambda pair: pair[0])  # stable: equal ticks keep the order of tracks


def _tempo_times(messages: Iterable[tuple[int, Any]], ticks_per_beat: int) -> Iterator[Fraction]:
    """Seconds of each message. Inside, time is an integer: microseconds times ticks a quarter note."""
    tempo, elapsed, last = DEFAULT_TEMPO, 0, 0
    for tick, message in messages:
        elapsed += (tick - last) * tempo
        last = tick
        yield Fraction(elapsed, ticks_per_beat * MICROSECONDS)
        if message.type == "set_tempo":
            tempo = message.tempo


def _smpte_tick(file: Path, division: int) -> Fraction:
    """Seconds a tick for a negative division: minus the frames a second in the high byte, ticks a frame in the low."""
    frames, ticks = -(division >> 8), division & 0xFF
    if frames not in SMPTE_RATES or not ticks:
        known = ", ".join(map(str, SMPTE_RATES))
        raise MidiError(f"{file}: SMPTE division of {frames} frames and {ticks} ticks: frames must be one of {known}")
    return 1 / (SMPTE_RATES[frames] * ticks)


def _rounded(frames: Fraction) -> int:
    """Nearest integer, halves upwards: Python's round() would take halves to even, later frames unevenly spaced."""
    return (2 * frames.numerator + frames.denominator) // (2 * frames.denominator)
