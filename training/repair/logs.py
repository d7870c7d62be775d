"""TensorBoard logs of a run, where TensorBoard is installed."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .experiment import Snapshot


class RunLog:
    """Writes a run's scalars and sounds for TensorBoard; without it installed, nothing.

    Parameters
    ----------
    folder : Path
        Where the event files go.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard.writer import SummaryWriter
        except ModuleNotFoundError:
            self._writer = None
        else:
            self._writer = SummaryWriter(str(folder))

    @property
    def available(self) -> bool:
        """Whether anything is written."""
        return self._writer is not None

    def snapshot(self, run: str, snapshot: Snapshot) -> None:
        """Log the numbers of a snapshot under the name of its run."""
        if self._writer is None:
            return
        numbers = {
            "reconstruction": snapshot.reconstruction,
            "divergence": snapshot.divergence,
            "snr_db": snapshot.quality.overall,
            "snr_in_gaps_db": snapshot.quality.in_gaps,
            "snr_sampled_db": snapshot.sampled.overall,
            "gap_error": snapshot.gap_error,
        }
        for name, number in numbers.items():
            self._writer.add_scalar(f"{run}/{name}", number, snapshot.iteration)

    def sound(self, name: str, sound: NDArray[np.float64], sample_rate: int, iteration: int) -> None:
        """Log a sound."""
        if self._writer is not None:
            clipped = np.clip(sound, -1, 1).astype(np.float32)
            self._writer.add_audio(name, clipped[None], iteration, sample_rate=sample_rate)

    def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._writer.close()
