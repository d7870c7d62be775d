"""The nodes a chain is made of: what a preset may say, as pydantic models.

Every kind of node is one class with a `type`; adding a kind is adding a class to `Node` (and a builder in the bridge).
Numbers must be finite and of the right type, unknown fields are refused.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..models.calibration import LEVEL_RANGE, OutputLevel

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=64)]
Decibels = Annotated[float, Field(ge=-60.0, le=24.0)]
AmpDecibels = Annotated[float, Field(ge=-40.0, le=40.0)]
InterfaceLevel = Annotated[float, Field(ge=LEVEL_RANGE[0], le=LEVEL_RANGE[1])]
Oversampling = Literal[1, 2, 4]
RateConversion = Literal["resample", "delay"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
KnobPosition = Annotated[float, Field(ge=0.0, le=10.0)]
FileName = Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^[^\x00-\x1f]*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/\s]*={0,2}\s*$")]
Value = float | bool | str
Package = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Channel = Annotated[int, Field(ge=1, le=16)]
Circuit = Literal["fender", "blackface", "princeton", "marshall", "plexi", "vox"]


class Record(BaseModel):
    """Base of everything read from a preset: strict types, no unknown fields, finite numbers, immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class NodeRecord(Record):
    """What every node may say."""

    id: Identifier | None = Field(
        default=None, description="Name that MIDI mappings use; made from the type if left out."
    )
    bypass: bool = Field(default=False, description="Start with this node switched off.")


class Builtin(NodeRecord):
    """A processor of pedalboard itself, by class name."""

    type: Literal["builtin"]
    plugin: str = Field(description="Class name in pedalboard: Reverb, Compressor, NoiseGate, ...")
    parameters: dict[str, Value] = Field(default_factory=dict, description="Its constructor's parameters.")


class Neural(NodeRecord):
    """A trained amplifier or effect."""

    type: Literal["neural"]
    model: FileName = Field(description="Model file (.nam, GuitarML json), relative to the preset.")
    sha256: Sha256 | None = Field(default=None, description="SHA-256 of the model file, which must not change.")
    input_db: AmpDecibels = Field(default=0.0, description="Gain into the model in dB.")
    output_db: AmpDecibels = Field(default=0.0, description="Gain behind the model in dB.")
    mix: Share = Field(default=1.0, description="0 is dry, 1 is the model alone.")
    quality: Share | None = Field(
        default=None, description="For models in several sizes: 0 is the smallest, 1 the whole one."
    )
    interface_dbu: InterfaceLevel | Literal["measured"] | None = Field(
        default=None,
        description="Level in dBu of a sine of full scale at your interface, or measured: as ampboard live calibrate"
        " found it. The model is driven as its device was.",
    )
    output: OutputLevel = Field(
        default="raw",
        description="Gain behind the model beside output_db: none, to a loudness of -18 dB, or as loud as its device.",
    )
    oversampling: Oversampling = Field(
        default=1, description="The model runs at so many times its rate: less aliasing."
    )
    rate_conversion: RateConversion = Field(
        default="resample",
        description="At a multiple of the model's rate: resample, or let the model run there with longer delays.",
    )
    knobs: dict[str, float] = Field(default_factory=dict, description="The model's own controls by name.")


class PluginRecord(NodeRecord):
    """What every installed plugin may say."""

    package: Package | None = Field(
        default=None, description="What installs the plugin: a Debian package, or a product and its vendor."
    )


class Vst3(PluginRecord):
    """An installed VST3 plugin, loaded through pedalboard."""

    type: Literal["vst3"]
    path: FileName = Field(description="Absolute path, or the file's name in one of the system's VST3 folders.")
    plugin: str | None = Field(default=None, description="Which plugin, when the file holds several.")
    parameters: dict[str, Value] = Field(default_factory=dict, description="Parameters by pedalboard's names.")
    raw_state: Base64 | None = Field(default=None, description="Its state in base64, restored before the parameters.")
    state_file: FileName | None = Field(
        default=None, description="File with that state instead, or a .vstpreset; relative to the preset."
    )


class Lv2(PluginRecord):
    """An installed LV2 plugin.

    What is said is set in this order: the plugin's default state, `preset`, the state, `files`, `parameters`.
    """

    type: Literal["lv2"]
    uri: FileName = Field(description="The plugin's URI.")
    preset: FileName | None = Field(default=None, description="One of the plugin's own presets, by URI or label.")
    state: dict[str, Any] | None = Field(default=None, description="Its state, as a preset made from a chain keeps it.")
    state_file: FileName | None = Field(
        default=None, description="TOML or JSON file with that state instead, relative to the preset."
    )
    files: dict[str, FileName] = Field(
        default_factory=dict,
        description="Files the plugin loads (impulse responses, models), by the name or URI of its parameter.",
    )
    parameters: dict[str, Value] = Field(
        default_factory=dict, description="Control ports by symbol: numbers, true or false, or names of their values."
    )
    block_size: Annotated[int, Field(ge=1, le=8192)] | None = Field(
        default=None, description="Frames the plugin is always given at once, for one whose sound depends on it."
    )
    side_chain: Identifier | None = Field(
        default=None,
        description="What its side-chain hears: the chain's input, an earlier node by its id, or a stem of the render.",
    )
    midi: Annotated[Channel | bool, Field(union_mode="left_to_right")] = Field(
        default=False, description="Whether it gets the MIDI that is played: all of it, or one channel."
    )


class Cabinet(NodeRecord):
    """A loudspeaker cabinet, or any other impulse response."""

    type: Literal["cabinet"]
    impulse_response: FileName = Field(description="Audio file with the impulse response, relative to the preset.")
    sha256: Sha256 | None = Field(default=None, description="SHA-256 of that file, which must not change.")
    normalize: bool = Field(default=False, description="Scale the response so that pink noise keeps its power.")
    output_db: AmpDecibels = Field(default=0.0, description="Gain behind the cabinet in dB.")


class Tone(NodeRecord):
    """The passive tone stack of an amplifier."""

    type: Literal["tone"]
    circuit: Circuit = Field(default="fender", description="Whose component values.")
    bass: KnobPosition = Field(default=5.0, description="Position of the knob, 0 to 10.")
    mid: KnobPosition = Field(default=5.0, description="Position of the knob, 0 to 10.")
    treble: KnobPosition = Field(default=5.0, description="Position of the knob, 0 to 10.")


class Branch(Record):
    """One of several paths that run side by side and are summed."""

    id: Identifier | None = Field(default=None, description="Name that MIDI mappings use.")
    gain_db: Decibels = Field(default=0.0, description="Gain of the branch in dB.")
    chain: Annotated[tuple["Node", ...], Field(strict=False)] = Field(default=(), description="Its nodes; none: dry.")


class Parallel(NodeRecord):
    """Branches that all hear the same input and are summed; their latencies are equalised."""

    type: Literal["parallel"]
    branches: Annotated[tuple[Branch, ...], Field(strict=False, min_length=1)]


Node = Annotated[Builtin | Neural | Vst3 | Lv2 | Cabinet | Tone | Parallel, Field(discriminator="type")]

Branch.model_rebuild()

INPUT: Final = "input"
STEM: Final = "stem"
SIDE_CHAIN_SOURCES: Final = {INPUT: "the input of the chain", STEM: "a stem of the render"}
"""What `Lv2.side_chain` may name beside an earlier node."""

NODE_TYPES: Final = ("builtin", "neural", "vst3", "lv2", "cabinet", "tone", "parallel")
