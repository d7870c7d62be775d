"""Updates, averages, evaluation (they need torch)."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ampboard.models.errors import ParameterError
from ampboard.models.model import Model
from ampboard.training.data.material import Excerpt, Material
from ampboard.training.losses import error_to_signal_ratio
from ampboard.training.networks.lstm import LstmNetwork
from ampboard.training.networks.wavenet import WaveNetNetwork, a1
from ampboard.training.trainer.recipe import Recipe
from ampboard.training.trainer.timing import seconds_per_step
from ampboard.training.trainer.trainer import Trainer

NOISE = np.random.default_rng(10).normal(0, 0.2, 40_000).astype(np.float32)
NETWORKS = {"lstm": lambda: LstmNetwork(12, seed=1), "wavenet": lambda: WaveNetNetwork(a1(4, 2), seed=1)}
RECIPE = Recipe(steps=500, window=256)


def distorted(sound: np.ndarray, drive: float = 4.0) -> np.ndarray:
    """A driven hyperbolic tangent with a one-pole low-pass."""
    target, last = np.zeros_like(sound), 0.0
    for frame, sample in enumerate(np.tanh(drive * sound)):
        last += 0.5 * (sample - last)
        target[frame] = last
    return target


TARGET = distorted(NOISE)
MATERIAL = Material(
    48_000,
    (Excerpt("train", NOISE[:30_000], TARGET[:30_000]),),
    (Excerpt("validation", NOISE[30_000:], TARGET[30_000:]),),
)


@pytest.mark.parametrize("kind", NETWORKS)
def test_training_learns_a_simple_distortion_and_is_reproducible(kind: str) -> None:
    """ESR below 0.05 on other noise after 500 updates, twice the same."""
    results = []
    for _ in range(2):
        trainer = Trainer(NETWORKS[kind](), MATERIAL, RECIPE)
        trainer.advance()
        assert trainer.finished
        assert trainer.skipped == 0
        results.append(trainer.evaluate())
    assert results[0].esr < 0.05
    np.testing.assert_array_equal(results[0].outputs[0], results[1].outputs[0])


def test_what_is_evaluated_is_what_plays() -> None:
    trainer = Trainer(NETWORKS["lstm"](), MATERIAL, RECIPE)
    trainer.advance(20)
    evaluation = trainer.evaluate()
    played = Model(trainer.describe()).process(MATERIAL.validation[0].audio)
    np.testing.assert_array_equal(evaluation.outputs[0], played)
    assert evaluation.esr == error_to_signal_ratio(played, MATERIAL.validation[0].target)
    assert evaluation.per_excerpt == (evaluation.esr,)


def test_settings_of_the_knobs_count_alike_however_loud() -> None:
    """One setting is a hundred times louder: the mean of both errors, not the loud one's."""
    loud, quiet = (
        tuple(
            Excerpt(f"{volume} {part}", sound, volume * distorted(sound), (knob,))
            for part, sound in enumerate(np.split(NOISE[:20_000], 2))
        )
        for volume, knob in ((1.0, 1.0), (0.01, 0.0))
    )
    trainer = Trainer(NETWORKS["lstm"](), MATERIAL, RECIPE)
    trainer.advance(50)
    evaluation = trainer.evaluate([replace(excerpt, knobs=()) for excerpt in loud])
    assert evaluation.esr == pytest.approx(
        error_to_signal_ratio(np.concatenate(evaluation.outputs), np.concatenate([e.target for e in loud]))
    )
    assert len(evaluation.per_setting) == 1
    plan = Trainer(NETWORKS["lstm"](), Material(48_000, (*loud, *quiet), knobs=("volume",)), RECIPE).windows
    powers = {float(power) for step in range(100) for power in plan.at(step).power}
    assert max(powers) > 9 * min(powers)


def test_an_average_of_the_weights_is_what_is_exported() -> None:
    """The exponential average of the weights after each update, in float64, within 1e-5."""
    network = LstmNetwork(4, seed=3)
    trainer = Trainer(network, MATERIAL, replace(RECIPE, averaging=0.9))
    expected = network.arrays["head_weight"].detach().numpy().astype(np.float64)
    for step in range(30):
        trainer.advance(1)
        keep = min(0.9, (1 + step) / (10 + step))
        expected = keep * expected + (1 - keep) * network.arrays["head_weight"].detach().numpy()
    live = network.arrays["head_weight"].detach().clone()
    np.testing.assert_allclose(trainer.describe().arrays["head.weight"], expected, atol=1e-5)
    assert torch.equal(network.arrays["head_weight"], live)
    assert not np.allclose(live.numpy(), expected, atol=1e-4)


def test_a_gradient_that_is_not_finite_is_left_out() -> None:
    """The weights stay, the run goes on."""
    network = NETWORKS["lstm"]()
    calls = 0

    def loss(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        nonlocal calls
        calls += 1
        error = (output - target).square().mean()
        return error / (0.0 if calls == 3 else 1.0)

    trainer = Trainer(network, MATERIAL, RECIPE, loss=loss)
    trainer.advance(2)
    before = [parameter.detach().clone() for parameter in network.parameters()]
    trainer.advance(1)
    assert trainer.skipped == 1
    assert all(torch.equal(one, other) for one, other in zip(before, network.parameters(), strict=True))
    trainer.advance(3)
    assert trainer.skipped == 1
    assert np.isfinite(trainer.loss_mean)


def test_without_validation_there_is_nothing_to_evaluate() -> None:
    trainer = Trainer(NETWORKS["lstm"](), replace(MATERIAL, validation=()), RECIPE)
    with pytest.raises(ParameterError, match="nothing to evaluate"):
        trainer.evaluate()


def test_the_timing_run_leaves_the_network_to_come_alone() -> None:
    """Its own network is trained; the time of an update is positive and finite."""
    made = []

    def make() -> LstmNetwork:
        made.append(LstmNetwork(4, seed=1))
        return made[-1]

    seconds = seconds_per_step(make, MATERIAL, RECIPE)
    assert 0 < seconds < np.inf
    assert len(made) == 1


def test_the_learning_rate_rises_and_ends_at_zero() -> None:
    recipe = Recipe(steps=1_000, window=256, learning_rate=0.01)
    rates = [recipe.rate(step) for step in range(1_000)]
    assert rates[0] == 0
    assert max(rates) == pytest.approx(0.01, rel=0.01)
    assert rates[-1] < 1e-6
