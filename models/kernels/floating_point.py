"""Flush-to-zero: denormal numbers cost a hundred cycles each, and a decaying history is full of them.

Every ``process`` sets the mode and restores what it found, since the audio thread belongs to a host::

    mode = flush_denormals()
    ...
    restore_mode(mode)
"""

from typing import Any, Final

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

INT32: Final = ir.IntType(32)
INT64: Final = ir.IntType(64)
BYTE_POINTER: Final = ir.IntType(8).as_pointer()

MXCSR_FLUSH: Final = 0x8040
"""Bits FTZ (results) and DAZ (operands) of the x86 control register."""

FPCR_FLUSH: Final = 1 << 24
"""Bit FZ (both) of the Arm control register."""


def _is_x86(builder: Any) -> bool:
    return str(builder.module.triple).startswith(("x86_64", "i686"))


def _is_arm64(builder: Any) -> bool:
    return str(builder.module.triple).startswith(("aarch64", "arm64"))


def _intrinsic(builder: Any, result: Any, parameters: list[Any], name: str) -> Any:
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, parameters), name)


def emit_read_mode(builder: Any) -> Any:
    """Emit the reading of the floating-point control register, as an i64; zero where the processor is not known."""
    if _is_arm64(builder):
        return builder.call(_intrinsic(builder, INT64, [], "llvm.aarch64.get.fpcr"), [])
    if not _is_x86(builder):
        return INT64(0)
    slot = cgutils.alloca_once(builder, INT32)
    store = _intrinsic(builder, ir.VoidType(), [BYTE_POINTER], "llvm.x86.sse.stmxcsr")
    builder.call(store, [builder.bitcast(slot, BYTE_POINTER)])
    return builder.zext(builder.load(slot), INT64)


def emit_write_mode(builder: Any, mode: Any) -> None:
    """Emit the writing of the floating-point control register from an i64."""
    if _is_arm64(builder):
        builder.call(_intrinsic(builder, ir.VoidType(), [INT64], "llvm.aarch64.set.fpcr"), [mode])
    elif _is_x86(builder):
        slot = cgutils.alloca_once(builder, INT32)
        builder.store(builder.trunc(mode, INT32), slot)
        load = _intrinsic(builder, ir.VoidType(), [BYTE_POINTER], "llvm.x86.sse.ldmxcsr")
        builder.call(load, [builder.bitcast(slot, BYTE_POINTER)])


def _flush_denormals(typing_context: Any) -> Any:
    """Switch flush-to-zero on; returns the mode to give back to `restore_mode`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        mode = emit_read_mode(builder)
        flush = FPCR_FLUSH if _is_arm64(builder) else MXCSR_FLUSH
        emit_write_mode(builder, builder.or_(mode, INT64(flush)))
        return mode

    return types.int64(), generate


flush_denormals: Any = intrinsic(_flush_denormals)


def _restore_mode(typing_context: Any, mode: Any) -> Any:
    """Put back the mode that `flush_denormals` found."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        emit_write_mode(builder, arguments[0])
        return context.get_dummy_value()

    return types.void(types.int64), generate


restore_mode: Any = intrinsic(_restore_mode)
