"""Stateful recurrent networks with a linear head, trained on streams."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, Literal

import numpy as np
import torch
from torch import Tensor, nn

from ...models.description import ModelDescription, Recurrent
from ...models.errors import ModelError
from .kernels.recurrence import recurrence
from .streaming import KNOBS_AT_REST, Memory, array_of

PREWARM_SECONDS: Final = 0.5  # as NAM's engine runs it on silence at load
LONGEST_MEMORY: Final = 500.0  # frames, of the chrono initialisation


class RecurrentNetwork(nn.Module):
    """Layers of one size and a linear head; the knobs are inputs beside the audio.

    The biases that keep a unit's memory start at ``log U(1, 500)``, so that units of all time scales exist from the
    start (chrono initialisation: Tallec and Ollivier, "Can recurrent neural networks warp time?", ICLR 2018): supply
    sag and bias shift live in the slow ones.

    Parameters
    ----------
    hidden_size : int
        Units of each layer.
    layers : int
        Layers, one behind the other.
    knobs : sequence of str
        Names of the knobs.
    skip : bool
        Learn the difference: the audio is added to the output (GuitarML's ``skip``).
    seed : int
        Of the initial weights.
    """

    kind: ClassVar[Literal["lstm", "gru"]]
    gates: ClassVar[int]
    betas = (0.9, 0.99)

    def __init__(
        self, hidden_size: int, *, layers: int = 1, knobs: Sequence[str] = (), skip: bool = False, seed: int
    ) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.hidden_size, self.layers, self.knobs, self.skip = hidden_size, layers, tuple(knobs), skip

        def weight(*shape: int) -> nn.Parameter:
            return nn.Parameter((2 * torch.rand(shape, generator=generator) - 1) * hidden_size**-0.5)

        rows = self.gates * hidden_size
        self.arrays = nn.ParameterDict()
        for layer in range(layers):
            self.arrays[f"{layer}_input_weight"] = weight(rows, 1 + len(self.knobs) if layer == 0 else hidden_size)
            self.arrays[f"{layer}_recurrent_weight"] = weight(rows, hidden_size)
            memory = torch.log(1 + (LONGEST_MEMORY - 1) * torch.rand(hidden_size, generator=generator))
            for name, bias in self.first_biases(memory).items():
                self.arrays[f"{layer}_{name}"] = nn.Parameter(bias)
        self.arrays["head_weight"], self.arrays["head_bias"] = weight(1, hidden_size), weight(1)
        self.start: Tensor
        self.register_buffer("start", torch.zeros(layers, 2, hidden_size))

    @staticmethod
    def first_biases(memory: Tensor) -> dict[str, Tensor]:
        """The biases of a layer at the start, by name, from the logarithms of its units' memories."""
        raise NotImplementedError

    @classmethod
    def from_description(cls, description: ModelDescription) -> "RecurrentNetwork":
        """Make the network of a trained model; its initial state becomes the state of rest.

        Raises
        ------
        ModelError
            When the model is of another architecture.
        """
        architecture = description.architecture
        if not isinstance(architecture, Recurrent) or architecture.kind != cls.kind:
            raise ModelError(f"the model is no {cls.kind.upper()}: it is a {type(architecture).__name__}")
        knobs, others = len(description.knobs), architecture.input_size - 1
        if knobs != others:
            raise ModelError(f"the model has {knobs} knobs, but {others} inputs beside the audio")
        network = cls(
            architecture.hidden_size,
            layers=architecture.layers,
            knobs=description.knobs,
            skip=architecture.skip,
            seed=0,
        )
        with torch.no_grad():
            for name, array in network.own_arrays(description.arrays).items():
                network.arrays[name].copy_(torch.from_numpy(array))
            for layer in range(architecture.layers):
                for state, name in enumerate(("hidden", "cell")):
                    if f"{layer}.{name}" in description.arrays:
                        network.start[layer, state] = torch.from_numpy(description.arrays[f"{layer}.{name}"].copy())
        return network

    def own_arrays(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The parameters, by their names here, from the arrays of a description; two biases become one."""
        own = {name: arrays[_dotted(name)].copy() for name in self.arrays if _dotted(name) in arrays}
        for layer in range(self.layers):
            added = arrays.get(f"{layer}.recurrent.bias")
            if added is not None:
                own[f"{layer}_input_bias"] = own[f"{layer}_input_bias"] + added
        return own

    def described_arrays(self) -> dict[str, np.ndarray]:
        """The parameters under the names of a description."""
        return {_dotted(name): array_of(weight) for name, weight in self.arrays.items()}

    def slot_bias(self, layer: int) -> Tensor:
        """The bias of a layer as `recurrence` wants it."""
        return self.arrays[f"{layer}_input_bias"]

    def rest(self, streams: int) -> Memory:
        """See `StreamingNetwork.rest`."""
        return tuple(state.expand(streams, -1).clone() for layer in self.start for state in layer)

    def forward(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """See `StreamingNetwork.__call__`."""
        signal, kept = inputs.permute(2, 0, 1), list[Tensor]()
        for layer in range(self.layers):
            signal, hidden, cell = recurrence(
                self.kind,
                signal,
                self.arrays[f"{layer}_input_weight"],
                self.arrays[f"{layer}_recurrent_weight"],
                self.slot_bias(layer),
                *memory[2 * layer : 2 * layer + 2],
            )
            kept += [hidden, cell]
        sound = (signal @ self.arrays["head_weight"][0] + self.arrays["head_bias"]).T
        return (sound + inputs[:, 0] if self.skip else sound), tuple(kept)

    def matrices(self) -> list[tuple[nn.Parameter, int]]:
        """See `StreamingNetwork.matrices`."""
        rows = self.gates * self.hidden_size
        return [(w, self.gates if w.dim() == 2 and w.shape[0] == rows else 1) for w in self.arrays.values()]

    @torch.no_grad()
    def describe(self, sample_rate: int, metadata: Mapping[str, Any]) -> ModelDescription:
        """See `StreamingNetwork.describe`; the state is the one after half a second of silence, knobs halfway."""
        prewarm = int(PREWARM_SECONDS * sample_rate)
        silence = self.start.new_zeros(1, 1 + len(self.knobs), prewarm)
        silence[:, 1:] = KNOBS_AT_REST
        _, states = self.forward(silence, self.rest(1))
        arrays = self.described_arrays()
        for layer in range(self.layers):
            for name, state in zip(("hidden", "cell"), states[2 * layer : 2 * layer + 2], strict=True):
                if name == "hidden" or self.kind == "lstm":
                    arrays[f"{layer}.{name}"] = array_of(state[0])
        architecture = Recurrent(
            self.kind,
            1 + len(self.knobs),
            self.hidden_size,
            self.layers,
            self.skip,
            recurrent_bias="0.recurrent.bias" in arrays,
            initial_state=True,
        )
        return ModelDescription(architecture, arrays, sample_rate, prewarm, knobs=self.knobs, metadata=metadata)


def _dotted(name: str) -> str:
    return name.replace("_", ".")
