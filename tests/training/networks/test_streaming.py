"""Networks that stream (they need torch)."""

import numpy as np
import pytest
import torch

from ampboard.models.description import ModelDescription
from ampboard.models.model import Model
from ampboard.training.losses import error_to_signal_ratio
from ampboard.training.networks.lstm import LstmNetwork
from ampboard.training.networks.streaming import StreamingNetwork
from ampboard.training.networks.wavenet import WaveNetNetwork, a1

NOISE = np.random.default_rng(10).normal(0, 0.2, 30_000).astype(np.float32)
NETWORKS = {"lstm": lambda: LstmNetwork(12, seed=1), "wavenet": lambda: WaveNetNetwork(a1(4, 2), seed=1)}


def heard(network: StreamingNetwork, audio: np.ndarray, prewarm: int) -> np.ndarray:
    with torch.no_grad():
        _, memory = network(torch.zeros(1, 1, prewarm), network.rest(1))
        return network(torch.from_numpy(audio)[None, None], memory)[0][0].numpy()


@pytest.mark.parametrize("kind", NETWORKS)
def test_windows_give_the_same_sound_as_one_piece(kind: str) -> None:
    """Within 1e-6: the memory carries everything."""
    network = NETWORKS[kind]()
    audio = torch.from_numpy(NOISE[:6_000]).view(2, 1, 3_000)
    with torch.no_grad():
        whole, _ = network(audio, network.rest(2))
        memory, parts = network.rest(2), []
        for window in audio.split([1, 999, 700, 1_300], dim=2):
            out, memory = network(window, memory)
            parts.append(out)
    assert torch.abs(torch.cat(parts, dim=1) - whole).max() < 1e-6


@pytest.mark.parametrize("kind", NETWORKS)
def test_the_exported_model_sounds_like_the_network(kind: str) -> None:
    """ESR below 1e-9 between torch and our own engine, both after the prewarming of the file format."""
    network = NETWORKS[kind]()
    description: ModelDescription = network.describe(48_000, {})
    ours = Model(description).process(NOISE)
    theirs = heard(network, NOISE, 48_000)
    assert error_to_signal_ratio(ours - theirs.mean(), theirs - theirs.mean()) < 1e-9
