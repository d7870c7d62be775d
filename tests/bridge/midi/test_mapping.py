"""What MIDI messages mean."""

import mido
import pytest

from ampboard.bridge.midi.actions import (
    MoveControl,
    Panic,
    PlayMidi,
    RecallSnapshot,
    SelectSlot,
    SetLevel,
    SetSwitch,
    SetTempo,
    ToggleControl,
    UnknownProgram,
    UnknownSnapshot,
)
from ampboard.bridge.midi.mapping import MidiMapper, SlotMidi, level_decibels
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
    return MidiMapper(
        Banks({(0, 0): 0, (5, 0): 1, (5, 130): 2}),
        [SlotMidi(tuple(mappings)) for mappings in (*controls, [], [], [])[: max(len(controls), 3)]],
        channel,
    )


def note(number: int, velocity: int) -> mido.Message:
    return mido.Message("note_on", note=number, velocity=velocity)


def stage(*slots: SlotMidi) -> MidiMapper:
    return MidiMapper(Banks({(index, 0): index for index in range(len(slots))}), slots)


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
    assert mapper([WAH]).actions(control(11, 64)) == (SetLevel("expression", level_decibels(64 / 127)),)
    assert mapper([VOLUME]).actions(control(7, 127)) == (MoveControl(0, VOLUME, 1.0),)


def test_reset_all_controllers_brings_expression_back() -> None:
    assert mapper().actions(control(121, 0)) == (SetLevel("expression", 0.0),)


@pytest.mark.parametrize(("value", "decibels"), [(127, 0.0), (64, -11.9), (100, -4.15), (1, -84.15), (0, -120.0)])
def test_levels_follow_general_midi_2(value: int, decibels: float) -> None:
    assert level_decibels(value / 127) == pytest.approx(decibels, abs=0.005)


def test_other_channels_and_other_messages_mean_nothing() -> None:
    midi = mapper([WAH], channel=2)
    assert midi.actions(program(5)) == ()
    assert midi.actions(program(5, channel=1)) == (SelectSlot(1),)
    assert midi.actions(mido.Message("note_on", channel=1)) == ()
    assert midi.actions(mido.Message("clock")) == ()
    assert midi.actions(control(99, 3, channel=1)) == ()


def test_plugins_get_what_is_played_on_their_channels() -> None:
    playing = MidiMapper(Banks({}), [SlotMidi()], plugin_channels=frozenset({2}))
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


def test_snapshots_follow_cc69_and_say_when_there_is_none() -> None:
    midi = stage(SlotMidi(preset="A", snapshots=("rhythm", "solo")))
    assert midi.snapshot == ""
    assert midi.actions(control(69, 1)) == (RecallSnapshot(0, 1),)
    assert midi.snapshot == "solo"
    assert midi.actions(control(69, 2)) == (UnknownSnapshot("A", 2),)
    assert midi.snapshot == "solo"


def test_next_and_previous_go_round() -> None:
    rows = tuple(
        ControlMapping(note=60 + index, target=target)
        for index, target in enumerate(("next-snapshot", "previous-snapshot", "next-preset", "previous-preset"))
    )
    midi = stage(SlotMidi(rows, snapshots=("a", "b", "c")), SlotMidi(rows), SlotMidi(rows))
    pressed = [midi.actions(note(number, 90)) for number in (60, 60, 61, 61, 61)]
    assert pressed == [(RecallSnapshot(0, index),) for index in (0, 1, 0, 2, 1)]
    assert midi.actions(note(60, 0)) == ()
    steps = [midi.actions(note(number, 90)) for number in (63, 62, 62)]
    assert steps == [(SelectSlot(2),), (SelectSlot(0),), (SelectSlot(1),)]


def test_a_slot_comes_up_with_its_snapshot_before_it_is_heard() -> None:
    midi = stage(SlotMidi(), SlotMidi(snapshots=("verse", "solo"), snapshot="solo"))
    assert midi.begin() == ()
    assert midi.actions(program(1)) == (RecallSnapshot(1, 1), SelectSlot(1))


def test_slots_of_one_preset_share_their_snapshots() -> None:
    midi = stage(SlotMidi(snapshots=("x", "y"), snapshot="x"), SlotMidi(snapshots=("x", "y"), snapshot="y", chain=0))
    assert midi.begin() == (RecallSnapshot(0, 0),)
    assert midi.actions(program(1)) == (RecallSnapshot(0, 1), SelectSlot(1))


def test_a_program_can_recall_a_snapshot_instead_of_a_slot() -> None:
    row = ControlMapping(program=7, target="snapshot", name="solo")
    assert stage(SlotMidi((row,), snapshots=("x", "solo"))).actions(program(7)) == (RecallSnapshot(0, 1),)


def test_cc102_up_bypasses_the_nodes_of_the_slot_that_plays() -> None:
    midi = stage(SlotMidi(nodes=("gate", "amp")), SlotMidi(nodes=("comp",)))
    for value, bypassed in ((0, 1.0), (63, 1.0), (64, 0.0), (127, 0.0)):
        (move,) = midi.actions(control(103, value))
        assert (move.slot, move.mapping.target) == (0, "amp.bypass")
        assert move.mapping.value(move.position, (0.0, 1.0)) == bypassed
    midi.actions(program(1))
    assert midi.actions(control(102, 0))[0].mapping.target == "comp.bypass"
    assert midi.actions(control(103, 0)) == ()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("momentary", [1.0, 0.0, 1.0, 0.0]), (None, [1.0, 0.0, 1.0, 0.0]), ("latch", [1.0, 1.0])],
)
def test_notes_are_footswitches(mode: str | None, expected: list[float]) -> None:
    row = ControlMapping(note=60, target="amp.mix", mode=mode)
    midi = stage(SlotMidi((row,)))
    messages = (note(60, 30), mido.Message("note_off", note=60), note(60, 127), note(60, 0))
    pressed = [action for message in messages for action in midi.actions(message)]
    assert [(action.mapping, action.position) for action in pressed] == [(row, position) for position in expected]


