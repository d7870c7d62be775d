"""The jobs of a WaveNet's window, forwards and backwards.

They are listed once for a size of windows. The parameters come as few matrices: the rows of all layers
of a stack that have equally many taps lie in one, each row with its taps (the oldest first), the weights of the
condition and the bias.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ....models.description import LayerArray
from .jobs import COPY, MAP, MULTIPLY, Job, Rows, run_jobs, table
from .tiles import ACTIVATE, HYPERBOLIC, LEAKY, SLOPE, STEP

WORK, MEMORY, NEW_MEMORY, BACK, PARAMETERS = range(5)
"""Arenas: what a window leaves for its way back, memory before and after, slopes; the parameters, then their slopes."""

LINE: Final = 16  # floats in a cache line


@dataclass(frozen=True)
class Place:
    """Where the rows of one layer are: which parameter, and from which row."""

    parameter: int
    row: int


@dataclass(frozen=True)
class StackPlaces:
    """Where the weights of a stack are; `ones` is shorter than the layers by what is not heard."""

    shape: LayerArray
    rechannel: int
    layers: tuple[Place, ...]
    ones: tuple[Place, ...]
    head: int

    def columns(self, layer: int) -> int:
        """Columns of a layer's matrix."""
        return self.shape.kernel_sizes[layer] * self.shape.channels + self.shape.condition_size + 1


