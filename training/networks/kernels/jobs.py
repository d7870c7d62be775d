"""An interpreter of jobs on rows: the whole window of a convolutional network in one call.

A job is a line of a table of integers. Memory is named by an arena (a torch tensor) and an offset in floats, so that
a table made once serves every window of the same size.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numba import njit, types

from ....models.kernels.code_version import code_version
from ....models.kernels.floating_point import flush_denormals, restore_mode
from ....models.kernels.memory import float32_at, int64_at
from .tiles import ADD, SQUARE, STEP, TILES, WIDTH, map_rows, multiply_rows

COPY, MAP, MULTIPLY = range(3)
"""Kinds of jobs: copy rows, make rows from rows, and sums of rows times rows."""

SLOPE_UNIT: Final = 1e-6  # of the leaky rectifier's slope, which is an integer in the table


@dataclass(frozen=True)
class Rows:
    """Where rows lie: an arena, an offset, and the distances between streams and between rows, all in floats."""

    arena: int
    offset: int
    stream: int
    row: int

    def later(self, frames: int) -> "Rows":
        """The same rows from a later frame on."""
        return Rows(self.arena, self.offset + frames, self.stream, self.row)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A line of the table.

    The sources are the rows of `source` at so many `taps`, `dilation` frames apart (the nearest tap first), those of
    `condition`, and a row of ones.

    Attributes
    ----------
    kind : int
        `COPY` (source to out), `MAP` or `MULTIPLY` (of `start`'s rows and the sources, into `out`).
    frames, rows : int
        Size of `out`; for `MULTIPLY`, frames and rows of `start`.
    mode, activation : int
        See `tiles`.
    slope : float
        Of the leaky rectifier.
    limit : int
        Taps that begin at this frame of the source or later are silent: they are left out.
    weights : Rows
        `stream` is the distance from one tap's weights to the next, `row` from one output to the next.
    channel : int
        Distance of the weights of a source's rows.
    """

    kind: int
    frames: int
    rows: int
    out: Rows
    source: Rows
    source_rows: int
    taps: int = 1
    dilation: int = 0
    limit: int = 1 << 40
    condition: Rows | None = None
    condition_rows: int = 0
    ones: Rows | None = None
    weights: Rows | None = None
    channel: int = 1
    mode: int = ADD
    activation: int = 0
    slope: float = 0.0
    start: Rows | None = None
    other: Rows | None = None

    def words(self) -> list[int]:
        """The line."""
        places: list[int] = []
        for rows in (self.out, self.source, self.condition, self.ones, self.weights, self.start, self.other):
            places += [0, 0, 0, 0] if rows is None else [rows.arena, rows.offset, rows.stream, rows.row]
        extra = 0 if self.ones is None else 1
        return [
            self.kind, self.frames, self.rows, self.source_rows, self.taps, self.dilation, self.limit,
            self.condition_rows, extra, self.channel, self.mode, self.activation, round(self.slope / SLOPE_UNIT),
            *places,
        ]  # fmt: skip


KIND, FRAMES, ROWS, SOURCE_ROWS, TAPS, DILATION, LIMIT, CONDITION_ROWS, ONES, CHANNEL, MODE, ACTIVATION, SLOPE_WORD = (
    range(13)
)
OUT, SOURCE, CONDITION, ONES_AT, WEIGHTS, START, OTHER = range(13, 41, 4)
JOB_WORDS: Final = 41


def table(jobs: list[Job]) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """The jobs as lines of integers."""
    return np.array([job.words() for job in jobs], np.int64)


V16, V8, V4, V3, V2, V1 = (TILES.get(rows, 0) for rows in (16, 8, 4, 3, 2, 1))
TALL: Final = max(TILES)
UNIT: Final = np.float32(SLOPE_UNIT)


# These stand here and not within `run_jobs`: a compiled function in another's closure has a new name in every process,
# and what is compiled around it is never found in the cache on disk again.
@njit(inline="always")
def _place(job, ref, bases, stream):  # type: ignore[no-untyped-def]
    return bases[job[ref]] + 4 * (job[ref + 1] + stream * job[ref + 2])


@njit(inline="always")
def _list_sources(job, bases, stream, pointers, first):  # type: ignore[no-untyped-def]
    n = first
    source = _place(job, SOURCE, bases, stream)
    for tap in range(job[TAPS]):
        for row in range(job[SOURCE_ROWS]):
            pointers[n] = source + 4 * (tap * job[DILATION] + row * job[SOURCE + 3])
            n += 1
    condition = _place(job, CONDITION, bases, stream)
    for row in range(job[CONDITION_ROWS]):
        pointers[n] = condition + 4 * row * job[CONDITION + 3]
        n += 1
    if job[ONES]:
        pointers[n] = _place(job, ONES_AT, bases, 0)
        n += 1
    return n - first


@njit(inline="always")
def _tile_of(left):  # type: ignore[no-untyped-def]
    if left >= 16 and TALL == 16:
        return 16
    if left >= 8:
        return 8
    return min(left, 4)


@njit
def _pack(job, bases, count, packed):  # type: ignore[no-untyped-def]
    weights = float32_at(bases[job[WEIGHTS]] + 4 * job[WEIGHTS + 1])
    taps, channels, outputs = job[TAPS], job[SOURCE_ROWS], job[ROWS]
    first = 0
    while first < outputs:
        tile = _tile_of(outputs - first)
        for row in range(first, first + tile):
            own = row * job[WEIGHTS + 3]
            at = first * count + row - first
            for tap in range(taps):
                for channel in range(channels):
                    packed[at] = weights[own + tap * job[WEIGHTS + 2] + channel * job[CHANNEL]]
                    at += tile
            for extra in range(taps * channels, count):  # condition and ones: behind the taps
                packed[at] = weights[own + extra]
                at += tile
        first += tile


