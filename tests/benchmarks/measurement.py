"""Measuring one model: all contenders take turns, so that a slow moment of the machine meets them all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import thread_time

import numpy as np
from numpy.typing import NDArray

from ampboard.models.kernels.amp import amp_kernel
from ampboard.models.kernels.contract import Kernel
from ampboard.models.model import model_kernel

from .compile_time import compile_times
from .fma_peak import fma_peak
from .peers import OFFLINE_FRAMES, PEERS, Peer
from .playing import Playing, picked_notes
from .subjects import SAMPLE_RATE, Subject

BLOCKS = (16, 64, 512)
USUAL = 64  # frames of the block that everything else is measured with
TURN = 0.01  # seconds of processor time a contender's turn lasts, about


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    turns: int
    seconds: float  # of audio, for the slowest block


FULL, QUICK = Effort(turns=21, seconds=60.0), Effort(turns=3, seconds=1.0)


@dataclass(frozen=True)
class Speed:
    """Median speed at one block size."""

    real_time_factor: float
    gflops: float
    share_of_peak: float


@dataclass(frozen=True)
class PeerSpeed:
    """Another engine's median real-time factor at a block size, and how many times faster ampboard is."""

    real_time_factor: float
    ratio: float


@dataclass(frozen=True)
class SlowestBlocks:
    """Times of single blocks, as shares of the time that a block lasts."""

    median: float
    p999: float
    longest: float
    p999_processor: float


@dataclass(frozen=True)
class Result:
    """What was measured of a model."""

    name: str
    weights: int
    multiply_adds: int
    speeds: dict[int, Speed]
    short_block_cost: float  # a frame in a block of 16 against one in a block of 512
    call_microseconds: float
    stereo: float  # time against mono: the model
    stereo_amp: float  # the amp around it
    slowest: SlowestBlocks
    instance_bytes: int
    program_bytes: int
    compile_seconds: float
    cached_seconds: float
    peers: dict[str, dict[int, PeerSpeed]] = field(default_factory=dict[str, dict[int, PeerSpeed]])


class _Contender:
    """Something that plays blocks, with the number of blocks that fill a turn."""

    def __init__(self, frames: int, play: Callable[[int], float]) -> None:
        self._frames, self._play = frames, play
        play(1)
        self._blocks = min(max(1, round(TURN / max(play(1), 1e-7))), SAMPLE_RATE // frames)

    def turn(self) -> float:
        """Return processor seconds a frame."""
        return self._play(self._blocks) / (self._blocks * self._frames)


def _ours(kernel: Kernel, frames: int, channels: int = 1) -> _Contender:
    playing, audio = Playing(kernel, frames=frames, channels=channels), picked_notes(1.0, channels)
    return _Contender(frames, lambda blocks: playing.play(audio, blocks))


def _theirs(peer: Peer, subject: Subject, frames: int) -> _Contender | None:
    frames = OFFLINE_FRAMES if peer.offline else frames
    play = peer.player(subject.description(), frames)
    if play is None:
        return None
    signal = picked_notes(1.0)[0]

    def blocks(count: int) -> float:
        start = thread_time()
        for block in range(count):
            play(signal[block * frames : (block + 1) * frames])
        return thread_time() - start

    return _Contender(frames, blocks)


def measure(subject: Subject, effort: Effort) -> Result:
    """Measure one model."""
    kernel = model_kernel(subject.description())
    amp = amp_kernel(kernel, model_rate=SAMPLE_RATE)
    contenders: dict[tuple[str, int], _Contender | None] = {
        **{("mono", frames): _ours(kernel, frames) for frames in (*BLOCKS, 2 * USUAL)},
        ("stereo", USUAL): _ours(kernel, USUAL, 2),
        ("amp", USUAL): _ours(amp, USUAL),
        ("stereo amp", USUAL): _ours(amp, USUAL, 2),
        **{
            (peer.name, frames): _theirs(peer, subject, frames)
            for peer in PEERS
            if not peer.missing
            for frames in ((USUAL,) if peer.offline else BLOCKS)
        },
    }
    running = {key: contender for key, contender in contenders.items() if contender}
    rounds = [({key: c.turn() for key, c in running.items()}, fma_peak()) for _ in range(effort.turns)]
    times = {key: np.array([turn[key] for turn, _ in rounds]) for key in running}
    peaks = np.array([peak for _, peak in rounds])
    mono = {frames: times["mono", frames] for frames in BLOCKS}
    playing = Playing(kernel, frames=USUAL)
    compile_seconds, cached_seconds = compile_times(subject.name)
    return Result(
        name=subject.name,
        weights=subject.description().weight_count,
        multiply_adds=subject.multiply_adds,
        speeds={frames: _speed(subject, seconds, peaks) for frames, seconds in mono.items()},
        short_block_cost=_median(mono[BLOCKS[0]] / mono[BLOCKS[-1]]),
        call_microseconds=1e6 * _median(2 * USUAL * (mono[USUAL] - times["mono", 2 * USUAL])),
        stereo=_median(times["stereo", USUAL] / mono[USUAL]),
        stereo_amp=_median(times["stereo amp", USUAL] / times["amp", USUAL]),
        slowest=_slowest(playing, effort.seconds),
        instance_bytes=playing.state_bytes,
        program_bytes=kernel.program.nbytes,
        compile_seconds=compile_seconds,
        cached_seconds=cached_seconds,
        peers={
            peer.name: {
                frames: PeerSpeed(1 / (SAMPLE_RATE * _median(seconds)), _median(seconds / mono[frames]))
                for frames in BLOCKS
                if (seconds := times.get((peer.name, frames))) is not None
            }
            for peer in PEERS
        },
    )


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values))


def _speed(subject: Subject, seconds: NDArray[np.float64], peaks: NDArray[np.float64]) -> Speed:
    gflops = 2e-9 * subject.multiply_adds / seconds
    return Speed(1 / (SAMPLE_RATE * _median(seconds)), _median(gflops), _median(gflops / peaks))


def _slowest(playing: Playing, seconds: float) -> SlowestBlocks:
    audio = picked_notes(seconds)
    playing.block_times(audio[:, : SAMPLE_RATE // 2])  # compiles the loop and wakes the caches
    wall, processor = playing.block_times(audio) * 1e-9 * SAMPLE_RATE / USUAL
    return SlowestBlocks(
        median=_median(wall),
        p999=float(np.quantile(wall, 0.999)),
        longest=float(wall.max()),
        p999_processor=float(np.quantile(processor, 0.999)),
    )
