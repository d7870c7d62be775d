"""The program of a layers kernel: a table of operations over signals, and their weights in the order they are read.

A *signal* is what the layers read and write: one row of channels per frame. It remembers as many frames as the layer
behind it looks back; behind the last frame of its room it goes on at the start, the remembered frames copied there.
"""

from dataclasses import astuple, dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..contract import pack_program
from ..recurrent.layout import Shape
from ..recurrent.rolled import TILE, RolledLayout
from ..recurrent.weights import Network
from .functions import EXPONENT, FUNCTIONS
from .steps import Linear, Map, Recurrence, Softmax, Step

BLOCK: Final = 64
"""Frames computed at once; longer blocks are cut."""

LINE: Final = 16  # floats in a cache line
ROOM: Final = 4 * BLOCK  # frames written before what is remembered is copied to the start, at least

Float64Array = NDArray[np.float64]
Float32Array = NDArray[np.float32]

LINEAR, MAP, SOFTMAX, LSTM, GRU = range(5)
"""Kinds of operations."""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """Where the frames of a signal lie: `start` in floats from the start of a voice, `stride` floats a frame.

    A block may start at the frames `look_back` to ``frames - BLOCK`` of it.
    """

    start: int
    stride: int
    look_back: int
    frames: int


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One step; the fields are the words of a program, in order.

    Signals are given by number, `outputs` in vectors (channels for a softmax, units for a recurrent layer), `weights`
    and `biases` in floats from the first weight, `cell` in floats from the start of a voice.
    """

    kind: int
    source: int
    target: int
    weights: int
    outputs: int
    inputs: int = 0
    taps: int = 1
    dilation: int = 1
    function: int = 0
    biases: int = 0
    cell: int = 0


OPERATION_FIELD: Final = {field.name: index for index, field in enumerate(fields(Operation))}
OPERATION_WORDS: Final = len(OPERATION_FIELD)
SIGNAL_FIELD: Final = {field.name: index for index, field in enumerate(fields(Signal))}
SIGNAL_WORDS: Final = len(SIGNAL_FIELD)

OPERATIONS, SIGNALS, WEIGHTS_AT, VOICE_FLOATS, KNOBS, OUTPUT = range(6)
"""Header words of a program: number of operations, number of signals, bytes from the start of the program to the
weights, floats in a voice, number of knobs, number of the last signal. Operations, then signals follow."""
HEADER_WORDS: Final = 8

INPUT_GAIN, OUTPUT_GAIN, SKIP = range(3)
"""The first weights; `SKIP` is the gain of the skip connection."""


class ProgramWriter:
    """Collects signals, operations and weights.

    Parameters
    ----------
    steps : list of Step
        The network, from input to output.
    inputs : int
        Channels of the first signal: the audio and the knobs.
    gains : (float, float, float)
        Of the input, of the output, and of the skip connection, which hears the input behind its gain.
    width : int
        Floats in a vector.
    """

    def __init__(self, steps: list[Step], *, inputs: int, gains: tuple[float, float, float], width: int) -> None:
        self.width = width
        self._inputs = inputs
        self._signals: list[Signal] = []
        self._operations: list[Operation] = []
        self._weights: list[Float32Array] = []
        self._weight_count = 0
        self._voice_floats = 0
        self._put(np.pad(np.array(gains), (0, LINE - len(gains))))
        self._look_backs = [step.look_back if isinstance(step, Linear) else 0 for step in steps]
        self._channels = inputs
        self._signal(inputs, self._look_backs[0])
        for number, step in enumerate(steps):
            self._write(step, self._look_backs[number + 1] if number + 1 < len(steps) else 0)

    def program(self) -> NDArray[np.uint8]:
        """Pack the program."""
        operations = np.array([astuple(o) for o in self._operations], np.int64)
        signals = np.array([astuple(s) for s in self._signals], np.int64)
        size = HEADER_WORDS + operations.size + signals.size
        header = np.zeros(HEADER_WORDS, np.int64)
        header[OPERATIONS], header[SIGNALS] = len(operations), len(signals)
        header[WEIGHTS_AT], header[VOICE_FLOATS] = -(-8 * size // 64) * 64, self._voice_floats
        header[KNOBS], header[OUTPUT] = self._inputs - 1, len(signals) - 1
        return pack_program(
            np.concatenate([header, operations.ravel(), signals.ravel()]), np.concatenate(self._weights)
        )

    def _write(self, step: Step, look_back: int) -> None:
        """Add a step whose output the next one looks back into."""
        source = len(self._signals) - 1
        if isinstance(step, Linear):
            taps, outputs, inputs = step.weights.shape
            vectors = -(-outputs // self.width)
            self._signal(outputs, look_back)
            weights = self._put(*self._tiles(step, vectors))
            operation = Operation(
                kind=LINEAR,
                source=source,
                target=source + 1,
                weights=weights,
                outputs=vectors,
                inputs=inputs,
                taps=taps,
                dilation=step.dilation,
            )
        elif isinstance(step, Map):
            vectors = -(-step.scale.size // self.width)
            self._signal(step.scale.size, look_back)
            rows = np.zeros((3, vectors * self.width))
            rows[:, : step.scale.size] = step.scale, step.shift, step.slope
            operation = Operation(
                kind=MAP,
                source=source,
                target=source + 1,
                weights=self._put(rows),
                outputs=vectors,
                function=FUNCTIONS[step.function].code,
            )
        elif isinstance(step, Softmax):
            channels = self._channels
            self._signal(channels, look_back)
            row = np.zeros((3, -(-channels // self.width) * self.width))
            row[0] = EXPONENT
            operation = Operation(
                kind=SOFTMAX, source=source, target=source + 1, weights=self._put(row), outputs=channels
            )
        else:
            operation = self._recurrence(step, source, look_back)
        self._operations.append(operation)

    def _recurrence(self, step: Recurrence, source: int, look_back: int) -> Operation:
        layout = RolledLayout(Shape(step.kind, step.units, 1, self.width))
        state = np.zeros((1, step.units))
        packed = layout.pack(Network((step.gates,), state, state, np.zeros(step.units), (0.0, 0.0), 0))
        # the last state stands in the frame before: the output is the state
        self._signal(layout.padded, max(look_back, 1))
        self._channels = step.units
        cell = self._room(layout.padded)
        return Operation(
            kind=LSTM if step.kind == "lstm" else GRU,
            source=source,
            target=source + 1,
            weights=self._put(packed.weights[self.width : packed.head]),  # an output vector stands in front
            outputs=step.units,
            inputs=step.inputs,
            biases=self._put(packed.biases),
            cell=cell,
        )

    def _tiles(self, step: Linear, vectors: int) -> list[Float64Array]:
        """Cut the outputs into tiles of two vectors and a last one, each with its bias in front."""
        taps, outputs, inputs = step.weights.shape
        padded = np.zeros((1 + taps * inputs, vectors * self.width))
        padded[0, :outputs] = step.bias
        padded[1:, :outputs] = step.weights.transpose(0, 2, 1).reshape(-1, outputs)
        edges = list(range(TILE, vectors, TILE))
        return np.split(padded, [edge * self.width for edge in edges], axis=1)

    def _signal(self, channels: int, look_back: int) -> None:
        self._channels = channels
        stride = -(-channels // self.width) * self.width
        frames = look_back + max(ROOM, look_back) if look_back else BLOCK
        self._signals.append(
            Signal(start=self._room(frames * stride), stride=stride, look_back=look_back, frames=frames)
        )

    def _room(self, floats: int) -> int:
        """Reserve whole cache lines of a voice."""
        start = self._voice_floats
        self._voice_floats += -(-floats // LINE) * LINE
        return start

    def _put(self, *arrays: NDArray[np.floating]) -> int:
        """Append weights, rounded up to whole cache lines; return the offset of the first, in floats."""
        at = self._weight_count
        flat = np.concatenate([np.asarray(array, np.float32).ravel() for array in arrays])
        self._weights.append(np.pad(flat, (0, -flat.size % LINE)))
        self._weight_count += self._weights[-1].size
        return at
