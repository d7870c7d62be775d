"""Renewing content hashes."""

from pathlib import Path

import pytest

from ampboard.models.errors import PresetError
from ampboard.presets import InvalidDocument, load_preset
from ampboard.presets.pinning import pin_files

OLD = "0" * 64
TEXT = f"""schema = 1 # as it was
name = "x"

chain = [
  {{ type = "neural", model = "a.nam", sha256 = "{OLD}" }},  # inline
  {{ type = "cabinet", impulse_response = "b.wav" }},
  {{ type = "cabinet", impulse_response = "b.wav", sha256 = "{OLD}" }},
]
"""


@pytest.fixture
def preset_file(tmp_path: Path) -> Path:
    (tmp_path / "a.nam").write_bytes(b"a")
    (tmp_path / "b.wav").write_bytes(b"b")
    (tmp_path / "x.toml").write_text(TEXT)
    return tmp_path / "x.toml"


def test_only_the_hashes_change(preset_file: Path) -> None:
    with pytest.raises(InvalidDocument):
        load_preset(preset_file)
    assert pin_files(preset_file) == 2
    load_preset(preset_file)
    # sha256sum of the letters a and b
    expected = TEXT.replace(OLD, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", 1)
    expected = expected.replace(OLD, "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d", 1)
    assert preset_file.read_text() == expected
    assert pin_files(preset_file) == 0


def test_a_missing_file_is_named(preset_file: Path) -> None:
    (preset_file.parent / "a.nam").unlink()
    with pytest.raises(PresetError, match=r"a\.nam cannot be read"):
        pin_files(preset_file)
    assert preset_file.read_text() == TEXT
