"""A run that was killed goes on bit for bit (needs torch)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ampboard.models.errors import ModelError
from ampboard.training.data.material import Excerpt, Material
from ampboard.training.networks.lstm import LstmNetwork
from ampboard.training.networks.streaming import StreamingNetwork
from ampboard.training.networks.wavenet import WaveNetNetwork, a1
from ampboard.training.trainer.checkpoint import read_checkpoint, resume, save_checkpoint
from ampboard.training.trainer.recipe import Recipe
from ampboard.training.trainer.trainer import Trainer

NOISE = np.random.default_rng(12).normal(0, 0.2, 20_000).astype(np.float32)
PAIRS = tuple(Excerpt(str(part), sound, np.tanh(3 * sound)) for part, sound in enumerate(np.split(NOISE, 4)))
RECIPE = Recipe(steps=120, window=128, averaging=0.95)
MATERIALS = {"one excerpt": Material(48_000, PAIRS[:1]), "several": Material(48_000, PAIRS)}
NETWORKS: dict[str, Callable[[], StreamingNetwork]] = {
    "lstm": lambda: LstmNetwork(8, seed=1),
    "wavenet": lambda: WaveNetNetwork(a1(4, 2), seed=1),
}


def run(kind: str, material: str) -> Trainer:
    return Trainer(NETWORKS[kind](), MATERIALS[material], RECIPE)


@pytest.mark.parametrize("material", MATERIALS)
@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("stopped_at", [0, 1, 57])
def test_a_resumed_run_is_the_same_run(kind: str, material: str, stopped_at: int, tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    whole = run(kind, material)
    whole.advance()
    first = run(kind, material)
    first.advance(stopped_at)
    save_checkpoint(first, path, {"seed": 1})
    second = run(kind, material)
    checkpoint = resume(second, path)
    assert checkpoint.facts == {"seed": 1}
    assert second.step == stopped_at
    second.advance()
    for name, array in whole.describe().arrays.items():
        np.testing.assert_array_equal(array, second.describe().arrays[name])
    assert whole.loss_mean == second.loss_mean


def test_a_run_is_resumed_on_its_own_material_recipe_and_network_only(tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    trainer = run("lstm", "one excerpt")
    trainer.advance(3)
    save_checkpoint(trainer, path)
    with pytest.raises(ModelError, match="other recordings"):
        resume(run("lstm", "several"), path)
    with pytest.raises(ModelError, match="another recipe"):
        resume(Trainer(NETWORKS["lstm"](), MATERIALS["one excerpt"], replace(RECIPE, steps=99)), path)
    with pytest.raises(ModelError, match="another network"):
        resume(run("wavenet", "one excerpt"), path)


@pytest.mark.parametrize("keep", [0, 7, 200, -10])
def test_a_damaged_file_is_refused_by_name(keep: int, tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    save_checkpoint(run("lstm", "one excerpt"), path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelError, match=r"run\.safetensors"):
        read_checkpoint(path)
    with pytest.raises(ModelError, match="no such checkpoint"):
        read_checkpoint(tmp_path / "none.safetensors")


def test_a_disk_that_fills_up_leaves_the_older_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.safetensors"
    trainer = run("lstm", "one excerpt")
    save_checkpoint(trainer, path)
    trainer.advance(2)

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(trainer, path)
    monkeypatch.undo()
    assert read_checkpoint(path).step == 0
    assert list(tmp_path.iterdir()) == [path]
