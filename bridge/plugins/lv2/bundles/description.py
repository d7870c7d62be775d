"""What an LV2 bundle says about a plugin, as data: https://lv2plug.in/ns/lv2core."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

PortKind = Literal["audio", "control", "cv", "atom", "unknown"]


@dataclass(frozen=True)
class ScalePoint:
    """A value of a control port that has a name."""

    value: float
    label: str


@dataclass(frozen=True)
class Lv2Port:
    """One port of a plugin.

    Attributes
    ----------
    index : int
        Place of the port in the plugin's list.
    symbol : str
        Its identifier, unique in the plugin, a valid C name.
    name : str
        What a user reads.
    kind : {"audio", "control", "cv", "atom", "unknown"}
        What is connected to it; an unknown one can be left alone only when it is optional.
    is_output : bool
        Whether the plugin writes it.
    minimum, maximum, default : float or None
        Of a control or CV port, in `unit`; None where the bundle says nothing. Ports with the property ``sampleRate``
        count in multiples of the sample rate.
    unit : str
        Symbol of the unit as printed: ``dB``, ``Hz``, ``ms``, ``%``; empty when there is none.
    scale_points : tuple of ScalePoint
        Named values, in ascending order.
    properties : frozenset of str
        Port properties by the last part of their URI: ``toggled``, ``integer``, ``enumeration``, ``logarithmic``,
        ``sampleRate``, ``reportsLatency``, ``connectionOptional``, ``isSideChain``, ``notOnGUI``, ...
    designation : str
        URI of what the port stands for (``lv2:latency``, ``lv2:enabled``, ``lv2:control``, a channel); empty when none.
    supports : frozenset of str
        URIs of the atom types that an atom port takes (``midi:MidiEvent``, ``patch:Message``, ``time:Position``).
    minimum_size : int
        Bytes an atom port's buffer needs at least (``rsz:minimumSize``); 0 when not said.
    """

    index: int
    symbol: str
    name: str
    kind: PortKind
    is_output: bool
    minimum: float | None = None
    maximum: float | None = None
    default: float | None = None
    unit: str = ""
    scale_points: tuple[ScalePoint, ...] = ()
    properties: frozenset[str] = frozenset()
    designation: str = ""
    supports: frozenset[str] = frozenset()
    minimum_size: int = 0


@dataclass(frozen=True)
class PatchParameter:
    """A parameter without a port, set by a ``patch:Set`` message: usually a file (an impulse response, a model).

    Attributes
    ----------
    uri : str
        The property that is set.
    name : str
        What a user reads (``rdfs:label``).
    type : str
        URI of its value's type (``rdfs:range``): ``atom:Path``, ``atom:Float``, ``atom:Bool``, ...
    is_writable : bool
        Whether it can be set (``patch:writable``), or only read.
    """

    uri: str
    name: str
    type: str
    is_writable: bool


@dataclass(frozen=True)
class Lv2Description:
    """One plugin.

    Attributes
    ----------
    uri, name, author, licence : str
        As the bundle says; empty where it does not.
    version : str
        ``minor.micro``; empty when not said.
    plugin_class : str
        Last part of its class's URI: ``AmplifierPlugin``, ``ReverbPlugin``, ``Plugin``.
    bundle, binary : Path
        Folder of the bundle and file of the code.
    required_features, optional_features, extension_data, required_options : frozenset of str
        URIs.
    ports : tuple of Lv2Port
        By index.
    patch_parameters : tuple of PatchParameter
        By URI.
    """

    uri: str
    name: str
    author: str
    licence: str
    version: str
    plugin_class: str
    bundle: Path
    binary: Path
    required_features: frozenset[str]
    optional_features: frozenset[str]
    extension_data: frozenset[str]
    required_options: frozenset[str]
    ports: tuple[Lv2Port, ...]
    patch_parameters: tuple[PatchParameter, ...] = ()

    @cached_property
    def audio_inputs(self) -> tuple[Lv2Port, ...]:
        """Main audio inputs, without the side-chain."""
        return tuple(p for p in self.ports if p.kind == "audio" and not p.is_output and not is_side_chain(p))

    @cached_property
    def side_chain_inputs(self) -> tuple[Lv2Port, ...]:
        """Audio inputs of the side-chain."""
        return tuple(p for p in self.ports if p.kind == "audio" and not p.is_output and is_side_chain(p))

    @cached_property
    def audio_outputs(self) -> tuple[Lv2Port, ...]:
        """Audio outputs."""
        return tuple(p for p in self.ports if p.kind == "audio" and p.is_output)

    @cached_property
    def control_inputs(self) -> tuple[Lv2Port, ...]:
        """Control ports that can be set."""
        return tuple(p for p in self.ports if p.kind == "control" and not p.is_output)

    @property
    def is_effect(self) -> bool:
        """Whether audio goes in and comes out."""
        return bool(self.audio_inputs and self.audio_outputs)


def is_side_chain(port: Lv2Port) -> bool:
    """Whether an audio input belongs to the side-chain."""
    return "isSideChain" in port.properties
