"""Snapshots, commands and synchronised parameters in files: what they say, and what is wrong with them."""

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from ampboard.presets import InvalidDocument, load_preset, load_setlist
from ampboard.presets.json_schema import json_schema
from ampboard.presets.snapshots import snapshot_targets

HEAD = """schema = 1
name = "x"
[[chain]]
id = "room"
type = "builtin"
plugin = "Reverb"
[[chain]]
id = "echo"
type = "builtin"
plugin = "Delay"
[[chain]]
id = "filter"
type = "builtin"
plugin = "LadderFilter"
"""  # 14 lines end here
SOLO = """[[snapshots]]
name = "Solo"
values = { "room.wet_level" = 0.5, "levels.output_db" = 3 }
bypass = ["echo"]
on = ["room"]
"""


@pytest.fixture
def write(tmp_path: Path):
    def write_text(text: str, name: str = "x.toml") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write_text


def test_a_snapshot_says_values_and_bypasses(write) -> None:
    preset = load_preset(write(HEAD + SOLO + '[[snapshots]]\nname = "Dry"\nvalues = { "room.dry_level" = 1.0 }\n'))
    solo, dry = preset.snapshots
    assert solo.settings == {
        "room.wet_level": 0.5,
        "levels.output_db": 3.0,
        "echo.bypass": 1.0,
        "room.bypass": 0.0,
    }
    assert snapshot_targets((solo, dry)) == (*solo.settings, "room.dry_level")


def test_snapshots_survive_saving(write, tmp_path: Path) -> None:
    text = HEAD.replace('name = "x"', 'name = "x"\ntempo = 97.5\nsync = { "echo.delay_seconds" = "1/8." }') + SOLO
    preset = load_preset(write(text))
    preset.save(tmp_path / "y.toml")
    assert load_preset(tmp_path / "y.toml") == preset


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (SOLO + SOLO, 20, r"snapshots[1].name: an earlier snapshot is called 'Solo'"),
        (SOLO.replace("room.wet", "rom.wet"), 16, "snapshots[0].values.rom.wet_level: no node is called 'rom'"),
        (SOLO.replace("wet_level", "wetlevel"), 16, "'room' has no parameter 'wetlevel': did you mean wet_level"),
        (SOLO.replace("0.5", "1.5"), 16, "values.room.wet_level: 1.5 is out of range: use a number from 0 to 1"),
        (SOLO.replace("0.5", '"loud"'), 16, "values.room.wet_level"),
        (SOLO.replace("room.wet_level", "filter.mode"), 16, "mode is a choice, not a number"),
        (SOLO.replace("room.wet_level", "echo.bypass"), 17, "bypass[0]: echo.bypass is under values too"),
        (SOLO.replace("bypass = [", "bypass = [\n'room', "), 19, "on[0]: 'room' is under bypass too"),
        (SOLO.replace('["echo"]', '["reverb"]'), 17, "bypass[0]: no node is called 'reverb'"),
        ('[[midi]]\ncc = 1\nnote = 2\ntarget = "tap"', 14, "midi[0]: names 2 controls: use exactly one of cc,"),
        ('[[midi]]\ntarget = "tap"', 14, "midi[0]: names 0 controls"),
        ('[[midi]]\ncc = 1\ntarget = "tip"', 16, "neither node.parameter nor a command: did you mean tap"),
        ('[[midi]]\ncc = 1\ntarget = "tap"\nminimum = 1.0', 17, "minimum: means nothing to tap"),
        ('[[midi]]\nnote = 1\ntarget = "volume"', 16, "volume takes a pedal or knob, not a switch"),
        ('[[midi]]\nnote = 1\ntarget = "snapshot"', 16, "note 1 says no number: name the snapshot"),
        ('[[midi]]\nnote = 1\ntarget = "snapshot"\nname = "Sola"', 17, "no snapshot is called 'Sola'"),
        ('[[midi]]\nnote = 1\ntarget = "tap"\nname = "Solo"', 17, "names a snapshot: say target"),
        ('[[midi]]\nnote = 1\ntarget = "room.width"\npickup = true', 17, "a switch has no position to pick up"),
        ('[[midi]]\ncc = 32\ntarget = "tap"', 15, "cc: CC32 selects banks"),
        ('[[midi]]\ncc14 = 32\ntarget = "room.width"', 15, "cc14: 32 is too large"),
        ('[[midi]]\nnrpn = 16384\ntarget = "room.width"', 15, "nrpn: 16384 is too large: use at most 16383"),
        ('[[midi]]\npitch_bend = false\ntarget = "room.width"', 15, "pitch_bend: false is not known: use true"),
        ('[sync]\n"echo.delay_seconds" = "1/3"', 15, "sync.echo.delay_seconds: '1/3' does not match"),
        ('[sync]\n"echo.delay" = "1/4"', 15, "sync.echo.delay: 'echo' has no parameter 'delay'"),
        ('[sync]\n"echo.mix" = "1/4"', 15, "the unit of echo.mix is not known: say it, as in '1/4 ms'"),
        (
            '[sync]\n"echo.delay_seconds" = "1/4"\n' + SOLO.replace("room.wet_level", "echo.delay_seconds"),
            18,
            "follows the tempo (sync)",
        ),
    ],
)
def test_problems_name_file_line_and_field(write, text: str, line: int, message: str) -> None:
    path = write(HEAD + text)
    with pytest.raises(InvalidDocument) as caught:
        load_preset(path)
    expected = re.compile(rf"{re.escape(str(path))}:{line + 1}: .*{re.escape(message)}")
    assert any(expected.match(said) for said in caught.value.lines), caught.value.lines


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (SOLO, True),
        (SOLO.replace("0.5", '"loud"'), False),
        ('[[midi]]\ncc = 1\ntarget = "tap"', True),
        ('[[midi]]\ncc = 1\ntarget = "tip"', False),
        ('[[midi]]\ncc = 1\nnote = 1\ntarget = "tap"', False),
        ('[[midi]]\ntarget = "tap"', False),
        ('[[midi]]\npitch_bend = true\ntarget = "room.width"', True),
        ('[[midi]]\npitch_bend = false\ntarget = "room.width"', False),
        ('[[midi]]\nnrpn = 16383\ntarget = "room.width"\nmode = "toggle"', True),
        ('[[midi]]\ncc = 1\ntarget = "room.width"\nmode = "hold"', False),
        ('[sync]\n"echo.delay_seconds" = "1/8 dotted"', True),
        ('[sync]\n"echo.delay_seconds" = "1/9"', False),
    ],
)
def test_schema_and_loader_agree(write, text: str, fits: bool) -> None:
    path = write(HEAD + text)
    try:
        load_preset(path)
        loads = True
    except InvalidDocument:
        loads = False
    schema = json.loads(json.dumps(json_schema("preset")))
    assert jsonschema.Draft202012Validator(schema).is_valid(tomllib.loads(path.read_text())) == loads == fits


