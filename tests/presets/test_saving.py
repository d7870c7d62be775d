"""Presets with plugin states: what stands in the file, what lies beside it."""

import base64
from pathlib import Path

import pytest

from ampboard.presets import Branch, Lv2, Parallel, Preset, Vst3, load_preset
from ampboard.presets.saving import MOST_EMBEDDED, states_folder

SMALL = bytes(MOST_EMBEDDED)
LARGE = bytes(range(256)) * 17


def vst3(state: bytes) -> Vst3:
    return Vst3(type="vst3", path="x.vst3", raw_state=base64.b64encode(state).decode())


def saved(path: Path, *nodes) -> Preset:
    Preset(schema=1, name="x", chain=nodes).save(path)
    return load_preset(path)


def state_files(preset: Path) -> list[Path]:
    folder = states_folder(preset)
    return sorted(folder.iterdir()) if folder.exists() else []


def test_a_small_state_stands_in_the_preset(tmp_path: Path) -> None:
    preset = saved(tmp_path / "a.toml", vst3(SMALL), Lv2(type="lv2", uri="urn:x", state={"gain": 0.1, "on": True}))
    assert base64.b64decode(preset.nodes["vst3"].raw_state) == SMALL
    assert preset.nodes["lv2"].state == {"gain": 0.1, "on": True}
    assert list(tmp_path.iterdir()) == [tmp_path / "a.toml"]


def test_a_large_state_lies_beside_it(tmp_path: Path) -> None:
    state = {"values": [0.1] * 2000}
    inner = Parallel(type="parallel", branches=(Branch(chain=(vst3(LARGE),)),))
    preset = saved(tmp_path / "a.toml", inner, Lv2(type="lv2", uri="urn:x", state=state))
    node = preset.nodes["vst3"]
    assert node.raw_state is None
    assert preset.resolve(node.state_file).read_bytes() == LARGE
    assert preset.nodes["lv2"].state is None
    assert [file.name.rpartition("-")[0] for file in state_files(tmp_path / "a.toml")] == ["lv2", "vst3"]
    assert {preset.resolve(n.state_file) for n in (node, preset.nodes["lv2"])} == {*state_files(tmp_path / "a.toml")}


def test_states_of_an_earlier_save_go_and_foreign_files_stay(tmp_path: Path) -> None:
    saved(tmp_path / "a.toml", vst3(LARGE))
    note = states_folder(tmp_path / "a.toml") / "note.txt"
    note.write_text("mine")
    saved(tmp_path / "a.toml", vst3(LARGE[::-1]))
    [state] = [file for file in state_files(tmp_path / "a.toml") if file != note]
    assert state.read_bytes() == LARGE[::-1]
    note.unlink()
    saved(tmp_path / "a.toml", vst3(SMALL))
    assert not states_folder(tmp_path / "a.toml").exists()


def test_a_preset_takes_its_states_along(tmp_path: Path) -> None:
    first = saved(tmp_path / "a.toml", vst3(LARGE))
    first.save(tmp_path / "b" / "b.toml")
    saved(tmp_path / "a.toml", vst3(SMALL))  # the first preset's own state is gone
    second = load_preset(tmp_path / "b" / "b.toml")
    assert second.resolve(second.nodes["vst3"].state_file).read_bytes() == LARGE


def test_files_elsewhere_are_pointed_to(tmp_path: Path) -> None:
    (tmp_path / "hall.vstpreset").write_bytes(b"VST3")
    (tmp_path / "ir.wav").write_bytes(b"RIFF")
    first = saved(
        tmp_path / "a.toml",
        Vst3(type="vst3", path="x", state_file=str(tmp_path / "hall.vstpreset")),
        Lv2(type="lv2", uri="urn:x", files={"Response": "ir.wav"}),
    )
    first.save(tmp_path / "deep" / "b.toml")
    second = load_preset(tmp_path / "deep" / "b.toml")
    assert second.nodes["lv2"].files == {"Response": "../ir.wav"}
    assert second.resolve(second.nodes["vst3"].state_file) == tmp_path / "hall.vstpreset"


def test_a_save_that_fails_leaves_the_old_preset_with_its_states(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.toml"
    saved(path, vst3(LARGE))
    before, states = path.read_bytes(), {file: file.read_bytes() for file in state_files(path)}
    written = Path.write_bytes

    def full_disk(self: Path, content: bytes) -> int:
        if self.suffix == ".toml":
            raise OSError(28, "No space left on device")
        return written(self, content)

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        Preset(schema=1, name="y", chain=(vst3(LARGE[::-1]),)).save(path)
    assert path.read_bytes() == before
    assert all(file.read_bytes() == content for file, content in states.items())
