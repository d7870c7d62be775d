"""Where which passage of a known input signal is."""

from dataclasses import dataclass

from ..capture import Passage


@dataclass(frozen=True)
class Layout:
    """What an input signal holds.

    Attributes
    ----------
    name : str
        As in capture.toml: ``ampboard 1``, ``NAM 3``.
    sample_rate : int
        In Hz.
    passages : tuple of Passage
        In the order of time.
    blips : tuple of int
        Frames at which a single loud spike stands in silence.
    """

    name: str
    sample_rate: int
    passages: tuple[Passage, ...]
    blips: tuple[int, ...] = ()