def test_toggles_change_over_at_each_press() -> None:
    row = ControlMapping(cc=80, target="amp.bypass", mode="toggle")
    mute = ControlMapping(cc=81, target="mute", mode="toggle")
    midi = stage(SlotMidi((row, mute)))
    values = (0, 127, 0, 127, 127)  # let go, pressed, let go; then from a switch that only sends presses
    found = [action for value in values for action in midi.actions(control(80, value))]
    assert found == [ToggleControl(0, row)] * 3
    assert midi.actions(control(81, 127)) == (SetSwitch("mute", None),)
    assert midi.actions(control(81, 0)) == ()


def test_a_switch_of_14_bits_presses_once() -> None:
    midi = stage(SlotMidi((ControlMapping(cc14=4, target="panic"),)))
    halves = ((4, 127), (36, 127), (4, 0), (36, 0), (4, 127), (36, 127))
    assert [midi.actions(control(*half)) for half in halves] == [(Panic(),), (), (), (), (Panic(),), ()]


def test_a_snapshot_can_be_chosen_by_the_upper_half() -> None:
    midi = stage(SlotMidi((ControlMapping(nrpn=1, target="snapshot"),), snapshots=("a", "b", "c")))
    for half in ((99, 0), (98, 1), (6, 0)):
        midi.actions(control(*half))
    assert midi.actions(control(6, 2))[-1] == RecallSnapshot(0, 2)


def test_a_pedal_on_its_way_presses_once() -> None:
    midi = stage(SlotMidi((ControlMapping(cc=4, target="panic"),)))
    sweep = [action for value in range(128) for action in midi.actions(control(4, value))]
    assert sweep == [Panic()]


def test_held_switches_switch_on_and_off() -> None:
    midi = stage(SlotMidi((ControlMapping(note=1, target="bypass"),)))
    assert midi.actions(note(1, 9)) == (SetSwitch("bypass", True),)
    assert midi.actions(note(1, 0)) == (SetSwitch("bypass", False),)


def test_commands_hold_in_the_slot_that_plays_and_parameters_in_all() -> None:
    tap = ControlMapping(cc=64, target="next-snapshot")
    midi = stage(SlotMidi((), snapshots=("x",)), SlotMidi((tap,), snapshots=("x",)))
    assert midi.actions(control(64, 127)) == ()
    midi.actions(program(1))
    midi.actions(control(64, 0))
    assert midi.actions(control(64, 127)) == (RecallSnapshot(1, 0),)


def test_all_sound_off_is_panic() -> None:
    assert mapper().actions(control(120, 0)) == (Panic(),)


def test_fine_controls_reach_all_14_bits() -> None:
    rows = (
        ControlMapping(cc14=12, target="amp.mix"),
        ControlMapping(nrpn=300, target="amp.mix"),
        ControlMapping(pitch_bend=True, target="amp.mix"),
    )
    midi = stage(SlotMidi(rows))
    midi.actions(control(12, 100))
    assert midi.actions(control(44, 5)) == (MoveControl(0, rows[0], (100 * 128 + 5) / 16383),)
    for number, value in ((99, 2), (98, 44), (6, 3)):
        midi.actions(control(number, value))
    assert midi.actions(control(38, 9)) == (MoveControl(0, rows[1], (3 * 128 + 9) / 16383),)
    bends = [midi.actions(mido.Message("pitchwheel", pitch=pitch))[0].position for pitch in (-8192, 0, 8191)]
    assert bends == [0.0, 0.5, 1.0]


def test_taps_set_the_tempo_of_what_plays_and_of_presets_without_one() -> None:
    row = (ControlMapping(note=1, target="tap"),)
    midi = stage(
        SlotMidi(row, synced=True, tempo=90.0),
        SlotMidi(row, synced=True),
        SlotMidi(row, synced=True, tempo=60.0),
        SlotMidi(row),
    )
    assert midi.begin() == (SetTempo((0,), 90.0),)
    assert midi.actions(note(1, 90), 10.0) == ()
    assert midi.actions(note(1, 90), 10.5) == (SetTempo((0, 1), 120.0),)
    assert midi.tempo == 120.0
    assert midi.actions(program(2), 11.0) == (SetTempo((2,), 60.0), SelectSlot(2))
    assert midi.actions(program(3), 11.0) == (SelectSlot(3),)
    assert midi.tempo == 60.0


def test_a_clock_goes_before_taps_and_tempos_of_slots() -> None:
    midi = stage(SlotMidi((ControlMapping(note=1, target="tap"),), synced=True), SlotMidi(synced=True, tempo=60.0))
    found = [a for n in range(60) for a in midi.actions(mido.Message("clock"), n * 60 / (24 * 140))]
    assert [(action.slots, round(action.tempo, 6)) for action in found] == [((0, 1), 140.0)]
    now = 59 * 60 / (24 * 140)
    midi.actions(note(1, 90), now)
    assert midi.actions(note(1, 90), now + 0.3) == ()
    assert midi.actions(program(1), now + 0.31) == (SelectSlot(1),)
    assert midi.actions(program(0), now + 9.0) == (SelectSlot(0),)
    assert midi.actions(program(1), now + 9.0) == (SetTempo((1,), 60.0), SelectSlot(1))  # the clock has ended
