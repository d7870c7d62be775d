"""The tone controls of an amp as a pedalboard plugin."""

from ...models.kernels.tone_stack import tone_stack_kernel
from .kernel_plugin import KernelPlugin


class ToneStack(KernelPlugin):
    """The passive bass, mid and treble network of an amp, which like the circuit attenuates.

    Parameters
    ----------
    circuit : str
        Whose component values: ``fender``, ``blackface``, ``princeton``, ``marshall``, ``plexi`` or ``vox``.
    bass, mid, treble : float
        Positions of the knobs, 0 to 10.

    Attributes
    ----------
    bass, mid, treble : float
        As above, settable while audio plays (a change takes 20 ms).

    Raises
    ------
    ParameterError
        When the circuit is unknown or a knob out of range.
    PluginError
        See `KernelPlugin`.
    """

    def __init__(self, circuit: str = "fender", *, bass: float = 5.0, mid: float = 5.0, treble: float = 5.0) -> None:
        super().__init__(tone_stack_kernel(circuit), {"bass": bass, "mid": mid, "treble": treble})
