"""The factory tune: nine bars in A minor for guitar and bass.

Four bars of clean arpeggios, two of a palm-muted riff, two of a lead line, and a last long note. The presets follow the
guitar over MIDI: a program change at each of the three parts, and a crescendo (expression, CC 11) through the riff.
"""

from typing import Final

import mido

from .notes import Note, TempoMap

BEATS_A_BAR: Final = 4
BARS: Final = 9
TEMPO: Final = TempoMap(((0.0, 104.0), (16.0, 108.0)))
SECONDS: Final = TEMPO.seconds(BARS * BEATS_A_BAR) + 1.5
PROGRAMS: Final = ((0.0, 0, "clean"), (16.0, 1, "crunch"), (24.0, 2, "lead"))
CRESCENDO: Final = (16.0, 24.0, 88, 118)  # from beat, to beat, from value, to value of CC 11
TICKS_A_BEAT: Final = 480

# Half-bar or whole-bar arpeggios: length in eighths, then (string, fret) in the order of picking; all ring on.
ARPEGGIOS: Final = (
    (0.0, ((5, 0), (4, 2), (3, 4), (2, 1), (1, 0), (2, 1), (3, 4), (4, 2))),  # A minor, added ninth
    (4.0, ((6, 1), (4, 3), (3, 2), (2, 1), (1, 0), (2, 1), (3, 2), (4, 3))),  # F major seventh
    (8.0, ((5, 3), (4, 2), (3, 0), (2, 3), (1, 0), (2, 3), (3, 0), (4, 2))),  # C, added ninth
    (12.0, ((6, 3), (3, 0), (2, 0), (1, 3))),  # G
    (14.0, ((6, 0), (3, 1), (2, 0), (1, 0))),  # E seventh leads into the riff
)

POWER_CHORDS: Final = {
    "A": ((5, 0), (4, 2), (3, 2)),
    "C": ((5, 3), (4, 5), (3, 5)),
    "D": ((5, 5), (4, 7), (3, 7)),
    "E": ((6, 0), (5, 2), (4, 2)),
    "F": ((6, 1), (5, 3), (4, 3)),
    "G": ((6, 3), (5, 5), (4, 5)),
}

# One letter a sixteenth: a chord's name strikes it, "-" holds it, "m" is the muted open fifth string.
RIFF: Final = "A-mmC-mmD-mmC-G-" + "A-mmF-mmG-mmE---"

# beat, beats, string, fret, bend, vibrato
LEAD: Final = (
    (24.0, 1.5, 3, 7, ((0.0, 0.0), (0.1, 0.0), (0.5, 2.0)), 0.2),
    (25.5, 0.5, 2, 5, (), 0.0),
    (26.0, 0.5, 2, 8, (), 0.0),
    (26.5, 0.5, 1, 5, (), 0.0),
    (27.0, 1.0, 1, 8, ((0.0, 0.0), (0.3, 2.0), (0.6, 2.0), (0.9, 0.0)), 0.0),
    (28.0, 0.5, 1, 5, (), 0.0),
    (28.5, 0.5, 2, 8, (), 0.0),
    (29.0, 0.5, 2, 5, (), 0.15),
    (29.5, 0.25, 3, 7, (), 0.0),
    (29.75, 0.25, 3, 5, (), 0.0),
    (30.0, 0.5, 4, 7, (), 0.0),
    (30.5, 0.5, 3, 5, (), 0.0),
    (31.0, 0.5, 3, 7, (), 0.0),
    (31.5, 0.5, 2, 5, (), 0.0),
    (32.0, 4.6, 1, 5, (), 0.3),
)
LAST_CHORD: Final = ((32.0, 5, 0), (32.02, 4, 2))

