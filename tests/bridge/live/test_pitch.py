"""The pitch detector against closed formulas, plucked strings and an independent fit to real recordings."""

import numpy as np
import pytest
import soundfile

from ampboard.bridge.live.tuner.decimator import Decimator
from ampboard.bridge.live.tuner.pitch import PitchDetector

RATES = (44_100, 48_000, 96_000)
B0, E6 = 23, 88  # MIDI note numbers of 30.87 and 1318.5 Hz


def cents(heard: float, true: float) -> float:
    return 1200 * np.log2(heard / true)


def midi_hz(number: float) -> float:
    return 440.0 * 2 ** ((number - 69) / 12)


def string(
    fundamental: float, rate: int, *, stiffness: float = 0.0, seconds: float = 0.6, weak_fundamental_db: float = 0.0
) -> np.ndarray:
    """Decaying partials of a plucked string: f(n) = n f1 sqrt((1 + B n^2) / (1 + B)), with an exact first partial."""
    random = np.random.default_rng(round(fundamental * 100))
    times = np.arange(round(seconds * rate)) / rate
    sound = np.zeros(times.size)
    for n in range(1, 40):
        frequency = n * fundamental * np.sqrt((1 + stiffness * n * n) / (1 + stiffness))
        if frequency > min(0.45 * rate, 9000):
            break
        strength = np.sin(np.pi * n * 0.13) / n * abs(np.sin(np.pi * n * 0.09 + 0.3))
        if n == 1:
            strength *= 10 ** (weak_fundamental_db / 20)
        decay = np.exp(-times / 1.5 * (1 + 0.1 * n))
        sound += strength * decay * np.sin(2 * np.pi * frequency * times + random.uniform(0, 2 * np.pi))
    return 0.3 * sound / np.abs(sound).max()


def hear(sound: np.ndarray, rate: int, block: int = 512) -> list:
    """Readings every 0.1 s once a window is full."""
    detector = PitchDetector(rate)
    readings, due = [], 0.35
    for start in range(0, sound.size, block):
        detector.push(sound[start : start + block].astype(np.float32))
        if (start + block) / rate >= due:
            readings.append(detector.detect())
            due += 0.1
    assert readings
    return readings


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("stiffness", [0.0, 1e-4, 4e-4])
def test_strings_from_b0_to_e6_are_right_within_a_tenth_of_a_cent(rate, stiffness) -> None:
    for number in np.arange(B0, E6 + 0.1, 6.5):
        true = midi_hz(number)
        for reading in hear(string(true, rate, stiffness=stiffness), rate):
            assert reading is not None, true
            assert abs(cents(reading.frequency, true)) < 0.1, true


@pytest.mark.parametrize("rate", RATES)
def test_noise_40_db_below_leaves_it_within_half_a_cent(rate) -> None:
    random = np.random.default_rng(1)
    for number in np.arange(B0, E6 + 0.1, 6.5):
        true = midi_hz(number)
        sound = string(true, rate)
        sound += random.normal(0, 0.01 * np.sqrt(np.mean(sound**2)), sound.size)
        for reading in hear(sound, rate):
            assert reading is not None, true
            assert abs(cents(reading.frequency, true)) < 0.5, true


@pytest.mark.parametrize("number", [23, 28, 40, 45])
def test_a_fundamental_too_faint_to_measure_follows_from_the_other_partials(number) -> None:
    true = midi_hz(number)
    for reading in hear(string(true, 48_000, stiffness=1e-4, weak_fundamental_db=-50), 48_000):
        assert abs(cents(reading.frequency, true)) < 0.5
        assert reading.inharmonicity == pytest.approx(1e-4, abs=2e-5)


@pytest.mark.parametrize("frequency", [30.87, 82.41, 440.0, 1318.5])
def test_a_pure_sine_is_heard(frequency) -> None:
    sound = 0.1 * np.sin(2 * np.pi * frequency * np.arange(48_000) / 48_000)
    for reading in hear(sound, 48_000):
        assert abs(cents(reading.frequency, frequency)) < 0.1
        assert reading.level_db == pytest.approx(-23.0, abs=0.2)


def test_every_fret_of_the_synthetic_guitar_and_bass_is_in_its_octave() -> None:
    from ampboard.training.instruments.electric import BASS, GUITAR, play
    from ampboard.training.instruments.notes import Note, TempoMap

    for instrument, frets in ((GUITAR, 24), (BASS, 20)):
        for number in range(1, len(instrument.tuning) + 1):
            for fret in range(0, frets + 1, 2):
                true = instrument.pitch(number, fret)
                note = Note(beat=0.0, beats=1.2, string=number, fret=fret)
                sound = play(instrument, [note], TempoMap(((0.0, 60.0),)), seconds=0.7, sample_rate=48_000, seed=fret)
                for reading in hear(0.3 * sound / np.abs(sound).max(), 48_000):
                    assert reading is not None, (instrument.name, number, fret)
                    assert abs(cents(reading.frequency, true)) < 0.1, (instrument.name, number, fret)


