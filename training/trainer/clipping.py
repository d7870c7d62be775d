"""Keeps single wild gradients from throwing a network off."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

import torch
from torch import nn

MEMORY: Final = 0.98


@dataclass
class GradientClip:
    """Shortens gradients that are much longer than usual.

    Attributes
    ----------
    most : float
        Times the running mean of the norm that a gradient may be long.
    usual : float
        The running mean of the norm.
    """

    most: float
    usual: float = 0.0

    def apply(self, parameters: Sequence[nn.Parameter]) -> bool:
        """Shorten the gradients in place where they are too long; False when one of them is not finite."""
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        norm = float(torch.linalg.vector_norm(torch.cat([gradient.flatten() for gradient in gradients])))
        if not isfinite(norm):
            return False
        longest = self.most * self.usual
        if self.usual and norm > longest:
            for gradient in gradients:
                gradient *= longest / norm
            norm = longest
        self.usual = MEMORY * self.usual + (1 - MEMORY) * norm if self.usual else norm
        return True
