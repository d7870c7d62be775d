"""WaveNet kernels against the original engine's recordings and a float64 network written from the definition."""

import ctypes
import mmap
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from llvmlite import binding
from numba import cfunc
from numpy.typing import NDArray

from ampboard.models.description import LayerArray, ModelDescription, Recurrent, WaveNet
from ampboard.models.errors import ModelError
from ampboard.models.formats.nam import read_nam
from ampboard.models.kernels.contract import PROCESS, SETUP, Kernel, aligned_bytes
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.kernels.wavenet import wavenet_kernel
from ampboard.models.kernels.wavenet.process import wavenet_functions

RATE = 48_000
ESR = 1e-10  # against recordings of the original engine, itself in float32
PEAK_ERROR = 1e-4
FLOAT64_ERROR = 2e-5  # of the peak, random weights
CAPTURES = ["BossWN-standard", "BossWN-feather", "BossWN-nano", "core_wavenet_a1_standard", "core_wavenet"]

Audio = NDArray[np.float32]


def play(kernel: Kernel, audio: Audio, sizes: tuple[int, ...] = (1 << 30,)) -> Audio:
    """Run a kernel from rest over audio of shape (channels, frames), in blocks of the given sizes in turn."""
    instance = KernelInstance(kernel, sample_rate=RATE, channels=len(audio))
    blocks, begin, turn = list[Audio](), 0, 0
    while begin < audio.shape[1]:
        end = begin + sizes[turn % len(sizes)]
        blocks.append(instance.process(audio[:, begin:end]))
        begin, turn = end, turn + 1
    return np.concatenate(blocks, axis=1)


@dataclass(frozen=True)
class Stack:
    """Layer arrays for tests: as `LayerArray`, less what follows from the neighbours."""

    channels: int
    kernel_size: int
    dilations: tuple[int, ...]
    activation: str = "Tanh"
    gated: bool = False
    head_bias: bool = False


