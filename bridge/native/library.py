"""The compiled bridge: where it lies, and its side channel as typed functions.

``ctypes`` opens the same file that pedalboard loads as a plugin, so both share one image: what is registered here is
what the plugin runs. The functions are described in ``side_channel.h``.
"""

import ctypes
import functools
import platform
import sys
from importlib.resources import files
from pathlib import Path
from typing import Final

from ...models.errors import PluginError

BUNDLE: Final = "AmpboardBridge.vst3"
VENDOR: Final = "ampboard"

NO_INSTANCE: Final = -1
NO_MIDI: Final = -4
IMPOSSIBLE: Final = -5
LONGEST_MIDI: Final = 52  # bytes, as midi_queue.h


class NativeKernel(ctypes.Structure):
    """``struct kernel`` of kernel.h."""

    _fields_ = (
        ("measure", ctypes.c_void_p),
        ("prepare", ctypes.c_void_p),
        ("process", ctypes.c_void_p),
        ("reset", ctypes.c_void_p),
        ("event", ctypes.c_void_p),
        ("latency", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("program", ctypes.c_void_p),
        ("tail", ctypes.c_double),
        ("side_inputs", ctypes.c_int32),
    )


class NativeLabel(ctypes.Structure):
    """``struct label`` of parameter.h."""

    _fields_ = (("value", ctypes.c_double), ("text", ctypes.c_char * 64))


class NativeParameter(ctypes.Structure):
    """``struct parameter`` of parameter.h."""

    _fields_ = (
        ("title", ctypes.c_char * 64),
        ("unit", ctypes.c_char * 16),
        ("minimum", ctypes.c_double),
        ("maximum", ctypes.c_double),
        ("default", ctypes.c_double),
        ("steps", ctypes.c_int32),
        ("logarithmic", ctypes.c_int32),
        ("label_count", ctypes.c_int64),
        ("labels", ctypes.POINTER(NativeLabel)),
    )


class NativeClass(ctypes.Structure):
    """``struct class_description`` of registry.h."""

    _fields_ = (
        ("name", ctypes.c_char * 64),
        ("vendor", ctypes.c_char * 64),
        ("version", ctypes.c_char * 32),
        ("fewest_channels", ctypes.c_int32),
        ("most_channels", ctypes.c_int32),
        ("parameter_count", ctypes.c_int32),
        ("parameters", ctypes.POINTER(NativeParameter)),
    )


class NativeCounters(ctypes.Structure):
    """``struct side_channel_counters`` of side_channel.h."""

    _fields_ = (
        ("process_calls", ctypes.c_uint64),
        ("resets", ctypes.c_uint64),
        ("prepares", ctypes.c_uint64),
        ("refusals", ctypes.c_uint64),
        ("non_finite_inputs", ctypes.c_uint64),
        ("non_finite_outputs", ctypes.c_uint64),
        ("dropped_midi", ctypes.c_uint64),
        ("latency", ctypes.c_int64),
    )


STRUCTURES: Final = (NativeKernel, NativeParameter, NativeClass, NativeCounters, NativeLabel)

_NUMBER = ctypes.c_uint32
_RESULT = ctypes.c_int32
_SIGNATURES: Final = {
    "ampboard_register_class": (_NUMBER, [ctypes.POINTER(NativeClass)]),
    "ampboard_unregister_class": (_RESULT, [_NUMBER]),
    "ampboard_show_only": (None, [_NUMBER]),
    "ampboard_attach_kernel": (ctypes.c_int64, [_NUMBER, ctypes.POINTER(NativeKernel)]),
    "ampboard_live_attachments": (_RESULT, [_NUMBER, ctypes.POINTER(ctypes.c_uint64), ctypes.c_int32]),
    "ampboard_is_alive": (_RESULT, [_NUMBER]),
    "ampboard_set_parameter": (_RESULT, [_NUMBER, ctypes.c_int32, ctypes.c_double]),
    "ampboard_get_parameter": (_RESULT, [_NUMBER, ctypes.c_int32, ctypes.POINTER(ctypes.c_double)]),
    "ampboard_get_counters": (_RESULT, [_NUMBER, ctypes.POINTER(NativeCounters)]),
    "ampboard_allocations": (ctypes.c_uint64, []),
    "ampboard_send_midi": (_RESULT, [_NUMBER, ctypes.c_int32, ctypes.c_char_p, ctypes.c_int32]),
    "ampboard_create_bus": (ctypes.c_void_p, [ctypes.c_double]),
    "ampboard_create_stem": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64]),
    "ampboard_release_source": (None, [ctypes.c_void_p]),
    "ampboard_tap_into": (_RESULT, [_NUMBER, ctypes.c_void_p]),
    "ampboard_listen_to": (_RESULT, [_NUMBER, ctypes.c_void_p]),
    "ampboard_pass_through": (None, [ctypes.POINTER(NativeKernel)]),
    "ampboard_set_live": (None, [ctypes.c_int32]),
    "ampboard_is_live": (ctypes.c_int32, []),
    "ampboard_structure_sizes": (None, [ctypes.POINTER(ctypes.c_uint64)]),
}


def _binary_in_bundle(bundle: Path) -> Path:
    if sys.platform == "win32":
        return bundle  # pedalboard wants a single file there
    if sys.platform == "darwin":
        return bundle / "Contents" / "MacOS" / bundle.stem
    return bundle / "Contents" / f"{platform.machine()}-linux" / f"{bundle.stem}.so"


@functools.cache
def bundle_path() -> Path:
    """Return the path of the compiled VST3 bundle.

    Raises
    ------
    PluginError
        When the bridge was not compiled.
    """
    bundle = Path(str(files(__package__ or "").joinpath(BUNDLE)))
    if not _binary_in_bundle(bundle).is_file():
        raise PluginError(
            f"{bundle}: the native bridge is not compiled for {sys.platform} {platform.machine()}: "
            "install ampboard with a C compiler present (pip install .)"
        )
    return bundle


@functools.cache
def library() -> ctypes.CDLL:
    """Return the bridge's side channel, loaded once.

    Raises
    ------
    PluginError
        When the bridge was not compiled, cannot be loaded, or was compiled from other sources.
    """
    binary = _binary_in_bundle(bundle_path())
    try:
        loaded = ctypes.CDLL(str(binary))
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise PluginError(f"{binary}: cannot be loaded ({error}): install ampboard again") from error
    sizes = (ctypes.c_uint64 * len(STRUCTURES))()
    loaded.ampboard_structure_sizes(sizes)
    if list(sizes) != [ctypes.sizeof(structure) for structure in STRUCTURES]:
        raise PluginError(f"{binary}: compiled from other sources than these: install ampboard again")
    return loaded
