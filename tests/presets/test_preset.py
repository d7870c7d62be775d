"""Presets as objects: saving, paths, building."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ampboard.models.errors import PresetError
from ampboard.presets import (
    Branch,
    Builtin,
    ControlMapping,
    Levels,
    Neural,
    Parallel,
    Preset,
    check_preset,
    load_preset,
)

GATE = Builtin(type="builtin", plugin="NoiseGate", parameters={"threshold_db": -50.0})

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
names = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
decibels = st.floats(-60, 24)
reverbs = st.builds(
    Builtin,
    type=st.just("builtin"),
    plugin=st.just("Reverb"),
    parameters=st.dictionaries(st.sampled_from(["room_size", "damping", "width"]), st.floats(0, 1)),
    bypass=st.booleans(),
)
nodes = st.recursive(
    reverbs,
    lambda inner: st.builds(
        Parallel,
        type=st.just("parallel"),
        branches=st.lists(
            st.builds(Branch, gain_db=decibels, chain=st.lists(inner, max_size=2)), min_size=1, max_size=2
        ),
    ),
    max_leaves=5,
)
presets = st.builds(
    lambda **fields: Preset(schema=1, **fields),
    name=names,
    description=texts,
    author=texts,
    tags=st.lists(texts, max_size=3),
    levels=st.builds(Levels, input_db=decibels, output_db=decibels),
    chain=st.lists(nodes, min_size=1, max_size=3),
    midi=st.lists(
        st.builds(
            ControlMapping,
            cc=st.integers(1, 127).filter(lambda control: control != 32),
            channel=st.none() | st.integers(1, 16),
            target=st.just("levels.output_db"),
            minimum=st.none() | decibels,
        ),
        max_size=2,
    ),
)


@given(presets)
def test_a_saved_preset_reads_back_equal(tmp_path_factory, preset: Preset) -> None:
    path = tmp_path_factory.getbasetemp() / "saved.toml"
    preset.save(path)
    assert load_preset(path) == preset


def test_saving_elsewhere_keeps_pointing_to_the_same_files(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.nam").write_bytes(b"x")
    amp = Neural(type="neural", model="models/a.nam")
    nested = Parallel(type="parallel", branches=[Branch(chain=[amp])])
    first = tmp_path / "first.toml"
    Preset(schema=1, name="x", chain=[amp, nested]).save(first)
    preset = load_preset(first)
    for folder in ("other", "other", "third"):  # as often as one likes
        preset.save(tmp_path / folder / "second.toml")
    assert preset.path == first
    moved = load_preset(tmp_path / "third" / "second.toml")
    assert [moved.resolve(node.model) for node in moved.nodes.values() if isinstance(node, Neural)] == [
        tmp_path / "models" / "a.nam"
    ] * 2
    assert moved.nodes["amp"].model == "../models/a.nam"


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept.toml"
    preset = Preset(schema=1, name="x", chain=[GATE])
    preset.save(path)
    before = path.read_bytes()

    def full_disk(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        preset.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_presets_are_immutable_and_strict() -> None:
    preset = Preset(schema=1, name="x", chain=[GATE])
    with pytest.raises(ValidationError):
        preset.name = "y"
    with pytest.raises(ValidationError):
        Levels(input_db="3")
    with pytest.raises(ValidationError):
        Levels(input_db=float("inf"))


def test_presets_made_in_python_are_checked_too() -> None:
    bad = Builtin(type="builtin", plugin="Reverb", parameters={"room": 1.0})
    with pytest.raises(PresetError, match=r"preset 'x': chain\[0\].parameters.room: Reverb has no such parameter"):
        check_preset(Preset(schema=1, name="x", chain=[bad]))


def test_build_goes_through_the_installed_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = tmp_path / "builder-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: builder\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[ampboard.chain_builders]\npedalboard = board_builder:build\n")
    (tmp_path / "board_builder.py").write_text("def build(preset):\n    return list(preset.nodes)\n")
    monkeypatch.setattr("sys.path", [str(tmp_path), *sys.path])
    assert Preset(schema=1, name="x", chain=[GATE, GATE]).build() == ["noise-gate", "noise-gate-2"]
