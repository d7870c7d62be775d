"""Zero-latency convolution with an impulse response."""

from .kernel import cabinet_kernel

__all__ = ["cabinet_kernel"]
