"""Losses by the names that users give: ``esr+0.5*dc+2e-4*stft``."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ...models.errors import ParameterError
from .aliasing import AliasedTones
from .energy import ErrorToSignal, Offset, SquaredError
from .loss import Loss, LossSum, NetworkLoss
from .spectral import MultiResolutionStft
from .weighting import a_weighting, pre_emphasis

DEFAULT: Final = "mse"
TERM: Final = re.compile(r"(?:(?P<weight>[^*]+)\*)?(?P<name>[^*]+)")
BETWEEN: Final = re.compile(r"(?<![0-9.][eE])\+")  # not the plus of 1e+2


@dataclass(frozen=True)
class Heard:
    """What the losses need to know.

    Attributes
    ----------
    sample_rate : int
        In Hz.
    power : float
        Mean square of the training target as it is heard.
    knobs : tuple of float
        Where the knobs stand while the network is asked on its own.
    """

    sample_rate: int
    power: float = 1.0
    knobs: tuple[float, ...] = ()


@dataclass(frozen=True)
class Entry:
    """One loss: its meaning in a line, and how it is made."""

    meaning: str
    make: Callable[[Heard], Loss]


@dataclass(frozen=True)
class NetworkEntry:
    """One loss that the network is asked for on its own."""

    meaning: str
    make: Callable[[Heard], NetworkLoss]


LOSSES: Final[Mapping[str, Entry | NetworkEntry]] = {
    "mse": Entry("squared error over the mean power of the training target", lambda heard: SquaredError(heard.power)),
    "esr": Entry("error-to-signal ratio of each window", lambda _: ErrorToSignal()),
    "dc": Entry("direct current", lambda _: Offset()),
    "pre85": Entry("error-to-signal ratio behind a pre-emphasis of 0.85", lambda _: pre_emphasis(0.85)),
    "pre95": Entry("error-to-signal ratio behind a pre-emphasis of 0.95", lambda _: pre_emphasis(0.95)),
    "aweight": Entry("error-to-signal ratio behind A-weighting", lambda heard: a_weighting(heard.sample_rate)),
    "stft": Entry("short-time spectra at three resolutions (needs auraloss)", lambda _: MultiResolutionStft()),
    "alias": NetworkEntry("aliases of pure high tones", lambda heard: AliasedTones(heard.sample_rate, heard.knobs)),
}
"""Losses by name."""


def parse_loss(text: str, *, sample_rate: int, power: float = 1.0, knobs: tuple[float, ...] = ()) -> LossSum:
    """Make the loss that a text names: terms joined by ``+``, each with a weight and ``*`` before it, or with none.

    Parameters
    ----------
    text : str
        As ``mse``, ``esr+0.5*dc`` or ``mse + 2e-4*stft``.
    sample_rate : int
        Of the sound, in Hz.
    power : float
        Mean square of the training target for ``mse``; 1 where the signals are scaled to it.
    knobs : tuple of float
        Where a conditioned network's knobs stand for ``alias``, as 0.5 each.

    Raises
    ------
    ParameterError
        When a name is not known, a weight is no positive number, or nothing compares output and target.

    Examples
    --------
    >>> [weight for weight, _ in parse_loss("esr+0.5*dc+2e-4*stft", sample_rate=48_000).terms]
    [1.0, 0.5, 0.0002]
    """
    heard = Heard(sample_rate, power, knobs)
    terms: list[tuple[float, Loss]] = []
    network_terms: list[tuple[float, NetworkLoss]] = []
    for part in BETWEEN.split(text):
        weight, name = _split(part.strip(), text)
        entry = LOSSES.get(name)
        if entry is None:
            raise ParameterError(f"loss {text!r}: {name!r} is not known: use {', '.join(LOSSES)}")
        if isinstance(entry, NetworkEntry):
            network_terms.append((weight, entry.make(heard)))
        else:
            terms.append((weight, entry.make(heard)))
    if not terms:
        raise ParameterError(f"loss {text!r}: nothing in it compares the model with the device: add mse or esr")
    return LossSum(tuple(terms), tuple(network_terms))


def _split(part: str, text: str) -> tuple[float, str]:
    match = TERM.fullmatch(part)
    if match is None:
        raise ParameterError(f"loss {text!r}: {part!r} is no term: write it as 0.5*dc, and + between terms")
    given = match["weight"]
    try:
        weight = 1.0 if given is None else float(given)
    except ValueError:
        weight = -1.0
    if not 0 < weight < float("inf"):
        raise ParameterError(f"loss {text!r}: the weight {given!r} is no positive number: write it as 0.5*dc")
    return weight, match["name"].strip()
