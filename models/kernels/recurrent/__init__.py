"""Kernels of LSTMs and GRUs: a step written out for its shape, or loops for the large ones."""

from .kernel import recurrent_kernel

__all__ = ["recurrent_kernel"]
