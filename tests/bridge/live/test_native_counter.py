import ctypes

import pytest

from ampboard.bridge.live.backends.native_counter import NativeCounter

pytestmark = pytest.mark.skipif(not NativeCounter.available(), reason="counts with Linux' semaphores")


def test_calls_from_native_code_are_counted() -> None:
    counter = NativeCounter()
    call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(counter.function)
    assert counter.value == 0
    for _ in range(1000):
        assert call(counter.argument) == 0
    assert counter.value == 1000
