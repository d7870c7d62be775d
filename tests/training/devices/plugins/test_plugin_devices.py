"""Installed plugins, presets and boards as devices."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pedalboard
import pytest
import soundfile

from ampboard.bridge.chains import build_board
from ampboard.models.errors import AudioError, ParameterError, PluginError
from ampboard.presets import load_preset
from ampboard.training.devices.knob import Knob
from ampboard.training.devices.plugins.guitarix import URIS, installed_guitarix
from ampboard.training.devices.plugins.loading import chain_device, lv2_device, plugin_device, preset_device
from ampboard.training.devices.plugins.plugin_device import SETTLING_SECONDS
from ampboard.training.devices.registry import load_device

RATE = 48_000
METAL_AMP = "http://guitarix.sourceforge.net/plugins/gxmetal_amp#metal_amp"
PEAK_LIMITER = "http://gareus.org/oss/lv2/dpl#mono"
STEREO_COMPRESSOR = "urn:zamaudio:ZamCompX2"
NOISE = np.random.default_rng(5).normal(0, 0.1, 24_000)


@pytest.fixture(autouse=True, scope="module")
def trusted() -> Iterator[None]:
    """Their trials are tested elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMPBOARD_TRUST_PLUGINS", "1")
        yield


@pytest.mark.parametrize(
    ("tool", "arguments", "name", "setting"),
    [
        ("lv2apply", ["-c", "FUZZ", "0.8"], "gx_fuzzface", {"fuzz": 0.8}),
        ("lv2apply", ["-c", "TONE", "0.25"], "gx_muff", {"tone": 0.25}),
        # lv2apply offers no worker, and without one this amp's convolution is silent
        ("lv2file", ["-b", "512", "-p", "DRIVE:15"], "gxmetal_amp", {"drive": 14 / 19}),
    ],
)
def test_a_guitarix_circuit_sounds_as_in_another_host(
    tool: str, arguments: list[str], name: str, setting: dict[str, float], tmp_path: Path
) -> None:
    """-120 dB of the peak, after the same silence before it."""
    if shutil.which(tool) is None or name not in installed_guitarix():
        pytest.skip(f"needs {tool} and guitarix-lv2")
    settling = np.zeros(round(SETTLING_SECONDS * RATE))
    soundfile.write(tmp_path / "in.wav", np.concatenate([settling, NOISE]), RATE, subtype="FLOAT")
    files = ["-i", str(tmp_path / "in.wav"), "-o", str(tmp_path / "out.wav")]
    subprocess.run([tool, *files, *arguments, URIS[name]], check=True, capture_output=True)
    theirs = soundfile.read(tmp_path / "out.wav")[0][settling.size : settling.size + NOISE.size]
    ours = load_device(name).with_knobs(**setting).process(NOISE, RATE)
    assert np.abs(ours - theirs).max() <= 1e-6 * np.abs(theirs).max()


def test_takes_do_not_hear_one_another() -> None:
    """Bit for bit the same after a loud take of the same device, and of the device with its knobs turned."""
    device = lv2_device(METAL_AMP)
    first = device.process(NOISE, RATE)
    device.process(10 * NOISE, RATE)
    device.with_knobs(DRIVE=1.0, TONE=0.0).process(NOISE, RATE)
    np.testing.assert_array_equal(device.process(NOISE, RATE), first)


def test_knobs_run_through_the_range_of_the_plugin() -> None:
    device = lv2_device(METAL_AMP, {"DRIVE": 1.0})
    knobs = {knob.name: knob for knob in device.knobs}
    assert (knobs["DRIVE"].value, knobs["DRIVE"].range) == (0.0, (1.0, 20.0))
    assert knobs["PREGAIN"].setting == 0.0
    louder = device.with_knobs(gain1=0.65)
    ratio = np.linalg.norm(louder.process(NOISE, RATE)) / np.linalg.norm(device.process(NOISE, RATE))
    assert 20 * np.log10(ratio) == pytest.approx(12.0, abs=0.01)  # 6 dB on the panel: this amp applies its level twice


def test_latency_that_a_plugin_reports_is_taken_out() -> None:
    """A limiter that looks 64 frames ahead, below its threshold: what goes in comes out, within -100 dB."""
    click = np.zeros(4_800)
    click[1_000] = 0.5
    np.testing.assert_allclose(lv2_device(PEAK_LIMITER).process(click, RATE), click, atol=5e-6)


def test_a_plugin_that_is_only_stereo_is_fed_on_both_sides() -> None:
    device = lv2_device(STEREO_COMPRESSOR)
    wet = device.process(0.01 * NOISE, RATE)  # far below its threshold: the signal itself
    assert np.linalg.norm(wet - 0.01 * NOISE) < 0.01 * np.linalg.norm(wet)


def test_a_preset_is_its_whole_chain_with_the_knobs_of_its_nodes() -> None:
    """The same samples as the preset's own board plays, after the same silence."""
    device = preset_device("crunch")
    drive = next(knob for knob in device.knobs if knob.name == "amp.input_db")
    assert (drive.setting, drive.unit) == (0.0, "dB")
    settling = np.zeros((1, RATE), np.float32)
    fed = np.concatenate([settling, NOISE[np.newaxis].astype(np.float32)], axis=1)
    board = build_board(load_preset("crunch"))
    np.testing.assert_array_equal(device.process(NOISE, RATE), board.process(fed, RATE)[0, RATE:])


def test_a_board_of_pedalboard_has_the_knobs_it_is_given() -> None:
    """A gain: 6.0206 dB are a factor of two."""

    def make(gain: float) -> pedalboard.Pedalboard:
        return pedalboard.Pedalboard([pedalboard.Gain(gain)])

    device = chain_device("booster", make, (Knob("gain", 0.5),))
    np.testing.assert_allclose(
        device.with_knobs(gain=1.0).process(NOISE, RATE), NOISE * 10 ** (1 / 20), rtol=1e-5, atol=1e-9
    )


def test_a_board_that_makes_no_numbers_is_refused() -> None:
    with pytest.raises(AudioError, match="no numbers"):
        chain_device("broken", lambda: pedalboard.Gain(float("inf"))).process(NOISE, RATE)


@pytest.mark.parametrize(
    ("what", "settings", "words"),
    [
        ("no-such-thing", {}, "no plugin or preset 'no-such-thing'"),
        ("crunch", {"mode": "bright"}, "write it into the preset"),
        ("http://no.such/plugin", {}, "there is no LV2 plugin"),
        (METAL_AMP, {"DRIVE": 100.0}, "use a value from 1 to 20"),
    ],
)
def test_what_cannot_be_a_device_is_told(what: str, settings: dict[str, float | str], words: str) -> None:
    with pytest.raises((ParameterError, PluginError), match=words):
        plugin_device(what, settings)
