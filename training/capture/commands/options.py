"""Options of the capture commands, read: what they play, at which settings, under which name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ....models.errors import ParameterError
from ...devices.device import Device
from ..capture import Capture
from ..checks.table import chosen_checks
from ..layouts import Layout
from ..recordings import Recording, read_recording
from ..sources.devices import capture_device
from ..sources.settings import Setting, grid, parse_setting, parse_values, turn_to
from ..sources.takes import Labels

if TYPE_CHECKING:
    from ..signal.test_signal import Signal

GEAR: Final = {"make": "gear_make", "model": "gear_model", "type": "gear_type", "tone": "tone_type", "by": "modeled_by"}


def read_labels(
    name: str,
    gear: Sequence[str] | None,
    ignore: Sequence[str] | None,
    *,
    input_dbu: float | None = None,
    output_dbu: float | None = None,
) -> Labels:
    """What is written into a capture.

    Raises
    ------
    ParameterError
        When a piece of gear does not read ``make=...``, or no check has a name.
    """
    words: dict[str, str] = {}
    for text in gear or ():
        key, _, value = text.partition("=")
        if key not in GEAR or not value:
            raise ParameterError(f"--gear {text!r}: write {', '.join(f'{known}=...' for known in GEAR)}")
        words[GEAR[key]] = value
    ignored = tuple(part.strip() for text in ignore or () for part in text.split(",") if part.strip())
    return Labels(name, words, input_dbu, output_dbu, chosen_checks(ignored))


def new_signal(seconds: float | None, rate: int, playing: Sequence[Recording] = ()) -> "Signal":
    """The test signal, of its usual length unless told; see `make_signal`."""
    from ..signal.plan import SECONDS
    from ..signal.test_signal import make_signal

    return make_signal(SECONDS if seconds is None else seconds, rate, playing=playing)


@dataclass(frozen=True)
class Played:
    """Which signal is played.

    Attributes
    ----------
    path : Path or None
        A file; a new signal when there is none.
    seconds : float or None
        Length of a new one.
    rate : int
        Frames a second of a new one.
    """

    path: Path | None
    seconds: float | None
    rate: int

    def read(self) -> tuple[Recording, Layout | None]:
        """The signal, and its layout where that need not be recognised."""
        if self.path is not None:
            return read_recording(self.path), None
        made = new_signal(self.seconds, self.rate)
        return Recording(made.audio, self.rate, made.layout.name), made.layout


@dataclass(frozen=True)
class Wanted:
    """Settings as they are written on the command line.

    Attributes
    ----------
    fixed : mapping
        Numbers and words that stand so in every take.
    settings, unseen : tuple of mapping
        See `capture_device`.
    """

    fixed: Setting
    settings: tuple[Setting, ...]
    unseen: tuple[Setting, ...]

    @classmethod
    def read(cls, setting: Sequence[str] | None, at: Sequence[str] | None, unseen: Sequence[str] | None) -> "Wanted":
        """Read ``--setting``, ``--at`` and ``--unseen``; raises as `parse_values`."""
        values: dict[str, tuple[float | str, ...]] = {}
        for text in setting or ():
            name, several = parse_values(text)
            if name in values:
                raise ParameterError(f"--setting {name} is given twice: write all its values with commas between them")
            values[name] = several
        moved = {name: several for name, several in values.items() if len(several) > 1}
        fixed = {name: several[0] for name, several in values.items() if len(several) == 1}
        listed = tuple(map(parse_setting, at or ()))
        return cls(fixed, (*(grid(moved) if moved else ()), *listed), tuple(map(parse_setting, unseen or ())))


def render(
    load: Callable[[Setting], Device], wanted: Wanted, played: Played, labels: Labels, told: Callable[[str], None]
) -> Capture:
    """Capture a device that `load` makes of the settings that stay; what plugins print is not shown."""
    from .plugin_talk import plugins_hushed

    with plugins_hushed():
        device = load(wanted.fixed)
        for setting in (*wanted.settings, *wanted.unseen):
            turn_to(device, setting)  # wrong names are told before a signal is made
        signal, layout = played.read()
        return capture_device(
            device, signal, wanted.settings, unseen=wanted.unseen, labels=labels, layout=layout, told=told
        )


def load_plugin(what: str, fixed: Setting, *, plugin_name: str = "") -> Device:
    """A plugin with some numbers set; words that are no number of it go to its loader. See `plugin_device`."""
    from ...devices.plugins.loading import plugin_device

    words = {name: value for name, value in fixed.items() if isinstance(value, str) and not value.endswith("%")}
    device = plugin_device(what, words, plugin_name=plugin_name)
    return turn_to(device, {name: value for name, value in fixed.items() if name not in words}).device
