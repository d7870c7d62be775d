"""The experiment itself: train on damaged frames, and look at the network at a few iterations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import process_time
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .autoencoder import DenoisingAutoencoder
from .corruption import contiguous_gaps
from .material import FRAME, Examples, Frames, Material
from .measures import RepairQuality, repair_quality
from .overlap_add import overlap_add

SNAPSHOTS: Final = (0, 100, 200, 400, 800)
BATCH: Final = 128
LEARNING_RATE: Final = 1e-4
TEST_FRAMES: Final = 256


@dataclass(frozen=True)
class Snapshot:
    """The network at one iteration.

    Attributes
    ----------
    iteration : int
        Updates so far.
    cpu_seconds : float
        Processor time of the training so far.
    reconstruction, divergence : float
        The two terms of the loss on test frames, nats a frame.
    quality : RepairQuality
        Of test frames through the latent's mean.
    sampled : RepairQuality
        Through a sample of the latent.
    gap_error : float
        Root mean square error inside the gaps (mean latent).
    gallery : ndarray of float32, shape (kinds, 784)
        Repaired frames of each kind.
    """

    iteration: int
    cpu_seconds: float
    reconstruction: float
    divergence: float
    quality: RepairQuality
    sampled: RepairQuality
    gap_error: float
    gallery: Frames = field(repr=False)


@dataclass(frozen=True)
class Damaged:
    """Examples with a fifth of each frame missing."""

    examples: Examples
    missing: NDArray[np.bool_]
    frames: Frames


@dataclass(frozen=True)
class Run:
    """One training run.

    Attributes
    ----------
    network : DenoisingAutoencoder
        As it was at the last snapshot.
    snapshots : tuple of Snapshot
        At the iterations asked for.
    gallery : Damaged
        What the snapshots' galleries are repairs of.
    input_quality : RepairQuality
        Of the damaged test frames themselves.
    """

    network: DenoisingAutoencoder
    snapshots: tuple[Snapshot, ...]
    gallery: Damaged
    input_quality: RepairQuality


def damage(material: Material, examples: Examples, random: np.random.Generator) -> Damaged:
    """Take a contiguous fifth out of every frame."""
    missing = contiguous_gaps(len(examples.whole), FRAME, random)
    return Damaged(examples, missing, np.where(missing, np.float32(material.missing), examples.whole))


def run_experiment(
    material: Material,
    *,
    iterations: Sequence[int] = SNAPSHOTS,
    seed: int = 0,
    clean_fed: bool = False,
    watch: Callable[[Snapshot], None] = lambda _: None,
) -> Run:
    """Train the network and take snapshots.

    Parameters
    ----------
    material : Material
        Notes or digits.
    iterations : sequence of int
        When to look, ascending; the last ends the training.
    seed : int
        Of the weights, the material and the gaps.
    clean_fed : bool
        In training, feed the encoder the undamaged frame, as the article's published code does by oversight (it builds
        the damaged batch and passes on the other). The snapshots repair damaged frames all the same.
    watch : callable
        Is told each snapshot.
    """
    torch.set_num_threads(1)
    network = DenoisingAutoencoder(seed=seed)
    optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE, foreach=True)
    random, test_random = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    gallery = damage(material, material.gallery(test_random), test_random)
    test = damage(material, material.testing(TEST_FRAMES, test_random), test_random)
    snapshots: list[Snapshot] = []
    spent, done = 0.0, 0
    for iteration in iterations:
        began = process_time()
        for _ in range(iteration - done):
            batch = damage(material, material.training(BATCH, random), random)
            fed = batch.examples.whole if clean_fed else batch.frames
            loss = sum(network.loss(_tensor(fed), _tensor(batch.examples.whole)), start=torch.zeros(()))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        done = iteration
        spent += process_time() - began
        snapshots.append(_snapshot(network, material, test, gallery, iteration, spent))
        watch(snapshots[-1])
    return Run(network, tuple(snapshots), gallery, _quality(material, test, test.frames))


def repair_sound(
    network: DenoisingAutoencoder, chopped: NDArray[np.float64], *, overlapping: bool, sampled: bool
) -> NDArray[np.float64]:
    """Repair a long sound with the network that learned frames.

    Parameters
    ----------
    network : DenoisingAutoencoder
        Trained on notes.
    chopped : ndarray of float64, shape (frames,)
        Values from -1 to 1.
    overlapping : bool
        Frames overlap by half and are faded into each other, so that phases join; else they stand side by side as in
        the article.
    sampled : bool
        Go through a sample of the latent as in the article, instead of its mean.
    """
    torch.manual_seed(0)

    def repair(frames: Frames) -> Frames:
        return network.reconstruct(_tensor((frames + 1) / 2), sampled=sampled).numpy() * 2 - 1

    return overlap_add(chopped, repair, frame=FRAME, overlapping=overlapping)


@torch.no_grad()
def _snapshot(
    network: DenoisingAutoencoder, material: Material, test: Damaged, gallery: Damaged, iteration: int, spent: float
) -> Snapshot:
    torch_state = torch.get_rng_state()  # looking must not change what is learned
    terms = network.loss(_tensor(test.frames), _tensor(test.examples.whole))
    mean, sampled = (network.reconstruct(_tensor(test.frames), sampled=way).numpy() for way in (False, True))
    repaired = network.reconstruct(_tensor(gallery.frames)).numpy()
    torch.set_rng_state(torch_state)
    error = (material.signal(mean) - material.signal(test.examples.clean))[test.missing]
    return Snapshot(
        iteration,
        spent,
        float(terms[0]),
        float(terms[1]),
        _quality(material, test, mean),
        _quality(material, test, sampled),
        float(np.sqrt(np.mean(error**2))),
        repaired,
    )


def _quality(material: Material, test: Damaged, frames: Frames) -> RepairQuality:
    return repair_quality(material.signal(frames), material.signal(test.examples.clean), test.missing)


def _tensor(frames: NDArray[np.floating]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(frames, np.float32))
