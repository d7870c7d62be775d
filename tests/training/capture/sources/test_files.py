"""Recordings from a DAW as takes."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ampboard.models.errors import AudioError, ParameterError
from ampboard.training.capture.sources.files import RecordingFile, with_knobs


@pytest.mark.parametrize(
    ("text", "path", "positions"),
    [
        ("rec.wav", "rec.wav", {}),
        ("gain=0.5:rec50.wav", "rec50.wav", {"gain": 0.5}),
        ("gain=50%,tone=1:takes/a=b.wav", "takes/a=b.wav", {"gain": 0.5, "tone": 1.0}),
        (r"gain=1:C:\takes\rec.wav", r"C:\takes\rec.wav", {"gain": 1.0}),
        (r"C:\takes\gain=1.wav", r"C:\takes\gain=1.wav", {}),
        ("gain=1.wav", "gain=1.wav", {}),
    ],
)
def test_what_stands_before_a_file_name_is_where_the_knobs_stood(
    text: str, path: str, positions: dict[str, float]
) -> None:
    file = RecordingFile.parse(text)
    assert (str(file.path), file.positions) == (path, positions)


def test_a_knob_is_said_once() -> None:
    file = RecordingFile.parse("gain=0.5:rec.wav")
    assert with_knobs(file, {"tone": 0.1}).positions == {"gain": 0.5, "tone": 0.1}
    with pytest.raises(ParameterError, match="gain is said twice"):
        with_knobs(file, {"gain": 0.6})
    with pytest.raises(ParameterError, match="knob gain is 2"):
        RecordingFile.parse("gain=2:rec.wav")


@pytest.mark.parametrize(("name", "subtype"), [("a.wav", "PCM_24"), ("a.flac", "PCM_16"), ("a.aiff", "FLOAT")])
def test_any_format_and_rate_is_read_as_it_is(name: str, subtype: str, tmp_path: Path) -> None:
    """Within half a step of 16 bit."""
    sound = np.random.default_rng(3).uniform(-0.5, 0.5, 1000)
    soundfile.write(tmp_path / name, sound, 44_100, subtype=subtype)
    take = RecordingFile.parse(f"gain=0.25:{tmp_path / name}").read()
    assert (take.name, take.recording.sample_rate, take.uses[0]) == ("gain=0.25", 44_100, "train")
    np.testing.assert_allclose(take.recording.audio, sound, atol=2**-15)
    assert RecordingFile(tmp_path / name, {}).read(unseen=True).uses == ("test",)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"none\.wav"):
        RecordingFile(tmp_path / "none.wav", {}).read()
