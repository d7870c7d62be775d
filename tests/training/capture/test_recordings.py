import numpy as np
import pytest
import soundfile

from ampboard.models.errors import AudioError
from ampboard.training.capture.recordings import on_24_bit_grid, read_pair, read_recording, scale_of, write_24_bit


def test_values_on_the_grid_come_back_exactly(tmp_path):
    audio = on_24_bit_grid(np.random.default_rng(0).uniform(-3.9, 3.9, 10_000))
    assert scale_of(audio) == 4
    write_24_bit(tmp_path / "a.flac", audio, 44_100, scale=4)
    read = read_recording(tmp_path / "a.flac")
    assert np.array_equal(4 * read.audio, audio)
    assert (read.sample_rate, read.name, read.seconds) == (44_100, "a.flac", 10_000 / 44_100)


def test_the_channel_that_sounds_is_read_and_different_ones_are_refused(tmp_path):
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 100)
    for name, channels in {"one": (sound, 0 * sound), "same": (sound, sound), "two": (sound, -sound)}.items():
        soundfile.write(tmp_path / f"{name}.wav", np.stack(channels, 1), 48_000, subtype="FLOAT")
    one, same = read_pair(tmp_path / "one.wav", tmp_path / "same.wav")
    assert np.array_equal(one.audio, sound.astype(np.float32))
    assert np.array_equal(same.audio, one.audio)
    with pytest.raises(AudioError, match=r"two\.wav: its 2 channels differ"):
        read_recording(tmp_path / "two.wav")


def test_what_is_no_sound_is_refused(tmp_path):
    (tmp_path / "text.wav").write_text("hello")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 48_000)
    for name in ("text.wav", "empty.wav", "missing.wav"):
        with pytest.raises(AudioError, match=name):
            read_recording(tmp_path / name)
