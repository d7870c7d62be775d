"""Model files: which formats hold which network, and that each plays it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ampboard.models import ModelError, load_model
from ampboard.models.description import ModelDescription
from ampboard.models.formats import read_model
from ampboard.models.model import Model
from ampboard.training.networks.a2 import A2Network
from ampboard.training.networks.convlstm import ConvLstmNetwork
from ampboard.training.networks.lstm import LstmNetwork
from ampboard.training.networks.streaming import StreamingNetwork
from ampboard.training.networks.wavenet import WaveNetNetwork, a1
from ampboard.training.result.exports import EXPORTS, export
from ampboard.training.runs.architectures import find_architecture

from ...models import oracles
from .conftest import RATE, playing, recurrent

START = RATE  # frames until states that began differently have met


def described(network: StreamingNetwork) -> ModelDescription:
    return network.describe(RATE, {})


def wavenet(*knobs: str) -> ModelDescription:
    return described(WaveNetNetwork(a1(4, 2, knobs=len(knobs)), knobs=knobs, seed=1))


CASES = {
    "lstm": (recurrent, {"nam", "guitarml", "aida-x"}),
    "lstm beside its dry input": (lambda: recurrent(skip=True), {"nam", "guitarml", "aida-x"}),
    "lstm with a knob": (lambda: recurrent(knobs=("drive",)), {"guitarml", "aida-x"}),
    "gru": (lambda: recurrent("gru"), {"guitarml", "aida-x"}),
    "gru with two knobs": (lambda: recurrent("gru", knobs=("drive", "tone")), {"guitarml", "aida-x"}),
    "lstm as trained": (lambda: described(LstmNetwork(8, knobs=("tone",), seed=1)), {"guitarml", "aida-x"}),
    "a1": (wavenet, {"nam"}),
    "a1 with a knob": (lambda: wavenet("drive"), {"nam"}),
    "a2": (lambda: described(A2Network(seed=1)), {"nam"}),
    "a2 with knobs": (lambda: described(A2Network(knobs=("drive", "tone"), seed=1)), {"nam"}),
    "stateless lstm": (lambda: described(ConvLstmNetwork(seed=1)), {"smartamppro"}),
    "stateless lstm with a knob": (lambda: described(ConvLstmNetwork(knobs=("drive",), seed=1)), {"smartamppro"}),
}


def with_dry(output: np.ndarray, expected: np.ndarray, dry: np.ndarray) -> float:
    """Energy of the error over that of the sound and of a dry sound beside it, once the start is over."""
    output, expected, dry = (np.asarray(sound[START:], np.float64) for sound in (output, expected, dry))
    return float(np.sum((output - expected) ** 2) / (np.sum((expected - expected.mean()) ** 2) + np.sum(dry**2)))


@pytest.mark.parametrize("case", CASES)
def test_every_file_plays_as_the_model_does(tmp_path: Path, case: str) -> None:
    """Error-to-signal ratio below 1e-8 a second after the start; the knobs keep their names and the rate its value.

    GuitarML's players add the dry input, which a cell takes out again: there the ratio is to wet and dry sound.
    """
    make, formats = CASES[case]
    description = make()
    done = export(description, tmp_path, "crunch")
    assert set(done.paths) == formats
    assert set(done.left_out) == set(EXPORTS) - formats
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in done.paths.values()}
    audio = playing(1.5)
    positions = {knob: 0.3 + 0.5 * number for number, knob in enumerate(description.knobs)}
    expected = Model(description).process(audio, **positions)
    for format, path in done.paths.items():
        written = load_model(path)
        beside = audio if format == "guitarml" else np.zeros_like(audio)
        assert (written.sample_rate, written.played.knobs) == (RATE, description.knobs), path
        assert with_dry(written.process(audio, **positions), expected, beside) < 1e-8, path


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_the_files_of_others_are_what_their_definitions_say(tmp_path: Path, kind: str) -> None:
    """GuitarML and Keras layers in float64 torch, read from the JSON alone: below 1e-6, and 1e-8."""
    description = recurrent(kind, knobs=("drive",))
    paths = export(description, tmp_path, "crunch").paths
    audio = playing(0.3)
    expected = Model(description).process(audio, drive=0.25)
    for format, oracle, bound in (("guitarml", oracles.guitarml, 1e-6), ("aida-x", oracles.rtneural, 1e-8)):
        output = oracle(json.loads(paths[format].read_text()), audio, (0.25,))
        assert oracles.error_to_signal(output[6_000:], expected[6_000:]) < bound


def test_guitarml_files_suit_its_players(tmp_path: Path) -> None:
    """They add the dry input whatever the file says, and know LSTMs of 40 and of 20 cells."""

    def written(description: ModelDescription) -> tuple[dict, str]:
        done = export(description, tmp_path, "crunch")
        return json.loads(done.paths["guitarml"].read_text())["model_data"], done.notes.get("guitarml", "")

    at_44100 = replace(recurrent(), sample_rate=44_100)
    data, note = written(at_44100)
    assert (data["skip"], data["hidden_size"], note) == (1, 40, "")
    data, note = written(replace(recurrent(cells=40, skip=True), sample_rate=44_100))
    assert (data["skip"], data["hidden_size"], note) == (1, 40, "")
    data, note = written(recurrent(cells=40))
    assert (data["skip"], data["hidden_size"]) == (1, 41)
    assert "this has 41 LSTM cells" in note
    assert "--arch proteus" in note
    assert "trained at 48000 Hz" in note
    for arch, cells in {"proteus": 40, "neuralpi": 20}.items():
        data, note = written(replace(described(find_architecture(arch).make((), 0)), sample_rate=44_100))
        assert (data["skip"], data["hidden_size"], note) == (1, cells, "")


def test_aida_x_files_carry_an_example_and_a_size_it_knows(tmp_path: Path) -> None:
    path = export(recurrent(cells=39, knobs=("drive",)), tmp_path, "crunch").paths["aida-x"]
    document = json.loads(path.read_text())
    assert (document["layers"][0]["shape"][-1], document["in_skip"], document["in_shape"][-1]) == (40, 0, 2)
    given, expected = (np.array(document[f"{name}_batch"]) for name in ("input", "output"))
    output = oracles.rtneural(document, given[:, 0], (given[:, 1],))
    assert oracles.peak_error(output, expected) < 1e-5
    document["output_batch"][100] += 0.1
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match="do not belong together"):
        load_model(path)


def test_nam_files_are_of_the_oldest_version_that_holds_them(tmp_path: Path) -> None:
    for description, version in (
        (recurrent(), "0.5.4"),
        (wavenet(), "0.5.4"),
        (wavenet("drive"), "0.7.0"),
        (described(A2Network(seed=1)), "0.7.0"),
    ):
        done = export(description, tmp_path, "crunch")
        assert json.loads(done.paths["nam"].read_text())["version"] == version
        assert ("ampboard's own" in done.notes.get("nam", "")) == bool(description.knobs)


def test_a_network_that_nothing_holds_is_an_error(tmp_path: Path) -> None:
    repair = Path(__file__).resolve().parents[3] / "presets" / "factory" / "models" / "repair-guitar.json"
    with pytest.raises(ModelError, match="no model format holds this network"):
        export(read_model(repair)[1], tmp_path, "crunch")
    assert list(tmp_path.iterdir()) == []