def random_model(*stacks: Stack, seed: int = 0, prewarm: bool = False) -> ModelDescription:
    random = np.random.default_rng(seed)
    heads = [stack.channels for stack in stacks[1:]] + [1]
    inputs = [1] + [stack.channels for stack in stacks[:-1]]
    architecture = WaveNet(
        tuple(
            LayerArray(width, 1, s.channels, s.kernel_size, s.dilations, s.activation, s.gated, head_size, s.head_bias)
            for s, width, head_size in zip(stacks, inputs, heads, strict=True)
        )
    )
    arrays = {
        name: (random.uniform(-1.5, 1.5, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
        for name, shape in architecture.shapes().items()
    }
    return ModelDescription(architecture, arrays, RATE, architecture.receptive_field if prewarm else 0)


ACTIVATIONS = {
    "Tanh": np.tanh,
    "ReLU": lambda x: np.maximum(x, 0),
    "LeakyReLU": lambda x: np.where(x > 0, x, 0.01 * x),
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}


def float64_wavenet(model: ModelDescription, audio: Audio) -> NDArray[np.float64]:
    """The network as the papers define it, in float64, from zero histories, for audio of shape (frames,)."""
    assert isinstance(model.architecture, WaveNet)
    arrays: Mapping[str, NDArray[np.float64]] = {name: a.astype(np.float64) for name, a in model.arrays.items()}
    condition = audio[None].astype(np.float64)
    signal, head = condition, np.zeros(1)
    for n, stack in enumerate(model.architecture.layer_arrays):
        signal = arrays[f"{n}.rechannel.weight"] @ signal
        total = head
        for i, dilation in enumerate(stack.dilations):
            layer = f"{n}.layers.{i}"
            weights = arrays[f"{layer}.conv.weight"]
            past = np.pad(signal, ((0, 0), ((stack.kernel_size - 1) * dilation, 0)))
            z = arrays[f"{layer}.conv.bias"][:, None] + arrays[f"{layer}.mixin.weight"] @ condition
            for tap in range(stack.kernel_size):
                z = z + weights[:, :, tap] @ past[:, tap * dilation :][:, : audio.size]
            out = ACTIVATIONS[stack.activation](z[: stack.channels])
            if stack.gated:
                out = out * ACTIVATIONS["Sigmoid"](z[stack.channels :])
            total = total + out
            signal = signal + arrays[f"{layer}.one.weight"] @ out + arrays[f"{layer}.one.bias"][:, None]
        head = arrays[f"{n}.head.weight"] @ total
        if stack.head_bias:
            head = head + arrays[f"{n}.head.bias"][:, None]
    return arrays["head_scale"][0] * head[0]


@pytest.mark.parametrize("capture", CAPTURES)
def test_a_capture_sounds_as_in_its_own_engine(fixtures: Path, capture: str) -> None:
    dry = soundfile.read(fixtures / "reference/input_48k.wav", dtype="float32")[0]
    want = soundfile.read(fixtures / f"reference/{capture}.wav", dtype="float64")[0]
    wet = play(wavenet_kernel(read_nam(fixtures / f"nam/{capture}.nam")), dry[None])[0]
    error, signal = (wet - want) - (wet - want).mean(), want - want.mean()
    assert (error**2).sum() / (signal**2).sum() < ESR
    assert np.abs(wet - want).max() < PEAK_ERROR * np.abs(want).max()


SHAPES = {
    "one layer": (Stack(1, 1, (1,)),),
    "one channel": (Stack(1, 3, (1, 7, 64)),),
    "two channels": (Stack(2, 3, (1, 2, 4), head_bias=True),),
    "odd widths": (Stack(5, 2, (1, 63)), Stack(9, 3, (65, 1), head_bias=True), Stack(4, 6, (5,))),
    "widths with remainders": (Stack(17, 3, (1, 2)), Stack(11, 2, (200,))),
    "equal stacks": (Stack(8, 3, (1,)), Stack(8, 3, (64, 1))),
    "standard": (Stack(16, 3, (1, 2, 4, 512)), Stack(8, 3, (1, 2, 4, 512), head_bias=True)),
    "wide": (Stack(24, 2, (3, 40)),),
    "nano": (Stack(4, 3, (1, 2, 64)), Stack(2, 3, (128, 256), head_bias=True)),
    "growing": (Stack(3, 3, (1,)), Stack(7, 2, (1, 5))),
    "gated": (Stack(16, 3, (1, 2, 4), gated=True), Stack(3, 3, (8, 1), "ReLU", gated=True, head_bias=True)),
    "gated, odd": (Stack(5, 2, (1, 40), "Sigmoid", gated=True),),
    "rectified": (Stack(12, 3, (1, 2), "ReLU"), Stack(4, 2, (9,), "LeakyReLU"), Stack(2, 2, (9,), "Sigmoid")),
}


@pytest.mark.parametrize("name", SHAPES)
def test_random_models_agree_with_float64(name: str) -> None:
    model = random_model(*SHAPES[name], seed=len(name))
    audio = np.random.default_rng(1).standard_normal(1500).astype(np.float32)
    want = float64_wavenet(model, audio)
    kernel = wavenet_kernel(model)
    wet = play(kernel, audio[None])
    assert np.abs(wet[0] - want).max() < FLOAT64_ERROR * np.abs(want).max()
    for sizes in ((1, 7, 64, 1000), (33, 50)):
        np.testing.assert_array_equal(play(kernel, audio[None], sizes), wet)


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_block_sizes_do_not_change_a_bit(fixtures: Path, size: int) -> None:
    kernel = wavenet_kernel(read_nam(fixtures / "nam/BossWN-nano.nam"))
    dry = soundfile.read(fixtures / "reference/input_48k.wav", dtype="float32", frames=24_000)[0][None]
    np.testing.assert_array_equal(play(kernel, dry, (size,)), play(kernel, dry))


def test_channels_are_independent_voices() -> None:
    kernel = wavenet_kernel(random_model(*SHAPES["standard"], prewarm=True))
    audio = np.random.default_rng(2).standard_normal((5, 700)).astype(np.float32)
    together = play(kernel, audio, (64, 100))
    for channel, wet in zip(audio, together, strict=True):
        np.testing.assert_array_equal(play(kernel, channel[None])[0], wet)


def test_rest_is_what_silence_leaves() -> None:
    cold = random_model(*SHAPES["odd widths"])
    warm = random_model(*SHAPES["odd widths"], prewarm=True)
    assert isinstance(warm.architecture, WaveNet)
    audio = np.random.default_rng(3).standard_normal((1, 500)).astype(np.float32)
    silence = np.zeros((1, warm.architecture.receptive_field), np.float32)
    after_silence = play(wavenet_kernel(cold), np.hstack([silence, audio]))[:, silence.size :]
    np.testing.assert_array_equal(play(wavenet_kernel(warm), audio), after_silence)


def test_reset_returns_to_rest_and_a_copied_state_goes_on_alike() -> None:
    kernel = wavenet_kernel(random_model(*SHAPES["standard"], prewarm=True))
    audio = np.random.default_rng(4).standard_normal(640).astype(np.float32)
    runner = Runner(kernel)
    first = runner.play(audio)
    runner.reset()
    np.testing.assert_array_equal(runner.play(audio), first)
    copy = Runner(kernel)
    copy.state[:] = runner.state
    np.testing.assert_array_equal(copy.play(audio), runner.play(audio))


def test_a_burst_of_nan_is_forgotten_after_the_receptive_field() -> None:
    model = random_model(*SHAPES["gated"], prewarm=True)
    assert isinstance(model.architecture, WaveNet)
    audio = np.random.default_rng(6).standard_normal((1, 1000)).astype(np.float32)
    hurt = audio.copy()
    hurt[0, 100:110] = np.nan
    healed = 110 + model.architecture.receptive_field - 1
    kernel = wavenet_kernel(model)
    whole, wet = play(kernel, audio, (50,)), play(kernel, hurt, (50,))
    assert np.isnan(wet[0, 100:110]).all()
    np.testing.assert_array_equal(wet[:, healed:], whole[:, healed:])


class Runner:
    """A kernel over memory of the test's own: one voice, blocks of any size."""

    def __init__(self, kernel: Kernel, *, fence: bool | None = None) -> None:
        self.functions, self.fence = kernel.functions, fence
        self.program = self.fenced(kernel.program)
        self.setup = np.array([(RATE, 64, 1, 1, 0)], SETUP)
        size = self.functions.measure.ctypes(self.program.ctypes.data, self.setup.ctypes.data)
        self.state = self.fenced(aligned_bytes(size))
        self.functions.prepare.ctypes(self.state.ctypes.data, self.program.ctypes.data, self.setup.ctypes.data)

    def reset(self) -> None:
        self.functions.reset.ctypes(self.state.ctypes.data)

    def play(self, audio: Audio) -> Audio:
        audio, wet = self.fenced(audio), self.fenced(np.zeros_like(audio))
        rows = np.array([audio.ctypes.data, wet.ctypes.data])
        self.functions.process.ctypes(self.state.ctypes.data, rows[:1].ctypes.data, rows[1:].ctypes.data, audio.size)
        return wet.copy()

    def fenced(self, array: NDArray[Any]) -> NDArray[Any]:
        """A copy that ends (`fence` true) or starts (false) at a page that may not be touched."""
        if self.fence is None:
            return array.copy() if array.dtype != np.uint8 else array
        page, size = mmap.PAGESIZE, -(-array.nbytes // mmap.PAGESIZE) * mmap.PAGESIZE
        raw = np.frombuffer(mmap.mmap(-1, size + 2 * page), np.uint8)
        protect = ctypes.CDLL(None).mprotect
        for place in (0, page + size):
            assert protect(ctypes.c_void_p(raw.ctypes.data + place), ctypes.c_size_t(page), 0) == 0
        start = page + (size - array.nbytes if self.fence else 0)
        copy = raw[start : start + array.nbytes].view(array.dtype)
        copy[:] = array
        return copy


@pytest.mark.skipif(sys.platform == "win32", reason="needs mprotect")
@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("name", ["standard", "nano", "gated", "odd widths"])
def test_nothing_outside_its_memory_is_touched(name: str, at_end: bool) -> None:
    kernel = wavenet_kernel(random_model(*SHAPES[name], prewarm=True))
    runner, plain = Runner(kernel, fence=at_end), Runner(kernel)
    random = np.random.default_rng(5)
    for size in random.choice([1, 2, 7, 15, 16, 17, 63, 64, 65, 100], 60):
        audio = random.standard_normal(size).astype(np.float32)
        np.testing.assert_array_equal(runner.play(audio), plain.play(audio))


@pytest.mark.parametrize(("inputs", "outputs"), [(0, 0), (1, 2), (65, 65)])
def test_channels_it_cannot_run_are_refused(inputs: int, outputs: int) -> None:
    kernel = wavenet_kernel(random_model(*SHAPES["one layer"]))
    setup = np.array([(RATE, 64, inputs, outputs, 0)], SETUP)
    assert kernel.functions.measure.ctypes(kernel.program.ctypes.data, setup.ctypes.data) < 0


def test_a_model_that_does_not_fit_together_is_an_error() -> None:
    good = random_model(*SHAPES["odd widths"])
    assert isinstance(good.architecture, WaveNet)
    stacks = good.architecture.layer_arrays
    swapped = WaveNet((stacks[0], stacks[2], stacks[1]))
    arrays = {name: np.zeros(shape, np.float32) for name, shape in swapped.shapes().items()}
    with pytest.raises(ModelError, match=r"layers\.0\.head_size: must be 4, not 9"):
        wavenet_kernel(ModelDescription(swapped, arrays))
    lstm = Recurrent("lstm", 1, 4, 1)
    arrays = {name: np.zeros(shape, np.float32) for name, shape in lstm.shapes().items()}
    with pytest.raises(ModelError, match="WaveNet"):
        wavenet_kernel(ModelDescription(lstm, arrays))
    with pytest.raises(ModelError, match="'Swoosh' is not known: use ReLU"):
        wavenet_kernel(random_model(Stack(2, 2, (1,), "Swoosh")))


def test_process_calls_neither_python_nor_its_memory_manager() -> None:
    python_function = wavenet_functions().process.__wrapped__  # code from the cache cannot be inspected
    uncached = cfunc(PROCESS, nopython=True, error_model="numpy", boundscheck=False)(python_function)
    module = binding.parse_assembly(uncached.inspect_llvm())
    inner = [f for f in module.functions if not f.is_declaration and not f.name.startswith("cfunc.")]
    assert any("process" in f.name for f in inner)
    called = {name for f in inner for name in re.findall(r'call [^@\n]*@"?([\w.$]+)', str(f))}
    assert {name for name in called if not name.startswith("llvm.")} <= {f.name for f in inner}


def test_another_process_takes_the_compiled_code_from_disk() -> None:
    wavenet_functions()
    question = (
        "from ampboard.models.kernels.wavenet.process import wavenet_functions as f\n"
        "k = f(); print(k.measure.cache_hits, k.prepare.cache_hits, k.process.cache_hits, k.reset.cache_hits)"
    )
    answer = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["1", "1", "1", "1"]
