"""A trained amp as a pedalboard plugin."""

from dataclasses import replace
from pathlib import Path

from ...models.kernels.amp import amp_kernel
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
    **knobs : float
        The model's own knobs, 0 to 1.

    Attributes
    ----------
    input_db, output_db, mix : float
        As above, settable while audio plays (a change takes 20 ms); the model's knobs likewise, by their names.

    Raises
    ------
    ModelError
        When the file cannot be read or holds no model.
    ParameterError
        When a parameter is unknown or out of range, or the model's own sample rate is (1 to 768 kHz).
    PluginError
        See `KernelPlugin`.

    Examples
    --------
    >>> board = Pedalboard([NeuralAmp("crunch.nam", input_db=3.0), Reverb()])  # doctest: +SKIP
    >>> wet = board(dry, 48_000)  # doctest: +SKIP
    """

    _model: Model

    def __init__(
        self,
        model: str | Path | Model,
        *,
        input_db: float = 0.0,
        output_db: float = 0.0,
        mix: float = 1.0,
        **knobs: float,
    ) -> None:
        loaded = model if isinstance(model, Model) else load_model(model)
        kernel = replace(amp_kernel(loaded.kernel, model_rate=loaded.sample_rate), name=loaded.name)
        super().__init__(kernel, {"input_db": input_db, "output_db": output_db, "mix": mix, **knobs})
        self._model = loaded

    @property
    def model(self) -> Model:
        """The model that plays."""
        return self._model
