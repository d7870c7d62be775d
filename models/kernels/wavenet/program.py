"""Writing the program of a WaveNet kernel: its table of operations, and the weights in the order they are read."""

from dataclasses import astuple, dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..activations import ACTIVATIONS, LINEAR, MOST_NUMBERS, Activation
from ..contract import pack_program
from .operations import (
    ADD,
    BLOCK,
    GATED,
    HEADER_WORDS,
    IGNORE,
    KNOBS,
    LINE,
    NOTHING,
    OPERATION_WORDS,
    OPERATIONS,
    RINGS,
    SHORTEST_RING,
    SIGNALS,
    TILES,
    VOICE_AT,
    VOICE_FLOATS,
    WEIGHTS_AT,
    Operation,
    RowOperation,
    Signal,
)

Float64Array = NDArray[np.float64]

SLOPES: Final = ACTIVATIONS["PReLU"].code  # the one activation whose numbers differ from row to row


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
    knobs : int
        Rows of the input behind the audio: each holds the value of a parameter slot.

    Attributes
    ----------
    multiply_adds : int
        Multiply-adds a frame, for measurements.
    """

    def __init__(self, *, look_back: int, knobs: int = 0) -> None:
        self.multiply_adds = 0
        self._knobs = knobs
        self._signals: list[Signal] = []
        self._operations: list[Operation | RowOperation] = []
        self._constants: dict[float, int] = {}
        self._weights: list[NDArray[np.float32]] = []
        self._weight_count = 0
        self._voice_floats = 0
        for rows, remembered in ((0, 0), (1 + knobs, look_back), (1, 0)):  # NOTHING, INPUT, OUTPUT
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
        header[KNOBS] = self._knobs
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
