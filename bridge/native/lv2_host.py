"""The LV2 host in C as typed functions: ``lv2/host.h`` says what they promise."""

import ctypes
import functools
from typing import Final

from ...models.errors import PluginError
from .library import NativeKernel, bundle_path, library

PORT_KINDS: Final = ("audio", "side-chain", "control", "cv", "atom", "unconnected")

BY_SAMPLE_RATE: Final = 1
REPORTS_LATENCY: Final = 2
TAKES_MIDI: Final = 4
TAKES_PATCH: Final = 8


class NativePort(ctypes.Structure):
    """``struct port`` of program.h."""

    _fields_ = (
        ("kind", ctypes.c_int32),
        ("is_output", ctypes.c_int32),
        ("slot", ctypes.c_int32),
        ("flags", ctypes.c_int32),
        ("value", ctypes.c_float),
        ("minimum_size", ctypes.c_uint32),
    )


class NativeFacts(ctypes.Structure):
    """``struct plugin_facts`` of program.h."""

    _fields_ = (
        ("uri", ctypes.c_char_p),
        ("binary", ctypes.c_char_p),
        ("bundle", ctypes.c_char_p),
        ("files", ctypes.c_char_p),
        ("port_count", ctypes.c_int32),
        ("ports", ctypes.POINTER(NativePort)),
        ("parameter_count", ctypes.c_int32),
        ("block_size", ctypes.c_int32),
        ("restores_while_running", ctypes.c_int32),
    )


class NativeProperty(ctypes.Structure):
    """``struct property`` of properties.h."""

    _fields_ = (
        ("key", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("value", ctypes.c_void_p),
    )


STRUCTURES: Final = (NativePort, NativeFacts, NativeProperty)

_PROGRAM = ctypes.c_void_p
_PROPERTIES = ctypes.POINTER(NativeProperty)
_SIGNATURES: Final = {
    "ampboard_lv2_map": (ctypes.c_uint32, [ctypes.c_char_p]),
    "ampboard_lv2_unmap": (ctypes.c_char_p, [ctypes.c_uint32]),
    "ampboard_lv2_offers_feature": (ctypes.c_int32, [ctypes.c_char_p, ctypes.c_int32]),
    "ampboard_lv2_offers_option": (ctypes.c_int32, [ctypes.c_char_p]),
    "ampboard_lv2_structure_sizes": (None, [ctypes.POINTER(ctypes.c_uint64)]),
    "ampboard_lv2_open": (_PROGRAM, [ctypes.POINTER(NativeFacts), ctypes.c_char_p, ctypes.c_uint32]),
    "ampboard_lv2_close": (None, [_PROGRAM]),
    "ampboard_lv2_kernel": (None, [_PROGRAM, ctypes.POINTER(NativeKernel)]),
    "ampboard_lv2_save": (ctypes.c_int32, [_PROGRAM, ctypes.POINTER(_PROPERTIES)]),
    "ampboard_lv2_keys": (ctypes.c_int32, [_PROGRAM, ctypes.POINTER(_PROPERTIES)]),
    "ampboard_lv2_restore": (ctypes.c_int32, [_PROGRAM, _PROPERTIES, ctypes.c_int32]),
    "ampboard_lv2_patch": (ctypes.c_int32, [_PROGRAM, _PROPERTIES]),
    "ampboard_lv2_ask": (ctypes.c_int32, [_PROGRAM, ctypes.c_uint32]),
    "ampboard_lv2_news": (ctypes.c_uint32, [_PROGRAM, ctypes.c_void_p, ctypes.c_uint32]),
    "ampboard_lv2_output": (ctypes.c_int32, [_PROGRAM, ctypes.c_int32, ctypes.POINTER(ctypes.c_float)]),
    "ampboard_lv2_log": (ctypes.c_uint32, [_PROGRAM, ctypes.c_char_p, ctypes.c_uint32]),
}


@functools.cache
def lv2_library() -> ctypes.CDLL:
    """Return the bridge's LV2 host, loaded once.

    Raises
    ------
    PluginError
        When the bridge was not compiled, or from other sources.
    """
    loaded = library()
    try:
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
    except AttributeError as error:
        raise PluginError(f"{bundle_path()}: hosts no LV2 plugins ({error}): install ampboard again") from None
    sizes = (ctypes.c_uint64 * len(STRUCTURES))()
    loaded.ampboard_lv2_structure_sizes(sizes)
    if list(sizes) != [ctypes.sizeof(structure) for structure in STRUCTURES]:
        raise PluginError(f"{bundle_path()}: compiled from other sources than these: install ampboard again")
    return loaded


def map_uri(uri: str) -> int:
    """The number by which plugins of this process know a URI."""
    return int(lv2_library().ampboard_lv2_map(uri.encode()))


def unmap_uri(number: int) -> str:
    """The URI of a number; empty when there is none."""
    return (lv2_library().ampboard_lv2_unmap(number) or b"").decode()
