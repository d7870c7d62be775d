"""WaveNet in a .nam file: first (A1) and second (A2) architecture."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...description import (
    FILM_SITES,
    Architecture,
    ConvNet,
    Film,
    HeadProjection,
    LayerArray,
    Linear,
    ModelDescription,
    PostHead,
    WaveNet,
    checked_shapes,
)
from ...errors import ModelError
from ..reading import validated
from .activation import read_activation, write_activation
from .codec import (
    Arrays,
    Codec,
    Document,
    Place,
    ReadDocument,
    WriteDocument,
    joined,
    own_shapes,
    shortest,
    split,
)
from .wavenet_options import FilmOption, LayerArrayConfig, WaveNetConfig


def read_wavenet(config: Any, place: Place, condition: "WaveNet | ConvNet | Linear | None") -> WaveNet:
    """The WaveNet that a config describes, with the network that makes its condition."""
    given = validated(place.path, WaveNetConfig, config, where=place.name("config"))
    stacks = tuple(_layer_array(layer, place, f"config.layers.{n}") for n, layer in enumerate(given.layers))
    post_head = None
    if given.head:
        post_head = PostHead(
            given.head.channels,
            given.head.out_channels,
            tuple(given.head.kernel_sizes),
            read_activation(given.head.activation, place, "config.head.activation"),
        )
        if given.head.in_channels not in (None, stacks[-1].head_size):
            raise place.error("config.head.in_channels", f"must be {stacks[-1].head_size}, the last head_size")
    architecture = WaveNet(stacks, condition, post_head, given.in_channels)
    try:
        checked_shapes(architecture)
    except ModelError as error:
        field = "config." if str(error).startswith(("layers.", "head.")) else ""
        raise ModelError(f"{place.path}: {place.name(field)}{error}") from None
    return architecture


def _layer_array(given: LayerArrayConfig, place: Place, field: str) -> LayerArray:
    layers = len(given.dilations)

    def each(values: Any, name: str) -> Any:
        if isinstance(values, list):
            if len(values) != layers:  # pyright: ignore[reportUnknownArgumentType]
                raise place.error(f"{field}.{name}", f"must have {layers} entries, one for each dilation")
            return tuple(values)  # pyright: ignore[reportUnknownArgumentType]
        return values

    def activations(values: Any, name: str) -> Any:
        values = each(values, name)
        if isinstance(values, tuple):
            return tuple(read_activation(v, place, f"{field}.{name}.{i}") for i, v in enumerate(values))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return read_activation(values, place, f"{field}.{name}")

    if (given.kernel_size is None) == (given.kernel_sizes is None):
        raise place.error(f"{field}.kernel_size", "exactly one of kernel_size and kernel_sizes is needed")
    head_size = given.head.out_channels if given.head else given.head_size
    if head_size is None:
        raise place.error(f"{field}.head_size", "is missing: head or head_size is needed")
    gated: Any = bool(given.gated) if given.gating_mode is None else each(given.gating_mode, "gating_mode")
    modes = gated if isinstance(gated, tuple) else (gated,)  # pyright: ignore[reportUnknownVariableType]
    secondary: Any = "Sigmoid"
    if given.gating_mode is not None and any(mode != "none" for mode in modes):  # pyright: ignore[reportUnknownVariableType]
        # Where nothing is gated the file may hold anything, and the original engine does not look.
        secondary = each(given.secondary_activation, "secondary_activation")
        if isinstance(secondary, tuple):
            used = modes if len(modes) == layers else modes * layers  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            pairs: Any = zip(used, secondary, strict=True)  # pyright: ignore[reportUnknownArgumentType]
            secondary = tuple("Sigmoid" if mode == "none" else value for mode, value in pairs)
            secondary = activations(list(secondary), "secondary_activation")
        else:
            secondary = "Sigmoid" if secondary is None else activations(secondary, "secondary_activation")
    films: dict[str, Film] = {}
    for site in FILM_SITES:
        film: FilmOption = getattr(given, site)
        if film and film.active and (site != "head1x1_post_film" or (given.head1x1 and given.head1x1.active)):
            films[site] = Film(film.shift, film.groups)
    one, head_one = given.layer1x1, given.head1x1
    return LayerArray(
        input_size=given.input_size,
        condition_size=given.condition_size,
        channels=given.channels,
        kernel_size=each(given.kernel_sizes, "kernel_sizes") if given.kernel_size is None else given.kernel_size,
        dilations=tuple(given.dilations),
        activation=activations(given.activation, "activation"),
        gated=gated,
        head_size=head_size,
        head_bias=given.head.bias if given.head else given.head_bias,
        head_kernel_size=given.head.kernel_size if given.head else 1,
        head_dilation=given.head.head_dilation if given.head else 1,
        bottleneck=None if given.bottleneck == given.channels else given.bottleneck,
        secondary_activation=secondary,
        groups_input=given.groups_input,
        groups_mixin=given.groups_input_mixin,
        layer1x1=one is None or one.active,
        layer1x1_groups=one.groups if one and one.active else 1,
        head1x1=HeadProjection(head_one.out_channels, head_one.groups) if head_one and head_one.active else None,
        films=films,
        slimmable_channels=_widths(given),
    )


def _widths(given: LayerArrayConfig) -> tuple[int, ...]:
    if given.slimmable is None:
        return ()
    allowed = given.slimmable.kwargs.allowed_channels
    return tuple(range(1, min(given.channels, 4096) + 1)) if allowed is None else tuple(allowed)


def _read(config: Any, weights: Any, place: Place, read_document: ReadDocument) -> tuple[Architecture, Arrays]:
    inner: Any = config.get("condition_dsp") if isinstance(config, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    condition, arrays = None, Arrays()
    if inner is not None:
        description = read_document(inner, place.inside("config.condition_dsp", signals=None))
        condition = description.architecture
        if not isinstance(condition, WaveNet | ConvNet | Linear):
            raise place.error(
                "config.condition_dsp.architecture", "only a WaveNet, ConvNet or Linear can make a condition"
            )
        arrays = {f"condition.{name}": array for name, array in description.arrays.items()}
    architecture = read_wavenet(config, place, condition)
    return architecture, split(weights, own_shapes(architecture), place) | arrays


def wavenet_config(architecture: WaveNet, head_scale: float) -> Document:
    """The config of a WaveNet, without the document of what makes its condition."""
    head = architecture.post_head
    return {
        "layers": [_layer_config(stack) for stack in architecture.layer_arrays],
        "head": None
        if head is None
        else {
            "channels": head.channels,
            "out_channels": head.out_channels,
            "kernel_sizes": list(head.kernel_sizes),
            "activation": write_activation(head.activation),
        },
        "head_scale": shortest(head_scale),
    } | ({} if architecture.inputs == 1 else {"in_channels": architecture.inputs})


def _layer_config(stack: LayerArray) -> Document:
    def each(value: Any) -> Any:
        return [each(v) for v in value] if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownVariableType]

    def activations(value: Any) -> Any:
        return [write_activation(v) for v in value] if isinstance(value, tuple) else write_activation(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]

    config: Document = {
        "input_size": stack.input_size,
        "condition_size": stack.condition_size,
        "channels": stack.channels,
        "dilations": list(stack.dilations),
        "activation": activations(stack.activation),
        "kernel_sizes" if isinstance(stack.kernel_size, tuple) else "kernel_size": each(stack.kernel_size),
    }
    head = {"out_channels": stack.head_size, "kernel_size": stack.head_kernel_size, "bias": stack.head_bias}
    config["head"] = head | ({} if stack.head_dilation == 1 else {"head_dilation": stack.head_dilation})
    if stack.head_kernel_size == stack.head_dilation == 1:  # as players of version 0.5 read it
        config |= {"head_size": stack.head_size, "head_bias": stack.head_bias}
    if isinstance(stack.gated, bool):
        config["gated"] = stack.gated
    else:
        config["gating_mode"] = each(stack.gated)
        config["secondary_activation"] = activations(stack.secondary_activation)
    if stack.bottleneck is not None:
        config["bottleneck"] = stack.bottleneck
    if stack.groups_input > 1:
        config["groups_input"] = stack.groups_input
    if stack.groups_mixin > 1:
        config["groups_input_mixin"] = stack.groups_mixin
    if not stack.layer1x1 or stack.layer1x1_groups > 1:
        config["layer1x1"] = {"active": stack.layer1x1, "groups": stack.layer1x1_groups}
    if stack.head1x1:
        head1x1 = stack.head1x1
        config["head1x1"] = {"active": True, "out_channels": head1x1.channels, "groups": head1x1.groups}
    for site, film in stack.films.items():
        config[site] = {"active": True, "shift": film.shift, "groups": film.groups}
    if stack.slimmable_channels:
        kwargs = {"allowed_channels": list(stack.slimmable_channels)}
        config["slimmable"] = {"method": "slice_channels_uniform", "kwargs": kwargs}
    return config


def _config(description: ModelDescription, write_document: WriteDocument) -> Document:
    assert isinstance(description.architecture, WaveNet)
    config = wavenet_config(description.architecture, float(description.arrays["head_scale"][0]))
    _embed(config, description, write_document)
    return config


def _embed(config: Document, description: ModelDescription, write_document: WriteDocument) -> None:
    assert isinstance(description.architecture, WaveNet)
    condition = description.architecture.condition
    if condition is None:
        return
    prefix = "condition."
    arrays = {n.removeprefix(prefix): a for n, a in description.arrays.items() if n.startswith(prefix)}
    document: Document = config.get("condition_dsp") or {}
    metadata = document.get("metadata") or {}
    config["condition_dsp"] = write_document(
        ModelDescription(condition, arrays, description.sample_rate, metadata=metadata, document=document)
    )


def _weights(description: ModelDescription) -> NDArray[np.float32]:
    return joined(description.arrays, own_shapes(description.architecture))


WAVENET = Codec("WaveNet", WaveNet, _read, _config, _weights, _embed)
