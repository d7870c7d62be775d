"""The state of VST3 plugins: kept whole, told apart, read strictly."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ampboard.bridge.plugins.vst3 import (
    VstPreset,
    find_vst3,
    load_vst3,
    load_vst_preset,
    restore_state,
    save_vst_preset,
    saved_state,
)
from ampboard.models.errors import ParameterError, PluginError

from .faulty import Faulty, build_faulty

CLASS_ID = "FA017E57000000000000004100000000"
ZAM = Path("/usr/lib/vst3/ZamComp.vst3")


def test_state_holds_what_was_set_last_and_comes_before_parameters(faulty: Faulty) -> None:
    plugin = load_vst3(faulty.path, parameters={"gain": 0.5, "colour": "Blue"})
    state = saved_state(plugin)
    again = load_vst3(faulty.path, raw_state=state)
    assert (again.gain, again.colour) == (0.5, "Blue")
    again = load_vst3(faulty.path, raw_state=state, parameters={"gain": 2.0})
    assert (again.gain, again.colour) == (2.0, "Blue")
    impulse = np.zeros((2, 1000), np.float32)
    impulse[:, 0] = 1.0
    out = again(impulse, 48_000)  # its latency of 37 frames is trimmed; pedalboard sets values to 1/1000 of the range
    assert out[:, 0] == pytest.approx([2.0, 2.0], abs=0.005)
    assert again.reported_latency_samples == 37


def test_vst_preset_file_restores_the_sound(faulty: Faulty, tmp_path: Path) -> None:
    plugin = load_vst3(faulty.path, parameters={"gain": 0.25, "colour": "Green"})
    file = tmp_path / "quiet.vstpreset"
    save_vst_preset(plugin, file)
    other = load_vst3(faulty.path)
    load_vst_preset(other, file)
    assert (other.gain, other.colour) == (0.25, "Green")
    assert load_vst3(faulty.path, raw_state=file.read_bytes()).colour == "Green"
    preset = VstPreset.from_bytes(file.read_bytes())
    assert preset.class_id == CLASS_ID
    assert preset.chunks["Comp"][:4] == b"FLTA"
    assert VstPreset.from_bytes(preset.to_bytes()) == preset
    assert ElementTree.fromstring(preset.to_raw_state()[8:-1])[0].text == _component(plugin.raw_state)


def _component(raw_state: bytes) -> str | None:
    """What JUCE writes for the component."""
    return ElementTree.fromstring(raw_state[8:].rstrip(b"\0")).findtext("IComponent")


def test_state_of_another_plugin_is_refused(faulty: Faulty, tmp_path: Path) -> None:
    other = load_vst3(build_faulty(tmp_path, "-DMARK='C'", name="Other"))
    with pytest.raises(PluginError, match=f"the state: is the state of another plugin .*, not of Faulty A .{CLASS_ID}"):
        restore_state(load_vst3(faulty.path), other.preset_data)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (b"", "neither a .vstpreset file nor a VST3 plugin's raw_state"),
        (b"garbage", "neither a .vstpreset file nor a VST3 plugin's raw_state"),
        (b"VST3", "does not begin with 'VST3'"),
        (b"VC2!\x20\0\0\0<?xml", "cut short, 5 of 32 bytes"),
        (b"VC2!\x05\0\0\0<?xml", "damaged"),
        (b"VC2!\x04\0\0\0<a/>", "not the state of a VST3 plugin"),
    ],
)
def test_what_is_no_state_never_reaches_the_plugin(faulty: Faulty, state: bytes, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        load_vst3(faulty.path, raw_state=state)


@given(data=st.data())
def test_damaged_vst_preset_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(VstPreset(CLASS_ID, {"Comp": b"abcdef", "Cont": b""}).to_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        preset = VstPreset.from_bytes(cut)
    except PluginError:
        return
    assert len(preset.chunks["Comp"]) <= len(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda whole: whole[:-1], "list of its 1 chunks is cut short"),
        (lambda whole: whole[:50], "no list of chunks at byte"),
        (lambda whole: whole[:4] + b"\2" + whole[5:], "version 2"),
        (lambda whole: whole[:8] + b"?" + whole[9:], "not 32 hexadecimal digits"),
        (lambda whole: whole[:-8] + b"\xff" * 7 + b"\x7f", "outside of the file"),
        (lambda whole: whole.replace(b"Comp", b"Cont"), "no chunk 'Comp'"),
    ],
)
def test_damage_is_named(damage: object, message: str) -> None:
    with pytest.raises(PluginError, match=f"the state: .*{message}"):
        VstPreset.from_bytes(damage(VstPreset(CLASS_ID, {"Comp": b"abcdef"}).to_bytes()))  # type: ignore[operator]


def test_unreadable_and_unwritable_files_are_named(faulty: Faulty, tmp_path: Path) -> None:
    plugin = load_vst3(faulty.path)
    with pytest.raises(PluginError, match=r"missing\.vstpreset: cannot be read \(No such file"):
        load_vst_preset(plugin, tmp_path / "missing.vstpreset")
    (tmp_path / "file").touch()
    with pytest.raises(PluginError, match="cannot be written"):
        save_vst_preset(plugin, tmp_path / "file" / "x.vstpreset")


def test_unknown_parameters_and_values_are_named(faulty: Faulty) -> None:
    with pytest.raises(ParameterError, match="Faulty A has no parameter 'gian'"):
        load_vst3(faulty.path, parameters={"gian": 1.0})
    with pytest.raises(ParameterError, match="colour is 'Pink'"):
        load_vst3(faulty.path, parameters={"colour": "Pink"})


@pytest.mark.skipif(not ZAM.exists(), reason="needs the VST3 plugins of the package zam-plugins")
def test_foreign_plugin_keeps_its_sound_through_its_state() -> None:
    audio = np.random.default_rng(3).uniform(-0.5, 0.5, (1, 24_000)).astype(np.float32)
    plugin = load_vst3(ZAM, parameters={"threshold_db": -30.0, "ratio": 8.0})
    state = saved_state(plugin)
    expected = plugin(audio, 48_000)
    assert not np.array_equal(expected, load_vst3(ZAM)(audio, 48_000))
    np.testing.assert_array_equal(load_vst3(ZAM, raw_state=state)(audio, 48_000), expected)
    np.testing.assert_array_equal(load_vst3(ZAM, raw_state=plugin.preset_data)(audio, 48_000), expected)


@pytest.mark.skipif(not ZAM.exists(), reason="needs the VST3 plugins of the package zam-plugins")
def test_loading_leaves_denormal_numbers_as_they_were() -> None:
    smallest = 5e-324
    load_vst3(ZAM)  # linked with -ffast-math: opening it makes them zero
    assert smallest * 1.0 != 0.0


def test_the_suffix_of_a_plugin_file_may_be_left_out(tmp_path: Path) -> None:
    bundle = tmp_path / "Some Effect.vst3"
    bundle.mkdir()
    assert find_vst3(str(bundle)) == find_vst3(str(tmp_path / "Some Effect")) == bundle
    with pytest.raises(PluginError, match="Some'"):
        find_vst3(str(tmp_path / "Some"))
