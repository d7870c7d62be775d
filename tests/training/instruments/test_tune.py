"""The tune and its MIDI file."""

from pathlib import Path

import mido
import pytest

from ampboard.training.instruments.electric import BASS, GUITAR, Electric
from ampboard.training.instruments.notes import Note, TempoMap
from ampboard.training.instruments.tune import (
    BARS,
    BEATS_A_BAR,
    PROGRAMS,
    SECONDS,
    TEMPO,
    bass_notes,
    guitar_notes,
    switches,
)


def test_a_tempo_map_adds_up() -> None:
    tempo = TempoMap(((0.0, 120.0), (8.0, 60.0)))
    assert [tempo.seconds(beat) for beat in (0, 4, 8, 10)] == [0.0, 2.0, 4.0, 6.0]


def test_the_tune_lasts_twenty_odd_seconds() -> None:
    assert 20 <= SECONDS <= 24


def test_program_changes_fall_on_the_bars_where_the_guitar_changes() -> None:
    """As a MIDI player hears the file's tempo map, within its resolution of one tick."""
    heard: list[tuple[float, int]] = []
    now = 0.0
    for message in switches():
        now += message.time
        if message.type == "program_change":
            assert message.channel == 0
            heard.append((now, message.program))
    assert [program for _, program in heard] == [0, 1, 2]
    for (time, _), (beat, _, _) in zip(heard, PROGRAMS, strict=True):
        assert beat % BEATS_A_BAR == 0
        assert time == pytest.approx(TEMPO.seconds(beat), abs=1.2e-3)


def test_the_crescendo_rises_in_steps_of_one() -> None:
    values = [m.value for track in switches().tracks for m in track if m.type == "control_change"]
    assert values == list(range(88, 119))


def test_the_midi_file_survives_writing_and_reading(tmp_path: Path) -> None:
    path = tmp_path / "switches.mid"
    switches().save(path)
    assert [list(track) for track in mido.MidiFile(path).tracks] == [list(track) for track in switches().tracks]


@pytest.mark.parametrize(("instrument", "notes"), [(GUITAR, guitar_notes()), (BASS, bass_notes())])
def test_every_note_lies_on_the_instrument_and_in_the_tune(instrument: Electric, notes: list[Note]) -> None:
    assert notes
    for note in notes:
        assert 1 <= note.string <= len(instrument.tuning)
        assert 0 <= note.fret <= 24
        assert 0 <= note.beat < BARS * BEATS_A_BAR
