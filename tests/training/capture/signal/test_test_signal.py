from itertools import pairwise

import numpy as np
import pytest
import soundfile

from ampboard.models.errors import AudioError, ParameterError
from ampboard.training.capture.recordings import Recording
from ampboard.training.capture.signal.plan import PLAN, plan_layout
from ampboard.training.capture.signal.test_signal import make_signal


@pytest.mark.parametrize(("seconds", "rate"), [(30, 48_000), (190, 48_000), (61.7, 44_100), (45, 96_000)])
def test_the_plan_fills_any_length_without_gaps(seconds, rate):
    frames = round(seconds * rate)
    passages = plan_layout(frames, rate).passages
    assert [passage.name for passage in passages] == [part.name for part in PLAN]
    assert passages[0].start == 0
    assert passages[-1].stop == frames
    assert all(one.stop == other.start for one, other in pairwise(passages))
    named = {passage.name: passage for passage in passages}
    apart = named["validation 1"].start - named["first hearing"].start
    assert apart / rate % 1 == pytest.approx(0.618, abs=1 / rate)
    assert named["playing"].frames > named["validation 1"].frames + named["test"].frames


def test_the_signal_holds_what_its_layout_says(signal):
    audio, named = signal.audio, {passage.name: passage for passage in signal.layout.passages}
    assert np.flatnonzero(audio[: named["sweeps"].start]).tolist() == list(signal.layout.blips[:2])
    for passage in signal.layout.passages:
        part = audio[passage.start : passage.stop]
        assert (np.abs(part).max() == 0) == (passage.kind == "silence")
    once, again = named["first hearing"], named["validation 1"]
    assert np.array_equal(audio[once.start : once.stop], audio[again.start : again.stop])
    assert np.abs(audio).max() < 1
    # The sweep reaches from 20 Hz to 18 kHz.
    sweep = audio[named["sweeps"].start : named["sweeps"].start + 96_000]
    spectrum = np.abs(np.fft.rfft(sweep))
    hertz = np.fft.rfftfreq(sweep.size, 1 / 48_000)
    assert spectrum[(hertz > 40) & (hertz < 17_000)].min() > 20 * spectrum[hertz > 20_000].max()


def test_judging_passages_hold_other_music_than_training(signal):
    named = {passage.name: passage for passage in signal.layout.passages}
    training = signal.audio[named["playing"].start : named["playing"].stop].astype(np.float64)
    for name in ("validation 1", "validation 2", "test"):
        heard = signal.audio[named[name].start : named[name].stop].astype(np.float64)
        size = 1 << (training.size + heard.size).bit_length()
        likeness = np.fft.irfft(np.fft.rfft(training, size) * np.conj(np.fft.rfft(heard, size)), size)
        energy = np.cumsum(np.concatenate([[0.0], training**2]))
        stretch = energy[heard.size :] - energy[: -heard.size]
        correlation = likeness[: stretch.size] / np.sqrt((stretch + 1e-9) * (heard @ heard))
        assert np.abs(correlation).max() < 0.9  # of the same playing it is 1


def test_the_signal_is_written_exactly_in_24_bit(signal, tmp_path):
    signal.write(tmp_path / "signal.wav")
    signal.write(tmp_path / "signal.flac")
    for name in ("signal.wav", "signal.flac"):
        read, rate = soundfile.read(tmp_path / name, dtype="float32")
        assert rate == 48_000
        assert soundfile.info(tmp_path / name).subtype == "PCM_24"
        assert np.array_equal(read, signal.audio)
    with pytest.raises(ParameterError, match="exists"):
        signal.write(tmp_path / "signal.wav")


def test_the_users_own_playing_is_resampled_and_judged_by_before_it_is_trained_on(signal):
    hertz, seconds = 441.0, 9.0
    own = Recording(
        0.5 * np.sin(2 * np.pi * hertz * np.arange(int(44_100 * seconds)) / 44_100).astype(np.float32), 44_100
    )
    made = make_signal(32, playing=[own])
    assert made.layout == signal.layout
    test = next(passage for passage in made.layout.passages if passage.name == "validation 1")
    part = made.audio[test.start + 2000 : test.stop - 2000]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(part.size)))
    assert np.argmax(spectrum) * 48_000 / part.size == pytest.approx(hertz, abs=48_000 / part.size)
    assert np.abs(part).max() == pytest.approx(0.5, rel=0.01)


def test_what_cannot_be_a_signal_is_refused():
    with pytest.raises(ParameterError, match="30 s or more"):
        make_signal(10)
    with pytest.raises(ParameterError, match="8000"):
        make_signal(60, 4000)
    with pytest.raises(AudioError, match=r"di\.wav.*peak is 0"):
        make_signal(30, playing=[Recording(np.zeros(100, np.float32), 48_000, "di.wav")])
