"""MIDI learn: which control was meant, and what is written for it."""

from pathlib import Path

import mido
import pytest

from ampboard.bridge.midi.learn import LEARNABLE, Learner, propose_mapping
from ampboard.bridge.midi.mapping_file import write_program, write_row
from ampboard.bridge.midi.words import message_words
from ampboard.models.errors import PresetError
from ampboard.presets import ControlMapping, load_preset, load_setlist
from ampboard.presets.midi_sources import SOURCES

PRESET = """\
# my sound
schema = 1
name = "Crunch"   # the name

[[chain]]
id = "gate"
type = "builtin"
plugin = "NoiseGate"
parameters = { threshold_db = -62.0 }  # quiet

# pedals
[[midi]]
cc = 11           # expression
target = "gate.threshold_db"
minimum = -80.0

# the end
"""
SETLIST = """\
schema = 1
name = "Friday"

[[slots]]
program = 0
preset = "clean"  # opener

[[slots]]
program = 1
preset = "crunch"
"""


def cc(control: int, value: int, channel: int = 0) -> mido.Message:
    return mido.Message("control_change", control=control, value=value, channel=channel)


def learn(messages, **options):
    learner = Learner(**options)
    for index, message in enumerate(messages):
        learner.feed(message, 0.01 * index)
        assert learner.result(0.01 * index) is None  # still moving
    return learner.result(0.01 * len(messages) + 1.0)


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "crunch.toml"
    path.write_text(PRESET)
    return path


def test_nothing_moved_is_nothing_learnt() -> None:
    assert learn([mido.Message("clock"), mido.Message("active_sensing"), cc(0, 1), cc(32, 2)]) is None


def test_a_pedal_is_told_from_a_switch() -> None:
    pedal = learn([cc(11, value, 2) for value in range(0, 128, 5)])
    assert (pedal.key, pedal.channel, pedal.is_switch) == ({"cc": 11}, 3, False)
    assert pedal.words == "CC11 (expression) on channel 3, a pedal or knob that went from 0 to 125"
    switch = learn([cc(80, 127), cc(80, 0)])
    assert switch.is_switch
    assert switch.words == "CC80 (button 1) on channel 1, a switch"


def test_of_several_controls_the_one_that_moved_most_is_meant() -> None:
    messages = [cc(7, 100), *[cc(4, value) for value in range(60)], cc(7, 101)]
    assert learn(messages).key == {"cc": 4}


