"""Model files: which formats hold which network, and that each plays it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ampboard.models import ModelError, load_model
from ampboard.models.architectures.stateless_lstm import StatelessLstm, StridedConvolution
from ampboard.models.description import ModelDescription
from ampboard.models.formats import read_model
from ampboard.models.model import Model
from ampboard.training.networks.wavenet import WaveNetNetwork, a1
from ampboard.training.result.exports import EXPORTS, export

from ...models import oracles
from .conftest import RATE, playing, recurrent

START = RATE  # frames until states that began differently have met


def wavenet() -> ModelDescription:
    return WaveNetNetwork(a1(4, 2), seed=1).describe(RATE, {})


def stateless() -> ModelDescription:
    network = StatelessLstm(40, (StridedConvolution(1, 4, 6, 3), StridedConvolution(4, 4, 6, 3)), 5)
    random = np.random.default_rng(4)
    arrays = {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in network.shapes().items()}
    return ModelDescription(network, arrays, RATE)


CASES = {
    "lstm": (recurrent, {"nam", "guitarml", "aida-x"}),
    "lstm beside its dry input": (lambda: recurrent(skip=True), {"nam", "guitarml", "aida-x"}),
    "lstm with a knob": (lambda: recurrent(knobs=("drive",)), {"guitarml", "aida-x"}),
    "gru": (lambda: recurrent("gru"), {"guitarml", "aida-x"}),
    "gru with two knobs": (lambda: recurrent("gru", knobs=("drive", "tone")), {"guitarml", "aida-x"}),
    "wavenet": (wavenet, {"nam"}),
    "stateless lstm": (stateless, {"smartamppro"}),
}


@pytest.mark.parametrize("case", CASES)
def test_every_file_plays_as_the_model_does(tmp_path: Path, case: str) -> None:
    """Error-to-signal ratio a second after the start below 1e-8; with the dry input inside, 1e-6 of a quiet network.

    The knobs keep their names and the rate its value.
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
        bound = 1e-6 if format == "guitarml" else 1e-8
        assert (written.sample_rate, written.played.knobs) == (RATE, description.knobs)
        assert oracles.error_to_signal(written.process(audio, **positions)[START:], expected[START:]) < bound, path


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
    assert "trained at 48000 Hz" in note


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


def test_nam_files_are_of_the_oldest_version_that_holds_them(tmp_path: Path, fixtures: Path) -> None:
    for description, version in (
        (recurrent(), "0.5.4"),
        (wavenet(), "0.5.4"),
        (read_model(fixtures / "nam" / "core_A2.nam")[1], "0.7.0"),
        (read_model(fixtures / "nam" / "core_wavenet_a2_max.nam")[1], "0.7.0"),
    ):
        path = export(replace(description, document=None), tmp_path, "crunch").paths["nam"]
        assert json.loads(path.read_text())["version"] == version


def test_a_network_that_nothing_holds_is_an_error(fixtures: Path, tmp_path: Path) -> None:
    repair = Path(__file__).resolve().parents[3] / "presets" / "factory" / "models" / "repair-guitar.json"
    with pytest.raises(ModelError, match="no model format holds this network"):
        export(read_model(repair)[1], tmp_path, "crunch")
    assert list(tmp_path.iterdir()) == []
