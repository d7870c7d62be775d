"""Measures of models whose error is known in closed form."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ampboard.models import load_model
from ampboard.models.errors import AudioError, ParameterError
from ampboard.models.model import Model
from ampboard.training.data.material import Excerpt, Material
from ampboard.training.losses.tones import GUARD, periods
from ampboard.training.result.aliasing import FRAMES, TONES, measure_aliasing
from ampboard.training.result.loudness import nam_gain, nam_loudness
from ampboard.training.result.measures import judge, level_over_time, loudness

from .conftest import RATE, hyperbolic_tangent, material_of, playing, recurrent


def test_the_error_to_signal_ratio_is_that_of_a_known_error() -> None:
    """The device is a tenth louder: (0.1 / 1.1)² everywhere, within 1e-6."""
    judged = judge(recurrent(), material_of(recurrent(), lambda output: 1.1 * output))
    expected = (0.1 / 1.1) ** 2
    assert judged.esr == pytest.approx(expected, rel=1e-5)
    assert judged.validation_esr == pytest.approx(expected, rel=1e-5)
    assert [passage.esr for passage in judged.passages] == pytest.approx([expected] * 2, rel=1e-5)
    assert judged.level_difference == pytest.approx(-20 * np.log10(1.1), abs=1e-3)
    assert judged.part == "test"


def test_each_setting_of_the_knobs_counts_alike() -> None:
    """Errors of a half and a tenth of two settings: their mean, not their sum of energies."""
    description = recurrent(knobs=("drive", "tone"))
    material = material_of(description, settings=((0.0, 0.2), (1.0, 0.7)))
    change = {(0.0, 0.2): 1.5, (1.0, 0.7): 1.1}
    test = tuple(replace(e, target=np.float32(change[e.knobs]) * e.target) for e in material.test)
    judged = judge(description, replace(material, test=test))
    expected = {(0.0, 0.2): (0.5 / 1.5) ** 2, (1.0, 0.7): (0.1 / 1.1) ** 2}
    assert dict(judged.per_setting) == pytest.approx(expected, rel=1e-5)
    assert judged.esr == pytest.approx(np.mean(list(expected.values())), rel=1e-5)


def test_the_error_is_found_where_it_is() -> None:
    """Ten frames of 0.1 in the second tenth of a second: 10 log10(10 * 0.01 / 4800) there, nothing elsewhere."""

    def clicked(output: np.ndarray) -> np.ndarray:
        output = output.copy()
        output[6_000:6_010] += 0.1
        return output

    passage = judge(recurrent(), material_of(recurrent(), clicked)).passages[0]
    expected = np.full(10, -200.0)
    expected[1] = 10 * np.log10(10 * 0.1**2 / 4_800)
    np.testing.assert_allclose(passage.error_db, expected, atol=0.01)


def test_level_over_time_of_a_part_of_a_step() -> None:
    assert level_over_time(np.full(6_000, 0.1), RATE) == pytest.approx([-20, -20])


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_loudness_is_that_of_the_recommendation(rate: int) -> None:
    """ITU-R BS.1770: a sine of 997 Hz at full scale in one channel has -3.01 LUFS; within 0.1 LU."""
    sine = np.sin(2 * np.pi * 997 * np.arange(2 * rate) / rate)
    assert loudness(0.1 * sine, rate) == pytest.approx(-23.01, abs=0.1)
    assert loudness(sine[: rate // 3], rate) is None
    assert loudness(0 * sine, rate) is None


def test_direct_current_is_told_of_passages_and_of_rest() -> None:
    description = recurrent()
    arrays = {**description.arrays, "head.bias": description.arrays["head.bias"] + np.float32(0.05)}
    judged = judge(replace(description, arrays=arrays), material_of(description))
    for passage in judged.passages:
        assert passage.output_dc - passage.target_dc == pytest.approx(0.05, abs=1e-5)
    assert judged.rest_dc - judge(description, material_of(description)).rest_dc == pytest.approx(0.05, abs=1e-5)


def test_silent_passages_are_named_and_left_out() -> None:
    material = material_of(recurrent(), lambda output: 1.1 * output)
    silent = replace(material.test[1], name="pause", target=np.zeros(RATE, np.float32))
    judged = judge(recurrent(), replace(material, test=(material.test[0], silent)))
    assert judged.silent == ("pause",)
    assert len(judged.passages) == 1
    with pytest.raises(AudioError, match="silent on every test passage"):
        judge(recurrent(), replace(material, test=(silent,)))


def test_without_a_test_the_validation_passages_are_judged() -> None:
    judged = judge(recurrent(), material_of(recurrent(), lambda output: 1.1 * output, test=False))
    assert (judged.part, len(judged.passages)) == ("validation", 1)
    assert judged.validation_esr == judged.esr


def test_material_of_another_rate_or_other_knobs_is_refused() -> None:
    material = material_of(recurrent())
    with pytest.raises(ParameterError, match="48000 Hz, the material at 44100 Hz"):
        judge(recurrent(), replace(material, sample_rate=44_100))
    with pytest.raises(ParameterError, match=r"the model has the knobs \('drive',\)"):
        judge(recurrent(knobs=("drive",)), material)


def test_all_sizes_of_a_container_are_measured(fixtures: Path) -> None:
    """The device is the small model: its own size has no error, the large one some."""
    large, small = (load_model(fixtures / "nam" / "core_A2.nam", quality=quality) for quality in (1.0, 0.0))
    audio = playing(1.0)
    excerpt = Excerpt("playing", audio, small.process(audio))
    judged = judge(large.description, Material(RATE, (excerpt,), (excerpt,)))
    assert [size.esr < 1e-12 for size in judged.sizes] == [True, False]
    assert judged.sizes[1].esr == judged.esr
    assert judged.sizes[0].weights < judged.sizes[1].weights


@pytest.mark.parametrize("drive", [0.5, 2.0, 8.0])
def test_aliasing_is_that_of_the_curve(drive: float) -> None:
    """Against the Fourier series of tanh(drive * sin), its harmonics folded by hand: within 0.1 dB above -100 dB."""
    model_levels = measure_aliasing(Model(hyperbolic_tangent(drive)), peak=0.8)
    angle = 2 * np.pi * np.arange(1 << 16) / (1 << 16)
    energies = np.abs(np.fft.rfft(np.tanh(drive * 0.8 * np.sin(angle)))) ** 2
    for tone, frequency in zip(model_levels, TONES, strict=True):
        count = periods(frequency, RATE, FRAMES)
        orders = np.arange(1, 4_000)
        folded = np.abs((orders * count + FRAMES // 2) % FRAMES - FRAMES // 2)
        distance = np.minimum(folded % count, -folded % count)
        aliases = energies[orders][distance > GUARD].sum()
        expected = max(10 * np.log10(aliases / energies[1:].sum()), -110.0)
        assert max(tone.level_db, -110.0) == pytest.approx(expected, abs=0.1 if expected > -100 else 10)
        assert tone.frequency == pytest.approx(frequency, abs=RATE / FRAMES)


@pytest.mark.parametrize(
    "name", ["BossWN-standard", "BossLSTM-2x8", "BossWN-a2", "core_A2", "core_lstm", "core_wavenet"]
)
def test_loudness_and_gain_are_those_that_nam_gives(fixtures: Path, name: str) -> None:
    """Against what NAM's trainer wrote into its own files: loudness within 0.5 dB, gain within 0.12."""
    model = load_model(fixtures / "nam" / f"{name}.nam")
    assert nam_loudness(model) == pytest.approx(model.metadata["loudness"], abs=0.5)
    assert nam_gain(model) == pytest.approx(model.metadata["gain"], abs=0.12)


def test_a_straight_model_has_no_gain_and_a_silent_one_no_loudness() -> None:
    straight = hyperbolic_tangent(1e-3)
    assert nam_gain(Model(straight)) == pytest.approx(0, abs=1e-3)
    silent = replace(straight, arrays={**straight.arrays, "head_scale": np.zeros(1, np.float32)})
    assert nam_loudness(Model(silent)) is None
    assert nam_gain(Model(silent)) == 0
