"""TensorBoard logs of a run, where TensorBoard is installed."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class RunLog:
    """Writes a run's numbers and sounds for TensorBoard; without it installed, nothing.

    Parameters
    ----------
    folder : Path
        Where the event files go.
    from_step : int
        Where this run begins; what an earlier one, killed since, wrote from there on is hidden.
    """

    def __init__(self, folder: Path, *, from_step: int = 0) -> None:
        try:
            from torch.utils.tensorboard.writer import SummaryWriter
        except ModuleNotFoundError:
            self._writer = None
        else:
            self._writer = SummaryWriter(str(folder), purge_step=from_step or None)

    @property
    def available(self) -> bool:
        """Whether anything is written."""
        return self._writer is not None

    def number(self, name: str, number: float, step: int) -> None:
        """Log a number; a slash in its name puts it into a group."""
        if self._writer is not None:
            self._writer.add_scalar(name, number, step)

    def numbers(self, group: str, numbers: Mapping[str, float], step: int) -> None:
        """Log the numbers of a group."""
        for name, number in numbers.items():
            self.number(f"{group}/{name}", number, step)

    def sound(self, name: str, sound: NDArray[np.floating], sample_rate: int, step: int) -> None:
        """Log a sound, shape (frames,); it is clipped at full scale."""
        if self._writer is not None:
            clipped = np.clip(sound, -1, 1).astype(np.float32)
            self._writer.add_audio(name, clipped[None], step, sample_rate=sample_rate)

    def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._writer.close()
