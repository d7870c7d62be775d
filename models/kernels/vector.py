"""Vectors of floats for kernels: what a kernel's inner loops are written in, emitted as LLVM IR.

Numba vectorises plain loops of these kernels to a tenth of the speed that explicit vectors reach, so the inner loops
are emitted instruction by instruction. Everything here is plain LLVM vector IR, which LLVM legalises on any processor;
the one instruction called by name is ``vpermps``, and it has a portable substitute.

Nothing carries fast-math flags: an operation gives the same bits wherever it stands, which is what makes a kernel's
output independent of how its input was cut into blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from llvmlite import binding, ir
from numba.core import cgutils
from numba.core.registry import cpu_target

FLOAT: Final = ir.FloatType()
INT32: Final = ir.IntType(32)
INT64: Final = ir.IntType(64)
FLOAT_POINTER: Final = FLOAT.as_pointer()
INT64_POINTER: Final = INT64.as_pointer()

EIGHTHS: Final = 8
"""`VectorBuilder.exponential` takes its argument in eighths of an octave."""

TABLE_POLYNOMIAL: Final = (0.08664340178254266, 0.003754025466081741, 0.00010839105820057777)
"""Coefficients of r, r^2, r^3 in 2^(r/8) for \\|r\\| <= 1/2 (minimax, constant 1): relative error 2.5e-8."""

PORTABLE_POLYNOMIAL: Final = (
    0.08664340035688693,
    0.0037535387365043053,
    0.00010840493107503241,
    2.3482513080156854e-06,
    4.089011978935877e-08,
    5.856842803912917e-10,
)
"""Coefficients of r to r^6 in 2^(r/8) for \\|r\\| <= 4 (minimax, constant 1): relative error 2e-9."""

_PERMUTE = {8: "llvm.x86.avx2.permps", 16: "llvm.x86.avx512.permvar.sf.512"}
_SPLIT = ("znver4",)  # executes 512 bits as two times 256
_PROBE = """
target triple = "{triple}"
declare <16 x float> @llvm.fmuladd.v16f32(<16 x float>, <16 x float>, <16 x float>)
define void @probe(<16 x float>* %p) {{
  %x = load <16 x float>, <16 x float>* %p
  %y = call <16 x float> @llvm.fmuladd.v16f32(<16 x float> %x, <16 x float> %x, <16 x float> %x)
  store <16 x float> %y, <16 x float>* %p
  ret void
}}
"""


@dataclass(frozen=True)
class VectorUnit:
    """What the processor that numba compiles for can do with vectors of floats.

    Attributes
    ----------
    width : int
        Floats in its widest vector: 4 (SSE, NEON), 8 (AVX2) or 16 (AVX-512).
    fused : bool
        Whether it multiplies and adds in one rounding.
    permutes : bool
        Whether it has ``vpermps``, the lookup in a table of eight held in a register.
    halves : bool
        Whether it runs its widest vectors in two halves, so that code which waits for results is faster with narrower
        ones.
    """

    width: int
    fused: bool
    permutes: bool
    halves: bool = False


@cache
def vector_unit() -> VectorUnit:
    """Find out what numba compiles for: this machine, or what ``NUMBA_CPU_NAME`` and ``NUMBA_CPU_FEATURES`` name.

    Asks the compiler and not the processor, since the two differ when code is made for another machine: it compiles one
    multiply-add of 16 floats and looks at the registers.
    """
    target: Any = cpu_target.target_context
    triple, processor, features = target.codegen().magic_tuple()
    machine = binding.Target.from_triple(triple).create_target_machine(cpu=processor, features=features, opt=2)
    assembly = machine.emit_assembly(binding.parse_assembly(_PROBE.format(triple=triple)))
    if not triple.startswith(("x86_64", "i686")):
        return VectorUnit(4, "fmla" in assembly, False)
    width = 16 if "%zmm" in assembly else 8 if "%ymm" in assembly and "vfmadd" in assembly else 4
    return VectorUnit(width, "vfmadd" in assembly, width in _PERMUTE, width == 16 and processor in _SPLIT)


def best_width() -> int:
    """Floats in the widest vector of the processor that kernels are compiled for: 4, 8 or 16."""
    return vector_unit().width


class VectorBuilder:
    """Emits vector instructions of one width into an LLVM function.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Where the instructions go. May be moved between blocks at will.
    width : int, optional
        Floats in a vector: 4, 8 or 16; the widest of the processor by default. A wider one than the processor has is
        correct too, only slow.
    portable : bool
        Use only what every processor has; the default asks the processor.

    Attributes
    ----------
    vector, integers : llvmlite.ir.VectorType
        The types of `width` floats and of `width` 32-bit integers.
    """

    def __init__(self, builder: Any, width: int | None = None, *, portable: bool = False) -> None:
        unit = vector_unit()
        self.builder = builder
        self.width = unit.width if width is None else width
        self.vector = ir.VectorType(FLOAT, self.width)
        self.integers = ir.VectorType(INT32, self.width)
        self._fused = unit.fused
        permutes = unit.permutes and self.width <= unit.width and not portable
        self._permute = _PERMUTE.get(self.width) if permutes else None

    # ---- constants and memory

    def constant(self, value: float) -> ir.Constant:
        """`value`, rounded to float32, in every lane."""
        return ir.Constant(self.vector, [float(np.float32(value))] * self.width)

    def integer(self, value: int) -> ir.Constant:
        """A 32-bit integer in every lane."""
        return ir.Constant(self.integers, [value] * self.width)

    def at(self, pointer: Any, offset: Any) -> Any:
        """`pointer` moved by `offset` elements (an int or an i64)."""
        return self.builder.gep(pointer, [INT64(offset) if isinstance(offset, int) else offset])

    def load(self, pointer: Any, offset: Any = 0, *, align: int = 4) -> Any:
        """The vector at a float pointer; `align` is in bytes."""
        return self.builder.load(self.builder.bitcast(self.at(pointer, offset), self.vector.as_pointer()), align=align)

    def store(self, value: Any, pointer: Any, offset: Any = 0, *, align: int = 4) -> None:
        """Write a vector to a float pointer; `align` is in bytes."""
        place = self.builder.bitcast(self.at(pointer, offset), self.vector.as_pointer())
        self.builder.store(value, place, align=align)

    def load_scalar(self, pointer: Any, offset: Any = 0) -> Any:
        """One float."""
        return self.builder.load(self.at(pointer, offset), align=4)

    def load_broadcast(self, pointer: Any, offset: Any = 0) -> Any:
        """One float of memory in every lane (an operand of an instruction where the processor has that)."""
        return self.broadcast(self.load_scalar(pointer, offset))

    # ---- lanes

    def broadcast(self, scalar: Any) -> Any:
        """A float in every lane."""
        undefined = ir.Constant(self.vector, ir.Undefined)
        return self.shuffle(self.builder.insert_element(undefined, scalar, INT32(0)), [0] * self.width)

    def shuffle(self, value: Any, lanes: Sequence[int]) -> Any:
        """The vector ``[value[lane] for lane in lanes]``."""
        indices = ir.Constant(ir.VectorType(INT32, len(lanes)), list(lanes))
        return self.builder.shuffle_vector(value, ir.Constant(value.type, ir.Undefined), indices)

    def sum_lanes(self, value: Any) -> Any:
        """The sum of all lanes, by halves, as a float."""
        half = self.width
        while half > 1:
            half //= 2
            value = self.add(value, self.shuffle(value, [(i + half) % self.width for i in range(self.width)]))
        return self.builder.extract_element(value, INT32(0))

    # ---- arithmetic

    def call(self, name: str, result: Any, *arguments: Any) -> Any:
        """Call an LLVM intrinsic by name."""
        function_type = ir.FunctionType(result, [a.type for a in arguments])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, function_type, name), arguments)

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """Return a * b + c, in one rounding where the processor can."""
        if not self._fused:  # llvm.fma would call a function for every lane
            return self.builder.fadd(self.builder.fmul(a, b), c)
        return self.call(f"llvm.fma.v{self.width}f32", self.vector, a, b, c)

    def add(self, a: Any, b: Any) -> Any:
        """Return a + b."""
        return self.builder.fadd(a, b)

    def sub(self, a: Any, b: Any) -> Any:
        """Return a - b."""
        return self.builder.fsub(a, b)

    def mul(self, a: Any, b: Any) -> Any:
        """Return a * b."""
        return self.builder.fmul(a, b)

    def div(self, a: Any, b: Any) -> Any:
        """Return a / b, correctly rounded."""
        return self.builder.fdiv(a, b)

    def neg(self, a: Any) -> Any:
        """Return -a."""
        return self.builder.fneg(a)

    def maximum(self, a: Any, b: Any) -> Any:
        """The larger of a and b; b where either is not a number."""
        return self.builder.select(self.builder.fcmp_ordered(">", a, b), a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        """The smaller of a and b; b where either is not a number."""
        return self.builder.select(self.builder.fcmp_ordered("<", a, b), a, b)

    def fence(self) -> None:
        """Keep LLVM from moving loads and stores across this point (it emits nothing)."""
        self.builder.asm(ir.FunctionType(ir.VoidType(), []), "", "~{memory}", [], True)

    # ---- the exponential

    def exponential(self, z: Any, *, octaves: int, short_path: bool = False) -> tuple[Any, Any]:
        """2 ** (z / 8) as a pair (scale, polynomial) whose product it is.

        A pair, because its user has a multiply-add in which the product costs nothing: ``fma(scale, polynomial, one)``
        is 1 + 2 ** (z / 8). With the factor ``-8 log2(e)`` (for a sigmoid; twice that for a tanh) in the weights that
        make `z`, that is all there is to do before the division. ``exponential(0)`` is exactly (1, 1).

        Two forms. With ``vpermps``: the eighths come from a table of eight in a register, what is left of z is within
        1/2 and a cubic serves. Portable: what is left is within 4, and degree 6.

        Parameters
        ----------
        z : vector
            Any value; from ``8 * octaves`` on the exponential saturates.
        octaves : int
            Largest exponent, at most 120. 40 keeps products of three finite, 60 products of two.
        short_path : bool
            Evaluate the polynomial in fewer dependent steps and one more instruction, for code that waits for it.

        Returns
        -------
        (vector, vector)
            Scale and polynomial. The relative error of their rounded product is below 2e-7 in either form.
        """
        b = self.builder
        step = 1 if self._permute else EIGHTHS  # what is rounded away: an eighth or an octave
        # Adding 1.5 * 2**23 steps rounds to whole steps, and leaves their number in the low bits of the sum. As
        # integers, sums are ordered as the arguments were (below -1.5 * 2**23 they are negative), so one clamp beside
        # the polynomial, not before it, covers every float. The constant's own low bits are zero: the shift drops it.
        magic = np.float32(1.5 * 2**23 * step)
        bits = int(magic.view(np.int32))
        limit = octaves * EIGHTHS // step
        shifted = self.add(z, self.constant(float(magic)))
        if short_path and self._permute:  # rounds beside the addition, not behind it
            rest = self.sub(z, self.call(f"llvm.rint.v{self.width}f32", self.vector, z))
        else:
            rest = self.sub(z, self.sub(shifted, self.constant(float(magic))))
        steps = b.bitcast(shifted, self.integers)
        low, high = self.integer(bits - limit), self.integer(bits + limit)
        clamped = b.select(b.icmp_signed("<", steps, high), steps, high)
        clamped = b.select(b.icmp_signed(">", clamped, low), clamped, low)
        if self._permute:
            segment = self.call(self._permute, self.vector, self._table(), steps)  # reads the low three bits
            base, shift = b.bitcast(segment, self.integers), 20
        else:
            base, shift = self.integer(127 << 23), 23
        scale = b.bitcast(b.add(base, b.shl(clamped, self.integer(shift))), self.vector)
        coefficients = (1.0, *(TABLE_POLYNOMIAL if self._permute else PORTABLE_POLYNOMIAL))
        return scale, self._halves(coefficients, rest) if short_path else self._horner(coefficients, rest)

    def one_plus_exponential(self, z: Any, *, octaves: int, short_path: bool = False) -> Any:
        """1 + 2 ** (z / 8): the reciprocal of a sigmoid."""
        scale, polynomial = self.exponential(z, octaves=octaves, short_path=short_path)
        return self.fma(scale, polynomial, self.constant(1))

    def _table(self) -> Any:
        """2**(j/8) as bits, less what ``steps << 20`` puts there for j."""
        j = np.arange(self.width) % EIGHTHS
        eighths = np.exp2(j / EIGHTHS).astype(np.float32).view(np.int32) - (j << 20)
        return self.builder.bitcast(ir.Constant(self.integers, [int(e) for e in eighths]), self.vector)

    def _horner(self, coefficients: Sequence[float], r: Any) -> Any:
        value = self.constant(coefficients[-1])
        for coefficient in reversed(coefficients[:-1]):
            value = self.fma(value, r, self.constant(coefficient))
        return value

    def _halves(self, coefficients: Sequence[float], r: Any) -> Any:
        """Estrin's scheme: pairs of coefficients, then pairs of pairs in r squared."""
        terms: list[Any] = [self.constant(c) for c in coefficients]
        while len(terms) > 1:
            pairs = [self.fma(r, high, low) for low, high in zip(terms[::2], terms[1::2], strict=False)]
            terms = pairs + terms[2 * len(pairs) :]
            r = self.mul(r, r) if len(terms) > 1 else r
        return terms[0]
