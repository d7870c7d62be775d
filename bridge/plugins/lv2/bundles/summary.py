"""What a list of plugins needs to know of each."""

from dataclasses import dataclass
from pathlib import Path

from .description import Lv2Description
from .preset_bundles import Lv2Preset
from .statements import Problem


@dataclass(frozen=True)
class Lv2Summary:
    """The short form of `Lv2Description`, with numbers of ports in place of ports.

    Attributes
    ----------
    unknown_ports : tuple of str
        Symbols of the ports of kinds that no host of ours connects, unless they may be left unconnected.
    """

    uri: str
    name: str
    author: str
    version: str
    plugin_class: str
    bundle: Path
    binary: Path
    required_features: frozenset[str]
    required_options: frozenset[str]
    audio_inputs: int
    audio_outputs: int
    side_chain_inputs: int
    parameters: int
    unknown_ports: tuple[str, ...]


@dataclass(frozen=True)
class BundleSummary:
    """What a bundle holds, in short, and what in it could not be read.

    `is_complete` is False when the reading itself failed, so that it is worth another attempt.
    """

    path: Path
    plugins: tuple[Lv2Summary, ...] = ()
    presets: tuple[Lv2Preset, ...] = ()
    problems: tuple[Problem, ...] = ()
    is_complete: bool = True


def summarise(description: Lv2Description) -> Lv2Summary:
    """The short form of a description."""
    return Lv2Summary(
        uri=description.uri,
        name=description.name,
        author=description.author,
        version=description.version,
        plugin_class=description.plugin_class,
        bundle=description.bundle,
        binary=description.binary,
        required_features=description.required_features,
        required_options=description.required_options,
        audio_inputs=len(description.audio_inputs),
        audio_outputs=len(description.audio_outputs),
        side_chain_inputs=len(description.side_chain_inputs),
        parameters=len(description.control_inputs) + sum(p.is_writable for p in description.patch_parameters),
        unknown_ports=tuple(
            port.symbol
            for port in description.ports
            if port.kind == "unknown" and "connectionOptional" not in port.properties
        ),
    )
