"""Setlists: programs, banks, and presets that must be there."""

import re
from pathlib import Path

import pytest

from ampboard.models.errors import PresetError
from ampboard.presets import InvalidDocument, Setlist, Slot, load_setlist

PRESET = 'schema = 1\nname = "{}"\n[[chain]]\ntype = "builtin"\nplugin = "Reverb"\n'


@pytest.fixture
def setlist_file(tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(PRESET.format(name))

    def write(text: str) -> Path:
        path = tmp_path / "show.toml"
        path.write_text('schema = 1\nname = "Show"\n' + text)
        return path

    return write


def test_presets_are_loaded_once_in_the_order_of_the_slots(setlist_file) -> None:
    slots = [f'[[slots]]\nprogram = {i}\npreset = "{name}.toml"' for i, name in enumerate("aba")]
    setlist = load_setlist(setlist_file("\n".join(slots)))
    assert [preset.name for preset in setlist.presets] == ["a", "b", "a"]
    assert setlist.presets[0] is setlist.presets[2]
    assert (setlist.switching.fade_ms, setlist.switching.spillover) == (20.0, True)


def test_a_slot_of_the_bank_goes_before_one_of_every_bank() -> None:
    slots = [Slot(program=5, preset="x"), Slot(program=5, bank=130, preset="y"), Slot(program=6, bank=1, preset="z")]
    setlist = Setlist(schema=1, name="s", slots=slots)
    assert [setlist.find(5), setlist.find(5, 130), setlist.find(5, 7)] == [0, 1, 0]
    assert [setlist.find(6), setlist.find(6, 1), setlist.find(7)] == [None, 2, None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"show.toml:1: slots: is missing"),
        ('[[slots]]\nprogram = 128\npreset = "a.toml"', r"show.toml:4: slots\[0\].program: 128 is too large"),
        ('[[slots]]\nprogram = 1\npreset = "c.toml"', r"show.toml:5: slots\[0\].preset: there is no file"),
        ('[[slots]]\nprogram = 1\npreset = "unheard-of"', r"show.toml:5: slots\[0\].preset: no preset is called"),
        (
            '[[slots]]\nprogram = 1\npreset = "a.toml"\n[[slots]]\nprogram = 1\npreset = "b.toml"',
            r"show.toml:7: slots\[1\].program: slot 1 has this program and bank too",
        ),
        ("[switching]\nfade = 1\n", r"show.toml:4: switching.fade: unknown field: did you mean fade_ms"),
        (
            '[[slots]]\nprogram = 1\npreset = "a.toml"\nbnk = 1',
            r"show.toml:6: slots\[0\].bnk: unknown field: did you mean bank",
        ),
    ],
)
def test_errors_name_line_field_and_remedy(setlist_file, text: str, message: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        load_setlist(setlist_file(text))
    assert any(re.search(message, line) for line in caught.value.lines)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(PresetError, match="no setlist is called 'nothing'"):
        load_setlist("nothing")
