"""Repair of drop-outs and noise as a pedalboard plugin, and of whole recordings."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...models.architectures.repair import Repair as RepairArchitecture
from ...models.errors import AudioError, ModelError, ParameterError
from ...models.kernels.instance import KernelInstance
from ...models.model import Model, load_model
from ...presets.library import factory_folder
from .kernel_plugin import KernelPlugin

SHIPPED_MODEL = "repair-guitar.json"
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
    zeros); what is longer than the model's look-ahead fades out.

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
        When a parameter is out of range.
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
        parameters = {"mix": mix, "threshold": threshold}
        if denoise is not None:
            parameters["denoise"] = denoise
        super().__init__(loaded.kernel, parameters)
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
        When a gap does not lie in the audio, or a parameter is out of range.
    ModelError
        See `repair_model`.
    """
    signal = np.array(audio, np.float32)
    if signal.ndim not in (1, 2):
        raise AudioError(f"audio has shape {signal.shape}: use (frames,) or (channels, frames)")
    rows = np.atleast_2d(signal)
    if gaps is not None:
        threshold = ONLY_MARKED
        for start, end in gaps:
            if not 0 <= start < end <= rows.shape[1]:
                raise ParameterError(f"gap {start} to {end} does not lie in {rows.shape[1]} frames")
            rows[:, start:end] = np.nan
    parameters = {"mix": mix, "threshold": threshold}
    if denoise is not None:
        parameters["denoise"] = denoise
    instance = KernelInstance(
        repair_model(model).kernel, sample_rate=sample_rate, channels=rows.shape[0], parameters=parameters
    )
    rest = np.zeros((rows.shape[0], instance.latency), np.float32)
    repaired = instance.process(np.concatenate([rows, rest], axis=1))
    return repaired[:, instance.latency :].reshape(signal.shape)
