"""Every activation as a kernel plays it, against float64, within the error its row documents."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ampboard.models.description import ConvNet, ModelDescription, Shaped
from ampboard.models.errors import ModelError
from ampboard.models.kernels.activations import ACTIVATIONS, activation_named
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.kernels.wavenet import wavenet_kernel

Signal = NDArray[np.float64]


def fast_tanh(x: Signal) -> Signal:
    a, s = np.abs(x), x * x
    above = x * (2.45550750702956 + 2.45550750702956 * a + (0.893229853513558 + 0.821226666969744 * a) * s)
    return above / (2.44506634652299 + (2.44506634652299 + s) * np.abs(x + 0.814642734961073 * x * a))


# name: definition, absolute error, relative error (either may hold)
DEFINITIONS = {
    "Tanh": (np.tanh, 2e-7, 0.0),
    "Sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 2e-7, 0.0),
    "ReLU": (lambda x: np.maximum(x, 0), 0.0, 0.0),
    "LeakyReLU": (lambda x: np.where(x > 0, x, np.float32(0.01) * x), 0.0, 1e-7),
    "PReLU": (lambda x: np.where(x > 0, x, np.float32(0.01) * x), 0.0, 1e-7),
    "Hardtanh": (lambda x: np.clip(x, -1, 1), 0.0, 0.0),
    "LeakyHardtanh": (lambda x: np.clip(x, -1, 1) + 0.01 * (x - np.clip(x, -1, 1)), 0.0, 1e-6),
    "SiLU": (lambda x: x / (1 + np.exp(-x)), 2e-7, 4e-7),
    "Hardswish": (lambda x: x * np.clip(x + 3, 0, 6) / 6, 4e-7, 2e-7),
    "Softsign": (lambda x: x / (1 + np.abs(x)), 0.0, 2e-7),
    "Fasttanh": (fast_tanh, 0.0, 1e-6),
}


def played(activation: str | Shaped, x: NDArray[np.float32]) -> Signal:
    """`x` through a network that is nothing but the activation."""
    arrays = {
        "0.conv.weight": np.array([[[0, 1]]], np.float32),
        "0.conv.bias": np.zeros(1, np.float32),
        "head.weight": np.ones((1, 1), np.float32),
        "head.bias": np.zeros(1, np.float32),
    }
    kernel = wavenet_kernel(ModelDescription(ConvNet(1, (1,), False, activation), arrays))
    return KernelInstance(kernel, sample_rate=48_000, channels=1).process(x[None])[0].astype(np.float64)


def test_every_activation_is_tested() -> None:
    assert set(DEFINITIONS) == set(ACTIVATIONS)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_an_activation_is_within_its_documented_error(name: str) -> None:
    definition, absolute, relative = DEFINITIONS[name]
    x = np.concatenate([np.linspace(-30, 30, 60_001), np.geomspace(1e-6, 60, 2_000), [0, -60]]).astype(np.float32)
    want = definition(x.astype(np.float64))
    error = np.abs(played(name, x) - want)
    assert (error <= np.maximum(absolute, relative * np.abs(want))).all()


@pytest.mark.parametrize("name", ["Tanh", "Sigmoid", "Hardtanh", "Softsign", "Fasttanh", "SiLU", "Hardswish"])
def test_large_arguments_stay_finite(name: str) -> None:
    definition, _, _ = DEFINITIONS[name]
    x = np.array([-1e9, -1e4, -200, 200, 1e4, 1e9], np.float32)
    with np.errstate(over="ignore"):
        want = definition(x.astype(np.float64))
    np.testing.assert_allclose(played(name, x), want, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "activation",
    [Shaped("Sigmoid", (1.0,)), Shaped("LeakyReLU", (1.0, 2.0)), Shaped("LeakyHardtanh", (1.0,)), "Swoosh"],
)
def test_numbers_that_are_not_its_own_are_an_error(activation: str | Shaped) -> None:
    with pytest.raises(ModelError, match="activation: "):
        activation_named(activation)
