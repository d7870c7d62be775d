"""Networks one behind the other."""

from collections.abc import Iterator
from dataclasses import dataclass

from .convnet import ArrayShapes, ConvNet, Linear
from .wavenet import WaveNet


@dataclass(frozen=True)
class Sequential:
    """Models one behind the other; the arrays of model number ``m`` have ``m.`` before their names."""

    models: tuple[WaveNet | ConvNet | Linear, ...]

    @property
    def receptive_field(self) -> int:
        """Frames of input, the current one included, that an output frame depends on."""
        return 1 + sum(model.receptive_field - 1 for model in self.models)

    @property
    def history_size(self) -> int:
        """Values the models have to remember."""
        return sum(model.history_size for model in self.models)

    @property
    def widths(self) -> Iterator[int]:
        """The widths of all layers."""
        for model in self.models:
            yield from model.widths

    @property
    def outputs(self) -> int:
        """Number of output signals."""
        return self.models[-1].outputs

    def shapes(self) -> ArrayShapes:
        """Names and shapes of all arrays, in the order of the weights in a .nam file."""
        return {f"{m}.{name}": shape for m, model in enumerate(self.models) for name, shape in model.shapes().items()}
