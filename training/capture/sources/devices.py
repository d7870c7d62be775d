"""A device of `training.devices`, or a plugin as one, captured at one or many settings of its knobs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from ....models.errors import ParameterError
from ...devices.device import Device
from ...devices.plugins.plugin_device import PluginDevice
from ..capture import Capture
from ..layouts import Layout
from ..recordings import Recording
from .settings import Setting, describe_knobs, setting_name, turn_to
from .takes import ALL_USES, UNSEEN, Labels, RawTake, capture_takes


def capture_device(
    device: Device,
    signal: Recording,
    settings: Sequence[Setting] = (),
    *,
    unseen: Sequence[Setting] = (),
    labels: Labels | None = None,
    layout: Layout | None = None,
    told: Callable[[str], None] = lambda line: None,
) -> Capture:
    """Play a signal through a device at each setting, from rest each time, and make a capture of it.

    Parameters
    ----------
    device : Device
        Knobs that no setting names stay where they stand.
    signal : Recording
        What is played.
    settings : sequence of mapping
        Values of the same knobs each, see `Setting`; the device as it stands when there are none. The knobs are those
        of the capture; positions are kept from 0 to 1, and what that is in the device's units in `Capture.gear`.
    unseen : sequence of mapping
        Settings that nothing is trained on, to judge a model between the others.
    labels : Labels, optional
        Name, gear, levels; the device's own unless told.
    layout : Layout, optional
        Of the signal; recognised by its content unless told.
    told : function
        Hears a line before each take.

    Returns
    -------
    Capture
        What the checks found is in it: call `Capture.refuse_errors` before it is used.

    Raises
    ------
    ParameterError
        When the device has no such knob, a value is out of range, or the settings have not all the same knobs.
    AudioError, PluginError
        When it cannot be played.
    """
    wanted = [*((setting, ALL_USES) for setting in settings or ({},)), *((setting, UNSEEN) for setting in unseen)]
    turned = [(turn_to(device, setting), uses) for setting, uses in wanted]  # before the first is played: minutes
    names = tuple(wanted[0][0])
    for setting, _ in wanted:
        if set(setting) != set(names):
            raise ParameterError(
                f"setting {setting_name(setting) or 'as it stands'} and setting {setting_name(wanted[0][0])} "
                "are not of the same knobs: give every setting a value of each"
            )
    gear = {**_gear(device), **dict(describe_knobs(device, names))}
    labels = labels or Labels(device.name)
    labels = replace(labels, gear={**gear, **labels.gear})

    def takes() -> Iterator[RawTake]:
        for number, (state, uses) in enumerate(turned, 1):
            told(f"{device.name} {state.name}".strip() + f" ({number} of {len(turned)})")
            wet = state.device.process(signal.audio, signal.sample_rate).astype(np.float32)
            recording = Recording(wet, signal.sample_rate, device.name)
            yield RawTake(state.name or device.name, recording, state.positions, uses)

    return capture_takes(signal, takes(), labels, layout=layout, computed=True)


def _gear(device: Device) -> dict[str, str]:
    if isinstance(device, PluginDevice):
        return dict(device.gear)
    return {"source": "circuit", "gear_make": "ampboard", "gear_model": device.name}