class _Arena:
    """Gives out rows of an arena, one behind the other."""

    def __init__(self, number: int, streams: int) -> None:
        self.number, self.streams, self.size = number, streams, 0

    def rows(self, rows: int, frames: int) -> Rows:
        row = (-(-frames // LINE) | 1) * LINE  # an odd number of lines: 4 KiB apart, rows would share their cache sets
        place = Rows(self.number, self.size, rows * row, row)
        self.size += self.streams * rows * row
        return place

    def view(self, tensor: Tensor, place: Rows, rows: int, frames: int) -> Tensor:
        return tensor.as_strided((self.streams, rows, frames), (place.stream, place.row, 1), place.offset)


class WindowPlan:
    """The jobs of windows of one size.

    Parameters
    ----------
    stacks : sequence of StackPlaces
        The network.
    parameters : int
        Number of parameter matrices.
    streams, frames : int
        Size of the window.
    """

    def __init__(self, stacks: Sequence[StackPlaces], parameters: int, streams: int, frames: int) -> None:
        self.stacks, self.parameters, self.streams, self.frames = tuple(stacks), parameters, streams, frames
        self.padded = -(-frames // STEP) * STEP
        self.work, self.back = _Arena(WORK, streams), _Arena(BACK, streams)
        self.memory_size = memory_size([s.shape for s in stacks])
        first = self.stacks[0].shape
        self.zero = Rows(WORK, self.work.rows(1, self.padded).offset, 0, 0)
        self.ones = Rows(WORK, self.work.rows(1, self.padded).offset, 0, 0)
        self.inputs = self.work.rows(first.condition_size, self.padded)
        self.output = self.work.rows(self.stacks[-1].shape.head_size, self.padded)
        self.heard = self.back.rows(self.stacks[-1].shape.head_size, self.padded + STEP)
        self.known = [
            [self.work.rows(s.shape.channels, s.shape.look_back(i) + self.padded) for i in range(len(s.layers))]
            for s in self.stacks
        ]
        self.active = [[self.work.rows(s.shape.width, self.padded) for _ in s.layers] for s in self.stacks]
        self.sums = [self.work.rows(s.shape.width, s.shape.head_look_back + self.padded) for s in self.stacks]
        self.ends = [self.work.rows(s.shape.channels, self.padded) for s in self.stacks[:-1]]
        forward, backward = self._forward(), self._backward()
        self.forward_jobs, self.backward_jobs = table(forward), table(backward)
        counts = [j.source_rows * j.taps + j.condition_rows + 1 for j in (*forward, *backward)]
        outputs = [j.rows if j.kind == MAP else 0 for j in (*forward, *backward)]
        self.pointers = np.zeros(streams * max(counts), np.int64)
        self.packed = np.zeros(max(c * o for c, o in zip(counts, outputs, strict=True)), np.float32)
        self.back_memory = torch.zeros(self.back.size)
        self._free: list[Tensor] = []

    def take(self) -> Tensor:
        """A work arena that no other window uses."""
        if self._free:
            return self._free.pop()
        work = torch.zeros(self.work.size)
        work[self.ones.offset : self.ones.offset + self.padded] = 1
        return work

    def give_back(self, work: Tensor) -> None:
        """Let the next window use it."""
        self._free.append(work)

    def run(self, jobs: NDArray[np.int64], tensors: Sequence[Tensor | None]) -> None:
        """Run jobs on the arenas."""
        bases = np.array([0 if t is None else t.data_ptr() for t in tensors], np.int64)
        pointers, packed = self.pointers.ctypes.data, self.packed.ctypes.data
        run_jobs()(jobs.ctypes.data, len(jobs), self.streams, bases.ctypes.data, pointers, packed)

    # ---- the jobs

    def _signal(self, number: int) -> tuple[Rows, int]:
        """What a stack hears: the inputs, or the end of the stack before it."""
        if number == 0:
            return self.inputs, self.stacks[0].shape.input_size
        return self.ends[number - 1], self.stacks[number - 1].shape.channels

    def _weights(self, place: Place, columns: int, *, channels: int = 0, slopes: bool = False) -> Rows:
        """A layer's rows of a parameter, each a tap's `channels` weights behind the other's."""
        arena = PARAMETERS + place.parameter + (self.parameters if slopes else 0)
        return Rows(arena, place.row * columns, channels, columns)

    def _histories(self) -> list[tuple[Rows, int, int]]:
        """The rows that remember, how many there are and how many frames they remember."""
        rows = list[tuple[Rows, int, int]]()
        for number, stack in enumerate(self.stacks):
            shape = stack.shape
            rows += [(k, shape.channels, shape.look_back(i)) for i, k in enumerate(self.known[number])]
            rows.append((self.sums[number], shape.width, shape.head_look_back))
        return rows

    def _copies(self, *, after: bool) -> list[Job]:
        jobs, at = list[Job](), 0
        for rows, count, frames in self._histories():
            kept = Rows(NEW_MEMORY if after else MEMORY, at, self.memory_size, frames)
            source, out = (rows.later(self.frames), kept) if after else (kept, rows)
            if frames:
                jobs.append(Job(kind=COPY, frames=frames, rows=count, out=out, source=source, source_rows=count))
            at += count * frames
        return jobs

    def _map(self, rows: int, out: Rows, source: Rows, source_rows: int, weights: Rows, **rest: Any) -> Job:
        rest = {"start": self.zero, **rest}
        return Job(
            kind=MAP, frames=self.padded, rows=rows, out=out, source=source, source_rows=source_rows, weights=weights,
            **rest,
        )  # fmt: skip

    def _multiply(self, rows: int, start: Rows, out: Rows, source: Rows, source_rows: int, **rest: Any) -> Job:
        return Job(
            kind=MULTIPLY, frames=self.padded, rows=rows, out=out, source=source, source_rows=source_rows, start=start,
            **rest,
        )  # fmt: skip

    def _heard_by(self, stack: StackPlaces, number: int, layer: int) -> dict[str, Any]:
        """The sources of a layer, beside its own channels."""
        shape = stack.shape
        return {
            "taps": shape.kernel_sizes[layer],
            "dilation": shape.dilations[layer],
            "condition": self.inputs,
            "condition_rows": shape.condition_size,
            "ones": self.ones,
        }

    def _head_sources(self, stack: StackPlaces) -> dict[str, Any]:
        shape = stack.shape
        return {
            "taps": shape.head_kernel_size,
            "dilation": shape.head_dilation,
            "ones": self.ones if shape.head_bias else None,
        }

    def _head_columns(self, stack: StackPlaces) -> int:
        return stack.shape.head_kernel_size * stack.shape.width + int(stack.shape.head_bias)

    def _forward(self) -> list[Job]:
        jobs = self._copies(after=False)
        for number, stack in enumerate(self.stacks):
            shape, known, active = stack.shape, self.known[number], self.active[number]
            signal, inputs = self._signal(number)
            now = [rows.later(shape.look_back(i)) for i, rows in enumerate(known)]
            sums = self.sums[number].later(shape.head_look_back)
            weights = self._weights(Place(stack.rechannel, 0), inputs)
            jobs.append(self._map(shape.channels, now[0], signal, inputs, weights))
            now += self.ends[number : number + 1]
            for i, place in enumerate(stack.layers):
                own = self._weights(place, stack.columns(i), channels=shape.channels)
                rest = activation_of(shape, i) | self._heard_by(stack, number, i)
                start = self.zero if number == i == 0 else sums
                jobs.append(
                    self._map(
                        shape.width, active[i], known[i], shape.channels, own, mode=ACTIVATE, start=start, other=sums,
                        **rest,
                    )
                )  # fmt: skip
                if i < len(stack.ones):
                    one = self._weights(stack.ones[i], shape.width + 1)
                    jobs.append(
                        self._map(shape.channels, now[i + 1], active[i], shape.width, one, start=now[i], ones=self.ones)
                    )
            last = number + 1 == len(self.stacks)
            out = self.output if last else self.sums[number + 1].later(self.stacks[number + 1].shape.head_look_back)
            head = self._weights(Place(stack.head, 0), self._head_columns(stack), channels=shape.width)
            jobs.append(
                self._map(shape.head_size, out, self.sums[number], shape.width, head, **self._head_sources(stack))
            )
        return jobs + self._copies(after=True)

    def _turned(self, place: Place, columns: int, taps: int, channels: int) -> dict[str, Any]:
        """The weights of the way back through a convolution, whose taps lie mirrored."""
        weights = self._weights(place, columns)
        at = Rows(weights.arena, weights.offset + (taps - 1) * channels, -channels, 1)
        return {"weights": at, "channel": columns, "taps": taps, "limit": self.padded}

    def _backward(self) -> list[Job]:
        jobs, heard = list[Job](), self.heard
        slopes = [self.back.rows(s.shape.channels, self.padded + STEP) for s in self.stacks]
        for number in range(len(self.stacks) - 1, -1, -1):
            stack = self.stacks[number]
            shape, known, active = stack.shape, self.known[number], self.active[number]
            width, channels, slope = shape.width, shape.channels, slopes[number]
            columns, head_place = self._head_columns(stack), Place(stack.head, 0)
            out = self._weights(head_place, columns, slopes=True)
            jobs.append(
                self._multiply(shape.head_size, heard, out, self.sums[number], width, **self._head_sources(stack))
            )
            for_sums = self.back.rows(width, self.padded + STEP)
            turned = self._turned(head_place, columns, shape.head_kernel_size, width)
            jobs.append(self._map(width, for_sums, heard, shape.head_size, dilation=shape.head_dilation, **turned))
            linear = self.back.rows(width, self.padded + STEP)
            for i in range(len(stack.layers) - 1, -1, -1):
                goes_on = i < len(stack.ones)
                one: dict[str, Any] = {"weights": Rows(WORK, 0, 0, 0)}
                if goes_on:
                    one = self._turned(stack.ones[i], width + 1, 1, width)
                    out = self._weights(stack.ones[i], width + 1, slopes=True)
                    jobs.append(self._multiply(channels, slope, out, active[i], width, ones=self.ones))
                jobs.append(
                    self._map(
                        width, linear, slope, channels if goes_on else 0, mode=SLOPE, start=for_sums, other=active[i],
                        **activation_of(shape, i), **one,
                    )
                )  # fmt: skip
                place, columns = stack.layers[i], stack.columns(i)
                out = self._weights(place, columns, slopes=True)
                jobs.append(self._multiply(width, linear, out, known[i], channels, **self._heard_by(stack, number, i)))
                turned = self._turned(place, columns, shape.kernel_sizes[i], channels)
                start = slope if goes_on else self.zero
                jobs.append(
                    self._map(channels, slope, linear, width, dilation=shape.dilations[i], start=start, **turned)
                )
            signal, inputs = self._signal(number)
            rechannel = Place(stack.rechannel, 0)
            jobs.append(self._multiply(channels, slope, self._weights(rechannel, inputs, slopes=True), signal, inputs))
            if number:
                turned = self._turned(rechannel, inputs, 1, inputs)
                jobs.append(self._map(inputs, slopes[number - 1], slope, channels, **turned))
            heard = for_sums
        return jobs


def activation_of(shape: LayerArray, layer: int) -> dict[str, Any]:
    """How a job says a layer's activation; see `ACTIVATION_SLOPES`."""
    name = str(getattr(shape.activations[layer], "name", shape.activations[layer]))
    if name == "Tanh":
        return {"activation": HYPERBOLIC}
    numbers = getattr(shape.activations[layer], "numbers", ())
    return {"activation": LEAKY, "slope": numbers[0] if numbers else ACTIVATION_SLOPES[name]}


ACTIVATION_SLOPES: Final = {"ReLU": 0.0, "LeakyReLU": 0.01}
"""Slope below zero of the activations that are not tanh, where the model does not say it."""


def memory_size(shapes: Sequence[LayerArray]) -> int:
    """Values that a stream remembers."""
    layers = sum(s.channels * s.look_back(i) for s in shapes for i in range(len(s.dilations)))
    return layers + sum(s.width * s.head_look_back for s in shapes)
