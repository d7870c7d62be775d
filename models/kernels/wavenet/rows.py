"""The inner loop of operations on each row by itself (modulation, activations, gates), as LLVM IR like the tiles.

Everything wanted and everything not is computed (a missing scale is a signal of ones), as in small models a decision
costs more than a product.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from llvmlite import ir
from numba.core import cgutils

from ..activations import ACTIVATIONS, LINEAR, MOST_NUMBERS, Activation
from ..vector import FLOAT_POINTER, INT64, INT64_POINTER, VectorBuilder
from .operations import ADD, BLENDED, NOTHING, ROW_FIELD, SIGNAL_FIELD, SIGNAL_WORDS, STORE, WIDTH

NO_ACTIVATION: Final = Activation(LINEAR, lambda v, z, numbers: z)


class RowsFunction:
    """Emits ``void rows(operation, signals, weights, voice, vectors)``."""

    def __init__(self, module: Any) -> None:
        arguments = [INT64_POINTER, INT64_POINTER, FLOAT_POINTER, FLOAT_POINTER, INT64]
        self.function = ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), f"wavenet_rows_{WIDTH}")
        self.function.linkage = "internal"
        self.function.attributes.add("noinline")
        self.builder = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.v = VectorBuilder(self.builder, WIDTH)
        self.operation, self.signals, self.weights, self.voice, self.vectors = self.function.args
        self.mixed = self.builder.alloca(self.v.vector)
        b = self.builder
        with b.if_else(b.icmp_signed("!=", self._field("modulate"), INT64(0))) as (modulate, everything):
            with modulate:
                self._modulate()
            with everything:
                self._everything()
        b.ret_void()

    def _field(self, name: str) -> Any:
        return self.builder.load(self.v.at(self.operation, INT64(ROW_FIELD[name])))

    def _signal(self, name: str) -> tuple[Any, Any]:
        """Row 0 of a signal at the first frame of the block, and its stride."""
        start = self.v.at(self.signals, self.builder.mul(self._field(name), INT64(SIGNAL_WORDS)))
        now, stride = (self.builder.load(self.v.at(start, INT64(SIGNAL_FIELD[word]))) for word in ("now", "stride"))
        return self.v.at(self.voice, now), stride

    def _for_rows(self, names: Sequence[str], body: Callable[[Any, dict[str, Any]], None]) -> None:
        signals = {name: self._signal(name) for name in names}
        with cgutils.for_range(self.builder, self._field("rows")) as loop:
            row = {n: self.v.at(start, self.builder.mul(stride, loop.index)) for n, (start, stride) in signals.items()}
            body(loop.index, row)

    def _for_vectors(self, body: Callable[[Any], None]) -> None:
        with cgutils.for_range(self.builder, self.vectors) as loop:
            body(self.builder.mul(loop.index, INT64(WIDTH)))

    def _modulate(self) -> None:
        b, v = self.builder, self.v
        adds = b.icmp_signed("==", self._field("head_mode"), INT64(ADD))
        with b.if_else(adds) as (add, store):
            for place, block in (("head", add), ("target", store)):
                with block:

                    def body(_: Any, row: dict[str, Any], place: str = place) -> None:
                        def vector(frame: Any) -> None:
                            z = v.fma(*(v.load(row[name], frame) for name in ("source", "scale", "shift")))
                            if place == "head":
                                z = v.add(v.load(row["head"], frame), z)
                            v.store(z, row[place], frame)

                        self._for_vectors(vector)

                    self._for_rows(("source", "scale", "shift", place), body)

    def _everything(self) -> None:
        b = self.builder
        names = ("source", "scale", "shift", "scale2", "shift2", "gate", "scale3", "shift3", "target", "head")
        flags = {
            "blends": b.icmp_signed("==", self._field("mixing"), INT64(BLENDED)),
            "stores": b.icmp_signed("!=", self._field("target"), INT64(NOTHING)),
            "starts": b.icmp_signed("==", self._field("head_mode"), INT64(STORE)),
            "adds": b.icmp_signed("==", self._field("head_mode"), INT64(ADD)),
        }
        kinds = {a.code: a for a in (NO_ACTIVATION, *ACTIVATIONS.values())}.values()

        def body(number: Any, row: dict[str, Any]) -> None:
            offset = b.add(self._field("numbers"), b.mul(number, INT64(MOST_NUMBERS)))
            at = self.v.at(self.weights, offset)
            numbers = [self.v.load_broadcast(at, i) for i in range(MOST_NUMBERS)]
            after = b.append_basic_block("row_done")
            choice = b.switch(self._field("activation"), after)
            for activation in kinds:
                block = b.append_basic_block(f"activation{activation.code}")
                choice.add_case(INT64(activation.code), block)
                b.position_at_end(block)
                self._for_vectors(lambda frame, kind=activation: self._vector(kind, numbers, row, flags, frame))
                b.branch(after)
            b.position_at_end(after)

        self._for_rows(names, body)

    def _vector(
        self, activation: Activation, numbers: list[Any], row: dict[str, Any], flags: dict[str, Any], frame: Any
    ) -> None:
        b, v = self.builder, self.v

        def at(name: str) -> Any:
            return v.load(row[name], frame)

        z = v.fma(v.fma(at("source"), at("scale"), at("shift")), at("scale2"), at("shift2"))
        scaled = z if activation.scale == 1 else v.mul(z, v.constant(activation.scale))
        y = activation.emit(v, scaled, numbers)
        mixed = self.mixed
        with b.if_else(flags["blends"]) as (blended, gated):
            with blended:
                b.store(v.fma(at("gate"), v.sub(y, z), z), mixed)
            with gated:
                b.store(v.mul(at("gate"), y), mixed)
        y = v.fma(b.load(mixed), at("scale3"), at("shift3"))
        with b.if_then(flags["stores"]):
            v.store(y, row["target"], frame)
        with b.if_then(flags["starts"]):
            v.store(y, row["head"], frame)
        with b.if_then(flags["adds"]):
            v.store(v.add(at("head"), y), row["head"], frame)
