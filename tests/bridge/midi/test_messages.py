"""Channel messages as plugins get them."""

import mido

from ampboard.bridge.midi.messages import Controllers, channel, is_note_on


def message(kind: str, **fields: int) -> bytes:
    return bytes(mido.Message(kind, **fields).bytes())


def test_notes_begin_with_a_velocity() -> None:
    assert is_note_on(message("note_on", velocity=1))
    assert not is_note_on(message("note_on", velocity=0))
    assert not is_note_on(message("note_off", velocity=64))
    assert channel(message("note_on", channel=15)) == 16


def test_controllers_are_told_where_they_stand_last() -> None:
    heard = Controllers()
    for value in (3, 90):
        heard.hear(message("control_change", control=74, value=value))
    heard.hear(message("pitchwheel", channel=2, pitch=100))
    heard.hear(message("note_on", note=60))
    heard.hear(message("control_change", control=123))  # all notes off: a command
    assert heard.messages == (
        message("control_change", control=74, value=90),
        message("pitchwheel", channel=2, pitch=100),
    )


def test_a_reset_brings_back_the_controllers_of_its_channel() -> None:
    heard = Controllers()
    volume = message("control_change", control=7, value=5)
    wheel = message("control_change", channel=1, control=1, value=5)
    for kept in (volume, wheel):
        heard.hear(kept)
    heard.hear(message("control_change", control=1, value=5))
    heard.hear(message("aftertouch", value=5))
    heard.hear(message("control_change", control=121))
    assert heard.messages == (volume, wheel)
