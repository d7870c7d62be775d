"""What a VST3 plugin says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..quarantine import Verdict

Value = float | bool | str


@dataclass(frozen=True)
class Vst3Parameter:
    """One parameter.

    Attributes
    ----------
    name : str
        As pedalboard calls it: the name to set it by.
    title, unit : str
        As the plugin says.
    minimum, maximum : float or None
        In its own unit; None where it takes words.
    value : float, bool or str
        After loading.
    labels : tuple of str
        The words it takes.
    """

    name: str
    title: str
    unit: str
    minimum: float | None
    maximum: float | None
    value: Value
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vst3Entry:
    """One plugin of a VST3 file; all facts but the first two are empty when the verdict is not ok.

    Attributes
    ----------
    path : Path
    plugin : str
        What `load_vst3` takes as `plugin_name`; empty where the file holds one plugin.
    verdict : Verdict
        How its trial went.
    name, vendor, version, category : str
        As the plugin says.
    is_effect, is_instrument : bool
    channels : tuple of int
        The numbers of channels, of 1 and 2, that it plays.
    latency : int
        Frames, at 48000 Hz.
    parameters : tuple of Vst3Parameter
    """

    path: Path
    plugin: str
    verdict: Verdict
    name: str = ""
    vendor: str = ""
    version: str = ""
    category: str = ""
    is_effect: bool = False
    is_instrument: bool = False
    channels: tuple[int, ...] = ()
    latency: int = 0
    parameters: tuple[Vst3Parameter, ...] = ()

    @classmethod
    def from_verdict(cls, path: Path, plugin: str, verdict: Verdict) -> "Vst3Entry":
        """The entry of a plugin that was tried."""
        if verdict.outcome != "ok":
            return cls(path, plugin, verdict)
        facts: dict[str, Any] = dict(verdict.facts)
        facts["channels"] = tuple(facts["channels"])
        facts["parameters"] = tuple(_parameter(data) for data in facts["parameters"])
        return cls(path, plugin, verdict, **facts)


def _parameter(data: Mapping[str, Any]) -> Vst3Parameter:
    fields: dict[str, Any] = {**data, "labels": tuple(data["labels"])}
    return Vst3Parameter(**fields)