SETLIST = """schema = 1
name = "s"
[[slots]]
program = 0
preset = "x.toml"
tempo = 97.0
snapshot = "Solo"
[[slots]]
program = 1
preset = "plain.toml"
"""  # 10 lines


def test_setlists_name_snapshots_tempos_and_mappings(write) -> None:
    write(HEAD + SOLO)
    write(HEAD, "plain.toml")
    text = SETLIST + '[[midi]]\ncc = 64\ntarget = "tap"\n[[midi]]\nnote = 1\ntarget = "snapshot"\nname = "Solo"\n'
    setlist = load_setlist(write(text, "s.toml"))
    assert (setlist.slots[0].tempo, setlist.slots[0].snapshot, setlist.slots[1].tempo) == (97.0, "Solo", None)
    assert [mapping.target for mapping in setlist.midi] == ["tap", "snapshot"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (SETLIST.replace("Solo", "Sola"), 7, "slots[0].snapshot: preset 'x' has no snapshot 'Sola': did you mean Solo"),
        (SETLIST.replace("97.0", "9.0"), 6, "slots[0].tempo: 9.0 is too small: use at least 20"),
        (SETLIST + '[[midi]]\ncc = 1\ntarget = "amp.mix"', 13, "midi[0].target: no node is called 'amp'"),
        (SETLIST + '[[midi]]\ncc = 1\ntarget = "room.wet"', 13, "midi[0].target: 'room' has no parameter 'wet'"),
        (SETLIST + '[[midi]]\nnote = 1\ntarget = "snapshot"\nname = "Sola"', 14, "midi[0].name: no snapshot is called"),
    ],
)
def test_problems_of_setlists_name_file_line_and_field(write, text: str, line: int, message: str) -> None:
    write(HEAD + SOLO)
    write(HEAD, "plain.toml")
    path = write(text, "s.toml")
    with pytest.raises(InvalidDocument) as caught:
        load_setlist(path)
    assert str(caught.value).startswith(f"{path}:{line}: {message}")
