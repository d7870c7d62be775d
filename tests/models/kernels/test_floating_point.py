"""Denormals inside and outside a kernel's flush-to-zero mode."""

import ctypes

import numpy as np
from llvmlite import binding, ir
from numba import cfunc, types

from ampboard.models.kernels.floating_point import emit_read_mode, emit_write_mode, flush_denormals, restore_mode

DENORMAL = 1e-40


@cfunc(types.float32(types.float32, types.float32), nopython=True)
def product_in_kernel(a: float, b: float) -> float:
    """A product as a kernel computes it."""
    mode = flush_denormals()
    product = a * b
    restore_mode(mode)
    return product


def test_denormals_are_zero_inside_and_untouched_outside() -> None:
    assert product_in_kernel.ctypes(DENORMAL, 1.0) == 0  # as an operand
    assert product_in_kernel.ctypes(1e-20, 1e-20) == 0  # as a result
    assert product_in_kernel.ctypes(3.0, 0.5) == 1.5
    outside = ctypes.c_float(DENORMAL).value
    assert np.float32(outside) * np.float32(1) == np.float32(DENORMAL) != 0


def test_arm_code_reads_and_writes_its_control_register() -> None:
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    module = ir.Module()
    module.triple = "aarch64-unknown-linux-gnu"
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), []), "f")
    builder = ir.IRBuilder(function.append_basic_block())
    emit_write_mode(builder, emit_read_mode(builder))
    builder.ret_void()
    machine = binding.Target.from_triple(module.triple).create_target_machine()
    assembly = machine.emit_assembly(binding.parse_assembly(str(module))).lower()
    assert "mrs\t" in assembly
    assert "msr\tfpcr" in assembly
