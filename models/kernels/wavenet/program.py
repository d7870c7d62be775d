"""The program of a WaveNet kernel: a table of operations over signals, and the weights in the order they are read.

One compiled interpreter runs every program (`wavenet_process`), so a model costs no compilation. An *operation* is a
dilated convolution with all that may follow it while its sums are still in registers, or works on each row of a signal
by itself (modulation, the rarer activations, gates). A *signal* is what operations read and write: one row of frames
per channel. One that layers look back into is a *ring*; the others are scratch for one block.

A ring is laid out so that no read ever wraps: a block may be written past its end, and when that happens its overhang
and the `BLOCK` frames before it are copied in front of the start (`wavenet_process`). So the `BLOCK` frames from any
point on are contiguous, and a tap of a convolution needs one comparison.
"""

from dataclasses import astuple, dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..activations import ACTIVATIONS, LINEAR, MOST_NUMBERS, Activation
from ..contract import pack_program
from ..vector import best_width

Float64Array = NDArray[np.float64]

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

SLOPES: Final = ACTIVATIONS["PReLU"].code  # the one activation whose numbers differ from row to row

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

OPERATIONS, SIGNALS, WEIGHTS_AT, VOICE_AT, VOICE_FLOATS, RINGS = range(6)
"""Header words of a program: number of operations, number of signals, bytes from the start of the program to the
weights and to the voice at rest, floats in a voice, number of rings. Operations follow, then signals, then the numbers
of those that are rings."""
HEADER_WORDS: Final = 8


@dataclass(frozen=True, kw_only=True)
class Convolution:
    """What `ProgramWriter.convolve` is asked for, in float64; `weights` has shape (taps, outputs, inputs)."""

    source: int
    weights: Float64Array
    bias: Float64Array
    dilation: int = 1
    condition: int = NOTHING
    condition_weights: Float64Array | None = None  # (outputs, condition rows)
    residual: int = NOTHING
    activation: int = LINEAR
    parameter: float = 0.0
    factor: int = NOTHING
    target: int = NOTHING
    head: int = NOTHING
    head_mode: int = IGNORE

    def outputs(self, rows: slice) -> "Convolution":
        """Return the part of this convolution that makes some of its outputs."""
        mixed = self.condition_weights
        return replace(
            self,
            weights=self.weights[:, rows],
            bias=self.bias[rows],
            condition_weights=None if mixed is None else mixed[rows],
        )


