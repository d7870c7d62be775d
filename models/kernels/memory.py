"""Raw memory inside compiled kernels.

A kernel sees addresses (``int64``) and nothing else: no array structs, no reference counts, no Python. These intrinsics
turn an address into a typed pointer (index it as ``p[i]``; nothing checks the bounds) and call another kernel by its
address.
"""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.extending import intrinsic

INT32 = ir.IntType(32)
INT64 = ir.IntType(64)


def _pointer_to(element: types.Type, llvm_element: ir.Type) -> Any:
    @intrinsic
    def pointer(typing_context: Any, address: types.Type) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], llvm_element.as_pointer())

        return types.CPointer(element)(types.int64), generate

    return pointer


float32_at = _pointer_to(types.float32, ir.FloatType())
float64_at = _pointer_to(types.float64, ir.DoubleType())
int32_at = _pointer_to(types.int32, INT32)
int64_at = _pointer_to(types.int64, INT64)


def _call_by_address(result: types.Type, llvm_result: ir.Type, *parameters: types.Type) -> Any:
    """Make an intrinsic that calls the C function at its first argument with the others."""
    llvm_parameters = [INT32 if p == types.int32 else INT64 for p in parameters]
    arity = len(parameters)

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        function_type = ir.FunctionType(llvm_result, llvm_parameters)
        function = builder.inttoptr(arguments[0], function_type.as_pointer())
        value = builder.call(function, arguments[1:])
        return context.get_dummy_value() if result == types.void else value

    signature = result(types.int64, *parameters)
    if arity == 1:

        @intrinsic
        def call_one(typing_context: Any, function: types.Type, a: types.Type) -> Any:
            return signature, generate

        return call_one
    if arity == 2:

        @intrinsic
        def call_two(typing_context: Any, function: types.Type, a: types.Type, b: types.Type) -> Any:
            return signature, generate

        return call_two
    if arity == 3:

        @intrinsic
        def call_three(typing_context: Any, function: types.Type, a: types.Type, b: types.Type, c: types.Type) -> Any:
            return signature, generate

        return call_three

    @intrinsic
    def call_four(
        typing_context: Any, function: types.Type, a: types.Type, b: types.Type, c: types.Type, d: types.Type
    ) -> Any:
        return signature, generate

    return call_four


call_measure = _call_by_address(types.int64, INT64, types.int64, types.int64)
call_prepare = _call_by_address(types.int32, INT32, types.int64, types.int64, types.int64)
call_process = _call_by_address(types.void, ir.VoidType(), types.int64, types.int64, types.int64, types.int32)
call_reset = _call_by_address(types.void, ir.VoidType(), types.int64)
