"""What a core can do at most: the rate of fused multiply-adds it reaches when nothing else is in the way."""

from time import thread_time
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from ampboard.models.kernels.memory import float32_at
from ampboard.models.kernels.vector import best_width

CHAINS = 12  # independent sums: more than latency times units of any present core
STEPS = 1_000_000


@intrinsic
def _multiply_add_chains(typing_context: Any, pointer: Any, steps: Any) -> Any:
    width = best_width()
    vector = ir.VectorType(ir.FloatType(), width)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        fma = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fmuladd.v{width}f32"
        )
        memory = builder.bitcast(arguments[0], vector.as_pointer())
        factor = builder.load(memory, align=4)
        sums = [cgutils.alloca_once_value(builder, factor) for _ in range(CHAINS)]
        with cgutils.for_range(builder, arguments[1]):
            for total in sums:
                builder.store(builder.call(fma, [builder.load(total), factor, factor]), total)
        for index, total in enumerate(sums):
            builder.store(builder.load(total), builder.gep(memory, [ir.IntType(64)(index)]), align=4)
        return context.get_dummy_value()

    return types.void(types.CPointer(types.float32), types.int64), generate


@njit(nogil=True)
def _run(address: int, steps: int) -> None:
    _multiply_add_chains(float32_at(address), steps)


def fma_peak() -> float:
    """Measure this core's peak, in GFLOP/s of float32 (a multiply-add counts as two)."""
    memory = np.full(CHAINS * best_width(), 0.5, np.float32)
    _run(memory.ctypes.data, 1)
    memory[:] = 0.5
    start = thread_time()
    _run(memory.ctypes.data, STEPS)
    return 2 * CHAINS * best_width() * STEPS / (thread_time() - start) / 1e9