@njit
def _map_all(job, streams, bases, pointers, table, packed, packed_at):  # type: ignore[no-untyped-def]
    count = _list_sources(job, bases, 0, pointers, 0)
    _pack(job, bases, count, packed)
    outputs, frames, slope = job[ROWS], job[FRAMES], UNIT * np.float32(job[SLOPE_WORD])
    mode, activation = job[MODE], job[ACTIVATION]
    out_stride, start_stride, other_stride = job[OUT + 3], job[START + 3], job[OTHER + 3]
    for stream in range(streams):
        _list_sources(job, bases, stream, pointers, 0)
        out, start, other = (
            _place(job, OUT, bases, stream), _place(job, START, bases, stream), _place(job, OTHER, bases, stream),
        )  # fmt: skip
        for begin in range(0, frames, STEP):
            heard = count
            if job[LIMIT] < frames + job[TAPS] * job[DILATION]:
                taps = 0
                while taps < job[TAPS] and begin + taps * job[DILATION] < job[LIMIT]:
                    taps += 1
                heard = taps * job[SOURCE_ROWS]
            first = 0
            while first < outputs:
                tile = _tile_of(outputs - first)
                own = packed_at + 4 * first * count
                o, s, x = (
                    out + 4 * first * out_stride, start + 4 * first * start_stride, other + 4 * first * other_stride
                )  # fmt: skip
                t = 4 * begin
                end = t + 4 * STEP
                if tile == 16:
                    if TALL == 16:
                        while t < end:
                            map_rows(16, V16, heard, table, t, own, mode, activation, slope,
                                     o + t, out_stride, s + t, start_stride, x + t, other_stride)  # fmt: skip
                            t += 4 * WIDTH * V16
                elif tile == 8:
                    while t < end:
                        map_rows(8, V8, heard, table, t, own, mode, activation, slope,
                                 o + t, out_stride, s + t, start_stride, x + t, other_stride)  # fmt: skip
                        t += 4 * WIDTH * V8
                elif tile == 4:
                    while t < end:
                        map_rows(4, V4, heard, table, t, own, mode, activation, slope,
                                 o + t, out_stride, s + t, start_stride, x + t, other_stride)  # fmt: skip
                        t += 4 * WIDTH * V4
                elif tile == 3:
                    while t < end:
                        map_rows(3, V3, heard, table, t, own, mode, activation, slope,
                                 o + t, out_stride, s + t, start_stride, x + t, other_stride)  # fmt: skip
                        t += 4 * WIDTH * V3
                elif tile == 2:
                    while t < end:
                        map_rows(2, V2, heard, table, t, own, mode, activation, slope,
                                 o + t, out_stride, s + t, start_stride, x + t, other_stride)  # fmt: skip
                        t += 4 * WIDTH * V2
                else:
                    while t < end:
                        map_rows(1, V1, heard, table, t, own, mode, activation, slope,
                                 o + t, out_stride, s + t, start_stride, x + t, other_stride)  # fmt: skip
                        t += 4 * WIDTH * V1
                first += tile


@njit
def _multiply_all(job, streams, bases, pointers, table):  # type: ignore[no-untyped-def]
    count = 0
    for stream in range(streams):
        count = _list_sources(job, bases, stream, pointers, stream * count)
    out, first = _place(job, OUT, bases, 0), _place(job, START, bases, 0)
    frames, height, between, stride, line = job[FRAMES], job[ROWS], job[START + 2], job[START + 3], job[OUT + 3]
    row = 0
    while row < height:
        tall_enough = height - row >= SQUARE
        column = 0
        while column < count:
            wide_enough = count - column >= SQUARE
            own, listed, target = (
                first + 4 * row * stride, table + 8 * column, out + 4 * (row * line + column)
            )  # fmt: skip
            if tall_enough and wide_enough:
                multiply_rows(SQUARE, SQUARE, streams, frames, own, between, stride, listed, count, target, line)
            elif tall_enough:
                multiply_rows(SQUARE, 1, streams, frames, own, between, stride, listed, count, target, line)
            elif wide_enough:
                multiply_rows(1, SQUARE, streams, frames, own, between, stride, listed, count, target, line)
            else:
                multiply_rows(1, 1, streams, frames, own, between, stride, listed, count, target, line)
            column += SQUARE if wide_enough else 1
        row += SQUARE if tall_enough else 1


@cache
def run_jobs() -> Any:
    """Compile ``run(jobs, count, streams, bases, scratch)``; scratch holds pointers (int64), then packed weights."""
    version = code_version(__file__)

    @njit(types.void(*[types.int64] * 6), cache=True, nogil=True)
    def run(jobs, number, streams, bases_at, table, packed_at):  # type: ignore[no-untyped-def]
        _ = version
        mode = flush_denormals()
        bases, pointers, packed = int64_at(bases_at), int64_at(table), float32_at(packed_at)
        for i in range(number):
            job = int64_at(jobs + 8 * JOB_WORDS * i)
            if job[KIND] == COPY:
                for stream in range(streams):
                    for row in range(job[ROWS]):
                        source = float32_at(_place(job, SOURCE, bases, stream) + 4 * row * job[SOURCE + 3])
                        out = float32_at(_place(job, OUT, bases, stream) + 4 * row * job[OUT + 3])
                        for frame in range(job[FRAMES]):
                            out[frame] = source[frame]
            elif job[KIND] == MAP:
                _map_all(job, streams, bases, pointers, table, packed, packed_at)
            else:
                _multiply_all(job, streams, bases, pointers, table)
        restore_mode(mode)

    return run
