"""The plan of a recurrent step that is written out without loops: what it computes when, and where its weights lie.

The hidden units of a layer are cut into groups of as many as fit a vector. The plan is data: the packer fills it with
the numbers of a model, the compiled step (`recurrent_step`) walks through it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np

from .weights import DEAF, STORED, Float64Array, Network, Packed, packed

KINDS: Final = ("lstm", "gru")
UNROLLED_LIMIT: Final = 1_000  # multiply-adds a step: beyond, loops are as fast, and compile at once
PAIRED_LIMIT: Final = 240  # multiply-adds a step: beyond, one voice alone keeps the units busy


@dataclass(frozen=True)
class Shape:
    """What a compiled step depends on; weights, knobs and the number of channels are data."""

    kind: Literal["lstm", "gru"]
    hidden: int
    layers: int
    width: int

    @property
    def multiply_adds(self) -> int:
        """Vector multiply-adds of one step of all layers, about."""
        rows = len(set(STORED[self.kind])) * -(-self.hidden // self.width)
        return rows * self.hidden * (2 * self.layers - 1)

    @property
    def unrolled(self) -> bool:
        """Whether the step is written out without loops, with the state in registers."""
        return self.multiply_adds <= UNROLLED_LIMIT

    @property
    def voices_at_once(self) -> int:
        """Voices that one written-out step advances: two where one waits more than it works."""
        return 2 if self.multiply_adds <= PAIRED_LIMIT else 1


@dataclass(frozen=True)
class Group:
    """Hidden units ``first`` to ``first + units`` of one layer: one vector.

    A `halved` group has so few units that two gates share a vector: input beside candidate, forget beside output.
    """

    layer: int
    first: int
    units: int
    halved: bool

    @property
    def span(self) -> slice:
        """The units, as rows of a matrix."""
        return slice(self.first, self.first + self.units)

    def row(self, gate: str) -> str:
        """The gates in the vector that holds `gate`."""
        if not self.halved:
            return gate
        return "ig" if gate in "ig" else "fo"


@dataclass(frozen=True)
class Row:
    """A vector of gate sums: the gates of one group, or two gates side by side."""

    group: Group
    gates: str


@dataclass(frozen=True)
class Column:
    """A vector of weights: what one `unit` of one `side` ("input", "recurrent") adds to a row."""

    row: Row
    side: str
    unit: int


@dataclass(frozen=True)
class Sums:
    """Sum up rows: which gates, in how many accumulators each, with the state broadcast from registers or memory.

    A register shuffle is there at once but shares its unit with other work; memory has the delay of store forwarding.
    """

    gates: str
    accumulators: int
    from_register: bool = False


@dataclass(frozen=True)
class Activate:
    """Run a stage of the cells, a method of `LstmCell` or `GruCell`."""

    stage: str


Stage = Sums | Activate


def stages(shape: Shape, groups: int) -> tuple[Stage, ...]:
    """What a written-out step does in which order, found by timing.

    f has the shortest way to the new cell, o is not needed before it; eight sums in flight keep two multiply-add units
    busy.
    """
    if shape.kind == "gru":
        activations = Activate("reset"), Activate("update"), Activate("hidden")
        if groups > 2:
            return Sums("n", 1), Sums("rmz", 1), *activations
        reset, update, hidden = activations
        return Sums("n", 1), Sums("rm", 4, True), reset, Sums("z", 4), update, hidden
    activations = Activate("candidate"), Activate("cell"), Activate("output"), Activate("hidden")
    candidate, *others = activations
    if groups > 3:
        return Sums("gi", 1, True), candidate, Sums("fo", 1), *others
    if groups == 3 and shape.width == 16:
        return Sums("gifo", 1, True), *activations
    forget_early = groups == 2 and shape.layers == 1 and shape.width == 8 and shape.hidden > 12
    return Sums("gi", 2, True), Sums("f", 4, forget_early), Sums("o", 4), *activations


class UnrolledLayout:
    """Groups, order of work and places of all vectors of a step that is written out."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.groups = tuple(_groups(shape))
        self.skewed = shape.layers == 2  # both layers in one step, the second a frame behind; the ends of a block apart
        self.steps = ((0, 1),) if self.skewed else tuple((layer,) for layer in range(shape.layers))
        self.stages = stages(shape, len(self.groups) // len(self.steps))

    @cached_property
    def columns(self) -> dict[Column, int]:
        """Place of every weight vector, in the order of reading; place 0 is the output vector."""
        found: list[Column] = []
        for active in self.steps:
            for stage in self.stages:
                if isinstance(stage, Sums):
                    rows = self.rows(stage, active)
                    found += [audio for row in rows if (audio := self.audio_column(row))]
                    found += [column for source in self.sources(rows) for column in source[2]]
        return {column: 1 + place for place, column in enumerate(dict.fromkeys(found))}

    @cached_property
    def biases(self) -> dict[Row, int]:
        """Place of every bias vector."""
        return {row: place for place, row in enumerate(self._sums_of)}

    @cached_property
    def heads(self) -> dict[Group, int]:
        """Place of the head's weights, behind the columns."""
        last = [group for group in self.groups if group.layer == self.shape.layers - 1]
        return {group: 1 + len(self.columns) + place for place, group in enumerate(last)}

    def order(self, voices: int) -> Iterator[tuple[Stage, int]]:
        """The stages of so many voices in one step, each with the number of its voice.

        Every voice is a stage behind the one before, so that one sums while another waits for a division; found by
        timing, as was that two LSTM layers at once do without. Summing for both voices together would load weights
        once for two, but 16 registers do not hold twice the sums.
        """
        lag = 0 if self.skewed and self.shape.kind == "lstm" else 1
        for time in range(len(self.stages) + lag * (voices - 1)):
            for voice in range(voices):
                if 0 <= time - lag * voice < len(self.stages):
                    yield self.stages[time - lag * voice], voice

    @property
    def voice_vectors(self) -> int:
        """Vectors of state: the hidden state of every group, then (LSTM) the cells."""
        return (2 if self.shape.kind == "lstm" else 1) * len(self.groups)

    @cached_property
    def _sums_of(self) -> dict[Row, Sums]:
        """Where in the step each row is summed: a row that two gates share, with the first of them."""
        found: dict[Row, Sums] = {}
        for stage in self.stages:
            if isinstance(stage, Sums):
                for gate in stage.gates:
                    for group in self.groups:
                        found.setdefault(Row(group, group.row(gate)), stage)
        return found

    def rows(self, sums: Sums, active: tuple[int, ...]) -> list[Row]:
        """Rows that `sums` adds up for the `active` layers."""
        return [row for row, owner in self._sums_of.items() if owner == sums and row.group.layer in active]

    def audio_column(self, row: Row) -> Column | None:
        """What the audio input adds to a row, if anything."""
        hears = row.group.layer == 0 and row.gates != DEAF["input"]
        return Column(row, "input", 0) if hears else None

    def sources(self, rows: list[Row]) -> Iterator[tuple[Group, int, list[Column]]]:
        """Every hidden unit the rows need, with what it adds to them: (group, lane, columns)."""
        for group in self.groups:
            for lane in range(group.units):
                columns = [
                    Column(row, side, group.first + lane)
                    for row in rows
                    for side, distance in (("recurrent", 0), ("input", 1))
                    if row.group.layer - group.layer == distance and row.gates != DEAF[side]
                ]
                if columns:
                    yield group, lane, columns

    def pack(self, network: Network) -> Packed:
        """Fill the plan with the numbers of a network."""
        width = self.shape.width
        weights = np.zeros((1 + len(self.columns) + len(self.heads), width))
        weights[0, :2] = network.output
        for column, place in self.columns.items():
            for lanes, gate in _lanes(column.row, width):
                matrix = network.layers[column.row.group.layer][gate].side(column.side)
                weights[place, lanes] = matrix[column.row.group.span, column.unit]
        for group, place in self.heads.items():
            weights[place, : group.units] = network.head[group.span]
        biases, knobs = np.zeros((len(self.biases), width)), np.zeros((network.knobs, len(self.biases), width))
        for row, place in self.biases.items():
            for lanes, gate in _lanes(row, width):
                numbers = network.layers[row.group.layer][gate]
                biases[place, lanes] = numbers.bias[row.group.span]
                if row.group.layer == 0:
                    knobs[:, place, lanes] = numbers.knobs[row.group.span].T
        return packed(weights, biases, knobs, self._voice(network), head=(1 + len(self.columns)) * width)

    def _voice(self, network: Network) -> Float64Array:
        vectors = np.zeros((2, len(self.groups), self.shape.width))
        for place, group in enumerate(self.groups):
            vectors[0, place, : group.units] = network.hidden[group.layer, group.span]
            vectors[1, place, : group.units] = network.cell[group.layer, group.span]
        return vectors.reshape(-1, self.shape.width)[: self.voice_vectors]


def _groups(shape: Shape) -> Iterator[Group]:
    for layer in range(shape.layers):
        first = 0
        while first < shape.hidden:
            left = shape.hidden - first
            halved = shape.kind == "lstm" and left <= shape.width // 2
            yield Group(layer, first, min(left, shape.width), halved)
            first += shape.width


def _lanes(row: Row, width: int) -> Iterator[tuple[slice, str]]:
    """The lanes that each gate of a row takes."""
    for part, gate in enumerate(row.gates):
        first = part * width // 2
        yield slice(first, first + row.group.units), gate
