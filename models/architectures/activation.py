"""Names of activation functions."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shaped:
    """An activation with numbers of its own.

    Attributes
    ----------
    name : str
        The function.
    numbers : tuple of float
        LeakyReLU: the slope below zero. PReLU: such a slope for each channel. LeakyHardtanh: lowest and highest value
        of the linear part, slope below and slope above it.
    """

    name: str
    numbers: tuple[float, ...]


ActivationName = str | Shaped
"""An activation by its name, with its usual numbers, or with others."""
