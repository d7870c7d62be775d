"""A small capture of one of our devices."""

import numpy as np
import pytest

from ampboard.training.data.material import Excerpt, Material
from ampboard.training.devices.diode_clipper import DiodeClipper
from ampboard.training.factory.material import training_material

RATE = 48_000


@pytest.fixture(scope="session")
def clipper() -> Material:
    """Twelve seconds of playing through an overdrive, and three and three other ones kept back."""
    dry = training_material(18, RATE, seed=5)[: 18 * RATE]
    wet = DiodeClipper(drive=0.3, tone=0.5, level=0.5).process(dry, RATE)
    sound, played = np.float32(dry), np.float32(wet)

    def part(name: str, start: int, end: int) -> tuple[Excerpt, ...]:
        return (Excerpt(name, sound[start * RATE : end * RATE], played[start * RATE : end * RATE]),)

    return Material(RATE, part("train", 0, 12), part("validation", 12, 15), part("test", 15, 18))
