"""Kernels of Neural Amp Modeler's WaveNets: one compiled function that interprets a table of operations."""

from .kernel import plan_wavenet, wavenet_kernel

__all__ = ["plan_wavenet", "wavenet_kernel"]
