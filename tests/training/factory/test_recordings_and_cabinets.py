"""The shipped recordings and cabinets are what the factory makes."""

from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from ampboard.training.devices.loudspeaker import CABINETS, Cabinet, impulse_response
from ampboard.training.factory.cabinets import write_cabinets
from ampboard.training.factory.recordings import perform, write_recordings
from ampboard.training.instruments.tune import SECONDS, switches

FACTORY = Path(__file__).resolve().parents[3] / "presets" / "factory"
RATE = 48_000


@pytest.mark.parametrize("name", ["guitar", "bass"])
def test_a_recording_is_the_tune_as_the_factory_plays_it(name: str) -> None:
    """Within 1e-4 of full scale, which leaves room for another processor's rounding."""
    path = FACTORY / "recordings" / f"{name}.flac"
    info = soundfile.info(path)
    assert (info.samplerate, info.channels, info.subtype) == (RATE, 1, "PCM_24")
    shipped, _ = soundfile.read(path)
    assert shipped.size == round(SECONDS * RATE)
    assert -12 <= 20 * np.log10(np.abs(shipped).max()) <= -6
    assert np.abs(shipped - perform()[name]).max() < 1e-4


def test_the_shipped_midi_file_is_the_tunes() -> None:
    shipped = mido.MidiFile(FACTORY / "recordings" / "switches.mid")
    assert shipped.ticks_per_beat == switches().ticks_per_beat
    assert [list(track) for track in shipped.tracks] == [list(track) for track in switches().tracks]


@pytest.mark.parametrize("cabinet", CABINETS, ids=lambda cabinet: cabinet.name)
def test_a_shipped_cabinet_is_what_the_model_gives(cabinet: Cabinet) -> None:
    path = FACTORY / "cabinets" / f"{cabinet.name}.wav"
    info = soundfile.info(path)
    assert (info.samplerate, info.channels, info.subtype) == (RATE, 1, "FLOAT")
    shipped, _ = soundfile.read(path, dtype="float32")
    np.testing.assert_allclose(shipped, impulse_response(cabinet, RATE), atol=1e-6)


def test_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    for write in (write_recordings, write_cabinets):
        first, again = (write(tmp_path / name) for name in ("first", "again"))
        for one, other in zip(first, again, strict=True):
            assert one.read_bytes() == other.read_bytes()
