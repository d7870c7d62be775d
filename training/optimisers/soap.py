"""SOAP: Adam in the eigenbasis of Shampoo's preconditioner.

Vyas et al., "SOAP: Improving and Stabilizing Shampoo using Adam", 2024. Written for networks of many tiny matrices:
equal shapes are stacked and treated at once, the eigenbases follow by one QR step every few updates.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

EPSILON = 1e-8
REFRESH_EVERY = 10
LARGEST_SIDE = 64  # a longer side of a matrix is left unrotated


@dataclass
class _Side:
    """Covariance of the gradient along one side of a stack of matrices, and its eigenvectors (largest first).

    Both lie in memory row by row: as they come from the solvers, a matrix product would round differently before and
    after they were saved.
    """

    covariance: Tensor
    basis: Tensor

    def begin(self, covariance: Tensor) -> None:
        """Take the first gradient's covariance and its eigenvectors."""
        floor = 1e-20 * torch.eye(covariance.shape[-1], device=covariance.device)
        self.covariance = covariance
        self.basis = torch.linalg.eigh(covariance + floor)[1].flip(-1).contiguous()

    def refresh(self) -> Tensor:
        """Turn the basis by one step of power iteration; returns the new order of the old columns."""
        size = torch.diagonal(self.basis.mT @ self.covariance @ self.basis, dim1=-2, dim2=-1)
        order = size.argsort(-1, descending=True)
        sorted_basis = torch.gather(self.basis, 2, order[:, None, :].expand_as(self.basis))
        self.basis = torch.linalg.qr(self.covariance @ sorted_basis)[0].contiguous()
        return order


@dataclass
class _Stack:
    """Matrices of one shape that are updated together."""

    members: list[tuple[nn.Parameter, int]]
    rows: int
    columns: int
    first: Tensor = field(init=False)
    second: Tensor = field(init=False)
    left: _Side | None = field(init=False)
    right: _Side | None = field(init=False)

    def __post_init__(self) -> None:
        count = sum(blocks for _, blocks in self.members)
        like = self.members[0][0].detach()
        self.first = like.new_zeros(count, self.rows, self.columns)
        self.second = self.first.clone()
        self.left, self.right = (
            _Side(like.new_zeros(count, side, side), like.new_zeros(count, side, side))
            if side <= LARGEST_SIDE
            else None
            for side in (self.rows, self.columns)
        )

    def gradient(self) -> Tensor:
        return torch.cat([_gradient(weight).view(blocks, self.rows, self.columns) for weight, blocks in self.members])

    def add(self, change: Tensor) -> None:
        start = 0
        for weight, blocks in self.members:
            weight += change[start : start + blocks].reshape(weight.shape)
            start += blocks

    def covariances(self, gradient: Tensor) -> Iterator[tuple[int, _Side, Tensor]]:
        """Axis, side and the gradient's covariance of each side that is rotated."""
        if self.left is not None:
            yield 1, self.left, gradient @ gradient.mT
        if self.right is not None:
            yield 2, self.right, gradient.mT @ gradient

    def rotated(self, matrices: Tensor) -> Tensor:
        if self.left is not None:
            matrices = self.left.basis.mT @ matrices
        return matrices if self.right is None else matrices @ self.right.basis

    def rotated_back(self, matrices: Tensor) -> Tensor:
        if self.left is not None:
            matrices = self.left.basis @ matrices
        return matrices if self.right is None else matrices @ self.right.basis.mT


def _gradient(weight: nn.Parameter) -> Tensor:
    return torch.zeros_like(weight) if weight.grad is None else weight.grad


class Soap:
    """The optimiser.

    Parameters
    ----------
    matrices : iterable of (Parameter, int)
        Each parameter with the number of equal matrices stacked in its rows: a gate each in a recurrent layer. What has
        only one row or one column is updated by Adam.
    betas : (float, float)
        Decays of the first and of the second moments (and of the covariances).
    """

    def __init__(self, matrices: Iterable[tuple[nn.Parameter, int]], *, betas: tuple[float, float]) -> None:
        self.betas = betas
        self.steps = 0
        self.vectors: list[nn.Parameter] = []
        shapes: dict[tuple[int, int], list[tuple[nn.Parameter, int]]] = {}
        for weight, blocks in matrices:
            rows = weight.shape[0] // blocks
            columns = weight.numel() // weight.shape[0]
            if rows > 1 and columns > 1:
                shapes.setdefault((rows, columns), []).append((weight, blocks))
            else:
                self.vectors.append(weight)
        self.stacks = [_Stack(members, *shape) for shape, members in shapes.items()]
        size = sum(weight.numel() for weight in self.vectors)
        device = self.vectors[0].device if self.vectors else None
        self.first, self.second = torch.zeros(size, device=device), torch.zeros(size, device=device)

    def tensors(self) -> dict[str, Tensor]:
        """Name everything that is remembered from update to update, where it lies; the same before the first one."""
        named = {"first": self.first, "second": self.second}
        for number, stack in enumerate(self.stacks):
            named |= {f"{number}.first": stack.first, f"{number}.second": stack.second}
            for name, side in (("left", stack.left), ("right", stack.right)):
                if side is not None:
                    named |= {f"{number}.{name}.covariance": side.covariance, f"{number}.{name}.basis": side.basis}
        return named

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Update all parameters from their ``.grad``."""
        self.steps += 1
        self._step_vectors(learning_rate)
        for stack in self.stacks:
            self._step_stack(stack, learning_rate)

    def _adam(self, first: Tensor, second: Tensor) -> Tensor:
        slow, fast = (1 - beta**self.steps for beta in self.betas)
        return (first / slow) / ((second / fast).sqrt() + EPSILON)

    def _step_vectors(self, learning_rate: float) -> None:
        if not self.vectors:
            return
        gradient = torch.cat([_gradient(weight).flatten() for weight in self.vectors])
        self.first.lerp_(gradient, 1 - self.betas[0])
        self.second.lerp_(gradient.square(), 1 - self.betas[1])
        change = -learning_rate * self._adam(self.first, self.second)
        for weight, part in zip(self.vectors, change.split([w.numel() for w in self.vectors]), strict=True):
            weight += part.reshape(weight.shape)

    def _step_stack(self, stack: _Stack, learning_rate: float) -> None:
        gradient = stack.gradient()
        sides = list(stack.covariances(gradient))
        if self.steps == 1:
            for _, side, covariance in sides:
                side.begin(covariance)
        stack.first.lerp_(gradient, 1 - self.betas[0])
        stack.second.lerp_(stack.rotated(gradient).square(), 1 - self.betas[1])
        change = self._adam(stack.rotated(stack.first), stack.second)
        stack.add(-learning_rate * stack.rotated_back(change))
        for axis, side, covariance in sides:
            side.covariance.lerp_(covariance, 1 - self.betas[1])
            if self.steps == 1 or self.steps % REFRESH_EVERY == 0:
                order = side.refresh()
                order = order[:, :, None] if axis == 1 else order[:, None, :]
                stack.second = torch.gather(stack.second, axis, order.expand_as(stack.second))
