"""What MIDI messages mean."""

import mido
import pytest

from ampboard.bridge.midi.mapping import (
    MidiMapper,
    MoveControl,
    PlayMidi,
    SelectSlot,
    SetLevel,
    UnknownProgram,
    level_decibels,
)
from ampboard.presets import ControlMapping

WAH = ControlMapping(cc=20, target="wah.frequency_hz", minimum=400.0, maximum=2000.0, curve="logarithmic")
GAIN = ControlMapping(cc=20, channel=2, target="amp.input_db", minimum=-12.0, maximum=12.0)
VOLUME = ControlMapping(cc=7, target="levels.output_db", minimum=-60.0, maximum=0.0)


class Banks:
    """Slots by (program, bank)."""

    def __init__(self, slots: dict[tuple[int, int], int]) -> None:
        self.slots = slots

    def find(self, program: int, bank: int = 0) -> int | None:
        return self.slots.get((program, bank))


def mapper(*controls: list[ControlMapping], channel: int | None = None) -> MidiMapper:
    return MidiMapper(Banks({(0, 0): 0, (5, 0): 1, (5, 130): 2}), controls, channel)


def control(number: int, value: int, channel: int = 0) -> mido.Message:
    return mido.Message("control_change", control=number, value=value, channel=channel)


def program(number: int, channel: int = 0) -> mido.Message:
    return mido.Message("program_change", program=number, channel=channel)


def test_program_change_selects_a_slot_or_says_there_is_none() -> None:
    midi = mapper()
    assert midi.actions(program(5)) == (SelectSlot(1),)
    assert midi.actions(program(6)) == (UnknownProgram(6, 0),)


def test_bank_select_holds_for_its_channel_until_changed() -> None:
    midi = mapper()
    assert midi.actions(control(0, 1)) == ()
    assert midi.actions(control(32, 2)) == ()
    assert midi.actions(program(5)) == (SelectSlot(2),)
    assert midi.actions(program(5, channel=3)) == (SelectSlot(1),)
    midi.actions(control(0, 0))
    assert midi.actions(program(5)) == (UnknownProgram(5, 2),)


def test_control_moves_every_slot_that_maps_it() -> None:
    midi = mapper([WAH], [], [GAIN, WAH])
    assert midi.actions(control(20, 127)) == (MoveControl(0, WAH, 1.0), MoveControl(2, WAH, 1.0))
    assert midi.actions(control(20, 0, channel=1)) == tuple(
        MoveControl(slot, mapping, 0.0) for slot, mapping in ((0, WAH), (2, GAIN), (2, WAH))
    )


def test_volume_and_expression_set_levels_unless_a_preset_maps_them() -> None:
    assert mapper([WAH]).actions(control(7, 127)) == (SetLevel("volume", 0.0),)
    assert mapper([WAH]).actions(control(11, 64)) == (SetLevel("expression", level_decibels(64)),)
    assert mapper([VOLUME]).actions(control(7, 127)) == (MoveControl(0, VOLUME, 1.0),)


def test_reset_all_controllers_brings_expression_back() -> None:
    assert mapper().actions(control(121, 0)) == (SetLevel("expression", 0.0),)


@pytest.mark.parametrize(("value", "decibels"), [(127, 0.0), (64, -11.9), (100, -4.15), (1, -84.15), (0, -120.0)])
def test_levels_follow_general_midi_2(value: int, decibels: float) -> None:
    assert level_decibels(value) == pytest.approx(decibels, abs=0.005)


def test_other_channels_and_other_messages_mean_nothing() -> None:
    midi = mapper([WAH], channel=2)
    assert midi.actions(program(5)) == ()
    assert midi.actions(program(5, channel=1)) == (SelectSlot(1),)
    assert midi.actions(mido.Message("note_on", channel=1)) == ()
    assert midi.actions(mido.Message("clock")) == ()
    assert midi.actions(control(99, 3, channel=1)) == ()


def test_plugins_get_what_is_played_on_their_channels() -> None:
    playing = MidiMapper(Banks({}), [[]], plugin_channels=frozenset({2}))
    played = [
        mido.Message("note_on", channel=1, note=60, velocity=100),
        mido.Message("pitchwheel", channel=1, pitch=-8192),
        mido.Message("aftertouch", channel=1, value=3),
        mido.Message("control_change", channel=1, control=74, value=64),
    ]
    for message in played:
        assert playing.actions(message) == (PlayMidi(bytes(message.bytes())),)
        assert playing.actions(message.copy(channel=0)) == ()
    volume = mido.Message("control_change", channel=1, control=7, value=127)
    assert playing.actions(volume) == (SetLevel("volume", 0.0), PlayMidi(bytes(volume.bytes())))
    for message in (mido.Message("program_change", channel=1), mido.Message("control_change", channel=1, control=32)):
        assert not any(isinstance(action, PlayMidi) for action in playing.actions(message))
