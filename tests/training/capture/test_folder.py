import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import tomli_w

from ampboard.models.errors import AudioError, ParameterError
from ampboard.training.capture import folder as folder_module
from ampboard.training.capture.capture import Capture
from ampboard.training.capture.making import join_captures, make_capture

RATE = 48_000


@pytest.fixture(scope="module")
def capture(signal, output) -> Capture:
    settings = {0.0: 0.5 * output, 0.25: output, 1.0: 3 * output}
    return join_captures(
        [
            make_capture(
                signal.audio,
                np.concatenate([np.zeros(round(100 * gain)), heard]),
                RATE,
                name=f"gain {gain:g}",
                knobs={"gain": gain},
                layout=signal.layout,
                uses=("test",) if gain == 0.25 else ("train", "validation", "test"),
                gear={"make": "Nobody", "model": "Pedal"},
                input_level_dbu=12.5,
                ignore=["clipping"],
            )
            for gain, heard in settings.items()
        ],
        name="pedal",
    )


FIELDS = ("name", "sample_rate", "passages", "knobs", "findings", "ignored", "gear", "input_level_dbu", "layout")
TAKE_FIELDS = ("name", "knobs", "latency_frames", "uses")


def test_a_capture_comes_back_as_it_was(capture, tmp_path):
    capture.save(str(tmp_path / "pedal"))
    read = Capture.load(str(tmp_path / "pedal"))
    assert all(getattr(read, field) == getattr(capture, field) for field in FIELDS)
    assert read.output_level_dbu is None
    for one, other in zip(read.takes, capture.takes, strict=True):
        assert all(getattr(one, field) == getattr(other, field) for field in TAKE_FIELDS)
        assert np.array_equal(one.audio, other.audio)
        assert np.array_equal(one.target, other.target)
    names = sorted(path.name for path in (tmp_path / "pedal").iterdir())
    assert names == ["capture.toml", "input.flac", "output-1.flac", "output-2.flac", "output-3.flac", "report.md"]
    assert all(soundfile.info(path).subtype == "PCM_24" for path in (tmp_path / "pedal").glob("*.flac"))
    assert np.abs(capture.takes[2].target).max() > 1  # louder than a file can hold, and still exact
    assert [take.latency_frames for take in capture.takes] == [0, 25, 100]


def test_the_report_tells_what_the_checks_found(capture, tmp_path):
    capture.save(tmp_path / "pedal")
    report = (tmp_path / "pedal" / "report.md").read_text()
    assert "Fit to train on" in report
    assert "gain 0.25 (gain 0.25)" in report
    for finding in capture.findings:
        assert finding.words in report


def test_nothing_is_written_by_halves(capture, tmp_path, monkeypatch):
    capture.save(tmp_path / "pedal")
    before = {path.name: path.read_bytes() for path in (tmp_path / "pedal").iterdir()}

    def full(*_: object) -> str:
        raise OSError("No space left on device")

    monkeypatch.setattr(folder_module, "report", full)
    with pytest.raises(OSError, match="No space"):
        replace(capture, name="other").save(tmp_path / "pedal", overwrite=True)
    with pytest.raises(OSError, match="No space"):
        capture.save(tmp_path / "new")
    assert {path.name: path.read_bytes() for path in (tmp_path / "pedal").iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["pedal"]


def test_what_is_there_stays_unless_it_is_a_capture_that_may_go(capture, tmp_path):
    capture.save(tmp_path / "pedal")
    with pytest.raises(ParameterError, match="--overwrite"):
        capture.save(tmp_path / "pedal")
    replace(capture, name="new").save(tmp_path / "pedal", overwrite=True)
    assert Capture.load(tmp_path / "pedal").name == "new"
    (tmp_path / "songs").mkdir()
    with pytest.raises(ParameterError, match="no capture"):
        capture.save(tmp_path / "songs", overwrite=True)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        (("format",), 2, "format is 2"),
        (("sample_rate",), "fast", "sample_rate is 'fast'"),
        (("takes", 0, "output"), "../secret.flac", "not a file in the capture's own folder"),
        (("takes", 0, "output"), "gone.flac", "gone.flac: cannot be read"),
        (("takes", 0, "knobs"), [2.0], "from 0 to 1"),
        (("takes", 0, "uses"), ["sleep"], "uses is"),
        (("passages", 0, "stop"), 10**9, "the passages need 1000000000"),
        (("passages", 0, "kind"), "noise?", "kind is"),
        (("passages", 0, "alone"), 1, "alone is 1"),
        (("findings", 0, "severity"), "fatal", "severity is"),
        (("knobs",), [], "1 knob values, the capture has 0"),
        (("gear",), 3, "gear is 3"),
    ],
)
def test_a_broken_folder_is_refused_with_the_field_named(capture, tmp_path, field, value, words):
    folder = tmp_path / "pedal"
    replace(capture, takes=capture.takes[:1]).save(folder)
    table = tomllib.loads((folder / "capture.toml").read_text())
    place = table
    for key in field[:-1]:
        place = place[key]
    place[field[-1]] = value
    (folder / "capture.toml").write_text(tomli_w.dumps(table))
    with pytest.raises(AudioError, match=words):
        Capture.load(folder)


def test_a_folder_without_a_capture_is_refused(tmp_path):
    (tmp_path / "capture.toml").write_text(json.dumps({"a": 1}))
    with pytest.raises(AudioError, match=r"capture\.toml: cannot be read"):
        Capture.load(tmp_path)
