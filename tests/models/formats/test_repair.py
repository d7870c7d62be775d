"""Repair model files: what is written is read, and damage is named."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ampboard.models import load_model
from ampboard.models.architectures.repair import Repair
from ampboard.models.description import ModelDescription
from ampboard.models.errors import ModelError
from ampboard.models.formats.repair import read_repair, write_repair
from ampboard.training.networks.wavenet import WaveNetNetwork, a1
from ampboard.training.repair.gap_blend import GapBlend


def description() -> ModelDescription:
    denoiser = WaveNetNetwork(a1(2, 2), seed=0).describe(48_000, {})
    model = Repair((8, 32), 400, 300, 8, denoiser, 100)
    return ModelDescription(model, GapBlend((8, 32), hidden=8).arrays(), 48_000, metadata={"name": "Test"})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = description()
    write_repair(written, tmp_path / "model.json")
    read = read_repair(tmp_path / "model.json")
    one, other = written.architecture, read.architecture
    assert isinstance(one, Repair)
    assert isinstance(other, Repair)
    assert (one.orders, one.context, one.look_ahead, one.hidden) == (
        other.orders,
        other.context,
        other.look_ahead,
        other.hidden,
    )
    assert all(np.array_equal(array, read.arrays[name]) for name, array in written.arrays.items())
    assert one.denoiser is not None
    assert other.denoiser is not None
    for name, array in one.denoiser.arrays.items():
        np.testing.assert_allclose(other.denoiser.arrays[name], array, rtol=1e-7)
    sound = np.random.default_rng(1).normal(0, 0.1, 2_000).astype(np.float32)
    write_repair(read, tmp_path / "again.json")
    first, again = (load_model(tmp_path / name) for name in ("model.json", "again.json"))
    assert first.architecture == "Repair"
    assert np.array_equal(first.process(sound, denoise=1.0), again.process(sound, denoise=1.0))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"orders": [32, 8]}, "orders"),
        ({"orders": list(range(1, 20))}, "orders"),
        ({"context": 4}, "context"),
        ({"version": 2}, "version"),
        ({"sample_rate": 10}, "sample_rate"),
        ({"weights": {}}, "blend.0.weight"),
        ({"weights": {"blend.0.weight": "!"}}, "blend.0.weight"),
        ({"denoiser": {"architecture": "LSTM"}}, "version"),
        ({"orders": [], "denoiser": None}, "does nothing"),
        ({"hidden": 5_000}, "hidden"),
        ({"extra": 1}, "extra"),
    ],
)
def test_damage_is_named(tmp_path: Path, change: dict[str, Any], named: str) -> None:
    path = tmp_path / "model.json"
    write_repair(description(), path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelError, match=named) as error:
        load_model(path)
    assert str(path) in str(error.value)
