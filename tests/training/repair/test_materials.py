"""Notes, digits and gaps: what the experiment learns from."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from ampboard.training.repair.corruption import contiguous_gaps, scattered_gaps
from ampboard.training.repair.digits import MaterialError, bundled_digits, mnist_digits
from ampboard.training.repair.linear_prediction import gaps_of
from ampboard.training.repair.material import FRAME
from ampboard.training.repair.measures import signal_to_noise_db
from ampboard.training.repair.notes import FREQUENCIES, SAMPLE_RATE, Notes, long_sound


def test_every_frame_misses_one_contiguous_fifth() -> None:
    missing = contiguous_gaps(50, FRAME, np.random.default_rng(1))
    assert np.all(missing.sum(axis=1) == FRAME // 5)
    assert all(len(gaps_of(row)) == 1 for row in missing)
    assert len({gaps_of(row)[0] for row in missing}) > 20


def test_scattered_gaps_take_the_part_and_the_lengths_asked_for() -> None:
    missing = scattered_gaps(10_000, 20, 30, np.random.default_rng(1))
    lengths = [end - start for start, end in gaps_of(missing)]
    assert 2_000 <= sum(lengths) < 2_030
    assert min(lengths) >= 20
    assert not missing[0]
    assert not missing[-1]


def test_notes_are_the_c_major_scale() -> None:
    frames = Notes().gallery(np.random.default_rng(2))
    clean = Notes().signal(frames.clean)
    spectrum = np.abs(np.fft.rfft(clean * np.hanning(FRAME), 1 << 16))
    np.testing.assert_allclose(spectrum.argmax(axis=1) * SAMPLE_RATE / (1 << 16), FREQUENCIES, atol=1.0)


def test_the_long_sound_is_as_damaged_as_stated() -> None:
    sound = long_sound(56, np.random.default_rng(5))
    assert signal_to_noise_db(sound.chopped, sound.clean) == pytest.approx(6.8, abs=0.2)
    known = ~sound.missing
    assert signal_to_noise_db(sound.chopped[known], sound.clean[known]) == pytest.approx(18.9, abs=0.2)
    assert not sound.chopped[sound.missing].any()


def test_bundled_digits_are_pictures_of_28_by_28() -> None:
    pytest.importorskip("sklearn")
    digits = bundled_digits()
    drawn = digits.training(64, np.random.default_rng(3)).whole
    assert drawn.shape == (64, FRAME)
    assert drawn.min() == 0.0
    assert 0.9 < drawn.max() <= 1.0


def write_idx(path: Path, shape: tuple[int, ...], data: bytes) -> None:
    head = bytes((0, 0, 8, len(shape))) + struct.pack(f">{len(shape)}I", *shape)
    path.write_bytes(gzip.compress(head + data) if path.suffix == ".gz" else head + data)


def test_idx_files_are_read_packed_or_not(tmp_path: Path) -> None:
    pictures = np.random.default_rng(4).integers(0, 256, (24, FRAME), np.uint8)
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", (24, 28, 28), pictures.tobytes())
    write_idx(tmp_path / "train-labels-idx1-ubyte", (24,), bytes(range(10)) * 2 + bytes(4))
    drawn = mnist_digits(tmp_path).training(100, np.random.default_rng(5)).whole
    known = {row.tobytes() for row in (pictures / 255).astype(np.float32)}
    assert {row.tobytes() for row in drawn} <= known


def test_a_set_without_a_digit_is_refused(tmp_path: Path) -> None:
    write_idx(tmp_path / "train-images-idx3-ubyte", (60, 28, 28), bytes(60 * FRAME))
    write_idx(tmp_path / "train-labels-idx1-ubyte", (60,), bytes(n // 6 % 9 for n in range(60)))
    with pytest.raises(MaterialError, match="no picture of 9"):
        mnist_digits(tmp_path).gallery(np.random.default_rng(6))


@pytest.mark.parametrize("labels", [(24, bytes(20)), (23, bytes(23))])
def test_damaged_idx_files_are_named(tmp_path: Path, labels: tuple[int, bytes]) -> None:
    with pytest.raises(MaterialError, match="train-images"):
        mnist_digits(tmp_path)
    write_idx(tmp_path / "train-images-idx3-ubyte", (24, 28, 28), bytes(24 * FRAME))
    count, data = labels
    write_idx(tmp_path / "train-labels-idx1-ubyte", (count,), data)
    with pytest.raises(MaterialError, match=r"labels"):
        mnist_digits(tmp_path)
