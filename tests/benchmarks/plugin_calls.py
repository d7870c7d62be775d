"""``python -m tests.benchmarks.plugin_calls``: what a block costs through our LV2 host beside the plugin's own ``run``.

The plugin is instantiated twice in one process, here by a few lines of ctypes and there by the host; compiled loops
call both in turn on the same audio, and the medians of many rounds are subtracted.
"""

import ctypes
import statistics
import sys
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numba import njit

from ampboard.bridge.plugins.lv2.bundles.description import Lv2Description
from ampboard.bridge.plugins.lv2.discovery import describe_lv2
from ampboard.bridge.plugins.lv2.kernel import Lv2Kernel
from ampboard.models.errors import PluginError
from ampboard.models.kernels.contract import SETUP, aligned_bytes
from ampboard.models.kernels.memory import call_process

from .playing import WALL, nanoseconds, picked_notes
from .subjects import SAMPLE_RATE

# Plugins that need no features, so that a few lines host them.
PLUGINS: Final = (
    "http://guitarix.sourceforge.net/plugins/gxts9#ts9sim",
    "http://guitarix.sourceforge.net/plugins/gx_tremolo#_tremolo",
    "http://guitarix.sourceforge.net/plugins/gx_zita_rev1_stereo#_zita_rev1_stereo",
    "http://lsp-plug.in/plugins/lv2/compressor_mono",
)
FRAMES: Final = (16, 64)
ROUNDS, BLOCKS = 200, 200

_Handle = ctypes.c_void_p
_Instantiate = ctypes.CFUNCTYPE(_Handle, ctypes.c_void_p, ctypes.c_double, ctypes.c_char_p, ctypes.c_void_p)
_Connect = ctypes.CFUNCTYPE(None, _Handle, ctypes.c_uint32, ctypes.c_void_p)
_Plain = ctypes.CFUNCTYPE(None, _Handle)
_Run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32)


class _Descriptor(ctypes.Structure):
    """``LV2_Descriptor`` of lv2core."""

    _fields_ = (
        ("uri", ctypes.c_char_p),
        ("instantiate", _Instantiate),
        ("connect_port", _Connect),
        ("activate", _Plain),
        ("run", _Run),
        ("deactivate", _Plain),
        ("cleanup", _Plain),
    )


class Bare:
    """A plugin with nothing around it."""

    def __init__(self, description: Lv2Description, audio: np.ndarray) -> None:
        code = ctypes.CDLL(str(description.binary))
        code.lv2_descriptor.restype = ctypes.POINTER(_Descriptor)
        descriptors = (code.lv2_descriptor(index).contents for index in range(1000))
        descriptor = next(d for d in descriptors if d.uri.decode() == description.uri)
        bundle = f"{description.bundle}/".encode()
        no_features = (ctypes.c_void_p * 1)(None)
        self.handle = descriptor.instantiate(ctypes.addressof(descriptor), SAMPLE_RATE, bundle, no_features)
        self._values = np.array([port.default or 0.0 for port in description.ports], np.float32)
        self._audio = np.concatenate([audio, np.zeros_like(audio)])
        rows = iter(self._audio)
        for port in description.ports:
            memory = next(rows) if port.kind == "audio" else self._values[port.index :]
            descriptor.connect_port(self.handle, port.index, memory.ctypes.data)
        if descriptor.activate:
            descriptor.activate(self.handle)
        self.run = descriptor.run


def _bare_timer(run: Any) -> Callable[[int, int, int, int], int]:
    @njit(nogil=True)
    def timed(handle: int, frames: int, blocks: int, place: int) -> int:
        start = nanoseconds(WALL, place)
        for _ in range(blocks):
            run(handle, frames)
        return nanoseconds(WALL, place) - start

    return timed


@njit(nogil=True)
def _hosted(process: int, state: int, rows: int, channels: int, frames: int, blocks: int, place: int) -> int:
    start = nanoseconds(WALL, place)
    for _ in range(blocks):
        call_process(process, state, rows, rows + 8 * channels, np.int32(frames))
    return nanoseconds(WALL, place) - start


def measure(uri: str, frames: int) -> tuple[float, float]:
    """Nanoseconds a block: of the plugin alone, and what the host adds."""
    description = describe_lv2(uri)
    channels = len(description.audio_inputs)
    audio = picked_notes(1.0, channels)[:, :512]
    bare, kernel = Bare(description, audio), Lv2Kernel(description)
    addresses = kernel.addresses
    setup = np.zeros(1, SETUP)
    setup[0] = (SAMPLE_RATE, 512, channels, channels, 0)
    pointer = ctypes.c_int64
    size = ctypes.CFUNCTYPE(pointer, pointer, pointer)(addresses.measure)(addresses.program, setup.ctypes.data)
    state = aligned_bytes(size)
    slots = state[: 4 * len(kernel.parameters)].view(np.float32)
    slots[:] = [parameter.default for parameter in kernel.parameters]
    prepare = ctypes.CFUNCTYPE(ctypes.c_int32, pointer, pointer, pointer)(addresses.prepare)
    prepare(state.ctypes.data, addresses.program, setup.ctypes.data)
    memory = np.concatenate([audio, np.zeros_like(audio)])
    rows = np.array([row.ctypes.data for row in memory], np.int64)
    place = np.zeros(2, np.int64)
    alone, hosted = [], []
    timed = _bare_timer(bare.run)
    for turn in range(ROUNDS + 1):
        first = timed(bare.handle, frames, BLOCKS, place.ctypes.data)
        second = _hosted(
            addresses.process, state.ctypes.data, rows.ctypes.data, channels, frames, BLOCKS, place.ctypes.data
        )
        if turn:  # the first compiles
            alone.append(first / BLOCKS)
            hosted.append(second / BLOCKS)
    added = statistics.median(theirs - own for own, theirs in zip(alone, hosted, strict=True))
    return statistics.median(alone), added


def main() -> None:
    """Print the table."""
    sys.stdout.write("| plugin | frames | the plugin alone | the host adds |\n|---|---|---|---|\n")
    for uri in PLUGINS:
        for frames in FRAMES:
            try:
                alone, added = measure(uri, frames)
            except PluginError as error:
                sys.stdout.write(f"| {uri} | {frames} | {error} | |\n")
                continue
            sys.stdout.write(f"| {uri.rpartition('/')[2]} | {frames} | {alone:.0f} ns | {added:.0f} ns |\n")


if __name__ == "__main__":
    main()
