"""A trained amp as a pedalboard plugin."""

from dataclasses import replace
from pathlib import Path

from ...models.calibration import Calibration, OutputLevel, calibration
from ...models.errors import ModelError
from ...models.kernels.amp import RateConversion, amp_kernel
from ...models.model import Model, load_model
from .kernel_plugin import KernelPlugin


class NeuralAmp(KernelPlugin):
    """A neural amp or effect in a pedalboard chain, at any host sample rate from 1 to 768 kHz.

    Every channel runs through a state of its own. Where the host's rate is not the model's, the audio is resampled to
    it and back, flat within 0.1 dB up to 0.45 of the lower rate, aliases below -100 dB; the latency is reported, so
    pedalboard compensates it, and the dry part of `mix` is delayed by it.

    Parameters
    ----------
    model : str, Path or Model
        The model, or the file to load it from.
    input_db : float
        Level into the model in dB, -40 to 40.
    output_db : float
        Level of the mix in dB, -40 to 40.
    mix : float
        0 is the dry input, 1 the model alone.
    quality : float, optional
        For models that come in several sizes: 0 is the smallest and cheapest, 1 the whole one; others ignore it.
    interface_dbu : float, optional
        Level in dBu that a sine of full scale has at the input of the audio interface, -60 to 60. The model is then
        driven as the captured device was, by a gain of ``interface_dbu - input_level_dbu`` beside `input_db`.
    output : {"raw", "normalized", "calibrated"}
        Gain behind the model, beside `output_db`: none, to a loudness of -18 dB, or ``output_level_dbu -
        interface_dbu``, which makes it as loud as the captured device. It does not touch the dry part of `mix`.
    oversampling : {1, 2, 4}
        Run the model at so many times its rate, for less aliasing: see `amp_kernel`.
    rate_conversion : {"resample", "delay"}
        At a host rate that is a multiple of the model's, resample, or lengthen the model's delays: see `amp_kernel`.
    **knobs : float
        The model's own knobs, 0 to 1.

    Attributes
    ----------
    input_db, output_db, mix : float
        As above, settable while audio plays (a change takes 20 ms); the model's knobs likewise, by their names.

    Raises
    ------
    ModelError
        When the file cannot be read or holds no model, or its metadata lack the level or loudness that is asked for.
    ParameterError
        When a parameter is unknown or out of range, or the model's own sample rate is (1 to 768 kHz), or the output is
        to be calibrated without `interface_dbu`.
    PluginError
        See `KernelPlugin`.

    Examples
    --------
    >>> board = Pedalboard([NeuralAmp("crunch.nam", input_db=3.0), Reverb()])  # doctest: +SKIP
    >>> wet = board(dry, 48_000)  # doctest: +SKIP
    """

    _model: Model
    _calibration: Calibration

    def __init__(
        self,
        model: str | Path | Model,
        *,
        input_db: float = 0.0,
        output_db: float = 0.0,
        mix: float = 1.0,
        quality: float | None = None,
        interface_dbu: float | None = None,
        output: OutputLevel = "raw",
        oversampling: int = 1,
        rate_conversion: RateConversion = "resample",
        **knobs: float,
    ) -> None:
        loaded = model if isinstance(model, Model) else load_model(model)
        if quality is not None:
            loaded = loaded.at_quality(quality)
        try:
            gains = calibration(loaded.metadata, interface_dbu=interface_dbu, output=output)
        except ModelError as error:
            raise ModelError(f"{loaded.path or loaded.name}: {error}") from None
        kernel = amp_kernel(
            loaded.kernel,
            model_rate=loaded.sample_rate,
            calibration=gains,
            oversampling=oversampling,
            rate_conversion=rate_conversion,
        )
        levels = {"input_db": input_db, "output_db": output_db, "mix": mix}
        super().__init__(replace(kernel, name=loaded.name), {**levels, **knobs})
        self._model = loaded
        self._calibration = gains

    @property
    def model(self) -> Model:
        """The model that plays."""
        return self._model

    @property
    def calibration(self) -> Calibration:
        """The gains that `interface_dbu` and `output` came to; `input_db` and `output_db` are beside them."""
        return self._calibration
