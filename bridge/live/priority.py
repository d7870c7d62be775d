"""Making a process fit for audio: no garbage collector, memory locked, real-time priority, where the system allows."""

import ctypes
import ctypes.util
import gc
import os
import sys
from typing import Final

_LOCK_PRESENT_AND_FUTURE: Final = 7  # MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # glibc: malloc.h
_KEEP_BYTES: Final = 512 << 20
PRIORITY: Final = 70


def freeze_collector() -> None:
    """Collect once, then never again: what lives now stays out of the way, and nothing is searched for."""
    gc.collect()
    gc.freeze()
    gc.disable()


def lock_memory() -> str:
    """Keep all memory in RAM once it was touched, and freed memory with it; return why not, empty when done."""
    if sys.platform == "win32":
        return "memory is not locked: the system has no such call"
    libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_TRIM_THRESHOLD, _KEEP_BYTES)
        libc.mallopt(_MMAP_MAX, 0)
    if not _may_lock_all():
        return "memory is not locked: raise the limit (memlock unlimited in /etc/security/limits.d)"
    if libc.mlockall(_LOCK_PRESENT_AND_FUTURE):
        return f"memory is not locked: {os.strerror(ctypes.get_errno())}"
    return ""


def _may_lock_all() -> bool:
    """Whether locking cannot make a later allocation fail."""
    import resource

    if os.geteuid() == 0:
        return True
    return resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY


def raise_thread_priority() -> str:
    """Give the calling thread real-time priority unless it has it; return why not, empty when done."""
    if not hasattr(os, "sched_setscheduler"):
        return "" if sys.platform == "darwin" else "no real-time priority: the system has no such call"
    try:
        if os.sched_getscheduler(0) not in (os.SCHED_FIFO, os.SCHED_RR):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except OSError as error:
        return f"no real-time priority: {error.strerror} (rtprio in /etc/security/limits.d)"
    return ""
