"""Kernels of networks that are any layers one behind the other, as RTNeural plays them."""

from .kernel import layers_kernel

__all__ = ["layers_kernel"]
