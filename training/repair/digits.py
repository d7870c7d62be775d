"""The digits of the experiment: scikit-learn's bundled pictures, or MNIST where the user has its files."""

import gzip
import struct
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import zoom

from ...models.errors import AmpboardError
from .material import FRAME, Examples, Frames

SIDE: Final = 28
TEST_PART: Final = 6  # one picture of so many is not trained on
IDX_BYTES: Final = 0x08  # element type in an IDX header
MOST_PICTURES: Final = 1_000_000


class MaterialError(AmpboardError):
    """Training material cannot be read or is not there."""


class Digits:
    """Handwritten digits of 28 x 28 points; see `Material`.

    Parameters
    ----------
    pictures : ndarray of float32, shape (count, 784)
        Values from 0 (black) to 1.
    numbers : ndarray of int, shape (count,)
        The digit each shows.
    """

    missing = 0.0
    labels: tuple[str, ...] = tuple("0123456789")

    def __init__(self, pictures: Frames, numbers: NDArray[np.integer]) -> None:
        test = np.arange(len(pictures)) % TEST_PART == 0
        self._training, self._testing, self._numbers = pictures[~test], pictures[test], numbers[test]

    def training(self, count: int, random: np.random.Generator) -> Examples:
        """See `Material`."""
        return self._drawn(self._training, count, random)

    def testing(self, count: int, random: np.random.Generator) -> Examples:
        """See `Material`."""
        return self._drawn(self._testing, count, random)

    def gallery(self, random: np.random.Generator) -> Examples:
        """See `Material`.

        Raises
        ------
        MaterialError
            When a digit is not among the pictures that are not trained on.
        """
        absent = sorted(set(range(len(self.labels))) - set(self._numbers.tolist()))
        if absent:
            raise MaterialError(
                f"digits: no picture of {', '.join(map(str, absent))} among every {TEST_PART}th: use a whole set"
            )
        rows = [int(random.choice(np.flatnonzero(self._numbers == number))) for number in range(10)]
        return Examples(self._testing[rows], self._testing[rows])

    def signal(self, frames: Frames) -> NDArray[np.float64]:
        """See `Material`."""
        return np.asarray(frames, np.float64)

    @staticmethod
    def _drawn(pictures: Frames, count: int, random: np.random.Generator) -> Examples:
        drawn = pictures[random.integers(0, len(pictures), count)]
        return Examples(drawn, drawn)


def bundled_digits() -> Digits:
    """The 1797 pictures of 8 x 8 points that scikit-learn carries, scaled up by linear interpolation.

    Raises
    ------
    MaterialError
        When scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError:
        raise MaterialError("the digits come with scikit-learn: pip install 'ampboard[repair]'") from None
    bundle: Any = load_digits()
    small = np.asarray(bundle.images, np.float32) / 16
    large = np.asarray(zoom(small, (1, SIDE / small.shape[1], SIDE / small.shape[2]), order=1), np.float32)
    return Digits(np.clip(large, 0, 1).reshape(-1, FRAME), np.asarray(bundle.target))


def mnist_digits(folder: Path) -> Digits:
    """MNIST from its own IDX files, packed (``.gz``) or not.

    Parameters
    ----------
    folder : Path
        Holds ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte``.

    Raises
    ------
    MaterialError
        When a file is missing or is not what its header says.
    """
    pictures = _read_idx(folder, "train-images-idx3-ubyte", (SIDE, SIDE))
    numbers = _read_idx(folder, "train-labels-idx1-ubyte", ())
    if len(pictures) != len(numbers):
        raise MaterialError(f"{folder}: {len(pictures)} pictures and {len(numbers)} labels: use files of one set")
    return Digits((pictures.reshape(-1, FRAME) / 255).astype(np.float32), numbers.astype(np.int64))


def _read_idx(folder: Path, name: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read an IDX file: two zero bytes, the type, the number of axes, their big-endian sizes, the values."""
    path = next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)
    if path is None:
        raise MaterialError(f"{folder / name} is missing: put MNIST's IDX files there, packed or not")
    most = MOST_PICTURES * FRAME
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                data = file.read(most)
        else:
            with path.open("rb") as file:
                data = file.read(most)
    except (OSError, EOFError) as error:
        raise MaterialError(f"{path}: cannot be read ({error})") from None
    axes = 1 + len(shape)
    head = 4 + 4 * axes
    if len(data) < head or data[:4] != bytes((0, 0, IDX_BYTES, axes)):
        raise MaterialError(f"{path}: is no IDX file of {axes} axes of bytes")
    count, *rest = struct.unpack(f">{axes}I", data[4:head])
    if tuple(rest) != shape or len(data) - head != count * int(np.prod(shape)):
        raise MaterialError(f"{path}: holds {len(data) - head} values, its header says {(count, *rest)}")
    return np.frombuffer(data, np.uint8, offset=head).reshape(count, *shape)