# Bass: a bar a row, (beats, string, fret) one after the other.
WALKING: Final = (
    ((1.5, 3, 0), (0.5, 3, 0), (1.5, 2, 2), (0.5, 3, 0)),
    ((1.5, 4, 1), (0.5, 4, 1), (1.5, 3, 3), (0.5, 3, 2)),
    ((1.5, 3, 3), (0.5, 3, 3), (1.5, 2, 5), (0.5, 4, 3)),
    ((1.5, 4, 3), (0.5, 4, 3), (1.0, 4, 0), (0.5, 2, 2), (0.5, 4, 4)),
)
# The same in eighths, (string, fret).
DRIVING: Final = (
    ((3, 0), (3, 0), (3, 3), (3, 0), (2, 0), (3, 0), (3, 3), (4, 3)),
    ((3, 0), (3, 0), (4, 1), (3, 0), (4, 3), (3, 0), (4, 0), (4, 0)),
    ((3, 0), (3, 0), (3, 0), (3, 0), (4, 1), (4, 1), (4, 1), (4, 3)),
    ((3, 3), (3, 3), (3, 3), (3, 3), (4, 3), (4, 3), (4, 0), (4, 0)),
)
LAST_BEATS: Final = 4.6


def guitar_notes() -> list[Note]:
    """The guitar part."""
    notes: list[Note] = []
    for start, picked in ARPEGGIOS:
        end = start + len(picked) / 2
        notes += [
            Note(start + index / 2, end - start - index / 2, string, fret, 0.62 if index else 0.75)
            for index, (string, fret) in enumerate(picked)
        ]
    start = PROGRAMS[1][0]
    for index, sign in enumerate(RIFF):
        beat = start + index / 4
        if sign == "m":
            notes.append(Note(beat, 0.25, 5, 0, 0.85, muted=True))
        elif sign != "-":
            held = 1 + len(RIFF[index + 1 :]) - len(RIFF[index + 1 :].lstrip("-"))
            notes += [
                Note(beat + 0.012 * order, held / 4 - 0.04, string, fret, 0.95)
                for order, (string, fret) in enumerate(POWER_CHORDS[sign])
            ]
    notes += [
        Note(beat, beats - 0.02, string, fret, 0.85, bend=bend, vibrato=vibrato)
        for beat, beats, string, fret, bend, vibrato in LEAD
    ]
    notes += [Note(beat, LAST_BEATS, string, fret, 0.8) for beat, string, fret in LAST_CHORD]
    return notes


def bass_notes() -> list[Note]:
    """The bass part."""
    driving = tuple(tuple((0.5, string, fret) for string, fret in bar) for bar in DRIVING)
    notes: list[Note] = []
    for number, bar in enumerate((*WALKING, *driving, ((LAST_BEATS, 3, 0),))):
        beat = start = float(number * BEATS_A_BAR)
        for beats, string, fret in bar:
            notes.append(Note(beat, beats - 0.05, string, fret, 0.9 if beat == start else 0.75))
            beat += beats
    return notes


def switches() -> mido.MidiFile:
    """The MIDI file that switches presets along the tune.

    Returns
    -------
    mido.MidiFile
        Type 1: a track with tempo, metre and markers, and one with program changes 0, 1, 2 on channel 1 at the bars
        where the guitar's part changes, and CC 11 rising through the two bars of the riff.
    """
    conductor = [(0.0, mido.MetaMessage("time_signature", numerator=BEATS_A_BAR, denominator=4))]
    conductor += [(beat, mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))) for beat, bpm in TEMPO.changes]
    conductor += [(beat, mido.MetaMessage("marker", text=part)) for beat, _, part in PROGRAMS]
    board = [(beat, mido.Message("program_change", channel=0, program=program)) for beat, program, _ in PROGRAMS]
    first, last, low, high = CRESCENDO
    board += [
        (first + (last - first) * (value - low) / (high - low), mido.Message("control_change", control=11, value=value))
        for value in range(low, high + 1)
    ]
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_A_BEAT)
    for name, events in (("tempo", conductor), ("switches", board)):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        tick = 0
        for beat, message in sorted(events, key=lambda event: event[0]):
            now = round(beat * TICKS_A_BEAT)
            track.append(message.copy(time=now - tick))
            tick = now
        end = round(BARS * BEATS_A_BAR * TICKS_A_BEAT)
        track.append(mido.MetaMessage("end_of_track", time=max(0, end - tick)))
        file.tracks.append(track)
    return file
