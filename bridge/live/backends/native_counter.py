"""Counting calls from threads that must not touch the interpreter."""

import ctypes
import ctypes.util
import sys
from typing import Final

_SEMAPHORE_BYTES: Final = 64  # more than any system's sem_t


class NativeCounter:
    """A callback ``int (void *)`` in machine code that counts its calls: ``sem_post`` of the C library.

    A callback in Python would hold the interpreter on a thread of ordinary priority; when the system takes the
    processor from that thread, the audio thread waits for it.

    Attributes
    ----------
    function, argument : int
        Addresses to register as the callback and as its argument. They hold as long as the counter lives.
    """

    def __init__(self) -> None:
        libc = ctypes.CDLL(ctypes.util.find_library("c"))
        self._semaphore = (ctypes.c_uint64 * (_SEMAPHORE_BYTES // 8))()
        self._value = ctypes.c_int()
        self._read = libc.sem_getvalue
        self.argument = ctypes.addressof(self._semaphore)
        self.function = ctypes.cast(libc.sem_post, ctypes.c_void_p).value or 0
        self._arguments = (ctypes.c_void_p(self.argument), ctypes.byref(self._value))
        libc.sem_init(ctypes.c_void_p(self.argument), 0, 0)

    @classmethod
    def available(cls) -> bool:
        """Whether the system's C library has such semaphores."""
        return sys.platform == "linux"

    @property
    def value(self) -> int:
        """Calls so far."""
        self._read(*self._arguments)
        return self._value.value
