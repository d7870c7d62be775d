"""LSTM and GRU kernels against float64 numpy, against other engines' output, and against the kernel contract."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numba import cfunc

from ampboard.models.description import ModelDescription, Recurrent
from ampboard.models.errors import ModelError
from ampboard.models.formats.guitarml import read_guitarml
from ampboard.models.formats.nam import read_nam
from ampboard.models.kernels.contract import PROCESS, SETUP, aligned_bytes
from ampboard.models.kernels.instance import KernelInstance
from ampboard.models.kernels.recurrent import kernel as recurrent_kernel_module
from ampboard.models.kernels.recurrent import layout, recurrent_kernel
from ampboard.models.kernels.recurrent.layout import Shape

NAM = ["core_lstm", "BossLSTM-1x16", "BossLSTM-2x8"]
GUITARML = [
    "neuralpi_BluesJr",
    "neuralpi_BluesJR_FullD",
    "neuralpi_HT40_Overdrive",
    "neuralpi_TS9",
    "neuralpi_TS9_FullD",
    "proteus_BlackstarHT40_AmpClean",
    "proteus_BluesJrAmp_VolKnob",
    "proteus_BossMT2_PedalHighGain",
    "proteus_DS1_fromVideo",
]


def sigmoid(x):
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def float64_output(description, audio, knobs=()):
    """The network by its definition (torch's LSTM and GRU), frame by frame; `knobs` of shape (knobs,)."""
    network = description.architecture
    arrays = {name: array.astype(np.float64) for name, array in description.arrays.items()}
    size, rest = network.hidden_size, np.zeros(network.hidden_size)
    hidden = [arrays.get(f"{layer}.hidden", rest) for layer in range(network.layers)]
    cell = [arrays.get(f"{layer}.cell", rest) for layer in range(network.layers)]
    silence = np.zeros(description.prewarm_frames)
    output = []
    for frame in np.concatenate([silence, audio.astype(np.float64)]):
        signal = np.array([frame, *knobs])
        for layer in range(network.layers):
            x = arrays[f"{layer}.input.weight"] @ signal + arrays[f"{layer}.input.bias"]
            y = arrays[f"{layer}.recurrent.weight"] @ hidden[layer] + arrays.get(f"{layer}.recurrent.bias", 0)
            if network.kind == "lstm":
                i, f, g, o = (x + y).reshape(4, size)
                cell[layer] = sigmoid(f) * cell[layer] + sigmoid(i) * np.tanh(g)
                hidden[layer] = sigmoid(o) * np.tanh(cell[layer])
            else:
                r, z = sigmoid(x + y)[: 2 * size].reshape(2, size)
                n = np.tanh(x[2 * size :] + r * y[2 * size :])
                hidden[layer] = (1 - z) * n + z * hidden[layer]
            signal = hidden[layer]
        output.append(arrays["head.weight"][0] @ signal + arrays["head.bias"][0] + network.skip * frame)
    return np.array(output[len(silence) :])


def random_model(kind, hidden, layers, *, knobs=0, seed=0, prewarm_frames=0):
    """A model in the range of trained ones: weights around 1 / sqrt(hidden), all optional arrays present."""
    network = Recurrent(kind, 1 + knobs, hidden, layers, skip=True, recurrent_bias=True, initial_state=True)
    random = np.random.default_rng(seed)
    scale = 1.5 / np.sqrt(hidden)
    arrays = {n: (scale * random.uniform(-1, 1, s)).astype(np.float32) for n, s in network.shapes().items()}
    return ModelDescription(network, arrays, 48_000, prewarm_frames, tuple(f"knob_{k}" for k in range(knobs)))


def noise(channels, frames, seed=1):
    return np.random.default_rng(seed).standard_normal((channels, frames)).astype(np.float32)


def start(description, channels=1, **knobs):
    return KernelInstance(recurrent_kernel(description), sample_rate=44_100, channels=channels, parameters=knobs)


def error_to_signal(output, expected):
    """ESR after the mean of the expected signal is taken from both."""
    mean = expected.mean()
    return np.sum((output - expected) ** 2) / np.sum((expected - mean) ** 2)


# Sizes around the vector widths 4, 8 and 16, whole and halved; three layers run one after the other, two side by side.
SIZES = [(1, 1), (3, 1), (4, 2), (9, 2), (12, 1), (13, 3), (20, 1), (33, 1)]


@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.parametrize(("hidden", "layers"), SIZES)
def test_written_out_step_is_the_network_within_1e_6(kind, hidden, layers, monkeypatch):
    monkeypatch.setattr(layout, "UNROLLED_LIMIT", 1 << 20)
    description = random_model(kind, hidden, layers)
    audio = noise(1, 300)
    assert np.abs(start(description).process(audio)[0] - float64_output(description, audio[0])).max() < 1e-6


@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.parametrize(("hidden", "layers"), [*SIZES, (64, 1), (64, 2), (70, 5)])
def test_loops_are_the_network_within_1e_6(kind, hidden, layers, monkeypatch):
    monkeypatch.setattr(layout, "UNROLLED_LIMIT", 0)
    description = random_model(kind, hidden, layers)
    audio = noise(1, 200)
    assert np.abs(start(description).process(audio)[0] - float64_output(description, audio[0])).max() < 1e-6


@pytest.mark.parametrize("kind", ["lstm", "gru"])
@pytest.mark.parametrize("width", [4, 8, 16])
@pytest.mark.parametrize("limit", [0, 1 << 20], ids=["loops", "written out"])
def test_every_vector_width_is_the_network_within_1e_6(kind, width, limit, monkeypatch):
    monkeypatch.setattr(recurrent_kernel_module, "step_width", lambda network: width)
    monkeypatch.setattr(layout, "UNROLLED_LIMIT", limit)
    description = random_model(kind, 18, 1, knobs=1)
    audio = noise(1, 200)
    output = start(description).process(audio)[0]
    assert np.abs(output - float64_output(description, audio[0], [0.5])).max() < 1e-6


def test_large_models_run_in_loops_and_usual_ones_do_not():
    assert all(Shape("lstm", hidden, 1, width).unrolled for hidden in (8, 16, 20, 40) for width in (8, 16))
    assert Shape("lstm", 8, 2, 8).unrolled
    assert not Shape("lstm", 64, 2, 16).unrolled
    assert not Shape("gru", 4096, 1, 16).unrolled


@pytest.mark.parametrize("name", NAM)
def test_nam_lstm_sounds_as_in_nam_core(name, fixtures):
    output, expected = reference_pair(read_nam(fixtures / "nam" / f"{name}.nam"), name, 1, fixtures)
    assert error_to_signal(output, expected) < 1e-8
    assert np.abs(output - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("name", GUITARML)
def test_guitarml_lstm_sounds_as_in_torch_float64(name, fixtures):
    output, expected = reference_pair(read_guitarml(fixtures / "guitarml" / f"{name}.json"), name, 4, fixtures)
    assert error_to_signal(output, expected) < 1e-10
    assert np.abs(output - expected).max() < 2e-5 * np.abs(expected).max()


def reference_pair(description, name, gain, fixtures: Path):
    folder = fixtures / "reference"
    audio, _ = sf.read(folder / "input_48k.wav", dtype="float32")
    expected, _ = sf.read(folder / f"{name}.wav", dtype="float64")
    return start(description).process(gain * audio[None])[0], expected


@pytest.mark.parametrize("name", NAM)
def test_nam_lstm_at_playing_level_has_an_esr_below_1e_10_against_float64(name, fixtures):
    description = read_nam(fixtures / "nam" / f"{name}.nam")
    audio, _ = sf.read(fixtures / "reference" / "input_48k.wav", dtype="float32", frames=6_000)
    audio *= np.float32(0.5 / np.abs(audio).max())
    output = start(description).process(audio[None])[0]
    assert error_to_signal(output, float64_output(description, audio)) < 1e-10


MODELS = {
    "lstm written out": random_model("lstm", 20, 1, knobs=2),
    "two layers at once": random_model("lstm", 12, 2, prewarm_frames=50),
    "three layers": random_model("gru", 9, 3),
    "loops": random_model("lstm", 70, 2, knobs=1),
}


@pytest.fixture(params=MODELS)
def description(request):
    return MODELS[request.param]


@pytest.mark.parametrize("size", [1, 2, 7, 64, 333])
def test_any_block_size_gives_the_same_bits(description, size):
    audio = noise(2, 500)
    whole = start(description, 2).process(audio)
    stream = start(description, 2)
    blocks = [stream.process(audio[:, first : first + size]) for first in range(0, audio.shape[1], size)]
    np.testing.assert_array_equal(np.hstack(blocks), whole)


def test_every_channel_is_a_voice_of_its_own(description):
    audio = noise(5, 100)
    together = start(description, 5).process(audio)
    for channel, output in zip(audio, together, strict=True):
        np.testing.assert_array_equal(start(description).process(channel[None])[0], output)


PAIRS = {
    "one vector": ("lstm", 8, 1),
    "a halved vector": ("lstm", 12, 1),
    "two LSTM layers at once": ("lstm", 5, 2),
    "two GRU layers at once": ("gru", 6, 2),
    "layers in turn": ("gru", 3, 3),
}


@pytest.mark.parametrize("width", [4, 8, 16])
@pytest.mark.parametrize("shape", PAIRS.values(), ids=PAIRS)
def test_voices_in_one_step_have_the_bits_of_each_alone(shape, width, monkeypatch):
    monkeypatch.setattr(recurrent_kernel_module, "step_width", lambda network: width)
    assert Shape(*shape, width).voices_at_once == 2
    description, audio = random_model(*shape, knobs=1), noise(3, 120)
    alone = [start(description).process(channel[None])[0] for channel in audio]
    for channels in (2, 3):
        together = start(description, channels)
        blocks = [together.process(audio[:channels, first:last]) for first, last in ((0, 1), (1, 50), (50, 120))]
        np.testing.assert_array_equal(np.hstack(blocks), alone[:channels])


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_small_models_advance_two_voices_at_once_and_large_ones_do_not(kind):
    assert all(Shape(kind, hidden, 1, width).voices_at_once == 2 for hidden in (8, 12, 16, 20) for width in (8, 16))
    assert Shape(kind, 8, 2, 8).voices_at_once == 2
    assert all(Shape(kind, 40, 1, width).voices_at_once == 1 for width in (8, 16))


def test_reset_returns_to_rest(description):
    audio = noise(2, 100)
    instance = start(description, 2)
    first = instance.process(audio)
    instance.reset()
    np.testing.assert_array_equal(instance.process(audio), first)


def test_state_of_rest_is_the_initial_state_after_the_prewarming_silence():
    audio = noise(1, 50)
    frames = 5_000  # more than one block of prewarming
    cold, warm = (random_model("lstm", 6, 2, prewarm_frames=n) for n in (0, frames))
    silence = np.zeros((1, frames), np.float32)
    expected = start(cold).process(np.hstack([silence, audio]))[:, frames:]
    np.testing.assert_array_equal(start(warm).process(audio), expected)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_copied_state_goes_on_at_another_address(description, channels):
    kernel = recurrent_kernel(description)
    setup = np.zeros(1, SETUP)
    setup[0] = 48_000, 256, channels, channels, 0
    program = kernel.program.ctypes.data
    size = kernel.functions.measure.ctypes(program, setup.ctypes.data)
    state, copy = aligned_bytes(size), aligned_bytes(size)
    assert kernel.functions.prepare.ctypes(state.ctypes.data, program, setup.ctypes.data) == 0
    audio = noise(channels, 256)
    run(kernel, state, audio)
    copy[:] = state
    expected = run(kernel, state, audio)
    state[:] = 255  # NaN everywhere, were it still used
    np.testing.assert_array_equal(run(kernel, copy, audio), expected)


def run(kernel, state, audio):
    """Process audio of shape (channels, frames) in one block."""
    output = np.empty_like(audio)
    inputs, outputs = (np.array([channel.ctypes.data for channel in block]) for block in (audio, output))
    kernel.functions.process.ctypes(state.ctypes.data, inputs.ctypes.data, outputs.ctypes.data, audio.shape[1])
    return output


def test_process_stays_inside_its_state_and_output(description):
    kernel = recurrent_kernel(description)
    setup = np.zeros(1, SETUP)
    setup[0] = 48_000, 64, 1, 1, 0
    program = kernel.program.ctypes.data
    size = kernel.functions.measure.ctypes(program, setup.ctypes.data)
    guarded = aligned_bytes(size + 128)
    guarded[:64] = guarded[64 + size :] = 170
    state = guarded[64 : 64 + size]
    kernel.functions.prepare.ctypes(state.ctypes.data, program, setup.ctypes.data)
    output = np.full(64 + 32, 7, np.float32)
    audio = noise(1, 64)[0]
    inputs, outputs = np.array([audio.ctypes.data]), np.array([output[16:].ctypes.data])
    kernel.functions.process.ctypes(state.ctypes.data, inputs.ctypes.data, outputs.ctypes.data, 64)
    assert (output[:16] == 7).all()
    assert (output[80:] == 7).all()
    assert (guarded[:64] == 170).all()
    assert (guarded[64 + size :] == 170).all()


@pytest.mark.parametrize("name", ["lstm written out", "loops"])
def test_knobs_are_parameters_and_act_from_the_next_block_on(name):
    description = MODELS[name]
    parameters = recurrent_kernel(description).parameters
    assert [(p.name, p.minimum, p.maximum, p.default) for p in parameters] == [
        (knob, 0, 1, 0.5) for knob in description.knobs
    ]
    audio = noise(1, 60)
    turned = {knob: 0.1 + 0.8 * number for number, knob in enumerate(description.knobs)}
    instance = start(description)
    for knob, value in turned.items():
        instance.set(knob, value)
    output = instance.process(audio)[0]
    values = np.array(list(turned.values()), np.float32)
    assert np.abs(output - float64_output(description, audio[0], values)).max() < 1e-6
    middle = start(description)
    np.testing.assert_array_equal(middle.process(audio[:, :30])[0], start(description).process(audio)[0, :30])
    for knob, value in turned.items():
        middle.set(knob, value)
    assert np.abs(middle.process(audio[:, 30:])[0] - start(description).process(audio)[0, 30:]).max() > 1e-3


def test_an_empty_block_changes_nothing(description):
    kernel = recurrent_kernel(description)
    setup = np.zeros(1, SETUP)
    setup[0] = 48_000, 64, 1, 1, 0
    program = kernel.program.ctypes.data
    state = aligned_bytes(kernel.functions.measure.ctypes(program, setup.ctypes.data))
    kernel.functions.prepare.ctypes(state.ctypes.data, program, setup.ctypes.data)
    before = state.copy()
    run(kernel, state, np.zeros((1, 0), np.float32))
    np.testing.assert_array_equal(state, before)


@pytest.mark.parametrize("level", [0.0, 1e-30, 1e3, 1e6])
def test_any_level_gives_what_float64_gives(description, level):
    audio = np.float32(level) * noise(1, 100)
    output = start(description).process(audio)[0]
    expected = float64_output(description, audio[0], [0.5] * len(description.knobs))
    assert np.abs(output - expected).max() < 1e-6 * max(1, level)


def test_the_setup_has_to_name_as_many_outputs_as_inputs():
    kernel = recurrent_kernel(MODELS["three layers"])
    for inputs, outputs in ((1, 2), (0, 0), (65, 65)):
        setup = np.zeros(1, SETUP)
        setup[0] = 48_000, 64, inputs, outputs, 0
        assert kernel.functions.measure.ctypes(kernel.program.ctypes.data, setup.ctypes.data) < 0


def test_knobs_that_do_not_fit_the_inputs_are_refused():
    model = random_model("lstm", 4, 1, knobs=2)
    with pytest.raises(ModelError, match="1 knobs, but 2 inputs"):
        recurrent_kernel(ModelDescription(model.architecture, model.arrays, 48_000, knobs=("gain",)))


def test_a_model_far_too_large_to_play_is_refused():
    network = Recurrent("lstm", 1, 1_100, 1)
    arrays = {name: np.zeros(shape, np.float32) for name, shape in network.shapes().items()}
    with pytest.raises(ModelError, match="too slow"):
        recurrent_kernel(ModelDescription(network, arrays, 48_000))


def test_the_compiled_function_calls_neither_python_nor_the_numba_runtime(description):
    process = recurrent_kernel(description).functions.process
    # compiled anew, since what comes from the disk cache has no readable form
    fresh = cfunc(PROCESS, nopython=True, error_model="numpy", boundscheck=False)(process.__wrapped__)
    functions = dict(
        re.findall(r'^define [^\n]*?@"?([\w.$]+)"?\([^\n]*\{\n(.*?)^\}', fresh.inspect_llvm(), re.M | re.S)
    )
    left = [name for name in functions if "process" in name and not name.startswith("cfunc.")]
    called: set[str] = set()
    while left:
        new = set(re.findall(r'call [^\n]*?@"?([\w.$]+)"?\(', functions[left.pop()])) - called
        left += [name for name in new if name in functions]
        called |= new
    assert any(name.startswith("llvm.") for name in called)
    outside = {name for name in called if name not in functions and not name.startswith("llvm.")}
    assert not outside


SECOND_PROCESS = """
import sys
sys.path.insert(0, {folder!r})
import numpy as np
from test_recurrent import MODELS, noise, start
from ampboard.models.kernels.recurrent import recurrent_kernel
for model in MODELS.values():
    functions = recurrent_kernel(model).functions
    hits = [f.cache_hits for f in (functions.measure, functions.prepare, functions.process, functions.reset)]
    print(sum(hits), start(model).process(noise(1, 20)).tobytes().hex())
"""


def test_a_second_process_compiles_nothing_and_no_shape_takes_the_code_of_another(tmp_path):
    command = [sys.executable, "-c", SECOND_PROCESS.format(folder=str(Path(__file__).parent))]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    first, second = (
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
        for _ in range(2)
    )
    expected = [start(model).process(noise(1, 20)).tobytes().hex() for model in MODELS.values()]
    assert [line.split()[0] for line in first] == ["0"] * len(MODELS)
    assert [line.split()[0] for line in second] == ["4"] * len(MODELS)
    assert [line.split()[1] for line in first] == [line.split()[1] for line in second] == expected
