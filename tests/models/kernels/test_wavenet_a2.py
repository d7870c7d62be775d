"""WaveNets with every option of the second architecture, and the plainer networks, against float64."""

import ctypes
import mmap
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ampboard.models.description import (
    FILM_SITES,
    Architecture,
    Container,
    ConvNet,
    Film,
    HeadProjection,
    LayerArray,
    Linear,
    ModelDescription,
    PostHead,
    Recurrent,
    Sequential,
    Shaped,
    WaveNet,
    checked_shapes,
)
from ampboard.models.errors import ModelError
from ampboard.models.kernels.contract import SETUP, Kernel, aligned_bytes
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.kernels.wavenet import wavenet_kernel
from ampboard.models.slimming import at_quality

RATE = 48_000
FLOAT64_ERROR = 2e-5  # of the peak, random weights

Audio = NDArray[np.float32]
Signal = NDArray[np.float64]
Arrays = Mapping[str, Signal]


# ---- the networks in float64, written from the format's definition


def activate(activation: Any, z: Signal) -> Signal:
    name, numbers = (activation.name, activation.numbers) if isinstance(activation, Shaped) else (activation, ())
    slopes = np.resize(numbers, len(z))[:, None] if name == "PReLU" and numbers else 0.01
    low, high, below, above = (
        numbers or {"Hardtanh": (-1, 1, 0, 0)}.get(name, (-1, 1, 0.01, 0.01))
        if name.endswith("ardtanh")
        else (0, 0, 0, 0)
    )
    size = np.abs(z)
    with np.errstate(over="ignore"):
        return {
            "Tanh": lambda: np.tanh(z),
            "ReLU": lambda: np.maximum(z, 0),
            "LeakyReLU": lambda: np.where(z > 0, z, (numbers[0] if numbers else 0.01) * z),
            "Sigmoid": lambda: 1 / (1 + np.exp(-z)),
            "SiLU": lambda: z / (1 + np.exp(-z)),
            "Hardswish": lambda: z * np.clip(z + 3, 0, 6) / 6,
            "Softsign": lambda: z / (1 + size),
            "Fasttanh": lambda: (
                z
                * (2.45550750702956 + 2.45550750702956 * size + (0.893229853513558 + 0.821226666969744 * size) * z * z)
                / (2.44506634652299 + (2.44506634652299 + z * z) * np.abs(z + 0.814642734961073 * z * size))
            ),
            "PReLU": lambda: np.where(z > 0, z, slopes * z),
            "Hardtanh": lambda: np.clip(z, -1, 1),
            "LeakyHardtanh": lambda: np.where(
                z < low, low + below * (z - low), np.where(z > high, high + above * (z - high), z)
            ),
        }[name]()


def convolved(weights: Signal, x: Signal, *, groups: int = 1, dilation: int = 1) -> Signal:
    """A causal grouped convolution with weights of shape (out, in / groups[, taps]), the newest tap last."""
    weights = weights[..., None] if weights.ndim == 2 else weights
    rows, taps = weights.shape[0] // groups, weights.shape[2]
    past = np.pad(x, ((0, 0), ((taps - 1) * dilation, 0)))
    parts = np.split(past, groups)
    out = np.zeros((weights.shape[0], x.shape[1]))
    for group, part in enumerate(parts):
        for tap in range(taps):
            shifted = part[:, tap * dilation :][:, : x.shape[1]]
            out[group * rows : (group + 1) * rows] += weights[group * rows : (group + 1) * rows, :, tap] @ shifted
    return out


