"""Networks, optimiser and trainer (they need torch)."""

import numpy as np
import pytest
import torch

from ampboard.models.description import ModelDescription
from ampboard.models.model import Model
from ampboard.training.losses import error_to_signal_ratio
from ampboard.training.networks.lstm import LstmNetwork
from ampboard.training.networks.streaming import StreamingNetwork
from ampboard.training.networks.wavenet import WaveNetNetwork, a1
from ampboard.training.optimisers.soap import Soap
from ampboard.training.trainer import Recipe, train_network

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


def test_soap_finds_the_minimum_of_a_badly_scaled_matrix_problem() -> None:
    """|A W B - C|^2 with condition numbers of 1,000: to below 1e-6 of the start in 500 updates, where Adam is not."""
    torch.manual_seed(2)

    def scaled(size: int) -> "torch.Tensor":
        turn = torch.linalg.qr(torch.randn(size, size))[0]
        return turn * torch.logspace(0, -1.5, size)

    left, right, wanted = scaled(6), scaled(9), torch.randn(6, 9)
    target = left @ wanted @ right

    def descend(take_step: str) -> float:
        weight = torch.nn.Parameter(torch.zeros(6, 9))
        soap = Soap([(weight, 1)], betas=(0.9, 0.95))
        adam = torch.optim.Adam([weight], betas=(0.9, 0.95))
        loss = torch.tensor(0.0)
        for step in range(500):
            rate = 0.1 * (1 - step / 500)
            weight.grad = None
            loss = (left @ weight @ right - target).square().mean()
            loss.backward()
            if take_step == "soap":
                soap.step(rate)
            else:
                adam.param_groups[0]["lr"] = rate
                adam.step()
        return float(loss.detach())

    start = float(target.square().mean())
    assert descend("soap") < 1e-6 * start
    assert descend("soap") < descend("adam")


def test_soap_treats_each_gate_as_a_matrix_of_its_own() -> None:
    """Two parameters and one parameter of two stacked blocks take the same steps."""
    torch.manual_seed(3)
    values, slopes = torch.randn(2, 4, 5), torch.randn(20, 2, 4, 5)
    stacked = torch.nn.Parameter(values.reshape(8, 5).clone())
    apart = [torch.nn.Parameter(value.clone()) for value in values]
    one, two = Soap([(stacked, 2)], betas=(0.9, 0.99)), Soap([(part, 1) for part in apart], betas=(0.9, 0.99))
    for slope in slopes:
        stacked.grad = slope.reshape(8, 5).clone()
        for part, gradient in zip(apart, slope, strict=True):
            part.grad = gradient.clone()
        one.step(0.01)
        two.step(0.01)
    torch.testing.assert_close(stacked.view(2, 4, 5), torch.stack([part.data for part in apart]))


@pytest.mark.parametrize("kind", NETWORKS)
def test_training_learns_a_simple_distortion_and_is_reproducible(kind: str) -> None:
    """A driven hyperbolic tangent with a one-pole low-pass: ESR below 0.05 after 500 updates, twice the same."""
    target = np.zeros_like(NOISE)
    last = 0.0
    for frame, sample in enumerate(np.tanh(4 * NOISE)):
        last += 0.5 * (sample - last)
        target[frame] = last
    results = []
    for _ in range(2):
        network = NETWORKS[kind]()
        outcome = train_network(network, NOISE, target, Recipe(steps=500, window=256))
        assert outcome.skipped == 0
        results.append(heard(network, NOISE, 4_096))
    assert error_to_signal_ratio(results[0], target) < 0.05
    np.testing.assert_array_equal(results[0], results[1])


def test_material_shorter_than_one_window_is_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        train_network(NETWORKS["lstm"](), NOISE[:100], NOISE[:100], Recipe(steps=1, window=256))


def test_the_learning_rate_rises_and_ends_at_zero() -> None:
    recipe = Recipe(steps=1_000, window=256, learning_rate=0.01)
    rates = [recipe.rate(step) for step in range(1_000)]
    assert rates[0] == 0
    assert max(rates) == pytest.approx(0.01, rel=0.01)
    assert rates[-1] < 1e-6
