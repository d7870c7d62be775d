"""What a device is: something with knobs that turns one signal into another, at any sample rate."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...models.errors import AudioError
from .circuits.oversampling import downsample, upsample
from .knob import Knob, find_knob

OVERSAMPLING: Final = 8

Circuit = Callable[[NDArray[np.float64], float], NDArray[np.float64]]


class Device(Protocol):
    """A circuit with its knobs set."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """Its controls and where they stand."""
        ...

    def with_knobs(self, **values: float) -> Self:
        """A device like this one with some knobs turned; this one stays as it is.

        Parameters
        ----------
        **values : float
            Where to turn them, 0 to 1, by name: see `find_knob`.

        Raises
        ------
        ParameterError
            When it has no such knob, or a value is out of range.
        """
        ...

    def process(self, audio: ArrayLike, sample_rate: float) -> NDArray[np.float64]:
        """Play a signal through the device, from its state of rest.

        Parameters
        ----------
        audio : array of float, shape (frames,) or (channels, frames)
            Full scale is 1. Channels go through separate copies of the device.
        sample_rate : float
            In Hz.

        Returns
        -------
        ndarray of float64, same shape
            Without delay.

        Raises
        ------
        AudioError
            When the signal is not finite or has more than two dimensions.
        """
        ...


def checked_signal(audio: ArrayLike) -> NDArray[np.float64]:
    """A signal that a device can play; raises as `Device.process`."""
    signal = np.asarray(audio, np.float64)
    if signal.ndim not in (1, 2):
        raise AudioError(f"audio has {signal.ndim} dimensions: use (frames,) or (channels, frames)")
    if not np.isfinite(signal).all():
        raise AudioError(f"audio holds {int((~np.isfinite(signal)).sum())} values that are not finite: remove them")
    return signal


def simulate(circuit: Circuit, audio: ArrayLike, sample_rate: float) -> NDArray[np.float64]:
    """Run a circuit at eight times the sample rate on each channel.

    Parameters
    ----------
    circuit : function
        Takes a signal, which it may overwrite, and its sample rate, returns a signal of the same length.
    audio, sample_rate
        As in `Device.process`.
    """
    signal = checked_signal(audio)
    if signal.size == 0:
        return signal.copy()
    channels = [
        downsample(circuit(upsample(channel, OVERSAMPLING), OVERSAMPLING * sample_rate), OVERSAMPLING)
        for channel in np.atleast_2d(signal)
    ]
    return np.stack(channels).reshape(signal.shape)


@dataclass(frozen=True)
class Rig:
    """Devices one after the other.

    Attributes
    ----------
    name : str
        What the whole is called.
    devices : tuple of Device
        In the order of the signal.
    """

    name: str
    devices: tuple[Device, ...]

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """The knobs of all devices, each with its device's name before it."""
        return tuple(Knob(f"{device.name}.{knob.name}", knob.value) for device in self.devices for knob in device.knobs)

    def with_knobs(self, **values: float) -> "Rig":
        """See `Device.with_knobs`; a knob that only one of the devices has needs no device before its name."""
        by_device: dict[str, dict[str, float]] = {}
        for name, value in values.items():
            owner, _, knob = find_knob(name, self.knobs, self.name).name.partition(".")
            by_device.setdefault(owner, {})[knob] = value
        devices = (device.with_knobs(**by_device.get(device.name, {})) for device in self.devices)
        return replace(self, devices=tuple(devices))

    def process(self, audio: ArrayLike, sample_rate: float) -> NDArray[np.float64]:
        """See `Device.process`."""
        signal = np.asarray(audio, np.float64)
        for device in self.devices:
            signal = device.process(signal, sample_rate)
        return signal
