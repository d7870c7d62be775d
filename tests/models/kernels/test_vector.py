"""Vector emission: exponentials against float64, at every width, in both forms."""

import ctypes

import numpy as np
import pytest
from llvmlite import binding, ir
from numpy.typing import NDArray

from ampboard.models.kernels.vector import FLOAT_POINTER, VectorBuilder, best_width, vector_unit

EXPONENTIAL_ERROR = 2e-7  # relative, as documented


def machine() -> binding.TargetMachine:
    features = binding.get_host_cpu_features().flatten()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=features, opt=2
    )


def exponential_function(width: int, portable: bool, short_path: bool, triple: str) -> ir.Module:
    """A module with ``void f(const float *z, float *y)``: y = 2**(z/8) for one vector."""
    module = ir.Module()
    module.triple = triple
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), [FLOAT_POINTER, FLOAT_POINTER]), "f")
    builder = ir.IRBuilder(function.append_basic_block())
    v = VectorBuilder(builder, width, portable=portable)
    scale, polynomial = v.exponential(v.load(function.args[0]), octaves=60, short_path=short_path)
    v.store(v.mul(scale, polynomial), function.args[1])
    builder.ret_void()
    return module


def run(module: ir.Module, z: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    with binding.create_mcjit_compiler(binding.parse_assembly(str(module)), machine()) as engine:
        engine.finalize_object()
        function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(engine.get_function_address("f"))
        padded = np.zeros(-(-len(z) // width) * width, np.float32)
        padded[: len(z)] = z
        out = np.empty_like(padded)
        for at in range(0, len(padded), width):
            function(padded[at:].ctypes.data, out[at:].ctypes.data)
    return out[: len(z)]


@pytest.mark.parametrize("short_path", [False, True])
@pytest.mark.parametrize("portable", [False, True])
@pytest.mark.parametrize("width", [4, 8, 16])
def test_exponential_is_within_its_documented_error(width: int, portable: bool, short_path: bool) -> None:
    module = exponential_function(width, portable, short_path, binding.get_default_triple())
    z = np.concatenate([np.linspace(-480, 480, 20_001), np.arange(-480, 481) / 2]).astype(np.float32)
    truth = np.exp2(z.astype(np.float64) / 8)
    assert np.abs(run(module, z, width) / truth - 1).max() < EXPONENTIAL_ERROR


@pytest.mark.parametrize("portable", [False, True])
def test_exponential_is_one_at_zero_and_saturates_beyond_its_octaves(portable: bool) -> None:
    module = exponential_function(best_width(), portable, False, binding.get_default_triple())
    z = np.array([0, -0.0, 1e3, 1e6, 3e7, 1e20, 3e38, -1e3, -1e6, -3e7, -1e20, -3e38], np.float32)
    y = run(module, z, best_width())
    assert (y[:2] == 1).all()
    np.testing.assert_allclose(y[2:7], 2.0**60, rtol=0.5)
    np.testing.assert_allclose(y[7:], 2.0**-60, rtol=0.5)


def test_the_portable_form_compiles_for_arm() -> None:
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    triple = "aarch64-unknown-linux-gnu"
    try:
        arm = binding.Target.from_triple(triple)
    except RuntimeError:
        pytest.skip("this LLVM has no Arm back end")
    assembly = arm.create_target_machine(opt=2).emit_assembly(
        binding.parse_assembly(str(exponential_function(4, True, False, triple)))
    )
    assert "fmla" in assembly if vector_unit().fused else "fmul" in assembly
    assert "\tbl\t" not in assembly  # no function calls


def test_width_is_what_numba_compiles_for() -> None:
    unit = vector_unit()
    features = binding.get_host_cpu_features()
    assert unit.width == best_width()
    assert unit.width in (4, 8, 16)
    if not features.get("avx2"):
        assert not unit.permutes
