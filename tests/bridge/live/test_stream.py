"""pedalboard's AudioStream as a backend."""

import pytest
from pedalboard.io import AudioStream

from ampboard.bridge.live.backends.protocol import Wiring
from ampboard.bridge.live.backends.stream import StreamPlayer
from ampboard.bridge.live.records import Command, Event, Record
from ampboard.bridge.live.region import Region
from ampboard.bridge.live.rig import Layout, Rig
from ampboard.bridge.rendering.score import Programme
from ampboard.models.errors import DeviceError

LAYOUT = Layout(48_000, 64, 1, 2)


@pytest.fixture
def region() -> Region:
    made = Region.create()
    made.remove()
    return made


def test_stream_player_names_the_devices_that_do_not_open(region: Region) -> None:
    rig = Rig(Programme.load("crunch", None), LAYOUT, initial=0)
    wiring = Wiring(sources=("no such input",), sinks=("no such output",))
    with pytest.raises(DeviceError, match="'no such input' and 'no such output' cannot be opened"):
        StreamPlayer(wiring, rig, region, slot=0)


def test_stream_player_obeys_until_told_to_stop(region: Region) -> None:
    if not AudioStream.default_input_device_name or not AudioStream.default_output_device_name:
        pytest.skip("there is no sound card")
    rig = Rig(Programme.load("crunch", None), LAYOUT, initial=0)
    player = StreamPlayer(Wiring(), rig, region, slot=0)
    player.start()
    try:
        region.commands.push(Record(Command.LEVEL, index=0, value=-6.0))
        region.commands.push(Record(Command.SWITCH, slot=0))
        assert player.obey()
        region.commands.push(Record(Command.STOP))
        assert not player.obey()
    finally:
        player.stop()
    events: list[int] = []
    while (event := region.events.pop()) is not None:
        events.append(event.kind)
    assert [kind for kind in events if kind != Event.XRUN] == [
        Event.APPLIED, Event.REFUSED, Event.APPLIED, Event.STOPPED,
    ]  # fmt: skip
