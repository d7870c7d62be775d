"""Models against what their original engines made of them, and the promises of `Model.process` and `Model.stream`."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from ampboard.models import AudioError, Model, ModelError, ParameterError, load_model

# file, gain of the input, knob values: as reference/README.md describes them
REFERENCES = [
    *((f"nam/{name}.nam", 1.0, {}) for name in (
        "BossWN-standard", "BossWN-feather", "BossWN-nano", "BossWN-a2", "BossLSTM-1x16", "BossLSTM-2x8",
        "core_my_model", "core_wavenet", "core_wavenet_a1_standard", "core_lstm", "core_A2", "core_wavenet_a2_max",
        "core_wavenet_condition_dsp", "core_slimmable_container", "core_slimmable_wavenet",
    )),
    *((f"guitarml/{name}.json", 4.0, knobs) for name, knobs in (
        ("neuralpi_BluesJR_FullD", {}), ("neuralpi_TS9_FullD", {}), ("neuralpi_BluesJr", {"gain": 0.5}),
        ("neuralpi_HT40_Overdrive", {"gain": 0.5}), ("neuralpi_TS9", {"gain": 0.5}),
        ("proteus_BlackstarHT40_AmpClean", {}), ("proteus_BossMT2_PedalHighGain", {}),
        ("proteus_BluesJrAmp_VolKnob", {"gain": 0.5}), ("proteus_DS1_fromVideo", {}),
    )),
]  # fmt: skip


@pytest.fixture(scope="module")
def dry(fixtures: Path) -> NDArray[np.float32]:
    return soundfile.read(fixtures / "reference" / "input_48k.wav", dtype="float32")[0]


@pytest.fixture(scope="module")
def crunch(fixtures: Path) -> Model:
    return load_model(fixtures / "nam" / "BossWN-nano.nam")


@pytest.mark.parametrize(("file", "gain", "knobs"), REFERENCES, ids=[Path(r[0]).stem for r in REFERENCES])
def test_equals_the_original_engine(
    fixtures: Path, dry: NDArray[np.float32], file: str, gain: float, knobs: dict[str, float]
) -> None:
    wet = load_model(fixtures / file).process(np.float32(gain) * dry, **knobs)
    assert_equals_reference(wet, fixtures / "reference" / f"{Path(file).stem}.wav")


def assert_equals_reference(wet: NDArray[np.float32], path: Path) -> None:
    reference = soundfile.read(path, dtype="float64")[0]
    error = wet - reference
    offset = reference.mean()  # some references are nearly pure offset
    esr = np.sum((error - error.mean()) ** 2) / np.sum((reference - offset) ** 2)
    assert esr < 1e-8
    assert np.abs(error).max() < 1e-4 * np.abs(reference).max()


@pytest.mark.parametrize("quality", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("name", ["core_A2", "core_slimmable_container", "core_slimmable_wavenet"])
def test_a_slimmed_model_equals_the_original_engine(
    fixtures: Path, dry: NDArray[np.float32], name: str, quality: float
) -> None:
    whole = load_model(fixtures / f"nam/{name}.nam")
    slim = load_model(fixtures / f"nam/{name}.nam", quality=quality)
    wet = slim.process(dry)
    assert_equals_reference(wet, fixtures / f"reference/{name}_slim_{quality}.wav")
    np.testing.assert_array_equal(whole.at_quality(quality).process(dry[:2_000]), wet[:2_000])
    assert whole.quality == 1.0


def test_a_quality_is_from_0_to_1(fixtures: Path) -> None:
    with pytest.raises(ParameterError, match=r"quality is 1\.5: use a value from 0 to 1"):
        load_model(fixtures / "nam/core_A2.nam", quality=1.5)


def test_facts_are_those_of_the_size_that_plays(fixtures: Path) -> None:
    model = load_model(fixtures / "nam/core_slimmable_container.nam")
    assert (model.architecture, model.receptive_field) == ("WaveNet", 4093)
    small = model.at_quality(0.0)
    assert (small.architecture, small.receptive_field, small.name) == ("LSTM", None, "Test LSTM")
    capture = load_model(fixtures / "nam/core_A2.nam", quality=0.0)
    assert capture.metadata["loudness"] == pytest.approx(-24.038, abs=1e-3)  # the small model's own
    assert capture.metadata["input_level_dbu"] == 14.76  # said once, for all sizes


@pytest.mark.parametrize("file", ["nam/BossWN-nano.nam", "nam/BossLSTM-2x8.nam", "guitarml/neuralpi_TS9.json"])
def test_any_split_gives_the_same_bits(fixtures: Path, dry: NDArray[np.float32], file: str) -> None:
    model = load_model(fixtures / file)
    short = dry[:20_000]
    whole = model.process(short)
    stream = model.stream()
    cuts = np.sort(np.random.default_rng(7).integers(0, short.size, 60))
    np.testing.assert_array_equal(np.concatenate([stream.process(b) for b in np.split(short, cuts)]), whole)
    stream.reset()
    np.testing.assert_array_equal(stream.process(short[:5_000]), whole[:5_000])


def test_each_channel_has_a_state_of_its_own(crunch: Model, dry: NDArray[np.float32]) -> None:
    channels = np.stack([dry[:9_000], 0.3 * dry[5_000:14_000], np.zeros(9_000, np.float32)])
    wet = crunch.process(channels)
    for channel, expected in zip(wet, channels, strict=True):
        np.testing.assert_array_equal(channel, crunch.process(expected))


def test_the_input_is_not_changed_and_the_shape_is_kept(crunch: Model, dry: NDArray[np.float32]) -> None:
    before = dry[:100].copy()
    assert crunch.process(dry[:100]).shape == (100,)
    assert crunch.process(dry[None, :100]).shape == (1, 100)
    assert crunch.process(dry[:0]).shape == (0,)
    assert crunch.process(dry[:1]).dtype == np.float32
    np.testing.assert_array_equal(dry[:100], before)


def test_bad_audio_is_refused_with_the_frame(crunch: Model) -> None:
    bad = np.zeros((2, 100), np.float32)
    bad[1, 37] = np.nan
    with pytest.raises(AudioError, match="frame 37"):
        crunch.process(bad)
    with pytest.raises(AudioError, match="shape"):
        crunch.process(np.zeros((1, 2, 3)))
    with pytest.raises(AudioError, match="numbers"):
        crunch.process(["loud"])


def test_knobs_are_checked(fixtures: Path) -> None:
    model = load_model(fixtures / "guitarml" / "neuralpi_TS9.json")
    assert [p.name for p in model.parameters] == ["gain"]
    with pytest.raises(ParameterError, match="gain is 2: use a value from 0 to 1"):
        model.stream(gain=2.0)
    with pytest.raises(ParameterError, match="no parameter 'tone'"):
        model.stream(tone=0.5)


def test_a_knob_changes_the_sound(fixtures: Path, dry: NDArray[np.float32]) -> None:
    model = load_model(fixtures / "guitarml" / "neuralpi_TS9.json")
    assert np.abs(model.process(dry[:9_000], gain=0.0) - model.process(dry[:9_000], gain=1.0)).max() > 0.01


def test_facts(fixtures: Path) -> None:
    model = load_model(fixtures / "nam" / "BossWN-standard.nam")
    assert (model.architecture, model.sample_rate, model.receptive_field) == ("WaveNet", 48_000, 4093)
    assert model.metadata["gear_type"] == "pedal"
    assert model.name == "BossSD1"


def test_weights_that_overflow_are_refused_before_they_sound(fixtures: Path, tmp_path: Path) -> None:
    document = json.loads((fixtures / "nam" / "core_wavenet.nam").read_text())
    document["weights"] = [1e30 * weight for weight in document["weights"]]
    path = tmp_path / "loud.nam"
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match=r"loud\.nam: the model answers a sine with NaN or infinity"):
        load_model(path).process(np.zeros(10, np.float32))
