"""Networks trained in one batch learn what each would learn alone (needs torch)."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from ampboard.models.errors import ParameterError
from ampboard.training.data.material import Excerpt, Material
from ampboard.training.networks.a2 import ContainerNetwork, a2
from ampboard.training.networks.wavenet import WaveNetNetwork, a1
from ampboard.training.trainer.recipe import Recipe
from ampboard.training.trainer.together import Feedforward, TogetherTrainer
from ampboard.training.trainer.trainer import Trainer

NOISE = np.random.default_rng(11).normal(0, 0.2, 24_000).astype(np.float32)


def a1_nano(seed: int) -> WaveNetNetwork:
    return WaveNetNetwork(a1(4, 2), seed=seed)


def small_a2(seed: int) -> ContainerNetwork:
    return ContainerNetwork([WaveNetNetwork(a2(width), head_scale=0.01, seed=seed) for width in (2, 3)], (0.5, 1.0))


def pedal(drive: float, *, pieces: int = 1) -> Material:
    target = np.tanh(drive * NOISE)
    parts = zip(np.split(NOISE[:18_000], pieces), np.split(target[:18_000], pieces), strict=True)
    return Material(
        48_000,
        tuple(Excerpt(str(number), *part) for number, part in enumerate(parts)),
        (Excerpt("validation", NOISE[18_000:], target[18_000:]),),
    )


@pytest.mark.parametrize("make", [a1_nano, small_a2])
@pytest.mark.parametrize("pieces", [1, 4])
def test_each_network_is_taught_as_it_would_be_alone(make: Callable[[int], Feedforward], pieces: int) -> None:
    """The slopes of the third update, where nothing was changed by the two before it: within 1e-4 of their length.

    Later ones cannot be compared: where a slope is next to nothing, the optimiser makes a whole step of its rounding.
    """
    still = Recipe(steps=60, window=256, streams=2, learning_rate=0.0)
    materials = [pedal(drive, pieces=pieces) for drive in (1.0, 3.0, 9.0)]
    together = TogetherTrainer([make(seed) for seed in range(3)], materials, still, device="cpu")
    together.advance(3)
    for number, material in enumerate(materials):
        alone = Trainer(make(number), material, still)
        alone.advance(3)
        assert float(together.loss_mean[number]) == pytest.approx(alone.loss_mean, rel=1e-5)
        for all_slopes, weight in zip(together.weights.values(), alone.network.parameters(), strict=True):
            assert all_slopes.grad is not None
            assert weight.grad is not None
            slope = all_slopes.grad.unflatten(0, (3, -1))[number]
            assert float((slope - weight.grad).norm()) < 1e-4 * float(weight.grad.norm())


def test_a_batch_learns_its_devices() -> None:
    """ESR below 0.02 for each of three after 200 updates."""
    materials = [pedal(drive) for drive in (1.0, 3.0, 9.0)]
    recipe = Recipe(steps=200, window=256)
    together = TogetherTrainer([a1_nano(seed) for seed in range(3)], materials, recipe, device="cpu")
    together.advance()
    assert together.finished
    assert not together.skipped.any()
    assert max(together.evaluate(number).esr for number in range(3)) < 0.02


def test_a_network_that_fails_does_not_harm_the_others() -> None:
    """One is all NaN: it stands still, the other gets below an ESR of 0.1."""
    ill = a1_nano(0)
    with torch.no_grad():
        next(iter(ill.parameters())).fill_(float("nan"))
    recipe = Recipe(steps=100, window=256)
    together = TogetherTrainer([ill, a1_nano(1)], [pedal(3.0), pedal(3.0)], recipe, device="cpu")
    together.advance()
    assert together.skipped.tolist() == [100, 0]
    assert together.evaluate(1).esr < 0.1


def test_each_network_needs_a_material() -> None:
    with pytest.raises(ParameterError, match="one for each"):
        TogetherTrainer([a1_nano(0)], [], Recipe(steps=1, window=256), device="cpu")
