"""Words of the LV2 specifications that plugins' descriptions use: https://lv2plug.in/ns."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
DOAP: Final = "http://usefulinc.com/ns/doap#"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
LV2: Final = "http://lv2plug.in/ns/lv2core#"
ATOM: Final = "http://lv2plug.in/ns/ext/atom#"
BLOCKS: Final = "http://lv2plug.in/ns/ext/buf-size#"
LOG: Final = "http://lv2plug.in/ns/ext/log#"
OPTIONS: Final = "http://lv2plug.in/ns/ext/options#"
PARAMETERS: Final = "http://lv2plug.in/ns/ext/parameters#"
PATCH: Final = "http://lv2plug.in/ns/ext/patch#"
PORT_GROUPS: Final = "http://lv2plug.in/ns/ext/port-groups#"
PRESETS: Final = "http://lv2plug.in/ns/ext/presets#"
RESIZE_PORT: Final = "http://lv2plug.in/ns/ext/resize-port#"
STATE: Final = "http://lv2plug.in/ns/ext/state#"
URID: Final = "http://lv2plug.in/ns/ext/urid#"
WORKER: Final = "http://lv2plug.in/ns/ext/worker#"
UNITS: Final = "http://lv2plug.in/ns/extensions/units#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

TYPE: Final = RDF + "type"
LABEL: Final = RDFS + "label"
SEE_ALSO: Final = RDFS + "seeAlso"

UNIT_SYMBOLS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bar": "bars",
        "beat": "beats",
        "bpm": "BPM",
        "cent": "ct",
        "cm": "cm",
        "coef": "",
        "db": "dB",
        "degree": "deg",
        "frame": "frames",
        "hz": "Hz",
        "inch": "in",
        "khz": "kHz",
        "km": "km",
        "m": "m",
        "mhz": "MHz",
        "midiNote": "note",
        "mile": "mi",
        "min": "min",
        "mm": "mm",
        "ms": "ms",
        "oct": "oct",
        "pc": "%",
        "s": "s",
        "semitone12TET": "semi",
    }
)
"""Symbol of each unit of the units extension, by the last part of its URI."""

CLASS_DEPTHS: Final[Mapping[str, int]] = MappingProxyType(
    {"Plugin": 0}
    | dict.fromkeys(
        (
            "DelayPlugin",
            "DistortionPlugin",
            "DynamicsPlugin",
            "FilterPlugin",
            "GeneratorPlugin",
            "MIDIPlugin",
            "ModulatorPlugin",
            "SimulatorPlugin",
            "SpatialPlugin",
            "SpectralPlugin",
            "UtilityPlugin",
        ),
        1,
    )
    | dict.fromkeys(
        (
            "AllpassPlugin",
            "AmplifierPlugin",
            "AnalyserPlugin",
            "BandpassPlugin",
            "ChorusPlugin",
            "CombPlugin",
            "CompressorPlugin",
            "ConstantPlugin",
            "ConverterPlugin",
            "EQPlugin",
            "EnvelopePlugin",
            "ExpanderPlugin",
            "FlangerPlugin",
            "FunctionPlugin",
            "GatePlugin",
            "HighpassPlugin",
            "InstrumentPlugin",
            "LimiterPlugin",
            "LowpassPlugin",
            "MixerPlugin",
            "OscillatorPlugin",
            "PhaserPlugin",
            "PitchPlugin",
            "ReverbPlugin",
            "WaveshaperPlugin",
        ),
        2,
    )
    | dict.fromkeys(("MultiEQPlugin", "ParaEQPlugin"), 3)
)
"""How far each plugin class of the core lies below ``lv2:Plugin``: of two that a plugin names, the deeper says more."""


def last_part(uri: str) -> str:
    """What stands after the last ``#`` or ``/`` of a URI."""
    return uri.rstrip("/#").replace("#", "/").rpartition("/")[2]
