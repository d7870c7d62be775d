"""A ring of records in shared memory: one process writes, one reads, neither ever waits.

Every record carries its sequence number and a checksum over both; a reader takes a record only when both fit. So no
order of memory accesses is assumed, and a writer that dies in the middle leaves nothing that could be misread.
"""

import struct
import zlib
from collections.abc import Sequence
from typing import Final

from .records import PAYLOAD, Record

HEADER_BYTES: Final = 64
RECORD_BYTES: Final = 64

_HEAD: Final = struct.Struct("<II")
_WRITTEN, _READ, _DROPPED = 0, 1, 2  # 64-bit words of the header: each has one writer
_SEQUENCE_MASK: Final = 0xFFFF_FFFF


def ring_bytes(capacity: int) -> int:
    """Bytes that a ring of `capacity` records takes."""
    return HEADER_BYTES + capacity * RECORD_BYTES


class Ring:
    """One direction of talk between two processes.

    Parameters
    ----------
    memory : memoryview
        `ring_bytes(capacity)` shared bytes, zero at the start, aligned to 8.
    capacity : int
        Most records that wait.
    """

    def __init__(self, memory: memoryview, capacity: int) -> None:
        self.capacity = capacity
        self._words = memory[:HEADER_BYTES].cast("Q")
        self._records = memory[HEADER_BYTES : ring_bytes(capacity)]

    @property
    def dropped(self) -> int:
        """Records that found the ring full and were lost."""
        return self._words[_DROPPED]

    @property
    def waiting(self) -> int:
        """Records that were written and not read yet."""
        return self._words[_WRITTEN] - self._words[_READ]

    def push(self, record: Record) -> bool:
        """Write a record; False when the ring is full: it is dropped and counted. For the one writer."""
        words = self._words
        written = words[_WRITTEN]
        if written - words[_READ] >= self.capacity:
            words[_DROPPED] += 1
            return False
        self._write(written, record)
        words[_WRITTEN] = written + 1
        return True

    def push_bundle(self, records: Sequence[Record]) -> bool:
        """Write records that are to be applied together, all or none; False when they were dropped and counted."""
        words = self._words
        written = words[_WRITTEN]
        if written - words[_READ] + len(records) > self.capacity:
            words[_DROPPED] += len(records)
            return False
        for offset, record in enumerate(records):
            self._write(written + offset, record._replace(rest=len(records) - 1 - offset))
        words[_WRITTEN] = written + len(records)
        return True

    def pop(self) -> Record | None:
        """Take the oldest record; None when there is none, or not yet all records of a bundle. For the one reader."""
        words = self._words
        position = words[_READ]
        record = self._read(position)
        if record is None or (record.rest and self._read(position + record.rest) is None):
            return None
        words[_READ] = position + 1
        return record

    def _write(self, position: int, record: Record) -> None:
        payload = PAYLOAD.pack(*record)
        sequence = (position + 1) & _SEQUENCE_MASK
        start = (position % self.capacity) * RECORD_BYTES
        self._records[start : start + RECORD_BYTES] = _HEAD.pack(sequence, zlib.crc32(payload, sequence)) + payload

    def _read(self, position: int) -> Record | None:
        start = (position % self.capacity) * RECORD_BYTES
        sequence, checksum = _HEAD.unpack_from(self._records, start)
        if sequence != (position + 1) & _SEQUENCE_MASK:
            return None
        payload = bytes(self._records[start + _HEAD.size : start + RECORD_BYTES])
        if zlib.crc32(payload, sequence) != checksum:
            return None
        return Record._make(PAYLOAD.unpack(payload))
