"""The plucked string: in tune and ringing as long as asked."""

import numpy as np
import pytest

from ampboard.training.instruments.electric import BASS, GUITAR, Electric, play
from ampboard.training.instruments.notes import Note, TempoMap
from ampboard.training.instruments.plucked_string import Decay, Pluck, pluck_string

RATE = 48_000.0
TEMPO = TempoMap(((0.0, 60.0),))


def partial(sound: np.ndarray, frequency: float, start: float, length: float) -> complex:
    """Amplitude and phase of a partial in a Hann window."""
    frames = slice(round(start * RATE), round((start + length) * RATE))
    time = np.arange(frames.start, frames.stop) / RATE
    window = np.hanning(time.size)
    return complex(np.sum(window * sound[frames] * np.exp(-2j * np.pi * frequency * time)) / window.sum())


def cents_off(sound: np.ndarray, frequency: float, start: float = 0.2) -> float:
    """Deviation of the fundamental, from the turn of its phase over 50 ms."""
    apart = 0.05
    turn = np.angle(partial(sound, frequency, start + apart, 0.3) / partial(sound, frequency, start, 0.3))
    return float(1200 * np.log2(1 + turn / (2 * np.pi * apart * frequency)))


def ring(frequency: float, decay: Decay, seconds: float = 1.5, held: float = 10.0) -> np.ndarray:
    pluck = Pluck(level=0.8)
    noise = np.random.default_rng(4)
    return pluck_string(frequency, seconds, pluck=pluck, decay=decay, sample_rate=RATE, held=held, noise=noise)


@pytest.mark.parametrize("instrument", [GUITAR, BASS], ids=lambda instrument: instrument.name)
@pytest.mark.parametrize("fret", [0, 1, 7, 12, 19])
def test_every_string_is_in_tune(instrument: Electric, fret: int) -> None:
    """Within one cent of equal temperament."""
    for string in range(1, len(instrument.tuning) + 1):
        frequency = instrument.pitch(string, fret)
        assert abs(cents_off(ring(frequency, instrument.decay(frequency)), frequency)) < 1.0


def test_concert_pitch() -> None:
    assert GUITAR.pitch(1, 5) == pytest.approx(440.0)
    assert BASS.pitch(3, 0) == pytest.approx(55.0)


@pytest.mark.parametrize("frequency", [82.4, 220.0, 659.3])
def test_the_fundamental_decays_as_asked(frequency: float) -> None:
    """60 dB in 4 s, within 3 %."""
    sound = ring(frequency, Decay(4.0, 0.8), seconds=2.5)
    fall_db = 20 * np.log10(abs(partial(sound, frequency, 0.3, 0.4)) / abs(partial(sound, frequency, 1.8, 0.4)))
    assert fall_db == pytest.approx(1.5 * 60 / 4.0, rel=0.03)


def test_high_partials_decay_faster() -> None:
    sound = ring(110.0, Decay(6.0, 0.7), seconds=1.5)

    def fall_db(frequency: float) -> float:
        return float(20 * np.log10(abs(partial(sound, frequency, 0.1, 0.3)) / abs(partial(sound, frequency, 0.5, 0.3))))

    assert fall_db(27 * 110.0) > 5 * fall_db(110.0)
    assert fall_db(27 * 110.0) == pytest.approx(0.4 * 60 / 0.7, rel=0.15)


def test_a_stopped_string_falls_silent() -> None:
    """60 dB within 0.15 s of the release."""
    sound = ring(110.0, Decay(8.0, 1.0), held=0.5)
    before, after = (np.abs(sound[round(t * RATE) : round((t + 0.05) * RATE)]).max() for t in (0.45, 0.65))
    assert after < 1e-3 * before


def test_a_pick_at_the_middle_leaves_out_even_partials() -> None:
    pluck = Pluck(level=1.0, position=0.5, noise=0.0)
    sound = pluck_string(
        200.0,
        1.0,
        pluck=pluck,
        decay=Decay(5.0, 1.0),
        sample_rate=RATE,
        held=5.0,
        noise=np.random.default_rng(5),
    )
    assert abs(partial(sound, 400.0, 0.1, 0.4)) < 0.05 * abs(partial(sound, 600.0, 0.1, 0.4))


def test_a_bend_reaches_its_pitch() -> None:
    """Two semitones up, within two cents."""
    note = Note(0.0, 3.0, 3, 7, bend=((0.0, 0.0), (0.2, 2.0)))
    sound = play(GUITAR, [note], TEMPO, seconds=3.0, sample_rate=RATE, seed=6)
    assert abs(cents_off(sound, GUITAR.pitch(3, 9), start=1.0)) < 2.0


def test_playing_is_reproducible_by_its_seed() -> None:
    notes = [Note(0.0, 1.0, 5, 3), Note(0.5, 1.0, 4, 2, muted=True)]
    first, again, other = (play(GUITAR, notes, TEMPO, seconds=1.0, sample_rate=RATE, seed=seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_a_palm_muted_note_is_shorter_and_darker() -> None:
    open_note, muted = (
        play(GUITAR, [Note(0.0, 1.0, 6, 0, muted=muted)], TEMPO, seconds=1.0, sample_rate=RATE, seed=9)
        for muted in (False, True)
    )
    late = slice(round(0.4 * RATE), round(0.6 * RATE))
    assert np.std(muted[late]) < 0.1 * np.std(open_note[late])
