"""What a side-chain is fed from: a named point of a chain, or a stem."""

import weakref
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import numpy as np

from ...models.errors import AudioError, ParameterError, PluginError
from ..audio import Audio
from .library import library

MOST_CHANNELS: Final = 64


class SideBus:
    """A named point of a chain: what a tap there hears, for side-chains further down the same chain.

    Listeners hear, frame by frame, what passed the tap at the same position of the stream, whatever latency lies
    between and however the stream is cut into blocks. While the tap is out of the chain they hear silence; it and they
    find back when they return. It carries one stream: a listener on another thread may miss blocks.

    Parameters
    ----------
    name : str
        What the point is called.
    seconds : float
        How much it keeps: at least the latency between tap and listener.

    Raises
    ------
    ParameterError
        When `seconds` is not above 0.

    Notes
    -----
    A tap and a listener that both return within one block start anew, as after a reset. The latency between them is
    learnt from the stream: after it has changed (a processor with latency was bypassed), reset the chain.
    """

    def __init__(self, name: str = "", *, seconds: float = 4.0) -> None:
        if not 0 < seconds <= 3600:
            raise ParameterError(f"side bus {name!r}: seconds is {seconds:g}: use a value above 0, up to 3600")
        self.name = name
        native = library()
        handle = native.ampboard_create_bus(seconds)
        if not handle:
            raise PluginError(f"side bus {name!r}: no memory")
        self.handle: int = handle
        weakref.finalize(self, native.ampboard_release_source, handle)

    def __repr__(self) -> str:
        return f"SideBus({self.name!r})"


@contextmanager
def stem(audio: Audio) -> Generator[int]:
    """Copy audio of shape (channels, frames) for the native side; plugins given it inside the block hold it.

    Raises
    ------
    AudioError
        When it is no audio of that shape: see `RunningKernel.side_chain`.
    """
    try:
        given = np.asarray(audio)
    except ValueError:
        given = np.empty(0, object)
    if not np.issubdtype(given.dtype, np.floating):
        kind = type(audio).__name__ if given.dtype.kind in "OUS" else f"samples of type {given.dtype}"
        raise AudioError(f"the side-chain is {kind}: use a SideBus, or a float32 array of shape (channels, frames)")
    samples = np.ascontiguousarray(np.atleast_2d(given), np.float32)
    channels = len(samples)
    if samples.ndim != 2 or not channels:
        raise AudioError(f"expected a side-chain of shape (channels, frames), not {given.shape}")
    if channels > MOST_CHANNELS:
        raise AudioError(
            f"the side-chain has {channels} channels: use 1 to {MOST_CHANNELS}, in an array of shape (channels, frames)"
        )
    handle = library().ampboard_create_stem(samples.ctypes.data, *samples.shape)
    if not handle:
        raise PluginError(f"no memory for a side-chain of {samples.shape[1]} frames")
    try:
        yield handle
    finally:
        library().ampboard_release_source(handle)
