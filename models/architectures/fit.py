"""Whether the parts of a network fit onto each other: a misfit would read memory that is not the model's."""

import itertools

from ..errors import ModelError
from .activation import ActivationName, Shaped
from .convnet import ConvNet, Linear
from .sequential import Sequential
from .wavenet import FILM_SITES, LayerArray, WaveNet


def check_fits(architecture: WaveNet | ConvNet | Linear | Sequential) -> None:
    """Raise `ModelError`, naming the field as a .nam file's config does, unless all parts fit onto each other."""
    match architecture:
        case WaveNet():
            _check_wavenet(architecture)
        case ConvNet():
            if not architecture.dilations or min(architecture.dilations) < 1:
                raise ModelError(f"dilations: needs one for each layer, each from 1, not {architecture.dilations}")
            _check_slopes(architecture.activation, architecture.channels, "activation")
        case Linear():
            if architecture.receptive_field < 1:
                raise ModelError(f"receptive_field: must be at least 1, not {architecture.receptive_field}")
        case Sequential():
            if not architecture.models or any(model.outputs != 1 for model in architecture.models):
                raise ModelError("models: needs models in a row with exactly 1 output each")
            for model in architecture.models:
                check_fits(model)


def _check_wavenet(architecture: WaveNet) -> None:
    if architecture.condition:
        check_fits(architecture.condition)
    if not architecture.layer_arrays:
        raise ModelError("layers: needs at least one")
    if architecture.condition and architecture.inputs > 1:
        raise ModelError("in_channels: must be 1 with a condition_dsp, which hears the audio alone")
    condition_size = architecture.inputs if architecture.condition is None else architecture.condition.outputs
    inputs, sums = architecture.inputs, None
    for number, stack in enumerate(architecture.layer_arrays):
        where = f"layers.{number}"
        if sums is not None and sums != stack.sums:
            raise ModelError(f"layers.{number - 1}.head_size: must be {stack.sums}, not {sums}")
        for field, value, needed in (
            ("condition_size", stack.condition_size, condition_size),
            ("input_size", stack.input_size, inputs),
        ):
            if value != needed:
                raise ModelError(f"{where}.{field}: must be {needed}, not {value}")
        _check_layers(stack, where)
        _check_groups(stack, where)
        if stack.slimmable_channels:
            _check_slimmable(stack, where, has_post_head=architecture.post_head is not None)
        inputs, sums = stack.channels, stack.head_size
    if architecture.post_head and (
        not architecture.post_head.kernel_sizes or min(architecture.post_head.kernel_sizes) < 1
    ):
        raise ModelError("head.kernel_sizes: needs sizes from 1")
    if architecture.post_head:
        _check_slopes(architecture.post_head.activation, architecture.post_head.channels, "head.activation")
        _check_slopes(architecture.post_head.activation, sums or 1, "head.activation")


def _check_layers(stack: LayerArray, where: str) -> None:
    layers = len(stack.dilations)
    if not layers or min(stack.dilations) < 1:
        raise ModelError(f"{where}.dilations: needs one for each layer, each from 1, not {stack.dilations}")
    for field, values in (
        ("kernel_sizes", stack.kernel_sizes),
        ("activation", stack.activations),
        ("gating_mode", stack.gating),
        ("secondary_activation", stack.secondary_activations),
    ):
        if len(values) != layers:
            raise ModelError(f"{where}.{field}: must have {layers} entries, one for each dilation")
    if min(*stack.kernel_sizes, stack.head_kernel_size, stack.head_dilation) < 1:
        raise ModelError(f"{where}.kernel_sizes: kernel sizes and dilations count from 1")
    for activation in (*stack.activations, *stack.secondary_activations):
        _check_slopes(activation, stack.width, f"{where}.activation")
    if not stack.layer1x1 and stack.width != stack.channels:
        raise ModelError(f"{where}.bottleneck: must be {stack.channels} without layer1x1, not {stack.width}")
    if unknown := set(stack.films) - set(FILM_SITES):
        raise ModelError(f"{where}: {min(unknown)} is not a place that can be modulated: use {', '.join(FILM_SITES)}")
    for site, active in (("layer1x1_post_film", stack.layer1x1), ("head1x1_post_film", stack.head1x1)):
        if site in stack.films and not active:
            raise ModelError(f"{where}.{site}: cannot be active without {site.removesuffix('_post_film')}")


def _check_slopes(activation: ActivationName, width: int, where: str) -> None:
    if isinstance(activation, Shaped) and activation.name == "PReLU" and width % len(activation.numbers):
        raise ModelError(f"{where}: {len(activation.numbers)} slopes cannot be shared out over {width} channels")


def _check_groups(stack: LayerArray, where: str) -> None:
    for field, groups, inputs, outputs in stack.grouped:
        if groups < 1 or inputs % groups or outputs % groups:
            raise ModelError(f"{where}.{field}: {groups} groups do not divide {inputs} inputs and {outputs} outputs")


def _check_slimmable(stack: LayerArray, where: str, *, has_post_head: bool) -> None:
    widths = stack.slimmable_channels
    if any(a >= b for a, b in itertools.pairwise(widths)) or widths[-1] != stack.channels or widths[0] < 1:
        raise ModelError(f"{where}.slimmable: allowed_channels must ascend up to channels ({stack.channels})")
    grouped = any(groups > 1 for field, groups, _, _ in stack.grouped if "film" not in field)
    if grouped or stack.head_kernel_size > 1 or has_post_head:
        raise ModelError(f"{where}.slimmable: a stack with groups, a head kernel or a head behind it cannot be slimmed")