def wavenet(architecture: WaveNet, arrays: Arrays, x: Signal) -> Signal:
    condition = x
    if architecture.condition:
        inner = {n.removeprefix("condition."): a for n, a in arrays.items() if n.startswith("condition.")}
        condition = network(architecture.condition, inner, x)
    signal, head = x, np.zeros((1, 1))
    for n, stack in enumerate(architecture.layer_arrays):
        signal = arrays[f"{n}.rechannel.weight"] @ signal
        total: Any = head
        for i, dilation in enumerate(stack.dilations):
            layer = f"{n}.layers.{i}"

            def film(site: str, z: Signal, stack: LayerArray = stack, layer: str = layer) -> Signal:
                if site not in stack.films:
                    return z
                both = convolved(arrays[f"{layer}.{site}.weight"], condition, groups=stack.films[site].groups)
                both = both + arrays[f"{layer}.{site}.bias"][:, None]
                return z * both[: len(z)] + (both[len(z) :] if stack.films[site].shift else 0)

            weights = arrays[f"{layer}.conv.weight"]
            z = convolved(weights, film("conv_pre_film", signal), groups=stack.groups_input, dilation=dilation)
            z = film("conv_post_film", z + arrays[f"{layer}.conv.bias"][:, None])
            mixed = film("input_mixin_pre_film", condition)
            mixed = convolved(arrays[f"{layer}.mixin.weight"], mixed, groups=stack.groups_mixin)
            z = film("activation_pre_film", z + film("input_mixin_post_film", mixed))
            primary, mode = z[: stack.width], stack.gating[i]
            out = activate(stack.activations[i], primary)
            if mode != "none":
                gate = activate(stack.secondary_activations[i], z[stack.width :])
                out = gate * out + (0 if mode == "gated" else (1 - gate) * primary)
            out = film("activation_post_film", out)
            if stack.head1x1:
                heard = convolved(arrays[f"{layer}.head.weight"], out, groups=stack.head1x1.groups)
                total = total + film("head1x1_post_film", heard + arrays[f"{layer}.head.bias"][:, None])
            else:
                total = total + out
            if stack.layer1x1:
                one = convolved(arrays[f"{layer}.one.weight"], out, groups=stack.layer1x1_groups)
                one = one + arrays[f"{layer}.one.bias"][:, None]
                signal = signal + (film("layer1x1_post_film", one) if mode == "blended" else one)
        head = convolved(arrays[f"{n}.head.weight"], total, dilation=stack.head_dilation)
        if stack.head_bias:
            head = head + arrays[f"{n}.head.bias"][:, None]
    head = arrays["head_scale"][0] * head
    if architecture.post_head:
        for k in range(len(architecture.post_head.kernel_sizes)):
            head = convolved(arrays[f"post.{k}.weight"], activate(architecture.post_head.activation, head))
            head = head + arrays[f"post.{k}.bias"][:, None]
    return head


def network(architecture: Architecture, arrays: Arrays, x: Signal) -> Signal:
    if isinstance(architecture, WaveNet):
        return wavenet(architecture, arrays, x)
    if isinstance(architecture, Linear):
        response = np.convolve(x[0], arrays["weight"])[: x.shape[1]]
        return response[None] + (arrays["bias"][0] if architecture.bias else 0)
    if isinstance(architecture, ConvNet):
        for i, dilation in enumerate(architecture.dilations):
            x = convolved(arrays[f"{i}.conv.weight"], x, dilation=dilation)
            if architecture.batch_norm:
                mean, variance, weight, bias = (
                    arrays[f"{i}.norm.{n}"][:, None] for n in ("mean", "variance", "weight", "bias")
                )
                x = (x - mean) / np.sqrt(variance + arrays[f"{i}.norm.epsilon"][0]) * weight + bias
            else:
                x = x + arrays[f"{i}.conv.bias"][:, None]
            x = activate(architecture.activation, x)
        return arrays["head.weight"] @ x + arrays["head.bias"][:, None]
    assert isinstance(architecture, Sequential)
    for m, model in enumerate(architecture.models):
        x = network(model, {n.removeprefix(f"{m}."): a for n, a in arrays.items() if n.startswith(f"{m}.")}, x)
    return x


# ---- models for tests


