"""Repair of drop-outs and noise as a pedalboard plugin, and of whole recordings."""

import operator
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...models.architectures.repair import Repair as RepairArchitecture
from ...models.errors import AudioError, ModelError, ParameterError
from ...models.kernels.instance import KernelInstance
from ...models.kernels.repair.layout import SHORTEST_GAP
from ...models.model import Model, load_model
from ...presets.library import factory_folder
from .kernel_plugin import KernelPlugin

SHIPPED_MODEL = "repair-guitar.json"
Frames = NDArray[np.float32]

ONLY_MARKED = -200.0  # dB: the threshold at which frames are missing only where they are not finite


def repair_model(model: str | Path | Model | None = None) -> Model:
    """Load a repair model; without a name the one for guitar and bass that ships.

    Raises
    ------
    ModelError
        When the file cannot be read or holds another kind of model.
    """
    if model is None:
        model = factory_folder() / "models" / SHIPPED_MODEL
    loaded = model if isinstance(model, Model) else load_model(model)
    if not isinstance(loaded.played.architecture, RepairArchitecture):
        raise ModelError(f"{loaded.path or loaded.name}: is a {loaded.architecture}, no repair model")
    return loaded


class Repair(KernelPlugin):
    """Fills drop-outs and, with a model that can, removes noise.

    Where nothing is missing and `denoise` is 0 the sound passes bit for bit, delayed by the reported latency. Runs of
    half a millisecond and more at or below the threshold are filled (frames that are not finite reach a plugin as
    zeros); what is longer than the model's look-ahead fades out. So does sound that is cut to digital silence on
    purpose: a stream cannot know it from a drop-out until the look-ahead (64 ms with the shipped model) is over.
    `repair_audio` can.

    Parameters
    ----------
    model : str, Path or Model, optional
        The repair model; without it the one for guitar and bass that ships.
    mix : float
        0 is the delayed input, 1 the repaired sound.
    threshold : float
        Level in dBFS, -200 to 0, up to which a frame counts as missing; at -200 none does.
    denoise : float, optional
        0 leaves what is not missing as it is, 1 takes the model's denoised sound. Starts at 0 with models that fill
        gaps by prediction, at 1 with those that only denoise.

    Attributes
    ----------
    mix, threshold, denoise : float
        As above, settable while audio plays (a change of mix or denoise takes 20 ms).

    Raises
    ------
    ModelError
        When the file cannot be read or holds no repair model.
    ParameterError
        When a parameter is out of range, or `denoise` is not 0 and the model has no denoiser.
    PluginError
        See `KernelPlugin`.
    """

    _model: Model

    def __init__(
        self,
        model: str | Path | Model | None = None,
        *,
        mix: float = 1.0,
        threshold: float = -140.0,
        denoise: float | None = None,
    ) -> None:
        loaded = repair_model(model)
        super().__init__(loaded.kernel, _parameters(loaded, mix, threshold, denoise))
        self._model = loaded

    @property
    def model(self) -> Model:
        """The model that plays."""
        return self._model


def repair_audio(
    audio: ArrayLike,
    sample_rate: float,
    model: str | Path | Model | None = None,
    *,
    gaps: Sequence[tuple[int, int]] | None = None,
    mix: float = 1.0,
    threshold: float = -140.0,
    denoise: float | None = None,
) -> NDArray[np.float32]:
    """Repair a whole recording; the result is aligned with it.

    Unlike `Repair` it knows silence from drop-outs: a run of frames at or below the threshold that is longer than the
    model's look-ahead, or that is the recording's beginning or end, stays as it is.

    Parameters
    ----------
    audio : array_like of float32, shape (frames,) or (channels, frames)
        The recording. Frames that are not finite are missing.
    sample_rate : float
        In Hz.
    model, mix, threshold, denoise
        As those of `Repair`.
    gaps : sequence of (int, int), optional
        First frame of each gap and the first behind it. When given, nothing else is looked for.

    Raises
    ------
    AudioError
        When the audio has another shape.
    ParameterError
        When a gap does not lie in the audio, a parameter is out of range, or `denoise` is not 0 and the model has no
        denoiser.
    ModelError
        See `repair_model`.
    """
    signal = np.array(audio, np.float32)
    if signal.ndim not in (1, 2):
        raise AudioError(f"audio has shape {signal.shape}: use (frames,) or (channels, frames)")
    rows, loaded = np.atleast_2d(signal), repair_model(model)
    parameters = _parameters(loaded, mix, threshold, denoise)
    instance = KernelInstance(loaded.kernel, sample_rate=sample_rate, channels=rows.shape[0], parameters=parameters)
    if gaps is not None:
        for start, end in (_checked_gap(gap, rows.shape[1]) for gap in gaps):
            rows[:, start:end] = np.nan
        instance.set("threshold", ONLY_MARKED)
    elif threshold > ONLY_MARKED and _architecture(loaded).orders:
        for row in rows:
            _mark_gaps(row, threshold, loaded, sample_rate)
        instance.set("threshold", ONLY_MARKED)
    rest = np.full((rows.shape[0], instance.latency), np.nan, np.float32)  # not known, rather than silent
    repaired = instance.process(np.concatenate([rows, rest], axis=1))
    return repaired[:, instance.latency :].reshape(signal.shape)


def _architecture(model: Model) -> RepairArchitecture:
    architecture = model.played.architecture
    assert isinstance(architecture, RepairArchitecture)
    return architecture


def _parameters(model: Model, mix: float, threshold: float, denoise: float | None) -> dict[str, float]:
    parameters = {"mix": mix, "threshold": threshold}
    if denoise is not None:
        if denoise > 0 and _architecture(model).denoiser is None:
            raise ParameterError(f"denoise is {denoise:g}: {model.path or model.name} has no denoiser; use 0")
        parameters["denoise"] = denoise
    return parameters


def _checked_gap(gap: tuple[int, int], frames: int) -> tuple[int, int]:
    try:
        start, end = map(operator.index, gap)
    except (TypeError, ValueError):
        raise ParameterError(f"gap {gap!r}: give two whole numbers of frames, start and end") from None
    if not 0 <= start < end <= frames:
        raise ParameterError(f"gap {start} to {end} does not lie in {frames} frames")
    return start, end


def _mark_gaps(row: Frames, threshold: float, model: Model, sample_rate: float) -> None:
    """Mark the drop-outs of a channel by frames that are not finite."""
    lowest = 10.0 ** (float(np.float32(threshold)) / 20)
    ratio = sample_rate / model.sample_rate
    longest = round(_architecture(model).look_ahead * ratio)
    shortest = max(1, min(int(SHORTEST_GAP * sample_rate), longest + 1))
    quiet = ~(np.abs(row.astype(np.float64)) > lowest)  # also where it is not finite
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8), prepend=0, append=0))
    for start, end in edges.reshape(-1, 2):
        if shortest <= end - start <= longest and start > 0 and end < row.size:
            row[start:end] = np.nan
