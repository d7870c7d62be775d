"""What the tuner shows for a frequency, and for sound."""

import numpy as np
import pytest

from ampboard.bridge.live.tuner.tuner import TUNINGS, Reading, Tuner, read_pitch
from ampboard.bridge.midi.notes import note_name, note_number
from ampboard.models.errors import ParameterError


def sine(frequency: float, seconds: float = 0.5) -> np.ndarray:
    return (0.1 * np.sin(2 * np.pi * frequency * np.arange(round(48_000 * seconds)) / 48_000)).astype(np.float32)


@pytest.mark.parametrize(
    ("frequency", "note", "cents"), [(440.0, "A4", 0.0), (30.87, "B0", 0.2), (329.63 * 2 ** (0.12 / 12), "E4", 12.0)]
)
def test_the_nearest_note_and_how_far_off(frequency, note, cents) -> None:
    reading = read_pitch(frequency)
    assert reading.note == note
    assert reading.cents == pytest.approx(cents, abs=0.5)
    assert reading.string is None


def test_the_reference_pitch_moves_every_note() -> None:
    assert read_pitch(415.0, reference_hz=415.0) == Reading("A4", 0.0, 415.0)
    assert read_pitch(440.0, reference_hz=415.0).note == "A#4"
    assert read_pitch(82.41, reference_hz=442.0).cents == pytest.approx(1200 * np.log2(440 / 442), abs=0.1)


def test_a_tuning_points_to_the_nearest_string_however_far_off() -> None:
    reading = read_pitch(78.0, tuning="drop-d")
    assert (reading.note, reading.string) == ("D2", 6)
    assert reading.cents == pytest.approx(1200 * np.log2(78.0 / 73.416), abs=0.1)
    assert read_pitch(330.0, tuning="standard").string == 1
    assert read_pitch(30.0, tuning="bass-5").string == 5


def test_tunings_are_ascending_notes() -> None:
    for name, strings in TUNINGS.items():
        numbers = [note_number(string) for string in strings]
        assert numbers == sorted(numbers), name


def test_note_names_go_there_and_back() -> None:
    assert [note_number(note_name(number)) for number in range(128)] == list(range(128))
    assert note_name(60) == "C4"
    with pytest.raises(ValueError, match="H2"):
        note_number("H2")


@pytest.mark.parametrize("reference", [414.9, 466.1, float("nan")])
def test_reference_pitches_beyond_the_range_are_refused(reference) -> None:
    with pytest.raises(ParameterError, match="use a value from 415 to 466"):
        Tuner(48_000, reference_hz=reference)


def test_unknown_tunings_are_refused_with_those_there_are() -> None:
    with pytest.raises(ParameterError, match=r"no tuning is called 'drop-q': use .*drop-d"):
        Tuner(48_000, tuning="drop-q")


def test_sound_becomes_a_reading_and_silence_none() -> None:
    tuner = Tuner(48_000)
    assert tuner.read() is None
    tuner.push(sine(110.5))
    assert tuner.read().note == "A2"
    assert tuner.read().cents == pytest.approx(1200 * np.log2(110.5 / 110), abs=0.05)
    tuner.push(np.zeros(48_000, np.float32))
    assert tuner.read() is None


def test_a_new_note_is_shown_at_once() -> None:
    tuner = Tuner(48_000)
    tuner.push(sine(110.0))
    for _ in range(3):
        tuner.read()
    tuner.push(sine(146.83))
    assert tuner.read().note == "D3"


def test_channels_are_summed() -> None:
    tuner = Tuner(48_000)
    tuner.push(np.stack([np.zeros(24_000, np.float32), sine(196.0)]))
    assert tuner.read().note == "G3"
