"""Models that repair chopped and noisy sound."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ..description import ModelDescription

MOST_ORDERS: Final = 8
OWN_FEATURES: Final = 11
"""What the blending network is told of a frame in a gap, beside the error power of each prediction."""


@dataclass(frozen=True)
class Repair:
    """Fills gaps by predictions from both sides that a small network weighs, removes noise by another network, or both.

    Its arrays, of the blending network (two hidden layers of rectified units), if there are predictions:

    =================== ==============================================
    ``blend.0.weight``  (hidden, 11 + orders)
    ``blend.0.bias``    (hidden,)
    ``blend.1.weight``  (hidden, hidden)
    ``blend.1.bias``    (hidden,)
    ``blend.2.weight``  (2 * orders, hidden): from the left, from the right
    ``blend.2.bias``    (2 * orders,)
    =================== ==============================================

    All frames are counted at the model's sample rate.

    Attributes
    ----------
    orders : tuple of int
        Orders of the linear predictions, ascending; none: gaps are left to the denoiser.
    context : int
        Frames on each side of a gap that predictions are made from.
    look_ahead : int
        Frames from a gap's first one on that are known when it is predicted: a gap that ends within them is filled from
        both sides. Filling lags by a twelfth more, in which the work is done.
    hidden : int
        Width of the blending network.
    denoiser : ModelDescription or None
        A causal network whose output is the clean sound of `denoiser_look_ahead` frames ago, or (`residual`) what has
        to be taken from that sound.
    denoiser_look_ahead : int
    residual : bool
        See there.
    """

    orders: tuple[int, ...] = ()
    context: int = 0
    look_ahead: int = 0
    hidden: int = 0
    denoiser: "ModelDescription | None" = None
    denoiser_look_ahead: int = 0
    residual: bool = False

    @property
    def receptive_field(self) -> None:
        """What was filled is context of what follows: there is no finite one."""
        return

    @property
    def history_size(self) -> int:
        """Values that have to be remembered."""
        own = self.context + self.look_ahead + self.denoiser_look_ahead
        return own if self.denoiser is None else own + self.denoiser.architecture.history_size

    @property
    def widths(self) -> Iterator[int]:
        """The widths of the blending network, and the orders."""
        yield from (self.hidden, *self.orders)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the blending network's arrays."""
        if not self.orders:
            return {}
        sizes = (OWN_FEATURES + len(self.orders), self.hidden, self.hidden, 2 * len(self.orders))
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in range(3):
            shapes[f"blend.{layer}.weight"] = (sizes[layer + 1], sizes[layer])
            shapes[f"blend.{layer}.bias"] = (sizes[layer + 1],)
        return shapes
