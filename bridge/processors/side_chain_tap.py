"""A named point in a chain, which side-chains further down listen to."""

from dataclasses import dataclass

from ...models.kernels.parameter import Parameter
from ...models.kernels.runnable import KernelAddresses
from ..native.library import NativeKernel, library
from ..native.side_chain import SideBus
from .kernel_plugin import KernelPlugin


@dataclass(frozen=True, eq=False)
class PassThrough:
    """The kernel that changes nothing."""

    name: str = "Tap"
    parameters: tuple[Parameter, ...] = ()
    channels: tuple[int, int] = (1, 64)
    tail: float = 0.0
    side_inputs: int = 0

    @property
    def addresses(self) -> KernelAddresses:
        """The C functions."""
        native = NativeKernel()
        library().ampboard_pass_through(native)
        return KernelAddresses(native.measure, native.prepare, native.process, native.reset, program=0)


class Tap(KernelPlugin):
    """Passes audio on and lets side-chains further down the chain hear it.

    Parameters
    ----------
    bus : SideBus
        Where they listen.

    Raises
    ------
    PluginError
        See `KernelPlugin`.
    """

    def __init__(self, bus: SideBus) -> None:
        super().__init__(PassThrough())
        self.running.tap = bus

    @property
    def bus(self) -> SideBus | None:
        """Where side-chains listen."""
        return self.running.tap
