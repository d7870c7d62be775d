"""Our .nam files in NAM's own Python package."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ampboard.models.description import ModelDescription, Recurrent
from ampboard.models.model import Model
from ampboard.training.networks.a2 import A2Network
from ampboard.training.networks.lstm import LstmNetwork
from ampboard.training.networks.wavenet import WaveNetNetwork, a1
from ampboard.training.result import write_result

from .conftest import RATE, material_of, playing, recurrent

nam = pytest.importorskip("nam.models._from_nam", reason="the parity with NAM needs the package neural-amp-modeler")


def written(folder: Path, description: ModelDescription) -> dict[str, Any]:
    """The .nam file of a result."""
    material = material_of(description, lambda output: 1.01 * output)
    return json.loads(write_result(description, material, folder).paths["nam"].read_text())


def played(document: dict[str, Any], audio: np.ndarray) -> np.ndarray:
    """What NAM's package makes of it, after as much silence as its engine runs at load."""
    import torch

    torch.set_num_threads(1)
    network = nam.init_from_nam(document).eval()
    silence = RATE // 2 if document["architecture"] == "LSTM" else network.receptive_field
    with torch.no_grad():
        sound = torch.from_numpy(np.concatenate([np.zeros(silence, np.float32), audio]))
        return network(sound, pad_start=True).numpy()[silence:]


def ratio(output: np.ndarray, expected: np.ndarray) -> float:
    centred = expected - expected.mean()
    return float(np.sum((output.astype(np.float64) - expected) ** 2) / np.sum(centred.astype(np.float64) ** 2))


def beside_its_dry_input() -> ModelDescription:
    description = LstmNetwork(8, seed=2).describe(RATE, {})
    assert isinstance(description.architecture, Recurrent)
    return replace(description, architecture=replace(description.architecture, skip=True))


@pytest.mark.parametrize(
    "make",
    [
        lambda: LstmNetwork(8, seed=1).describe(RATE, {}),
        beside_its_dry_input,
        lambda: WaveNetNetwork(a1(16, 8), seed=1).describe(RATE, {}),
    ],
    ids=["lstm", "lstm beside its dry input", "a1"],
)
def test_nam_plays_what_we_judged(make: Any, tmp_path: Path) -> None:
    """Error-to-signal ratio below 1e-8."""
    description, audio = make(), playing(0.25)
    assert ratio(played(written(tmp_path, description), audio), Model(description).process(audio)) < 1e-8


def test_nam_plays_both_sizes_of_a_container(tmp_path: Path) -> None:
    """Error-to-signal ratio below 1e-8. NAM's package reads no container, but the models in it."""
    description = A2Network(seed=1).describe(RATE, {})
    document, audio = written(tmp_path, description), playing(0.25)
    assert (document["version"], document["architecture"]) == ("0.7.0", "SlimmableContainer")
    assert [entry["max_value"] for entry in document["config"]["submodels"]] == [0.5, 1.0]
    for quality, entry in zip((0.0, 1.0), document["config"]["submodels"], strict=True):
        assert ratio(played(entry["model"], audio), Model(description, quality=quality).process(audio)) < 1e-8


def test_nam_reads_our_metadata(tmp_path: Path) -> None:
    from nam.models.metadata import Date, UserMetadata
    from nam.train.metadata import TrainingMetadata

    metadata = written(tmp_path, recurrent())["metadata"]
    assert UserMetadata(**metadata).name == "model"
    assert TrainingMetadata(**metadata["training"]).validation_esr == pytest.approx((0.01 / 1.01) ** 2, rel=1e-3)
    assert Date(**metadata["date"]).year >= 2024
