"""The chunks of wav files: what a header promises, and what would make equal files differ.

Source: *Multimedia Programming Interface and Data Specifications 1.0* (IBM and Microsoft, 1991), RIFF and WAVE; EBU
Tech 3306 (RF64: sizes of 64 bits in the chunk ``ds64``); libsndfile, ``PEAK`` (a version, the time of writing, then
value and place of each channel's peak).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

UNKNOWN_SIZE: Final = 0x7FFF_F000
"""From here on a 32-bit size of audio stands for "not known yet", as programs write it that cannot go back."""

LONG_SIZE: Final = 0xFFFF_FFFF  # the size is in ds64


@dataclass(frozen=True)
class Chunk:
    """A chunk of a file: its name, where its content begins, and how many bytes its header promises."""

    name: bytes
    start: int
    size: int


def chunks(file: BinaryIO) -> Iterator[Chunk]:
    """The chunks of a wav or RF64 file, in order; none of any other file."""
    form = file.read(12)
    if form[:4] not in (b"RIFF", b"RF64") or form[8:] != b"WAVE":
        return
    long_size = LONG_SIZE
    while len(head := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        start = file.tell()
        if name == b"ds64" and len(sizes := file.read(16)) == 16:
            long_size = struct.unpack("<8xQ", sizes)[0]
        yield Chunk(name, start, long_size if name == b"data" and size == LONG_SIZE else size)
        file.seek(start + size + size % 2)


def missing_bytes(path: Path) -> int:
    """Bytes of audio that the header of a wav file promises and the file does not hold; 0 of any other file."""
    with path.open("rb") as file:
        for chunk in chunks(file):
            if chunk.name == b"data":
                known = not UNKNOWN_SIZE <= chunk.size <= LONG_SIZE
                return max(chunk.size - (path.stat().st_size - chunk.start), 0) if known else 0
    return 0


def clear_time_stamp(path: Path) -> None:
    """Set the time in the ``PEAK`` chunk of a wav file to 0, so that equal audio makes equal files."""
    with path.open("r+b") as file:
        for chunk in chunks(file):
            if chunk.name == b"PEAK":
                file.seek(chunk.start + 4)
                file.write(bytes(4))
                return
