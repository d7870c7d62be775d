"""A device of `training.devices`, or a plugin as one, captured at one or many settings of its knobs."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ....models.errors import AudioError, ParameterError
from ...devices.device import Device
from ...devices.plugins.plugin_device import PluginDevice
from ..capture import Capture
from ..layouts import Layout
from ..recordings import Recording
from .settings import Setting, describe_knobs, setting_name, turn_to
from .takes import ALL_USES, UNSEEN, Labels, RawTake, capture_takes

LARGEST_PEAK = 0.999  # of a take: files of a capture are of whole numbers, which end at full scale


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
        What the checks found is in it: call `Capture.refuse_errors` before it is used. When the loudest take would not
        fit into full scale, all are turned down by the same amount, which ``gear["output_gain_db"]`` tells.

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
    takes: list[RawTake] = []
    for number, (state, uses) in enumerate(turned, 1):
        told(f"{device.name} {state.name}".strip() + f" ({number} of {len(turned)})")
        wet = state.device.process(signal.audio, signal.sample_rate)
        if not np.isfinite(wet).all():
            raise AudioError(f"{device.name} {state.name}: gave values that are no numbers: set its knobs otherwise")
        recording = Recording(wet.astype(np.float32), signal.sample_rate, device.name)
        takes.append(RawTake(state.name or device.name, recording, state.positions, uses))
    gain = _gain(takes)
    gear = {**_gear(device), **dict(describe_knobs(device, names))}
    if gain < 1.0:
        takes = [replace(take, recording=_louder(take.recording, gain)) for take in takes]
        gear["output_gain_db"] = f"{20 * np.log10(gain):.2f}"
    labels = labels or Labels(device.name)
    return capture_takes(signal, takes, replace(labels, gear={**gear, **labels.gear}), layout=layout)


def _gain(takes: Sequence[RawTake]) -> float:
    peak = max(float(np.max(np.abs(take.recording.audio), initial=0.0)) for take in takes)
    return min(1.0, LARGEST_PEAK / peak) if peak > 0.0 else 1.0


def _louder(recording: Recording, gain: float) -> Recording:
    return replace(recording, audio=recording.audio * np.float32(gain))


def _gear(device: Device) -> dict[str, str]:
    if isinstance(device, PluginDevice):
        return dict(device.gear)
    return {"gear_type": "circuit", "gear_make": "ampboard", "gear_model": device.name}
