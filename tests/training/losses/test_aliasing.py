"""The aliasing of tones against Chebyshev polynomials, which make one harmonic each."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from numpy.polynomial import chebyshev
from torch import Tensor, nn

from ampboard.models.description import ModelDescription
from ampboard.models.errors import ParameterError
from ampboard.training.losses import AliasedTones, parse_loss
from ampboard.training.losses.tones import aliasing_to_signal, periods, tone
from ampboard.training.networks.a2 import A2Network
from ampboard.training.networks.streaming import Memory

RATE = 48_000


class Harmonics(nn.Module):
    """A memoryless network: each coefficient is the amplitude of one harmonic of a cosine of full scale."""

    betas = (0.9, 0.99)
    knobs = ()

    def __init__(self, *amplitudes: float) -> None:
        super().__init__()
        self.amplitudes = nn.Parameter(torch.tensor(amplitudes))

    def rest(self, streams: int) -> Memory:
        return (torch.zeros(streams, 1),)

    def forward(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        audio = inputs[:, 0].double()
        angle = torch.arccos(audio.clamp(-1, 1))
        orders = torch.arange(len(self.amplitudes))[:, None, None]
        return (self.amplitudes[:, None, None] * torch.cos(orders * angle)).sum(0), memory

    def matrices(self) -> list[tuple[nn.Parameter, int]]:
        return [(self.amplitudes, 1)]

    def describe(self, sample_rate: int, metadata: Mapping[str, Any]) -> ModelDescription:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("order", "folds"), [(2, False), (5, False), (6, True), (9, True)], ids=["2", "5", "6 folds", "9 folds"]
)
def test_a_harmonic_above_half_the_rate_is_an_alias(order: int, folds: bool) -> None:
    """A tone of 4186 Hz: its sixth harmonic folds at 48 kHz. Within 1e-4 of the closed formula."""
    amplitudes = [0.0] * 10
    amplitudes[0], amplitudes[1], amplitudes[order] = 0.7, 1.0, 0.3
    network = Harmonics(*amplitudes)
    loss = AliasedTones(RATE, tones=(4_186.0,), level=1.0)
    expected = 0.09 / 1.09 if folds else 0
    assert float(loss(network, 0).detach()) == pytest.approx(expected, abs=1e-4)
    count = periods(4_186.0, RATE, 8192)
    played = chebyshev.chebval(tone(count, 8192).astype(np.float64), amplitudes)
    assert aliasing_to_signal(played, count) == pytest.approx(expected, abs=1e-6)


def test_its_slope_takes_the_aliases_away() -> None:
    """Gradient descent on the sum of error and aliasing: the folded harmonic falls below a tenth."""
    torch.set_num_threads(1)
    network = Harmonics(0, 1.0, 0, 0, 0, 0, 0.3)
    loss = parse_loss("esr+alias", sample_rate=RATE)
    tones = AliasedTones(RATE, tones=(4_186.0,), level=1.0)
    before = float(tones(network, 0).detach())
    assert loss.of_network(network, 0) is not None
    for step in range(30):
        network.amplitudes.grad = None
        tones(network, step).backward()
        with torch.no_grad():
            network.amplitudes -= 0.5 * network.amplitudes.grad
    assert float(tones(network, 0).detach()) < 0.1 * before
    assert parse_loss("esr", sample_rate=RATE).of_network(network, 0) is None


def test_tones_come_in_turn_and_knobs_stand_still() -> None:
    heard: list[Tensor] = []

    class Listening(Harmonics):
        def forward(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
            heard.append(inputs)
            return super().forward(inputs, memory)

    loss, network = AliasedTones(RATE, knobs=(0.25, 0.75)), Listening(0, 1.0)
    for step in (0, 1, 2, 3):
        loss(network, step)
    windows = heard[1::2]
    assert all(window.shape == (1, 3, 2048) for window in windows)
    assert all((window[0, 1:] == torch.tensor([[0.25], [0.75]])).all() for window in windows)
    torch.testing.assert_close(windows[0], windows[3])
    lines = [int(torch.fft.rfft(window[0, 0]).abs().argmax()) for window in windows[:3]]
    np.testing.assert_allclose(np.array(lines) * RATE / 2048, [1_245, 2_489, 4_186], atol=RATE / 2048)


def test_a_tone_whose_aliases_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(ParameterError, match="cannot show aliases"):
        AliasedTones(RATE, tones=(100.0,))


def test_all_sizes_of_a_container_are_heard() -> None:
    """Its slope reaches the weights of the small and of the large network."""
    network = A2Network(knobs=("drive",), seed=1)
    loss = AliasedTones(RATE, knobs=(0.5,))(network, 2)
    loss.backward()
    assert 0 <= float(loss.detach()) < 1
    for size in network.networks:
        assert max(float(weight.grad.abs().max()) for weight in size.parameters() if weight.grad is not None) > 0
