"""A loudspeaker cabinet, or any other impulse response, as a pedalboard plugin."""

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from ...models.errors import AudioError, ParameterError
from ...models.kernels.cabinet.kernel import LONGEST, cabinet_kernel
from ...models.kernels.contract import Kernel
from .kernel_plugin import KernelPlugin


class Cabinet(KernelPlugin):
    """Zero-latency convolution with an impulse response, at unit gain (pedalboard's own normalises), any block size.

    Parameters
    ----------
    response : str, Path or (ndarray, int)
        Audio file with the impulse response, mono or stereo, at most 10 seconds; or the response, of shape (frames,) or
        (channels, frames), and its sample rate in Hz. It is resampled to the host's rate.
    normalize : bool
        Scale the response so that pink noise (40 Hz to 16 kHz) passes with its power unchanged.
    output_db : float
        Level in dB, -40 to 40.

    Attributes
    ----------
    output_db : float
        As above, settable while audio plays (a change takes 20 ms).

    Raises
    ------
    AudioError
        When the file cannot be read, or holds no response that can be used.
    ParameterError
        When the response given as an array cannot be used, or the level is out of range.
    PluginError
        See `KernelPlugin`.
    """

    def __init__(
        self,
        response: str | Path | tuple[NDArray[Any], int],
        *,
        normalize: bool = False,
        output_db: float = 0.0,
    ) -> None:
        kernel = cabinet_kernel(*response, normalize=normalize) if isinstance(response, tuple) else None
        super().__init__(kernel or _load(Path(str(response)), normalize=normalize), {"output_db": output_db})


def _load(path: Path, *, normalize: bool) -> Kernel:
    try:
        with soundfile.SoundFile(path) as file:
            if file.frames > LONGEST * file.samplerate:
                seconds = file.frames / file.samplerate
                raise AudioError(f"{path}: the response lasts {seconds:.1f} seconds: use at most {LONGEST:g}")
            response = np.ascontiguousarray(file.read(dtype="float32", always_2d=True).T)
            rate = file.samplerate
    except (OSError, soundfile.SoundFileError) as error:
        raise AudioError(f"{path}: cannot be read as audio ({error})") from None
    try:
        return cabinet_kernel(response, rate, normalize=normalize)
    except ParameterError as error:
        raise AudioError(f"{path}: {error}") from None
