"""The SOAP optimiser (needs torch)."""

import torch

from ampboard.training.optimisers.soap import Soap


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
