import subprocess
import sys
import time

import pytest

from ampboard.bridge.live.records import PAYLOAD, Command, Event, Record
from ampboard.bridge.live.region import SOUND_FRAMES, Region
from ampboard.bridge.live.ring import RECORD_BYTES, Ring, ring_bytes

MESSAGES = 100_000

WRITER = """
import sys, time
from ampboard.bridge.live.region import Region
from ampboard.bridge.live.records import Command, Record
region = Region.attach(sys.argv[1])
sent = 0
while sent < int(sys.argv[2]):
    before = region.commands.dropped
    if region.commands.push(Record(Command.MOVE, number=sent, index=sent % 7, value=sent / 3, stamp=sent * sent)):
        sent += 1
    else:
        time.sleep(0.0005)
"""


def ring(capacity: int) -> Ring:
    return Ring(memoryview(bytearray(ring_bytes(capacity))), capacity)


def test_record_comes_out_as_it_went_in() -> None:
    queue = ring(4)
    record = Record(Command.SWITCH, 1, 0, -1, 2**32 - 1, 4, 2**62, -5, 0.1, 0.5, 0.25)
    assert queue.push(record)
    assert queue.pop() == record
    assert queue.pop() is None
    assert PAYLOAD.size + 8 == RECORD_BYTES


def test_full_ring_drops_and_counts_and_goes_on_afterwards() -> None:
    queue = ring(4)
    assert [queue.push(Record(Command.MOVE, number=n)) for n in range(6)] == [True] * 4 + [False] * 2
    assert (queue.dropped, queue.waiting) == (2, 4)
    assert queue.pop().number == 0  # pyright: ignore[reportOptionalMemberAccess]
    assert queue.push(Record(Command.MOVE, number=6))
    assert [queue.pop().number for _ in range(4)] == [1, 2, 3, 6]  # pyright: ignore[reportOptionalMemberAccess]


def test_bundle_is_taken_only_when_it_is_whole() -> None:
    queue = ring(8)
    records = [Record(Command.MOVE, number=n, rest=2 - n) for n in range(3)]
    for record in records[:2]:
        queue.push(record)
    assert queue.pop() is None
    queue.push(records[2])
    assert [queue.pop().rest for _ in range(3)] == [2, 1, 0]  # pyright: ignore[reportOptionalMemberAccess]


def test_bundle_that_does_not_fit_is_dropped_whole() -> None:
    queue = ring(4)
    queue.push(Record(Command.MOVE))
    assert not queue.push_bundle([Record(Command.MOVE)] * 4)
    assert (queue.dropped, queue.waiting) == (4, 1)


def test_damaged_record_is_not_taken() -> None:
    memory = bytearray(ring_bytes(4))
    queue = Ring(memoryview(memory), 4)
    queue.push(Record(Command.MOVE, value=1.0))
    memory[-RECORD_BYTES * 3 - 10] ^= 1  # the last bytes of the first record
    assert queue.pop() is None


def test_two_processes_hammering_lose_nothing_and_keep_the_order() -> None:
    region = Region.create()
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(region.path), str(MESSAGES)])
    try:
        expected = 0
        deadline = time.monotonic() + 60
        while expected < MESSAGES and time.monotonic() < deadline:
            record = region.commands.pop()
            if record is None:
                continue
            assert record == Record(
                Command.MOVE, number=expected, index=expected % 7, value=expected / 3, stamp=expected * expected
            )
            expected += 1
        assert expected == MESSAGES
        assert writer.wait(10) == 0
    finally:
        writer.kill()
        writer.wait()
        region.remove()


@pytest.mark.parametrize("blocks", [3, SOUND_FRAMES // 48 + 10])
def test_sound_of_the_last_seconds_is_read_by_frame(blocks: int) -> None:
    import numpy as np

    region = Region.create()
    region.remove()
    sound = np.arange(48 * blocks, dtype=np.float32)[np.newaxis]
    for start in range(0, 48 * blocks, 48):
        block = sound[:, start : start + 48]
        region.write_sound(block, np.repeat(-block, 2, axis=0))
    heard = region.read_sound(0, 1, 2)
    assert heard.start == max(48 * blocks - SOUND_FRAMES, 0)
    np.testing.assert_array_equal(heard.input, sound[:, heard.start :])
    np.testing.assert_array_equal(heard.output, np.repeat(-heard.input, 2, axis=0))
    assert region.read_sound(-10, 1, 2).start == 48 * blocks - 10


def test_kinds_are_apart() -> None:
    assert not {int(kind) for kind in Command} & {int(kind) for kind in Event}
