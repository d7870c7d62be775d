"""The amp around a model: levels, mix, and the model's sample rate inside the host's."""

from .kernel import RateConversion, amp_kernel

__all__ = ["RateConversion", "amp_kernel"]
