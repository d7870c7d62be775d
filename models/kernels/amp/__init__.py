"""The amp around a model: levels, mix, and the model's sample rate inside the host's."""

from .kernel import amp_kernel

__all__ = ["amp_kernel"]
