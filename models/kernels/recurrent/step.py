"""The block loop of a small LSTM or GRU, written out without inner loops as LLVM IR.

With few units the recurrence and not the arithmetic sets the pace: a frame takes as long as the chain from one hidden
state to the next. So the state stays in registers, nothing of the step is a loop, and its order
(`recurrent_layout.stages`) follows what the chain waits for. Biases and audio start the sums, the output sum ends the
step: both off the chain. While one voice waits another works: the step advances several at once, each by the
operations that it would go through alone, and to the same bits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import types
from numba.core.extending import intrinsic

from ..vector import FLOAT_POINTER, INT32, INT64, INT64_POINTER, VectorBuilder
from .cells import GruCell, LstmCell
from .layout import KINDS, Column, Group, Row, Shape, Sums, UnrolledLayout


@dataclass(frozen=True)
class Voice:
    """One signal through the network: float pointers to its state, input and output."""

    state: Any
    input: Any
    output: Any


@dataclass(frozen=True)
class Pointers:
    """Where a block finds everything: float pointers, and the number of frames."""

    weights: Any
    biases: Any
    voices: tuple[Voice, ...]
    frames: Any


class Part(NamedTuple):
    """A group of units of one voice, by the number of the voice."""

    voice: int
    group: Group


State = Mapping[Part, tuple[Any, ...]]
"""Hidden state and (LSTM) cell of every part, in registers."""

Totals = Mapping[tuple[int, Row], list[Any]]
"""The accumulators of a row of one voice."""


class BlockEmitter:
    """Emits the loop over the frames of a block.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Where the instructions go; left behind the loop.
    layout : UnrolledLayout
        The plan of the step.
    at : Pointers
        The data of the block.
    """

    def __init__(self, builder: Any, layout: UnrolledLayout, at: Pointers) -> None:
        self.builder = builder
        self.layout = layout
        self.at = at
        self.vectors = VectorBuilder(builder, layout.shape.width)
        self._align = 4 * layout.shape.width

    def block(self) -> None:
        """Emit a block of at least one frame; the states come from the voices and go back to them."""
        state = self._load_state()
        first = INT64(0)
        if self.layout.skewed:  # the first layer alone, a frame ahead
            state = self._step((0,), first, first, state)
            first = INT64(1)
        state = self._frames(first, state)
        if self.layout.skewed:  # the second layer catches up
            last = self.builder.sub(self.at.frames, INT64(1))
            state = self._step((1,), last, last, state)
        self._store_cells(state)

    def _frames(self, first: Any, state: State) -> State:
        """The loop from frame `first` on, its state in phi nodes."""
        b = self.builder
        entry, loop, after = b.block, b.append_basic_block("frame"), b.append_basic_block("after")
        b.cbranch(b.icmp_signed("<", first, self.at.frames), loop, after)
        b.position_at_end(loop)
        frame = b.phi(INT64)
        frame.add_incoming(first, entry)
        before = self._phis(state)
        new: State = before
        for active in self.layout.steps:
            new = self._step(active, frame, b.sub(frame, first), new)
        following = b.add(frame, INT64(1))
        frame.add_incoming(following, b.block)
        end = b.block
        b.cbranch(b.icmp_signed("<", following, self.at.frames), loop, after)
        _connect(before, {entry: state, end: new})
        b.position_at_end(after)
        result = self._phis(state)
        _connect(result, {entry: state, end: new})
        return result

    def _phis(self, state: State) -> State:
        return {part: tuple(self.builder.phi(self.vectors.vector) for _ in kept) for part, kept in state.items()}

    # ---- one step

    def _step(self, active: tuple[int, ...], frame: Any, output_frame: Any, state: State) -> State:
        """The `active` layers of all voices advance by one frame; returns the new state."""
        sums: dict[tuple[int, Row], list[Any]] = {}
        audio = [self.vectors.load_broadcast(voice.input, frame) if 0 in active else None for voice in self.at.voices]
        cells = {part: self._cell(part, sums, state) for part in state if part.group.layer in active}
        for stage, voice in self.layout.order(len(self.at.voices)):
            if isinstance(stage, Sums):
                self._sum(stage, active, sums, audio[voice], voice, state)
                continue
            for part, cell in cells.items():
                if part.voice == voice:
                    getattr(cell, stage.stage)()
        new = dict(state)
        for part, cell in cells.items():
            self._store(cell.new_hidden, part)
            new[part] = (cell.new_hidden,) if cell.new_cell is None else (cell.new_hidden, cell.new_cell)
        if self.layout.shape.layers - 1 in active:
            for voice in range(len(self.at.voices)):
                self._output(voice, output_frame, new)
        return new

    def _cell(self, part: Part, sums: Totals, state: State) -> LstmCell | GruCell:
        group = part.group

        def total(gate: str) -> Any:
            return self._total(sums[part.voice, Row(group, group.row(gate))])

        if self.layout.shape.kind == "gru":
            return GruCell(self.vectors, total, *state[part])
        return LstmCell(self.vectors, total, *state[part], halved=group.halved)

    def _sum(
        self,
        stage: Sums,
        active: tuple[int, ...],
        sums: dict[tuple[int, Row], list[Any]],
        audio: Any,
        voice: int,
        state: State,
    ) -> None:
        """Sum up the rows of a stage for one voice."""
        rows = self.layout.rows(stage, active)
        for row in rows:
            sums[voice, row] = [self._start(row, audio)]
        for group, lane, columns in self.layout.sources(rows):
            # without the fence LLVM gathers all broadcasts in front, and spills them
            self.vectors.fence()
            unit = self._broadcast(stage, Part(voice, group), lane, state)
            for column in columns:
                self._add(sums[voice, column.row], stage.accumulators, self._weight(column), unit)

    def _start(self, row: Row, audio: Any) -> Any:
        bias = self._load(self.at.biases, self.layout.biases[row])
        column = self.layout.audio_column(row)
        return bias if column is None else self.vectors.fma(self._weight(column), audio, bias)

    def _broadcast(self, stage: Sums, part: Part, lane: int, state: State) -> Any:
        width = self.layout.shape.width
        if stage.from_register:
            return self.vectors.shuffle(state[part][0], [lane] * width)
        place = self.layout.groups.index(part.group) * width + lane
        return self.vectors.load_broadcast(self.at.voices[part.voice].state, place)

    def _add(self, accumulators: list[Any], most: int, weight: Any, unit: Any) -> None:
        """Add to the accumulator that has rested longest, or open another."""
        if len(accumulators) < most:
            accumulators.append(self.vectors.mul(weight, unit))
        else:
            accumulators.append(self.vectors.fma(weight, unit, accumulators.pop(0)))

    def _total(self, accumulators: list[Any]) -> Any:
        while len(accumulators) > 1:
            pairs = [self.vectors.add(*accumulators[i : i + 2]) for i in range(0, len(accumulators) - 1, 2)]
            accumulators = pairs + accumulators[2 * len(pairs) :]
        return accumulators[0]

    def _output(self, voice: int, frame: Any, state: State) -> None:
        """Head and skip connection; nothing of the next frame waits for it."""
        v, b, at = self.vectors, self.builder, self.at.voices[voice]
        total = None
        for group, place in self.layout.heads.items():
            weight, hidden = self._load(self.at.weights, place), state[Part(voice, group)][0]
            total = v.mul(weight, hidden) if total is None else v.fma(weight, hidden, total)
        constants = self._load(self.at.weights, 0)
        bias, skip = b.extract_element(constants, INT32(0)), b.extract_element(constants, INT32(1))
        dry = b.fmul(skip, v.load_scalar(at.input, frame))
        b.store(b.fadd(b.fadd(v.sum_lanes(total), bias), dry), v.at(at.output, frame), align=4)

    # ---- memory

    def _load(self, pointer: Any, place: int) -> Any:
        return self.vectors.load(pointer, place * self.layout.shape.width, align=self._align)

    def _store(self, value: Any, part: Part, cell: bool = False) -> None:
        groups = self.layout.groups
        place = groups.index(part.group) + len(groups) * cell
        state = self.at.voices[part.voice].state
        self.vectors.store(value, state, place * self.layout.shape.width, align=self._align)

    def _weight(self, column: Column) -> Any:
        return self._load(self.at.weights, self.layout.columns[column])

    def _load_state(self) -> State:
        count = len(self.layout.groups)
        kinds = self.layout.voice_vectors // count
        return {
            Part(number, group): tuple(self._load(voice.state, kind * count + place) for kind in range(kinds))
            for number, voice in enumerate(self.at.voices)
            for place, group in enumerate(self.layout.groups)
        }

    def _store_cells(self, state: State) -> None:
        """Write back what the steps kept in registers; the hidden state they have stored already."""
        for part, (_, *cell) in state.items():
            for value in cell:
                self._store(value, part, cell=True)


def _connect(phis: State, sources: Mapping[ir.Block, State]) -> None:
    for block, state in sources.items():
        for part, nodes in phis.items():
            for node, value in zip(nodes, state[part], strict=True):
                node.add_incoming(value, block)


def _block_function(module: Any, shape: Shape, voices: int) -> Any:
    """The block loop of so many voices as a function of `module`, emitted when first asked for."""
    name = f"recurrent_block.{voices}"
    if name in module.globals:
        return module.get_global(name)
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [INT64] * 7), name)
    function.linkage = "internal"
    # inside the loop over the voices LLVM would keep constants of the step for the next voice, and spill them
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block())
    weights, biases, state, stride, inputs, outputs, frames = function.args

    def pointer(address: Any) -> Any:
        return builder.inttoptr(address, FLOAT_POINTER)

    def channel(addresses: Any, number: int) -> Any:
        place = builder.gep(builder.inttoptr(addresses, INT64_POINTER), [INT64(number)])
        return pointer(builder.load(place))

    signals = tuple(
        Voice(
            pointer(builder.add(state, builder.mul(stride, INT64(number)))),
            channel(inputs, number),
            channel(outputs, number),
        )
        for number in range(voices)
    )
    BlockEmitter(builder, UnrolledLayout(shape), Pointers(pointer(weights), pointer(biases), signals, frames)).block()
    builder.ret_void()
    return function


def _run_unrolled(
    typing_context: Any,
    kind: Any,
    hidden: Any,
    layers: Any,
    width: Any,
    voices: Any,
    weights: Any,
    biases: Any,
    state: Any,
    stride: Any,
    inputs: Any,
    outputs: Any,
    frames: Any,
) -> Any:
    """Run some voices through a block of at least one frame.

    Literal shape (`kind` is an index into `KINDS`) and number of voices; then the addresses of the weights, of the
    biases and of the first voice's state, from which the next lies `stride` bytes on; the addresses of the inputs' and
    outputs' addresses; and the number of frames.
    """
    literals = kind, hidden, layers, width, voices
    if not all(isinstance(literal, types.IntegerLiteral) for literal in literals):
        return None
    shape = Shape(KINDS[kind.literal_value], hidden.literal_value, layers.literal_value, width.literal_value)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.call(_block_function(builder.module, shape, voices.literal_value), arguments[len(literals) :])
        return context.get_dummy_value()

    return types.void(*literals, *[types.int64] * 7), generate


run_unrolled: Any = intrinsic(prefer_literal=True)(_run_unrolled)
