"""What controls say: every kind comes back from its own messages."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ampboard.bridge.midi.decoding import Decoder
from ampboard.presets.midi_sources import SOURCES

KINDS = tuple(SOURCES)
CONTROL = 0xB0


def controls(*pairs: tuple[int, int]) -> list[bytes]:
    return [bytes([CONTROL, control, value]) for control, value in pairs]


def values(messages: list[bytes], kind: str) -> list[int]:
    decoder = Decoder()
    return [sent.value for data in messages for sent in decoder.decode(data) if sent.source.field == kind]


@given(st.data(), st.sampled_from(KINDS), st.integers(1, 16))
def test_what_is_sent_is_heard(data: st.DataObject, kind: str, channel: int) -> None:
    source = SOURCES[kind]
    number = data.draw(st.integers(0, source.largest or 0).filter(lambda n: kind != "nrpn" or n != 16383))
    value = data.draw(st.integers(0, source.largest_value)) if kind != "program" else 127
    decoder = Decoder()
    heard = [sent for message in source.encode(channel, number, value) for sent in decoder.decode(message)]
    last = [sent for sent in heard if sent.source is source][-1]
    assert (last.number, last.channel, last.value) == (number, channel, value)
    assert 0.0 <= last.position <= 1.0


@pytest.mark.parametrize("kind", ["cc14", "nrpn"])
def test_a_fine_pedal_that_goes_one_way_never_seems_to_turn_back(kind: str) -> None:
    source = SOURCES[kind]
    for sweep in (range(0, 16384, 37), range(16383, -1, -41)):
        decoder = Decoder()
        decoder.decode(source.encode(1, 5, sweep[0])[-1])
        heard = [
            sent.value
            for value in sweep
            for message in source.encode(1, 5, value)
            for sent in decoder.decode(message)
            if sent.source is source
        ][2:]
        steps = [after - before for before, after in pairwise(heard)]
        assert all(step * (sweep[1] - sweep[0]) >= 0 for step in steps)
        assert heard[-1] == sweep[-1]


def test_without_lower_halves_both_ends_are_reached() -> None:
    assert values(controls((7, 127), (7, 64), (7, 0)), "cc14") == [16383, 64 * 129, 0]


def test_data_entry_belongs_to_what_was_selected_last() -> None:
    select = controls((99, 1), (98, 2))
    assert values([*select, *controls((6, 3), (38, 4))], "nrpn")[-1] == 3 * 128 + 4
    assert values([*select, *controls((101, 0), (100, 0), (6, 3))], "nrpn") == []  # a registered one: pitch bend range
    assert values([*select, *controls((99, 127), (98, 127), (6, 3))], "nrpn") == []  # none
    assert values(controls((6, 3)), "nrpn") == []
    other = [bytes([CONTROL | 1, 6, 3])]
    assert values([*select, *other], "nrpn") == []  # another channel


def test_notes_end_by_note_off_or_velocity_0() -> None:
    assert values([bytes([0x90, 60, 9]), bytes([0x80, 60, 64]), bytes([0x90, 60, 0])], "note") == [9, 0, 0]
