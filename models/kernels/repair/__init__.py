"""The repair kernel: gaps found, filled from both sides and blended by a small network; noise removed by another."""

from .kernel import repair_kernel

__all__ = ["repair_kernel"]
