from dataclasses import replace

import numpy as np
import pytest
import soundfile

from ampboard.models.errors import AudioError, ParameterError
from ampboard.training.capture.layouts.cutting import cut_into_clips
from ampboard.training.capture.making import join_captures, make_capture

RATE = 48_000


def test_a_capture_is_split_by_whole_passages_and_nothing_is_in_two_places(signal, output):
    material = make_capture(signal.audio, output, RATE, layout=signal.layout).material()
    assert [excerpt.name for excerpt in material.train] == ["sweeps to steps", "playing"]
    assert [excerpt.name for excerpt in material.validation] == ["validation 1", "validation 2"]
    assert [excerpt.name for excerpt in material.test] == ["test"]
    named = {passage.name: passage for passage in signal.layout.passages}
    assert sum(excerpt.audio.size for excerpt in (*material.train, *material.validation, *material.test)) == sum(
        passage.frames for passage in named.values() if passage.use != "check"
    )
    for excerpt in (*material.train, *material.validation, *material.test):
        start = named[excerpt.name.split(" to ")[0]].start
        frames = slice(start, start + excerpt.audio.size)
        assert np.array_equal(excerpt.audio, signal.audio[frames])
        assert np.abs(excerpt.target - output[frames]).max() <= 2**-23


def test_settings_that_stay_unseen_only_test(signal, output):
    captures = [
        make_capture(
            signal.audio,
            (1 - 0.5 * gain) * output,
            RATE,
            name=f"gain {gain:g}",
            knobs={"gain": gain},
            layout=signal.layout,
            uses=("test",) if gain == 0.5 else ("train", "validation", "test"),
        )
        for gain in (0.0, 0.5, 1.0)
    ]
    material = join_captures(captures, name="pedal").material()
    assert material.knobs == ("gain",)
    assert {excerpt.knobs for excerpt in material.train} == {(0.0,), (1.0,)}
    assert {excerpt.knobs for excerpt in material.test} == {(0.0,), (0.5,), (1.0,)}
    assert material.test[1].name == "gain 0.5: test"
    with pytest.raises(ParameterError, match="knobs is"):
        join_captures([captures[0], replace(captures[1], knobs=("drive",))], name="pedal")


def test_the_klon_clips_train_at_two_gains_and_test_at_three(fixtures):
    clips, frames, rate = 60, 22_050, 44_100  # of 300, for the time it takes
    audio = soundfile.read(fixtures / "klon" / "input.flac", dtype="float32", stop=clips * frames)[0]
    layout = cut_into_clips(audio.size, frames, rate, validation=range(45, 50), test=range(50, 60))
    captures = [
        make_capture(
            audio,
            soundfile.read(fixtures / "klon" / f"gain_{gain:03}.flac", dtype="float32", stop=audio.size)[0],
            rate,
            name=f"gain {gain}",
            layout=layout,
            knobs={"gain": gain / 100},
            uses=("test",) if gain == 50 else ("train", "validation", "test"),
            latency_frames=0,
            ignore=["clipping"],
        )
        for gain in (0, 50, 100)
    ]
    for capture in captures:
        assert {error.check for error in capture.findings if error.severity == "error"} == {"clipping"}
        capture.refuse_errors()
    material = join_captures(captures, name="klon").material()
    assert len(material.train) == 2 * 45
    assert len(material.test) == 3 * 10
    assert len(material.validation) == 2 * 5
    assert np.array_equal(material.train[3].audio, audio[3 * frames : 4 * frames])


def test_what_was_not_recorded_is_not_used(signal, output):
    short = make_capture(signal.audio, output[: 12 * RATE], RATE, layout=signal.layout, ignore=["length"])
    assert short.passages[-1].stop == 12 * RATE == short.takes[0].audio.size
    with pytest.raises(AudioError, match="no passage is left for validation"):
        short.material()
    late = make_capture(signal.audio, output[5 * RATE :], RATE, layout=signal.layout, ignore=["length"])
    assert late.latency_frames == -5 * RATE
    assert min(passage.start for passage in late.passages) == 5 * RATE
