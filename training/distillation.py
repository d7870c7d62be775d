"""Distillation: a small model learns from what a large one plays.

References
----------
G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a Neural Network", NIPS workshop 2014.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from ..models.errors import ParameterError
from ..models.model import Model
from .capture.layouts.cutting import cut_at_quiet_places
from .capture.recordings import read_recording
from .data.material import Excerpt, Material


def taught(material: Material, teacher: Model) -> Material:
    """Material with what a model makes of its audio in place of what the device made of it.

    The test passages keep the device's sound: they say how far the pupil is from the device in the end.

    Parameters
    ----------
    material : Material
        Its sample rate and its knobs have to be the teacher's.
    teacher : Model
        The model to learn from.

    Raises
    ------
    ParameterError
        When rate or knobs differ.
    """
    names = tuple(parameter.name for parameter in teacher.parameters)
    if material.sample_rate != teacher.sample_rate:
        raise ParameterError(
            f"{teacher.name}: plays at {teacher.sample_rate} Hz, the capture has {material.sample_rate}: "
            "use recordings, which are resampled"
        )
    if material.knobs != names:
        raise ParameterError(f"{teacher.name}: has the knobs {names or 'none'}, the capture {material.knobs or 'none'}")

    def heard(excerpt: Excerpt) -> Excerpt:
        played = teacher.process(excerpt.audio, **dict(zip(names, excerpt.knobs, strict=True)))
        return replace(excerpt, target=played)

    return replace(material, train=tuple(map(heard, material.train)), validation=tuple(map(heard, material.validation)))


def material_of(recordings: Sequence[Path], teacher: Model) -> Material:
    """Material made of recordings alone, which a model plays.

    Parameters
    ----------
    recordings : sequence of Path
        Dry playing, at least 15 seconds in all; resampled to the model's rate where theirs is another.
    teacher : Model
        The model to learn from; without knobs.

    Raises
    ------
    AudioError
        When a recording cannot be read.
    ParameterError
        When the model has knobs, or the recordings are too short.
    """
    if teacher.parameters:
        raise ParameterError(f"{teacher.name}: has knobs: learn from it on a capture that turns them")
    rate = teacher.sample_rate
    sound = np.concatenate([_resampled(path, rate) for path in recordings])
    if sound.size < 15 * rate:
        raise ParameterError(f"{recordings[0]}: {sound.size / rate:.1f} s in all: give at least 15 s of playing")
    passages = cut_at_quiet_places(sound, rate).passages
    train, validation, test = (
        tuple(
            _played(passage.name, sound[passage.start : passage.stop], teacher)
            for passage in passages
            if passage.use == use
        )
        for use in ("train", "validation", "test")
    )
    return Material(rate, train, validation, test)


def _played(name: str, audio: NDArray[np.float32], teacher: Model) -> Excerpt:
    """From the teacher's state of rest, as the pupil plays it when it is judged."""
    return Excerpt(name, audio, teacher.process(audio))


def _resampled(path: Path, rate: int) -> NDArray[np.float32]:
    recording = read_recording(path)
    return np.asarray(soxr.resample(recording.audio, recording.sample_rate, rate), np.float32)
