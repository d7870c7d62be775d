"""Levels a capture is meant to be played at: what its metadata says, as gains in front of and behind the model.

A model hears numbers, the captured device heard volts. ``input_level_dbu`` and ``output_level_dbu`` say which level a
sine of full scale had on the way into and out of the device; ``loudness`` is that of the model's output for a standard
recording. With the level that the player's own interface takes for full scale, the model is driven as the device was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from .errors import ModelError, ParameterError

OutputLevel = Literal["raw", "normalized", "calibrated"]
"""What the level behind a model follows: nothing, its loudness, or the level of the captured device."""

NORMALIZED_LOUDNESS: Final = -18.0
"""Loudness in dB that ``normalized`` brings every model to."""

LEVEL_RANGE: Final = (-60.0, 60.0)
"""Lowest and highest level in dBu of a sine of full scale, at any device."""

_RANGES: Final = {"loudness": (-120.0, 40.0), "input_level_dbu": LEVEL_RANGE, "output_level_dbu": LEVEL_RANGE}


@dataclass(frozen=True)
class Calibration:
    """Gains that belong to a model.

    Attributes
    ----------
    input_db, output_db : float
        Gain in front of and behind the model in dB.
    """

    input_db: float = 0.0
    output_db: float = 0.0


def calibration(
    metadata: Mapping[str, Any], *, interface_dbu: float | None = None, output: OutputLevel = "raw"
) -> Calibration:
    """Work out the gains that bring a model to the levels of its metadata.

    Parameters
    ----------
    metadata : mapping
        Of the model, with ``loudness`` (dB), ``input_level_dbu``, ``output_level_dbu`` as far as they are needed.
    interface_dbu : float, optional
        Level in dBu of a sine of full scale at the player's interface, -60 to 60. The gain in front of the model is
        ``interface_dbu - input_level_dbu``; 0 dB when left out.
    output : {"raw", "normalized", "calibrated"}
        Gain behind the model: 0 dB; ``-18 - loudness``; ``output_level_dbu - interface_dbu``.

    Raises
    ------
    ParameterError
        When `interface_dbu` is out of range, `output` is unknown, or "calibrated" comes without `interface_dbu`.
    ModelError
        When a number that is needed is missing in the metadata, is no number or cannot be true.

    References
    ----------
    NeuralAmpModelerPlugin, input calibration and output modes: the same gains. Where the metadata says nothing the
    plugin adds no gain; here it is an error.
    """
    if output not in get_args(OutputLevel):
        raise ParameterError(f"output is {output!r}: use {', '.join(get_args(OutputLevel))}")
    if interface_dbu is not None and not LEVEL_RANGE[0] <= interface_dbu <= LEVEL_RANGE[1]:
        raise ParameterError(f"interface_dbu is {interface_dbu:g} dBu: use a value from -60 to 60")
    input_db = output_db = 0.0
    if interface_dbu is not None:
        input_db = interface_dbu - _number(metadata, "input_level_dbu", "leave interface_dbu out")
    if output == "normalized":
        output_db = NORMALIZED_LOUDNESS - _number(metadata, "loudness", 'use output="raw"')
    if output == "calibrated":
        if interface_dbu is None:
            raise ParameterError('output="calibrated" needs interface_dbu, the level of full scale at your interface')
        output_db = _number(metadata, "output_level_dbu", 'use output="raw"') - interface_dbu
    return Calibration(input_db, output_db)


def _number(metadata: Mapping[str, Any], name: str, remedy: str) -> float:
    value = metadata.get(name)
    if value is None:
        raise ModelError(f"metadata.{name}: the model does not say it: {remedy}, or add it to the file")
    low, high = _RANGES[name]
    shown = str(value)[:40]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ModelError(f"metadata.{name}: {shown!r} is not a number: {remedy}, or correct the file")
    if not low <= value <= high:
        raise ModelError(
            f"metadata.{name}: {shown} cannot be true (from {low:g} to {high:g}): {remedy}, or correct the file"
        )
    return float(value)
