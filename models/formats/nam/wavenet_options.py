"""The options of a WaveNet as a .nam file has them; what is missing has the original engine's default."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ...description import GatingMode
from .codec import Config, Count


class HeadConfig(Config):
    """The convolution that makes a stack's output of the layers' sum."""

    out_channels: Count
    kernel_size: Count
    bias: bool
    head_dilation: Count = 1


class OneConfig(Config):
    """The 1x1 to the next layer."""

    active: bool
    groups: Count


class HeadOneConfig(Config):
    """The 1x1 to the sum."""

    active: bool
    out_channels: Count
    groups: Count


class FilmConfig(Config):
    """A modulation."""

    active: bool = True
    shift: bool = True
    groups: Count = 1


class SlimmableWidths(Config):
    """The widths a stack can be cut down to."""

    allowed_channels: Annotated[list[Count], Field(min_length=1, max_length=4096)] | None = None


class SlimmableConfig(Config):
    """How a stack can be slimmed."""

    method: Literal["slice_channels_uniform"]
    kwargs: SlimmableWidths = SlimmableWidths()


FilmOption = FilmConfig | Literal[False] | None


class LayerArrayConfig(Config):
    """A stack of layers."""

    input_size: Count
    condition_size: Count
    channels: Count
    bottleneck: Count | None = None
    head: HeadConfig | None = None
    head_size: Count | None = None
    head_bias: bool = False
    kernel_size: Count | None = None
    kernel_sizes: list[Count] | None = None
    dilations: Annotated[list[Count], Field(min_length=1, max_length=256)]
    activation: Any
    gated: bool | None = None
    gating_mode: GatingMode | list[GatingMode] | None = None
    secondary_activation: Any = None
    groups_input: Count = 1
    groups_input_mixin: Count = 1
    layer1x1: OneConfig | None = None
    head1x1: HeadOneConfig | None = None
    conv_pre_film: FilmOption = None
    conv_post_film: FilmOption = None
    input_mixin_pre_film: FilmOption = None
    input_mixin_post_film: FilmOption = None
    activation_pre_film: FilmOption = None
    activation_post_film: FilmOption = None
    layer1x1_post_film: FilmOption = None
    head1x1_post_film: FilmOption = None
    slimmable: SlimmableConfig | None = None


class PostHeadConfig(Config):
    """The convolutions behind the stacks."""

    in_channels: Count | None = None
    channels: Count
    out_channels: Count
    kernel_sizes: Annotated[list[Count], Field(min_length=1, max_length=64)]
    activation: Any


class WaveNetConfig(Config):
    """All of it."""

    layers: Annotated[list[LayerArrayConfig], Field(min_length=1, max_length=64)]
    head: PostHeadConfig | None = None
    head_scale: float | None = None
    in_channels: Annotated[int, Field(strict=True, ge=1, le=65)] = 1  # the audio and the knobs
    condition_dsp: Any = None  # a document, read before this