@dataclass(frozen=True, kw_only=True)
class Projection:
    """A 1x1 convolution, of shape (outputs, inputs), done while its inputs are in registers.

    The residual added is the source of the operation, or, with `condition_weights` of shape (outputs,), so much of
    its condition.
    """

    weights: Float64Array
    bias: Float64Array
    target: int
    condition_weights: Float64Array | None = None


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What `ProgramWriter.each_row` is asked for: the parts of a `RowOperation` that are wanted."""

    source: int
    rows: int
    scale: int = NOTHING
    shift: int = NOTHING
    scale2: int = NOTHING
    shift2: int = NOTHING
    activation: Activation | None = None
    mixing: int = GATED
    gate: int = NOTHING
    scale3: int = NOTHING
    shift3: int = NOTHING
    target: int = NOTHING
    head: int = NOTHING
    head_mode: int = IGNORE

    @property
    def only_modulates(self) -> bool:
        """Whether it is one product and one sum, with one place to go to."""
        rest = (self.scale2, self.shift2, self.gate, self.scale3, self.shift3)
        one_place = self.head_mode == IGNORE or (self.head_mode == ADD and self.target == NOTHING)
        return self.activation is None and set(rest) == {NOTHING} and one_place


class ProgramWriter:
    """Collects signals, operations and weights.

    Parameters
    ----------
    look_back : int
        Frames of the input that the operations remember.

    Attributes
    ----------
    multiply_adds : int
        Multiply-adds a frame, for measurements.
    """

    def __init__(self, *, look_back: int) -> None:
        self.multiply_adds = 0
        self._signals: list[Signal] = []
        self._operations: list[Operation | RowOperation] = []
        self._constants: dict[float, int] = {}
        self._weights: list[NDArray[np.float32]] = []
        self._weight_count = 0
        self._voice_floats = 0
        for rows, remembered in ((0, 0), (1, look_back), (1, 0)):  # NOTHING, INPUT, OUTPUT
            self.signal(rows, look_back=remembered)

    def signal(self, rows: int, *, look_back: int = 0) -> int:
        """Add a signal that remembers `look_back` frames, and return its number."""
        number, size, turn = len(self._signals), 0, 0
        if look_back:
            size = max(-(-(look_back + BLOCK + LINE) // BLOCK) * BLOCK, SHORTEST_RING)
            turn = number * BLOCK % size  # they do not all come round in the same block
        margin = BLOCK if look_back else 0  # in front of the start
        stride = ((size + margin + BLOCK) // BLOCK | 1) * BLOCK
        self._signals.append(
            Signal(now=self._voice_floats + margin + turn, stride=stride, position=turn, size=size, rows=rows)
        )
        self._voice_floats += rows * stride
        return number

    def view(self, signal: int, first: int, rows: int) -> int:
        """Return the number of a signal that is some rows of another, which no layer looks back into."""
        whole = self._signals[signal]
        if whole.size or first + rows > whole.rows:
            raise ValueError(f"rows {first} to {first + rows} of a signal of {whole.rows} rows cannot be viewed")
        self._signals.append(replace(whole, now=whole.now + first * whole.stride, rows=rows))
        return len(self._signals) - 1

    def constant(self, value: float) -> int:
        """Return the number of a signal that is `value` in any row."""
        if value not in self._constants:
            number = self._constants[value] = self.signal(1)
            self._signals[number] = replace(self._signals[number], stride=0)
        return self._constants[value]

    def each_row(self, what: Rows) -> None:
        """Add an operation on each row by itself."""
        one, zero = self.constant(1.0), self.constant(0.0)
        activation = what.activation
        numbers = np.zeros((what.rows, MOST_NUMBERS))
        if activation and activation.numbers and activation.code == SLOPES:
            numbers[:, 0] = np.resize(activation.numbers, what.rows)
        elif activation:
            numbers[:, : len(activation.numbers)] = activation.numbers
        self._operations.append(
            RowOperation(
                rows=what.rows,
                modulate=int(what.only_modulates),
                source=what.source,
                scale=what.scale or one,
                shift=what.shift or zero,
                scale2=what.scale2 or one,
                shift2=what.shift2 or zero,
                activation=activation.code if activation else LINEAR,
                numbers=self._put(numbers),
                mixing=what.mixing,
                gate=what.gate or one,
                scale3=what.scale3 or one,
                shift3=what.shift3 or zero,
                target=what.target,
                head=what.head,
                head_mode=what.head_mode,
            )
        )

    def convolve(self, what: Convolution, projection: Projection | None = None) -> None:
        """Add a convolution; with as many tiles of the tallest kind as fit, then one for the rest."""
        taps, outputs, inputs = what.weights.shape
        condition_rows = 0 if what.condition_weights is None else what.condition_weights.shape[1]
        parameter = self._put(np.array([what.parameter]))
        first = 0
        while first < outputs:
            tile = outputs if projection else tile_rows(outputs, outputs - first)
            count = (outputs - first) // tile * tile
            weights = self._weight_count
            for row in range(first, first + count, tile):
                rows = slice(row, row + tile)
                self._put(what.bias[rows])
                if what.condition_weights is not None:
                    self._put(what.condition_weights[rows].T)
                self._put(what.weights[:, rows].transpose(0, 2, 1))
            if projection:
                folded = projection.condition_weights
                self._put(projection.bias, np.zeros(tile) if folded is None else folded, projection.weights)
                self.multiply_adds += projection.weights.size + (0 if folded is None else tile)
            self._operations.append(
                Operation(
                    tile=tile,
                    outputs=count,
                    first=first,
                    inputs=inputs,
                    taps=taps,
                    dilation=what.dilation,
                    source=what.source,
                    weights=weights,
                    condition=what.condition,
                    condition_rows=condition_rows,
                    residual=what.residual,
                    activation=what.activation,
                    parameter=parameter,
                    factor=what.factor,
                    target=what.target,
                    head=what.head,
                    head_mode=what.head_mode,
                    project=int(projection is not None),
                    project_condition=int(projection is not None and projection.condition_weights is not None),
                    next=projection.target if projection else NOTHING,
                )
            )
            first += count
        self.multiply_adds += what.weights.size + outputs * condition_rows

    def program(
        self, voice: NDArray[np.float32] | None = None, signals: NDArray[np.int64] | None = None
    ) -> NDArray[np.uint8]:
        """Pack the program, with what a voice and its signals are at rest (silent zeros by default)."""
        table = np.array([astuple(s) for s in self._signals], np.int64) if signals is None else signals
        weights = np.concatenate(self._weights)
        weights = np.pad(weights, (0, -len(weights) % LINE))
        rings = np.array([number for number, signal in enumerate(self._signals) if signal.size], np.int64)
        words = HEADER_WORDS + len(self._operations) * OPERATION_WORDS + table.size + rings.size
        weights_at = -(-8 * words // 64) * 64
        header = np.zeros(HEADER_WORDS, np.int64)
        header[OPERATIONS], header[SIGNALS] = len(self._operations), len(self._signals)
        header[WEIGHTS_AT], header[VOICE_AT] = weights_at, weights_at + weights.nbytes
        header[VOICE_FLOATS], header[RINGS] = self._voice_floats, rings.size
        operations = np.zeros((len(self._operations), OPERATION_WORDS), np.int64)
        for row, operation in zip(operations, self._operations, strict=True):
            words_of_it = astuple(operation)
            row[: len(words_of_it)] = words_of_it
        rest = self._silent_voice() if voice is None else voice
        return pack_program(
            np.concatenate([header, operations.ravel(), table.ravel(), rings]), np.concatenate([weights, rest])
        )

    def _silent_voice(self) -> NDArray[np.float32]:
        voice = np.zeros(self._voice_floats, np.float32)
        for value, number in self._constants.items():
            voice[self._signals[number].now :][:BLOCK] = value
        return voice

    def _put(self, *arrays: Float64Array) -> int:
        """Append weights; return the offset of the first, in floats."""
        at = self._weight_count
        for array in arrays:
            self._weights.append(array.astype(np.float32).ravel())
            self._weight_count += array.size
        return at


def tile_rows(outputs: int, left: int) -> int:
    """Rows of the tile for `left` outputs out of `outputs`; the tallest only where it holds all of them."""
    return next(rows for rows in TILES if rows <= left and (rows < 8 or outputs == 8))