def test_blocks_of_any_size_give_the_same_reading() -> None:
    sound = string(82.41, 44_100)
    whole = PitchDetector(44_100)
    whole.push(sound)
    random = np.random.default_rng(3)
    parts = PitchDetector(44_100)
    start = 0
    while start < sound.size:
        size = int(random.integers(1, 700))
        parts.push(sound[start : start + size])
        start += size
    assert parts.detect().frequency == pytest.approx(whole.detect().frequency, rel=1e-12)


@pytest.mark.parametrize("rate", RATES)
def test_decimation_passes_2_khz_and_stops_what_would_alias(rate) -> None:
    times = np.arange(rate // 2) / rate
    factor = Decimator(rate).factor

    def gain_db(frequency: float) -> float:
        out = Decimator(rate)(np.sin(2 * np.pi * frequency * times))[200:]
        return 10 * np.log10(2 * np.mean(out**2) + 1e-30)

    assert abs(gain_db(1990.0)) < 0.05
    assert gain_db(rate / factor / 2 + 20) < -85
    assert gain_db(rate / factor - 1000) < -85


def test_silence_noise_and_chords_have_no_pitch() -> None:
    rate = 48_000
    random = np.random.default_rng(2)
    assert hear(np.zeros(rate), rate) == [None] * 7
    assert set(hear(random.normal(0, 0.1, rate), rate)) == {None}
    fifth = string(73.42, rate, seconds=1.0) + string(110.0, rate, seconds=1.0)  # a power chord: common period of D1
    assert set(hear(fifth, rate)) == {None}


def test_latency_is_that_of_a_step_in_pitch() -> None:
    """The reading passes the middle between two pitches when the step lies `latency_s` back, within 20 ms."""
    rate, step_s = 48_000, 1.0
    frequencies = np.where(np.arange(2 * rate) < step_s * rate, 220.0, 221.0)
    sound = 0.3 * np.sin(2 * np.pi * np.cumsum(frequencies) / rate)
    detector = PitchDetector(rate)
    passed = None
    for start in range(0, sound.size, 240):
        detector.push(sound[start : start + 240])
        reading = detector.detect()
        if passed is None and start > rate // 2 and reading.frequency > 220.5:
            passed = (start + 240) / rate
    assert passed is not None
    assert passed - step_s == pytest.approx(detector.latency_s, abs=0.02)


def partials(sound: np.ndarray, rate: int, fundamental: float) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and strengths of the partials of a stretch of sound, as vertices of its logarithmic spectrum."""
    size = 1 << 18
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size), size))
    found, strengths = [], []
    for n in range(1, 1 + int(2000 / fundamental)):
        low, high = (round((n + side) * fundamental * size / rate) for side in (-0.3, 0.3))
        peak = low + int(np.argmax(spectrum[low:high]))
        before, here, after = np.log(spectrum[peak - 1 : peak + 2])
        found.append((peak + 0.5 * (before - after) / (before - 2 * here + after)) * rate / size)
        strengths.append(spectrum[peak])
    return np.array(found), np.array(strengths)


@pytest.mark.parametrize(
    ("name", "least"),
    [("t3k_downtown_bass.flac", 40), ("nam_plugin_guitar_di.wav", 5), ("t3k_jazz_hop_guitar.flac", 3)],
)
def test_real_strings_agree_with_their_long_spectrum(fixtures, name, least) -> None:
    """Where a note stands still: the octave always, the median within a cent of a stiff string fitted at full rate.

    Real partials stray from any law by some cents (both polarisations beat), so single readings may differ by more.
    """
    sound, rate = soundfile.read(fixtures / "di" / name, always_2d=True)
    sound = sound[:, 0]
    detector = PitchDetector(rate)
    span, hop = rate // 4, rate // 20
    recent, errors = [], []
    for start in range(0, sound.size - hop, hop):
        detector.push(sound[start : start + hop])
        recent = [*recent[-3:], detector.detect()]
        if start < span or None in recent or min(r.clarity for r in recent) < 0.97:
            continue
        if max(abs(cents(r.frequency, recent[-1].frequency)) for r in recent) > 5:
            continue
        frequency = recent[-1].frequency
        stretch = sound[start + hop - span : start + hop]
        found, strengths = partials(stretch, rate, frequency)
        clear = strengths > 0.03 * strengths.max()
        numbers = np.arange(1, found.size + 1)
        assert clear[numbers % 2 == 1].any(), f"{start / rate:.2f} s: {frequency:.2f} Hz is an octave too low"
        between = partials(stretch, rate, frequency / 2)[1][::2]
        assert between.max() < 0.2 * strengths.max(), f"{start / rate:.2f} s: {frequency:.2f} Hz is an octave too high"
        if clear.sum() > 2:
            squares = (found[clear] / numbers[clear]) ** 2
            slope, base = np.polyfit(numbers[clear] ** 2.0, squares, 1, w=strengths[clear] ** 0.5)
            errors.append(cents(frequency, np.sqrt(base + slope)))
        else:
            errors.append(cents(frequency, found[strengths.argmax()] / numbers[strengths.argmax()]))
    assert len(errors) >= least
    assert np.median(np.abs(errors)) < 1.0
    assert np.percentile(np.abs(errors), 95) < 1.0
