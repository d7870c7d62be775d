"""What the program of a WaveNet kernel is made of: operations over signals, as words of a table.

One compiled interpreter runs every program (`process`), so a model costs no compilation. An *operation* is a
dilated convolution with all that may follow it while its sums are still in registers, or works on each row of a signal
by itself (modulation, the rarer activations, gates). A *signal* is what operations read and write: one row of frames
per channel. One that layers look back into is a *ring*; the others are scratch for one block.

A ring is laid out so that no read ever wraps: a block may be written past its end, and when that happens its overhang
and the `BLOCK` frames before it are copied in front of the start (`process`). So the `BLOCK` frames from any
point on are contiguous, and a tap of a convolution needs one comparison.
"""

from dataclasses import dataclass, fields
from typing import Final

from ..activations import LINEAR
from ..vector import best_width

BLOCK: Final = 64
"""Frames computed at once; longer blocks are cut. Rings advance by whole blocks during prewarming, which keeps stores
aligned for hosts whose own blocks are multiples of it (up to 15 % of a narrow model)."""

SHORTEST_RING: Final = 256  # a shorter one comes round so often that copying its ends costs more than it saves
LINE: Final = 16  # floats in a cache line

WIDTH: Final = best_width()

TILES: Final[dict[int, tuple[int, ...]]] = {
    4: {4: (3, 2, 1), 3: (4, 2, 1), 2: (4, 2, 1), 1: (8, 4, 1)},
    8: {4: (3, 2, 1), 3: (4, 2, 1), 2: (4, 2, 1), 1: (8, 4, 1)},
    16: {8: (2, 1), 4: (4, 2, 1), 3: (4, 1), 2: (4, 1), 1: (4, 1)},
}[WIDTH]
"""The register tiles: rows of outputs -> vectors of frames per step, widest first.

A tile holds rows x vectors sums; each step of its inner loop loads `vectors` vectors and broadcasts `rows` weights for
rows * vectors multiply-adds. 4 x 3 fills the 16 registers of AVX2, 4 x 4 and 8 x 2 suit the 32 of AVX-512."""

NOTHING, INPUT, OUTPUT = 0, 1, 2
"""Signals every program has: number 0 is nobody's."""

IGNORE, STORE, ADD = 0, 1, 2
"""What happens to the sum of the layers' outputs (`Operation.head_mode`)."""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A signal: where its frames lie, in floats from the start of a voice.

    Attributes
    ----------
    now : int
        Where row 0 has the first frame of the block.
    stride : int
        From one row to the next. An odd multiple of a block: the same moment in 16 rows falls into 16 different groups
        of cache sets (a stride that is a multiple of 4 KiB costs a third of the speed).
    position : int
        Frame of the ring at which the block starts.
    size : int
        Frames of the ring; 0 for scratch.
    rows : int
        Channels.
    """

    now: int
    stride: int
    position: int
    size: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A convolution and what follows it; the fields are the words of a program, in order.

    ``sum = bias + residual + condition_weights @ condition + sum over taps of weights @ source``, then the activation,
    then times `factor`; the result is stored in `target` and stored in or added to `head`, and with `project` goes
    through a 1x1 convolution (all outputs being in one tile) whose result, plus the residual, is stored in `next`.

    Signals are given by number. `tile` is the rows of the register tile, `outputs` a multiple of it, `first` the row of
    the first output. `weights` and `parameter` are offsets in floats; the weights lie per tile: bias, condition (by
    row), taps x inputs, 1x1.
    """

    tile: int
    outputs: int
    first: int
    inputs: int
    taps: int
    dilation: int
    source: int
    weights: int
    condition: int = NOTHING
    condition_rows: int = 0
    residual: int = NOTHING
    activation: int = LINEAR
    parameter: int = 0
    factor: int = NOTHING
    target: int = NOTHING
    head: int = NOTHING
    head_mode: int = IGNORE
    project: int = 0
    project_condition: int = 0
    next: int = NOTHING


@dataclass(frozen=True, kw_only=True)
class RowOperation:
    """What is done to each row of a signal by itself; the fields are the words of a program, in order.

    ``z = (source * scale + shift) * scale2 + shift2``, then the activation; ``mixing`` says what the gate does to its
    result y: ``gate * y`` or ``z + gate * (y - z)``; then ``* scale3 + shift3`` is stored in `target` and stored in or
    added to `head`. With `modulate` only ``source * scale + shift`` is computed, and goes to `target` or is added to
    `head`.

    `tile` tells it from a convolution. `numbers` is an offset in floats: `MOST_NUMBERS` for each row.
    """

    tile: int = 0
    rows: int
    modulate: int
    source: int
    scale: int
    shift: int
    scale2: int
    shift2: int
    activation: int
    numbers: int
    mixing: int
    gate: int
    scale3: int
    shift3: int
    target: int
    head: int
    head_mode: int


GATED, BLENDED = 0, 1
"""What a gate does (`RowOperation.mixing`)."""

ROW_FIELD: Final = {field.name: index for index, field in enumerate(fields(RowOperation))}
OPERATION_FIELD: Final = {field.name: index for index, field in enumerate(fields(Operation))}
OPERATION_WORDS: Final = max(len(OPERATION_FIELD), len(ROW_FIELD))
SIGNAL_FIELD: Final = {field.name: index for index, field in enumerate(fields(Signal))}
SIGNAL_WORDS: Final = len(SIGNAL_FIELD)

OPERATIONS, SIGNALS, WEIGHTS_AT, VOICE_AT, VOICE_FLOATS, RINGS, KNOBS = range(7)
"""Header words of a program: number of operations, number of signals, bytes from the start of the program to the
weights and to the voice at rest, floats in a voice, number of rings, number of knobs (rows of the input behind the
audio). Operations follow, then signals, then the numbers of those that are rings."""
HEADER_WORDS: Final = 8