def test_a_14_bit_pedal_is_learnt_as_one_control() -> None:
    messages = [cc(control, value) for step in range(40) for control, value in ((11, step // 2), (43, step * 3))]
    learned = learn(messages)
    assert (learned.key, learned.values[-1]) == ({"cc14": 11}, 19 * 128 + 117)
    assert learn([cc(43, value) for value in range(40)]).key == {"cc": 43}
    assert learn([cc(11, value) for value in range(40)]).key == {"cc": 11}


def test_a_bank_select_before_a_program_is_not_what_was_meant() -> None:
    learned = learn([cc(0, 1), cc(32, 0), mido.Message("program_change", program=5, channel=1)])
    assert (learned.key, learned.channel, learned.brings_slots) == ({"program": 5}, 2, True)


@pytest.mark.parametrize("kind", LEARNABLE)
def test_whatever_can_be_mapped_can_be_learnt(kind: str) -> None:
    source = SOURCES[kind]
    number = 0 if source.largest is None else source.largest // 2 + 1
    values = [source.largest_value * step // 50 for step in range(51)]
    sent = [mido.Message.from_bytes(data) for value in values for data in source.encode(4, number, value)]
    learned = learn(sent)
    assert (learned.source, learned.number, learned.channel) == (source, number, 4)
    row = propose_mapping(learned, "amp.mix")
    mapping = ControlMapping(**row)
    assert (mapping.source, mapping.number, mapping.channel) == (source, number, 4)


def test_a_note_is_a_switch() -> None:
    presses = [mido.Message("note_on", note=60, velocity=velocity) for velocity in (90, 0, 70, 0, 50, 0, 30)]
    learned = learn(presses)
    assert learned.words == "note 60 (C4) on channel 1, a switch"
    assert propose_mapping(learned, "next-snapshot", any_channel=True) == {"note": 60, "target": "next-snapshot"}
    named = propose_mapping(learned, "snapshot", any_channel=True, name="solo")
    assert named == {"note": 60, "target": "snapshot", "name": "solo"}


def test_a_proposal_says_only_what_was_shown_or_asked_for() -> None:
    pedal = learn([cc(11, value) for value in range(128)])
    assert propose_mapping(pedal, "amp.input_db", any_channel=True) == {"cc": 11, "target": "amp.input_db"}
    assert propose_mapping(pedal, "amp.input_db", minimum=-6.0, curve="logarithmic") == {
        "cc": 11,
        "channel": 1,
        "target": "amp.input_db",
        "minimum": -6.0,
        "curve": "logarithmic",
    }


def test_a_new_row_leaves_every_other_line_as_it_was(preset) -> None:
    changed = write_row(preset, {"cc": 4, "target": "gate.ratio"}, identity=("cc", "target"))
    assert not changed
    lines = [line for line in preset.read_text().splitlines() if line]
    added = ["[[midi]]", "cc = 4", 'target = "gate.ratio"']
    start = lines.index("cc = 4") - 1
    assert lines[start : start + 3] == added
    assert lines[:start] + lines[start + 3 :] == [line for line in PRESET.splitlines() if line]
    assert [(m.cc, m.target) for m in load_preset(preset).midi] == [(11, "gate.threshold_db"), (4, "gate.ratio")]


def test_a_control_that_moves_the_target_already_is_changed_in_place(preset) -> None:
    row = {"cc": 11, "channel": 2, "target": "gate.threshold_db", "maximum": -20.0}
    assert write_row(preset, row, identity=("cc", "target"))
    mapping = load_preset(preset).midi[0]
    assert (mapping.channel, mapping.minimum, mapping.maximum) == (2, -80.0, -20.0)
    assert "cc = 11           # expression" in preset.read_text()


def test_a_channel_can_be_taken_out_again(preset) -> None:
    for row, without in (({"channel": 2}, ()), ({}, ("channel",))):
        write_row(
            preset,
            {"cc": 11, "target": "gate.threshold_db", **row},
            identity=("cc", "target"),
            without=without,
        )
    assert load_preset(preset).midi[0].channel is None


def test_a_preset_without_mappings_gets_its_first(tmp_path) -> None:
    path = tmp_path / "plain.toml"
    path.write_text(PRESET[: PRESET.index("# pedals")])
    write_row(path, {"cc": 4, "target": "gate.ratio"}, identity=("cc", "target"))
    assert path.read_text().startswith(PRESET[: PRESET.index("# pedals")])
    assert len(load_preset(path).midi) == 1


def test_a_row_that_does_not_fit_is_refused_and_the_file_stays(preset, tmp_path) -> None:
    with pytest.raises(PresetError, match=r"crunch\.toml:\d+: midi\[1\]\.target: no node is called 'amp'"):
        write_row(preset, {"cc": 4, "target": "amp.input_db"}, identity=("cc", "target"))
    assert preset.read_text() == PRESET
    assert list(tmp_path.iterdir()) == [preset]


def test_mappings_in_one_line_are_refused_with_a_remedy(tmp_path) -> None:
    path = tmp_path / "inline.toml"
    path.write_text('midi = [{ cc = 1, target = "gate.ratio" }]\n' + PRESET[: PRESET.index("# pedals")])
    with pytest.raises(PresetError, match=r"write each mapping as \[\[midi\]\]"):
        write_row(path, {"cc": 4, "target": "gate.ratio"}, identity=("cc", "target"))


def test_a_slot_gets_the_program_that_was_sent(tmp_path) -> None:
    path = tmp_path / "friday.toml"
    path.write_text(SETLIST)
    write_program(path, 1, 9)
    assert path.read_text() == SETLIST.replace("program = 1", "program = 9")
    assert load_setlist(path).find(9) == 1
    with pytest.raises(PresetError, match="slot 1 has this program"):
        write_program(path, 1, 0)
    assert "program = 9" in path.read_text()


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (cc(11, 64), "CC11 (expression) = 64, channel 1"),
        (cc(3, 1, 15), "CC3 = 1, channel 16"),
        (mido.Message("program_change", program=7), "program 7, channel 1"),
        (mido.Message("note_on", note=60, velocity=100), "note C4 (60) on, velocity 100, channel 1"),
        (mido.Message("note_on", note=60, velocity=0), "note C4 (60) off, channel 1"),
        (mido.Message("pitchwheel", pitch=-100), "pitch bend -100, channel 1"),
        (mido.Message("sysex", data=[1, 2, 3]), "system exclusive, 3 bytes"),
        (mido.Message("songpos", pos=4), "song position 4"),
    ],
)
def test_messages_in_words(message, words) -> None:
    assert message_words(message) == words


def test_every_message_there_is_has_words() -> None:
    for type_ in mido.messages.specs.SPEC_BY_TYPE:
        assert message_words(mido.Message(type_))
