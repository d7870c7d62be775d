from dataclasses import replace
from hashlib import md5

import numpy as np
import pytest
import soundfile
import soxr

from ampboard.training.capture.layouts import recognition
from ampboard.training.capture.layouts.known import KNOWN
from ampboard.training.capture.layouts.recognition import recognise
from ampboard.training.capture.signal.test_signal import make_signal

BY_NAME = {known.name: known for known in KNOWN}


def imitation(name: str, seconds: float = 80.0) -> np.ndarray:
    """Noise laid out as a known signal: blips in silence, and the stretches that are the same twice."""
    known = BY_NAME[name]
    random = np.random.default_rng(len(name))
    audio = (0.1 * random.normal(size=round(seconds * known.sample_rate))).astype(np.float32)
    for row in known.layout(audio.size).passages:
        if row.kind in ("blips", "silence"):
            audio[row.start : row.stop] = 0
    for blip in known.layout(audio.size).blips:
        audio[blip] = 0.8
    if name == "Proteus":
        audio[0] = 0.8
    for first, second in zip(known.twins, known.twins[1:], strict=False):
        audio[slice(*second)] = audio[slice(*first)]
    return audio


def test_our_signal_is_recognised_at_any_length_with_anything_behind_it(signal):
    assert recognise(signal.audio, 48_000) == signal.layout
    padded = np.concatenate([signal.audio, np.zeros(12_345, np.float32)])
    assert recognise(padded, 48_000) == signal.layout
    dithered = signal.audio + np.random.default_rng(0).normal(0, 2**-16, signal.audio.size).astype(np.float32)
    assert recognise(dithered, 48_000) == signal.layout


def test_our_signal_is_recognised_after_resampling(signal):
    layout = recognise(soxr.resample(signal.audio, 48_000, 44_100), 44_100)
    assert layout is not None
    for one, other in zip(layout.passages, signal.layout.passages, strict=True):
        assert one.start / 44_100 == pytest.approx(other.start / 48_000, abs=1e-4)


def test_our_signal_is_recognised_with_the_users_own_playing(signal):
    other = make_signal(40, 44_100)
    assert recognise(other.audio, 44_100) == other.layout
    assert other.layout != signal.layout


@pytest.mark.parametrize("name", BY_NAME)
def test_signals_of_others_are_told_apart_by_their_content(name):
    layout = recognise(imitation(name), BY_NAME[name].sample_rate)
    assert layout is not None
    assert layout.name == name
    last = layout.passages[-1]
    assert last.stop == round(80 * layout.sample_rate)
    assert all(one.stop <= other.start for one, other in zip(layout.passages, layout.passages[1:], strict=False))
    assert {passage.use for passage in layout.passages} == {"train", "validation", "test", "check"}


def test_signals_of_others_are_known_by_their_sums_whatever_their_blips(monkeypatch):
    audio = imitation("NAM 3")
    audio[504_000] = 0  # no longer recognised by content
    assert recognise(audio, 48_000) is None
    sums = tuple(
        (stretch, (md5(audio[slice(*stretch)].astype(np.float64).tobytes()).hexdigest(),))
        for stretch, _ in BY_NAME["NAM 3"].digests
    )
    monkeypatch.setattr(recognition, "KNOWN", (replace(BY_NAME["NAM 3"], digests=sums),))
    layout = recognise(audio, 48_000)
    assert layout is not None
    assert layout.name == "NAM 3"


def test_the_places_of_nam_3_are_those_that_its_trainer_documents():
    named = {passage.name: passage for passage in BY_NAME["NAM 3"].layout(190 * 48_000).passages}
    assert (named["validation"].start, named["validation"].stop) == (181 * 48_000, 190 * 48_000)
    assert (named["first hearing"].start, named["first hearing"].stop) == (0, 432_000)
    assert named["playing"].start == 17 * 48_000
    assert named["test"].stop == round(180.5 * 48_000)


def test_music_is_no_known_signal(fixtures):
    audio, rate = soundfile.read(fixtures / "di" / "nam_plugin_guitar_di.wav", dtype="float32", always_2d=True)
    assert recognise(np.tile(audio[:, 0], 1 + 100 * rate // len(audio)), rate) is None
    assert recognise(np.zeros(100 * 48_000, np.float32), 48_000) is None


def test_the_recordings_of_the_devices_are_laid_out_as_nam_1(fixtures):
    audio, rate = soundfile.read(fixtures / "devices" / "input.flac", dtype="float32")
    layout = recognise(audio, rate)
    assert layout is not None
    assert layout.name == "NAM 1"
