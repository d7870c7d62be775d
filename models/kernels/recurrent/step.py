"""The block loop of a small LSTM or GRU, written out without inner loops as LLVM IR.

With few units the recurrence and not the arithmetic sets the pace: a frame takes as long as the chain from one hidden
state to the next. So the state stays in registers, nothing of the step is a loop, and its order
(`recurrent_layout.stages`) follows what the chain waits for. Biases and audio start the sums, the output sum ends the
step: both off the chain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.extending import intrinsic

from ..vector import FLOAT_POINTER, INT32, INT64, VectorBuilder
from .cells import GruCell, LstmCell
from .layout import KINDS, Activate, Column, Group, Row, Shape, Stage, Sums, UnrolledLayout

State = Mapping[Group, tuple[Any, ...]]
"""Hidden state and (LSTM) cell of every group, in registers."""


@dataclass(frozen=True)
class Pointers:
    """Where a block finds everything: float pointers, and the number of frames."""

    weights: Any
    biases: Any
    voice: Any
    input: Any
    output: Any
    frames: Any


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
        """Emit a block of at least one frame; the state comes from the voice and goes back to it."""
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
        return {group: tuple(self.builder.phi(self.vectors.vector) for _ in kept) for group, kept in state.items()}

    # ---- one step

    def _step(self, active: tuple[int, ...], frame: Any, output_frame: Any, state: State) -> State:
        """The `active` layers advance by one frame; returns the new state."""
        shape = self.layout.shape
        sums: dict[Row, list[Any]] = {}
        audio = self.vectors.load_broadcast(self.at.input, frame) if 0 in active else None
        cells = {g: self._cell(g, sums, state) for g in self.layout.groups if g.layer in active}
        for stage in self.layout.stages:
            self._stage(stage, active, sums, audio, cells, state)
        new = dict(state)
        for group, cell in cells.items():
            self._store(cell.new_hidden, group)
            new[group] = (cell.new_hidden,) if cell.new_cell is None else (cell.new_hidden, cell.new_cell)
        if shape.layers - 1 in active:
            self._output(output_frame, new)
        return new

    def _cell(self, group: Group, sums: dict[Row, list[Any]], state: State) -> LstmCell | GruCell:
        def total(gate: str) -> Any:
            return self._total(sums[Row(group, group.row(gate))])

        if self.layout.shape.kind == "gru":
            return GruCell(self.vectors, total, *state[group])
        return LstmCell(self.vectors, total, *state[group], halved=group.halved)

    def _stage(
        self,
        stage: Stage,
        active: tuple[int, ...],
        sums: dict[Row, list[Any]],
        audio: Any,
        cells: Mapping[Group, LstmCell | GruCell],
        state: State,
    ) -> None:
        if isinstance(stage, Activate):
            for cell in cells.values():
                getattr(cell, stage.stage)()
            return
        rows = self.layout.rows(stage, active)
        for row in rows:
            sums[row] = [self._start(row, audio)]
        for group, lane, columns in self.layout.sources(rows):
            # without the fence LLVM gathers all broadcasts in front, and spills them
            self.vectors.fence()
            unit = self._broadcast(stage, group, lane, state)
            for column in columns:
                self._add(sums[column.row], stage.accumulators, self._weight(column), unit)

    def _start(self, row: Row, audio: Any) -> Any:
        bias = self._load(self.at.biases, self.layout.biases[row])
        column = self.layout.audio_column(row)
        return bias if column is None else self.vectors.fma(self._weight(column), audio, bias)

    def _broadcast(self, stage: Sums, group: Group, lane: int, state: State) -> Any:
        width = self.layout.shape.width
        if stage.from_register:
            return self.vectors.shuffle(state[group][0], [lane] * width)
        return self.vectors.load_broadcast(self.at.voice, self.layout.groups.index(group) * width + lane)

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

    def _output(self, frame: Any, state: State) -> None:
        """Head and skip connection; nothing of the next frame waits for it."""
        v, b = self.vectors, self.builder
        total = None
        for group, place in self.layout.heads.items():
            weight, hidden = self._load(self.at.weights, place), state[group][0]
            total = v.mul(weight, hidden) if total is None else v.fma(weight, hidden, total)
        constants = self._load(self.at.weights, 0)
        bias, skip = b.extract_element(constants, INT32(0)), b.extract_element(constants, INT32(1))
        dry = b.fmul(skip, v.load_scalar(self.at.input, frame))
        b.store(b.fadd(b.fadd(v.sum_lanes(total), bias), dry), v.at(self.at.output, frame), align=4)

    # ---- memory

    def _load(self, pointer: Any, place: int) -> Any:
        return self.vectors.load(pointer, place * self.layout.shape.width, align=self._align)

    def _store(self, value: Any, group: Group, cell: bool = False) -> None:
        groups = self.layout.groups
        place = groups.index(group) + len(groups) * cell
        self.vectors.store(value, self.at.voice, place * self.layout.shape.width, align=self._align)

    def _weight(self, column: Column) -> Any:
        return self._load(self.at.weights, self.layout.columns[column])

    def _load_state(self) -> State:
        count = len(self.layout.groups)
        kinds = self.layout.voice_vectors // count
        return {
            group: tuple(self._load(self.at.voice, kind * count + place) for kind in range(kinds))
            for place, group in enumerate(self.layout.groups)
        }

    def _store_cells(self, state: State) -> None:
        """Write back what the steps kept in registers; the hidden state they have stored already."""
        for group, (_, *cell) in state.items():
            for value in cell:
                self._store(value, group, cell=True)


def _connect(phis: State, sources: Mapping[ir.Block, State]) -> None:
    for block, state in sources.items():
        for group, nodes in phis.items():
            for node, value in zip(nodes, state[group], strict=True):
                node.add_incoming(value, block)


def _run_unrolled(
    typing_context: Any,
    kind: Any,
    hidden: Any,
    layers: Any,
    width: Any,
    weights: Any,
    biases: Any,
    voice: Any,
    input: Any,
    output: Any,
    frames: Any,
) -> Any:
    """Run one voice through a block of at least one frame.

    Literal shape (`kind` is an index into `KINDS`), then the addresses of `Pointers` and the number of frames.
    """
    literals = kind, hidden, layers, width
    if not all(isinstance(literal, types.IntegerLiteral) for literal in literals):
        return None
    shape = Shape(KINDS[kind.literal_value], hidden.literal_value, layers.literal_value, width.literal_value)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        weights, biases, voice, input, output = (builder.inttoptr(a, FLOAT_POINTER) for a in arguments[4:9])
        at = Pointers(weights, biases, voice, input, output, frames=arguments[9])
        BlockEmitter(builder, UnrolledLayout(shape), at).block()
        return context.get_dummy_value()

    return types.void(*literals, *[types.int64] * 6), generate


run_unrolled: Any = intrinsic(prefer_literal=True)(_run_unrolled)
