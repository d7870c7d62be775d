"""The json models: against the reference recordings, and against their layers in float64 torch."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ampboard.models import Model, ModelError, load_model

from . import oracles

FEED_FORWARD = {
    "pedalnet": oracles.pedalnet,
    "smartamppro_ClearBlueSky": oracles.smartamppro,
    "smartamppro_Heavy": oracles.smartamppro,
    "smartamppro_TubeDirty": oracles.smartamppro,
}
KNOB_MODELS = ("neuralpi_BluesJr", "neuralpi_HT40_Overdrive", "neuralpi_TS9", "proteus_BluesJrAmp_VolKnob")
AIDA_X = ("tw40_blues_deluxe", "tw40_california_clean")


@pytest.fixture(scope="module")
def guitar(fixtures: Path) -> NDArray[np.float32]:
    return 4 * soundfile.read(fixtures / "reference" / "input_48k.wav", dtype="float32")[0]


def assert_equal(output: NDArray[np.float32], expected: NDArray[np.float64]) -> None:
    """What the issue asks of every model: ESR below 1e-8, error below 1e-4 of the peak."""
    assert oracles.error_to_signal(output, expected) < 1e-8
    assert oracles.peak_error(output, expected) < 1e-4


@pytest.mark.parametrize("name", FEED_FORWARD)
def test_feed_forward_models_equal_their_references(fixtures: Path, guitar: NDArray[np.float32], name: str) -> None:
    expected = soundfile.read(fixtures / "reference" / f"{name}.wav", dtype="float64")[0]
    assert_equal(load_model(fixtures / "guitarml" / f"{name}.json").process(guitar), expected)


@pytest.mark.parametrize("name", FEED_FORWARD)
def test_feed_forward_models_equal_their_layers(fixtures: Path, guitar: NDArray[np.float32], name: str) -> None:
    path, audio = fixtures / "guitarml" / f"{name}.json", guitar[30_000:36_000]
    expected = FEED_FORWARD[name](json.loads(path.read_text()), audio)
    assert_equal(load_model(path).process(audio), expected)


@pytest.mark.parametrize("knob", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", KNOB_MODELS)
def test_knob_models_equal_their_layers(fixtures: Path, guitar: NDArray[np.float32], name: str, knob: float) -> None:
    path, audio = fixtures / "guitarml" / f"{name}.json", guitar[30_000:34_000]
    expected = oracles.guitarml(json.loads(path.read_text()), audio, [knob])
    model = load_model(path)
    assert_equal(model.process(audio, **{model.parameters[0].name: knob}), expected)


@pytest.mark.parametrize("knobs", [(0.0, 0.0), (0.5, 1.0), (1.0, 0.25)])
@pytest.mark.parametrize(("unit", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_two_layers_and_two_knobs_equal_the_layers(
    tmp_path: Path, guitar: NDArray[np.float32], unit: str, gates: int, knobs: tuple[float, float]
) -> None:
    random, state = np.random.default_rng(9), {}
    for layer, inputs in enumerate((3, 10)):
        for part, columns in (("weight_ih", inputs), ("weight_hh", 10), ("bias_ih", 0), ("bias_hh", 0)):
            shape = (gates * 10, columns) if columns else (gates * 10,)
            state[f"rec.{part}_l{layer}"] = random.uniform(-0.4, 0.4, shape).astype(np.float32).tolist()
    state |= {"lin.weight": random.uniform(-0.5, 0.5, (1, 10)).astype(np.float32).tolist(), "lin.bias": [0.25]}
    sizes = {"input_size": 3, "output_size": 1, "num_layers": 2, "hidden_size": 10, "skip": 1}
    document = {"model_data": {"model": "SimpleRNN", "unit_type": unit, **sizes}, "state_dict": state}
    path, audio = tmp_path / "two.json", guitar[30_000:33_000]
    path.write_text(json.dumps(document))
    output = load_model(path).process(audio, gain=knobs[0], master=knobs[1])
    assert_equal(output, oracles.guitarml(document, audio, knobs))


@pytest.mark.parametrize("name", AIDA_X)
def test_aida_x_models_equal_their_own_example_and_their_layers(
    fixtures: Path, guitar: NDArray[np.float32], name: str
) -> None:
    path, audio = fixtures / "aidax" / f"{name}.json", guitar[30_000:34_000]
    document = json.loads(path.read_text())
    model = load_model(path)
    assert_equal(model.process(document["input_batch"]), np.array(document["output_batch"]))
    assert_equal(model.process(audio), oracles.rtneural(document, audio))


def aida_x_with_knobs(folder: Path, inputs: int) -> tuple[Path, dict[str, object]]:
    """A conditioned AIDA-X model with gains, a skip connection and an example whose knobs move."""
    random = np.random.default_rng(3)
    weights = [random.uniform(-0.6, 0.6, shape) for shape in ((inputs, 32), (8, 32), (32,), (8, 1), (1,))]
    lists = [w.astype(np.float32).tolist() for w in weights]
    document: dict[str, object] = {
        "in_shape": [None, None, inputs],
        "in_skip": 1,
        "layers": [
            {"type": "lstm", "activation": "", "shape": [None, None, 8], "weights": lists[:3]},
            {"type": "dense", "activation": "", "shape": [None, None, 1], "weights": lists[3:]},
        ],
    }
    path = folder / "knobs.json"
    path.write_text(json.dumps(document))
    return path, document


@pytest.mark.parametrize("knobs", [(0.0,), (0.5,), (1.0,), (0.25, 0.75)])
def test_aida_x_knobs_equal_the_layers(tmp_path: Path, guitar: NDArray[np.float32], knobs: tuple[float, ...]) -> None:
    path, document = aida_x_with_knobs(tmp_path, 1 + len(knobs))
    model, audio = load_model(path), guitar[30_000:33_000]
    assert [p.name for p in model.parameters] == ["param1", "param2"][: len(knobs)]
    values = {p.name: value for p, value in zip(model.parameters, knobs, strict=True)}
    assert_equal(model.process(audio, **values), oracles.rtneural(document, audio, knobs))


def test_an_example_with_moving_knobs_is_checked(tmp_path: Path) -> None:
    path, document = aida_x_with_knobs(tmp_path, 2)
    inputs = np.random.default_rng(4).uniform(-1, 1, (200, 2))
    output = oracles.rtneural(document, inputs[:, 0], [inputs[:, 1]])
    path.write_text(json.dumps(document | {"input_batch": inputs.tolist(), "output_batch": output.tolist()}))
    assert isinstance(load_model(path), Model)
    output[77] += 0.1
    path.write_text(json.dumps(document | {"input_batch": inputs.tolist(), "output_batch": output.tolist()}))
    with pytest.raises(ModelError, match="at frame 77"):
        load_model(path)


def test_a_wrong_example_is_an_error_with_the_figures(fixtures: Path, tmp_path: Path) -> None:
    document = json.loads((fixtures / "aidax" / "tw40_blues_deluxe.json").read_text())
    document["layers"][1]["weights"][1][0] += 0.25
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(document))
    with pytest.raises(ModelError, match=r"broken\.json: output_batch: the model gives .* the file says ") as error:
        load_model(broken)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", FEED_FORWARD)
def test_any_split_gives_the_same_bits(fixtures: Path, guitar: NDArray[np.float32], name: str) -> None:
    model, audio = load_model(fixtures / "guitarml" / f"{name}.json"), guitar[30_000:40_000]
    whole, stream = model.process(audio), model.stream()
    cuts = np.sort(np.random.default_rng(7).integers(0, audio.size, 60))
    np.testing.assert_array_equal(np.concatenate([stream.process(b) for b in np.split(audio, cuts)]), whole)
    stream.reset()
    np.testing.assert_array_equal(stream.process(audio[:5_000]), whole[:5_000])


def test_facts(fixtures: Path) -> None:
    pedalnet = load_model(fixtures / "guitarml" / "pedalnet.json")
    assert (pedalnet.architecture, pedalnet.sample_rate, pedalnet.receptive_field) == ("PedalNet", 44_100, 2047)
    smart = load_model(fixtures / "guitarml" / "smartamppro_Heavy.json")
    assert (smart.architecture, smart.sample_rate, smart.receptive_field) == ("StatelessLstm", 44_100, 120)
    aida_x = load_model(fixtures / "aidax" / "tw40_blues_deluxe.json")
    assert (aida_x.architecture, aida_x.sample_rate, aida_x.receptive_field) == ("LSTM", 48_000, None)
    assert aida_x.name == "tw40_blues_deluxe_deerinkstudios"