def random_description(architecture: Any, *, seed: int = 0, prewarm: bool = False) -> ModelDescription:
    random = np.random.default_rng(seed)
    shapes = checked_shapes(architecture)
    arrays = {
        name: (random.uniform(-1.5, 1.5, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
        for name, shape in shapes.items()
    }
    for name, array in arrays.items():
        if name.endswith(("variance", "epsilon")):
            arrays[name] = np.abs(array) + np.float32(0.1)
    return ModelDescription(architecture, arrays, RATE, architecture.receptive_field if prewarm else 0)


LAYERS = LayerArray(1, 1, 4, 3, (1, 7), "Tanh", "none", 1, head_bias=True)
WIDE = replace(LAYERS, condition_size=6, channels=8, bottleneck=4)
INNER = LayerArray(1, 1, 3, 2, (1, 4), "Tanh", False, 6, head_bias=True)
CONDITION = WaveNet((INNER,))
GATED = replace(WIDE, gated=("gated", "blended"), secondary_activation=("Sigmoid", "SiLU"))
ALL_FILMS = {site: Film(shift=index % 3 != 0, groups=1 + index % 2) for index, site in enumerate(FILM_SITES)}
HEAD = HeadProjection(6, groups=2)


def conditioned(*stacks: LayerArray, **rest: Any) -> WaveNet:
    return WaveNet(stacks, CONDITION, **rest)


MODELS: dict[str, Architecture] = {
    "kernel sizes and head kernel": WaveNet(
        (replace(LAYERS, channels=8, kernel_size=(6, 15), head_kernel_size=16, activation="LeakyReLU"),)
    ),
    "dilated heads": WaveNet(
        (
            replace(LAYERS, head_size=5, head_kernel_size=3, head_dilation=20),
            replace(LAYERS, input_size=4, channels=5, head_kernel_size=2, head_dilation=70),
        )
    ),
    "bottleneck": WaveNet((replace(LAYERS, channels=9, bottleneck=5),)),
    "bottleneck, two stacks": WaveNet(
        (replace(LAYERS, bottleneck=2, head_size=3), replace(LAYERS, input_size=4, channels=6, bottleneck=3))
    ),
    "head1x1": WaveNet((replace(LAYERS, head1x1=HeadProjection(7)),)),
    "no layer1x1": WaveNet((replace(LAYERS, dilations=(1, 30, 2), layer1x1=False),)),
    "no layer1x1, two stacks": WaveNet(
        (replace(LAYERS, head_size=4, layer1x1=False), replace(LAYERS, input_size=4, dilations=(5,)))
    ),
    "groups": WaveNet((replace(LAYERS, groups_input=2, layer1x1_groups=4, head1x1=HeadProjection(6, 2)),)),
    "condition": conditioned(WIDE),
    "condition, two stacks": conditioned(replace(WIDE, head_size=3), replace(WIDE, input_size=8, bottleneck=3)),
    "groups in the mixin": conditioned(replace(WIDE, groups_mixin=2)),
    "convolutional condition": WaveNet((WIDE,), ConvNet(5, (1, 9), True, "SiLU", outputs=6)),
    "linear condition": WaveNet((LAYERS,), Linear(70, bias=True)),
    "condition within condition": WaveNet(
        (WIDE,), conditioned(replace(WIDE, head_size=6)), post_head=PostHead(3, 1, (4, 2, 1), "Softsign")
    ),
    "head behind": WaveNet((replace(LAYERS, head_size=5),), post_head=PostHead(7, 1, (3, 65, 1), "LeakyReLU")),
    "gated": WaveNet((replace(LAYERS, gated="gated", activation="SiLU", secondary_activation="Hardswish"),)),
    "blended": WaveNet((replace(LAYERS, gated="blended", secondary_activation="Hardtanh"),)),
    "gated in one layer": WaveNet((replace(LAYERS, gated=("none", "gated"), secondary_activation="Tanh"),)),
    "everything": conditioned(
        replace(GATED, films=ALL_FILMS, head1x1=HEAD, groups_input=4, groups_mixin=2, layer1x1_groups=4, head_size=6),
        replace(GATED, input_size=8, films=ALL_FILMS, head1x1=HEAD, kernel_size=(4, 1), head_kernel_size=5),
    ),
    "everything, not gated": conditioned(replace(WIDE, films=ALL_FILMS, head1x1=HEAD, dilations=(200, 63))),
    "convnet": ConvNet(16, (1, 2, 4, 300), True, "ReLU"),
    "convnet without normalization": ConvNet(3, (5, 1), False, "Tanh"),
    "convnet with slopes": ConvNet(6, (1, 2), False, Shaped("PReLU", (0.3, -0.1, 2.0))),
    "linear": Linear(513, bias=True),
    "shortest linear": Linear(1, bias=False),
    "sequence": Sequential(
        (Linear(9, bias=False), WaveNet((LAYERS,)), ConvNet(4, (1, 80), True, "Sigmoid"), Linear(2, True))
    ),
}
for site in FILM_SITES:
    for shift in (True, False):
        films, blended = {site: Film(shift)}, "blended" if site == "layer1x1_post_film" else "gated"
        MODELS[f"{site}{'' if shift else ', no shift'}"] = conditioned(
            replace(WIDE, films=films, head1x1=HeadProjection(3), gated=("none", blended, blended), dilations=(1, 3, 7))
        )
for pair in ((0, 1), (1, 3), (3, 1)):  # the mixin's and the convolution's modulations meet in one sum
    films = {FILM_SITES[pair[0]]: Film(), FILM_SITES[pair[1]]: Film(shift=False)}
    MODELS[f"{' and '.join(films)}"] = conditioned(replace(WIDE, films=films))
ACTIVATIONS = (
    "Tanh", "Hardtanh", "Fasttanh", "ReLU", "LeakyReLU", "Sigmoid", "SiLU", "Hardswish", "Softsign", "LeakyHardtanh",
    Shaped("LeakyReLU", (0.5,)), Shaped("LeakyReLU", (1.5,)), Shaped("LeakyReLU", (-0.5,)), Shaped("PReLU", (0.2,)),
    Shaped("PReLU", (0.1, 0.2, -1.0, 3.0)), Shaped("LeakyHardtanh", (-0.5, 0.2, 0.1, 0.3)),
)  # fmt: skip
for activation in ACTIVATIONS:
    MODELS[f"activation {activation}"] = WaveNet((replace(LAYERS, activation=activation),))
    MODELS[f"gate {activation}"] = WaveNet((replace(LAYERS, gated="blended", secondary_activation=activation),))


def play(kernel: Kernel, audio: Audio, sizes: tuple[int, ...] = (1 << 30,)) -> Audio:
    """Run a kernel from rest over audio of shape (frames,), in blocks of the given sizes in turn."""
    instance = KernelInstance(kernel, sample_rate=RATE, channels=1)
    blocks, begin, turn = list[Audio](), 0, 0
    while begin < audio.size:
        end = begin + sizes[turn % len(sizes)]
        blocks.append(instance.process(audio[None, begin:end])[0])
        begin, turn = end, turn + 1
    return np.concatenate(blocks)


@pytest.mark.parametrize("name", MODELS)
def test_random_models_agree_with_float64(name: str) -> None:
    model = random_description(MODELS[name], seed=len(name))
    audio = np.random.default_rng(1).standard_normal(900).astype(np.float32)
    want = network(model.architecture, {n: a.astype(np.float64) for n, a in model.arrays.items()}, audio[None])[0]
    kernel = wavenet_kernel(model)
    wet = play(kernel, audio)
    assert np.abs(wet - want).max() < FLOAT64_ERROR * np.abs(want).max()
    for sizes in ((1, 7, 64, 500), (33, 50)):
        np.testing.assert_array_equal(play(kernel, audio, sizes), wet)


@pytest.mark.parametrize("name", ["everything", "sequence", "no layer1x1, two stacks", "linear", "head behind"])
def test_rest_is_what_silence_leaves(name: str) -> None:
    cold, warm = (random_description(MODELS[name], prewarm=prewarm) for prewarm in (False, True))
    audio = np.random.default_rng(3).standard_normal(300).astype(np.float32)
    silence = np.zeros(warm.prewarm_frames, np.float32)
    after_silence = play(wavenet_kernel(cold), np.append(silence, audio))[silence.size :]
    np.testing.assert_array_equal(play(wavenet_kernel(warm), audio), after_silence)


def fenced(array: NDArray[Any], *, at_end: bool) -> NDArray[Any]:
    """A copy that ends or starts at a page that may not be touched."""
    page, size = mmap.PAGESIZE, -(-array.nbytes // mmap.PAGESIZE) * mmap.PAGESIZE
    raw = np.frombuffer(mmap.mmap(-1, size + 2 * page), np.uint8)
    for place in (0, page + size):
        assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(raw.ctypes.data + place), ctypes.c_size_t(page), 0) == 0
    start = page + (size - array.nbytes if at_end else 0)
    copy = raw[start : start + array.nbytes].view(array.dtype)
    copy[:] = array
    return copy


@pytest.mark.skipif(sys.platform == "win32", reason="needs mprotect")
@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("name", ["everything", "everything, not gated", "sequence", "condition within condition"])
def test_nothing_outside_its_memory_is_touched(name: str, at_end: bool) -> None:
    kernel = wavenet_kernel(random_description(MODELS[name], prewarm=True))
    functions, program = kernel.functions, fenced(kernel.program, at_end=at_end)
    setup = np.array([(RATE, 64, 1, 1, 0)], SETUP)
    size = functions.measure.ctypes(program.ctypes.data, setup.ctypes.data)
    state = fenced(aligned_bytes(size), at_end=at_end)
    functions.prepare.ctypes(state.ctypes.data, program.ctypes.data, setup.ctypes.data)
    plain = KernelInstance(kernel, sample_rate=RATE, channels=1)
    random = np.random.default_rng(5)
    for frames in random.choice([1, 2, 7, 15, 16, 17, 63, 64, 65, 100], 60):
        audio = random.standard_normal(frames).astype(np.float32)
        dry, wet = fenced(audio, at_end=at_end), fenced(np.zeros_like(audio), at_end=at_end)
        rows = np.array([dry.ctypes.data, wet.ctypes.data])
        functions.process.ctypes(state.ctypes.data, rows[:1].ctypes.data, rows[1:].ctypes.data, frames)
        np.testing.assert_array_equal(wet, plain.process(audio[None])[0])


SLIMMABLE = WaveNet(
    (
        replace(LAYERS, channels=6, bottleneck=4, gated="gated", head_size=6, slimmable_channels=(2, 3, 6)),
        replace(LAYERS, input_size=6, channels=6, layer1x1=False, slimmable_channels=(1, 6)),
    )
)


@pytest.mark.parametrize(("quality", "widths"), [(0.0, (2, 1)), (0.4, (3, 1)), (0.5, (3, 6)), (1.0, (6, 6))])
def test_a_slimmed_model_is_the_first_channels(quality: float, widths: tuple[int, int]) -> None:
    whole = random_description(SLIMMABLE)
    slim = at_quality(whole, quality)
    assert isinstance(slim.architecture, WaveNet)
    assert tuple(stack.channels for stack in slim.architecture.layer_arrays) == widths
    for name, array in slim.arrays.items():
        np.testing.assert_array_equal(array, whole.arrays[name][tuple(map(slice, array.shape))])
    audio = np.random.default_rng(1).standard_normal(200).astype(np.float32)
    want = network(slim.architecture, {n: a.astype(np.float64) for n, a in slim.arrays.items()}, audio[None])[0]
    cold = replace(slim, prewarm_frames=0)
    assert np.abs(play(wavenet_kernel(cold), audio) - want).max() < FLOAT64_ERROR * np.abs(want).max()


@pytest.mark.parametrize(
    ("architecture", "named"),
    [
        (WaveNet((replace(LAYERS, groups_input=3),)), "layers.0.groups_input: 3 groups"),
        (WaveNet((replace(LAYERS, films={"somewhere": Film()}),)), "somewhere"),
        (WaveNet((replace(LAYERS, films={"head1x1_post_film": Film()}),)), "without head1x1"),
        (WaveNet((replace(LAYERS, layer1x1=False, bottleneck=2),)), "layers.0.bottleneck: must be 4"),
        (WaveNet((replace(LAYERS, kernel_size=(1, 2, 3)),)), "kernel_sizes: must have 2 entries"),
        (WaveNet((replace(LAYERS, activation=Shaped("PReLU", (1.0, 2.0, 3.0))),)), "3 slopes"),
        (WaveNet((replace(LAYERS, activation=Shaped("LeakyHardtanh", (1.0,))),)), "4 numbers, not 1"),
        (WaveNet((WIDE,)), "condition_size: must be 1, not 6"),
        (WaveNet((replace(LAYERS, head_size=2),)), "2 outputs"),
    ],
)
def test_a_misfit_is_an_error(architecture: WaveNet, named: str) -> None:
    with pytest.raises(ModelError, match=named):
        wavenet_kernel(random_description(architecture))


@pytest.mark.parametrize(
    "architecture", [Container((1.0,), (random_description(Linear(1, bias=False)),)), Recurrent("gru", 1, 2, 1)]
)
def test_other_architectures_are_refused(architecture: Architecture) -> None:
    arrays = {name: np.zeros(shape, np.float32) for name, shape in architecture.shapes().items()}
    with pytest.raises(ModelError, match=f"no {type(architecture).__name__}"):
        wavenet_kernel(ModelDescription(architecture, arrays))
