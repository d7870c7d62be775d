"""Training a streaming network on one pair of recordings: what went into a device, and what came out."""

from dataclasses import dataclass
from math import cos, isfinite, pi
from time import process_time

import numpy as np
import torch
from numpy.typing import NDArray

from .networks.streaming import Memory, StreamingNetwork
from .optimisers.soap import Soap

CLIP_AT = 3.0  # times the running mean of the gradient's norm
CLIP_MEMORY = 0.98
WARM_UP = 0.03  # part of the steps


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes
    ----------
    steps : int
        Number of updates; the learning rate rises over the first 3 % and falls as a cosine to zero at the last.
    window : int
        Frames of each stream an update.
    streams : int
        Places of the recording that are played side by side; each keeps its memory from window to window.
    learning_rate : float
        The largest.
    """

    steps: int
    window: int
    streams: int = 4
    learning_rate: float = 1e-2

    def rate(self, step: int) -> float:
        """Learning rate of one update."""
        done = step / self.steps
        return self.learning_rate * min(done / WARM_UP, 1.0) * (1 + cos(pi * done)) / 2


@dataclass(frozen=True)
class Training:
    """What a training run did.

    Attributes
    ----------
    cpu_seconds : float
        Processor time spent.
    loss : float
        Running mean of the last updates' loss, as ESR of the training material.
    skipped : int
        Updates left out because the gradient was not finite.
    """

    cpu_seconds: float
    loss: float
    skipped: int


def train_network(
    network: StreamingNetwork, audio: NDArray[np.floating], target: NDArray[np.floating], recipe: Recipe
) -> Training:
    """Fit a network in place.

    Parameters
    ----------
    network : StreamingNetwork
        Is changed.
    audio, target : ndarray of float, shape (frames,)
        Input and output of the device.
    recipe : Recipe
        How.

    Notes
    -----
    The loss is the squared error over the recording's mean power. One thread: networks this small gain nothing from
    more.
    """
    torch.set_num_threads(1)
    began = process_time()
    lane = len(audio) // recipe.streams // recipe.window * recipe.window
    if lane == 0:
        raise ValueError(f"{len(audio)} frames are too few for {recipe.streams} streams of {recipe.window}")
    usable = lane * recipe.streams
    sources, targets = (
        torch.from_numpy(np.ascontiguousarray(signal[:usable], np.float32)).view(recipe.streams, lane)
        for signal in (audio, target)
    )
    power = float(targets.square().mean())
    parameters = network.matrices()
    optimiser = Soap(parameters, betas=network.betas)
    memory = network.rest(recipe.streams)
    usual_norm, loss_mean, skipped = 0.0, 1.0, 0
    for step in range(recipe.steps):
        start = step * recipe.window % lane
        if start == 0 and step:
            memory = _next_lane(memory)
        part = slice(start, start + recipe.window)
        output, memory = network(sources[:, None, part], memory)
        loss = (output - targets[:, part]).square().mean() / power
        for weight, _ in parameters:
            weight.grad = None
        loss.backward()
        norm = float(
            torch.linalg.vector_norm(torch.cat([w.grad.flatten() for w, _ in parameters if w.grad is not None]))
        )
        if not isfinite(norm):
            skipped += 1
            memory = network.rest(recipe.streams)
            continue
        if usual_norm and norm > CLIP_AT * usual_norm:
            for weight, _ in parameters:
                if weight.grad is not None:
                    weight.grad *= CLIP_AT * usual_norm / norm
            norm = CLIP_AT * usual_norm
        usual_norm = CLIP_MEMORY * usual_norm + (1 - CLIP_MEMORY) * norm if usual_norm else norm
        optimiser.step(recipe.rate(step))
        loss_mean += 0.01 * (float(loss.detach()) - loss_mean)
    return Training(process_time() - began, loss_mean, skipped)


def _next_lane(memory: Memory) -> Memory:
    """Move each stream's memory to the stream whose lane begins where its own ended."""
    return tuple(torch.roll(part, 1, dims=0) for part in memory)
