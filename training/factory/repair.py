"""The repair model that ships: trained on the synthetic guitar and bass, never on a player's recording."""

from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from ...models.formats.repair import write_repair
from ..repair.models import TrainedRepair, train_gap_filling, train_wear_denoiser, with_denoiser
from .material import TEST_SIGNAL_SECONDS, training_material

SAMPLE_RATE: Final = 48_000
MATERIAL_SECONDS: Final = 104.0
SEED: Final = 5
DENOISER_STEPS: Final = 5_000
NAME_PLATE: Final = {
    "name": "ampboard Repair, guitar and bass",
    "modeled_by": "ampboard",
    "training": {"material": "100 s of synthetic guitar and bass, and the factory recordings"},
}


def make_repair_model(models: Path, recordings: Path) -> tuple[Path, TrainedRepair]:
    """Train the model and write ``repair-guitar.json`` to the folder `models`."""
    played = training_material(MATERIAL_SECONDS, SAMPLE_RATE, seed=SEED)[round(2 * TEST_SIGNAL_SECONDS * SAMPLE_RATE) :]
    tune = [np.asarray(soundfile.read(recordings / f"{name}.flac")[0], np.float64) for name in ("guitar", "bass")]
    sound = np.concatenate([played, *tune])
    trained = with_denoiser(
        train_gap_filling(sound, SAMPLE_RATE, metadata=NAME_PLATE),
        train_wear_denoiser(sound, SAMPLE_RATE, steps=DENOISER_STEPS, seed=SEED),
    )
    models.mkdir(parents=True, exist_ok=True)
    path = models / "repair-guitar.json"
    write_repair(trained.description, path)
    return path, trained
