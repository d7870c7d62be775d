"""What a Python user would run otherwise: torch, onnxruntime, and NAM's own Python package."""

import io
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ampboard.models.description import ModelDescription, Recurrent
from ampboard.models.errors import ModelError
from ampboard.models.formats.nam import write_nam
from ampboard.training.networks.wavenet import WaveNetNetwork

Memory = tuple[Tensor, ...]
Block = NDArray[np.float32]  # (frames,)
OFFLINE_FRAMES = 48_000


class StreamingNetwork(Protocol):
    """A torch network that carries its memory from block to block."""

    def rest(self, streams: int) -> Memory: ...

    def __call__(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]: ...


class RecurrentNetwork(nn.Module):
    """torch's own LSTM or GRU with a linear head."""

    def __init__(self, description: ModelDescription) -> None:
        super().__init__()
        architecture, arrays = description.architecture, description.arrays
        assert isinstance(architecture, Recurrent)
        self.architecture = architecture
        cell = {"lstm": nn.LSTM, "gru": nn.GRU}[architecture.kind]
        self.cells = cell(architecture.input_size, architecture.hidden_size, architecture.layers, batch_first=True)
        self.head = nn.Linear(architecture.hidden_size, 1)
        weights = {"head.weight": arrays["head.weight"], "head.bias": arrays["head.bias"]}
        for layer in range(architecture.layers):
            for ours, theirs in (("input", "ih"), ("recurrent", "hh")):
                for part in ("weight", "bias"):
                    weights[f"cells.{part}_{theirs}_l{layer}"] = arrays[f"{layer}.{ours}.{part}"]
        self.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})

    def rest(self, streams: int) -> Memory:
        shape = (self.architecture.layers, streams, self.architecture.hidden_size)
        return tuple(torch.zeros(shape) for _ in range(2 if self.architecture.kind == "lstm" else 1))

    def forward(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        states = memory if self.architecture.kind == "lstm" else memory[0]
        hidden, states = self.cells(inputs.mT, states)
        return self.head(hidden)[..., 0], states if isinstance(states, tuple) else (states,)


class TorchWaveNet(nn.Module):
    """The network that ampboard trains, with the weights of a model, run by torch's own operations."""

    def __init__(self, description: ModelDescription) -> None:
        super().__init__()
        self.network = WaveNetNetwork.from_description(description)

    def rest(self, streams: int) -> Memory:
        return self.network.rest(streams)

    def forward(self, inputs: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        return self.network.forward_in_torch(inputs, memory)


def streaming_network(description: ModelDescription) -> StreamingNetwork | None:
    """Make the torch network of a model; None where there is none yet."""
    if isinstance(description.architecture, Recurrent):
        return RecurrentNetwork(description).eval()
    try:
        return TorchWaveNet(description).eval()
    except ModelError:
        return None


@dataclass(frozen=True)
class Peer:
    """Another way to run a model in Python.

    Attributes
    ----------
    name : str
        What it is called in the table.
    missing : str
        Why it is not measured on this machine; empty where it is.
    player : callable
        From a model and the frames of a block to a function that takes blocks one after the other, or None where it
        cannot run the model.
    offline : bool
        It only runs whole recordings: it is given blocks of `OFFLINE_FRAMES`, whatever the block of the others.
    """

    name: str
    missing: str
    player: Callable[[ModelDescription, int], Callable[[Block], Block] | None]
    offline: bool = False


def _torch_player(description: ModelDescription, frames: int) -> Callable[[Block], Block] | None:
    network = streaming_network(description)
    if network is None:
        return None
    memory = network.rest(1)

    def play(block: Block) -> Block:
        nonlocal memory
        with torch.inference_mode():
            out, memory = network(torch.from_numpy(block)[None, None], memory)
        return out[0].numpy()

    return play


def _onnx_player(description: ModelDescription, frames: int) -> Callable[[Block], Block] | None:
    import onnxruntime

    network = streaming_network(description)
    if network is None:
        return None
    memory = network.rest(1)
    before, after = ([f"{when}_{i}" for i in range(len(memory))] for when in ("before", "after"))
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,  # pyright: ignore[reportArgumentType]
            (torch.zeros(1, 1, frames), memory),
            file,
            dynamo=False,
            input_names=["inputs", *before],
            output_names=["sound", *after],
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session: Any = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    kept = [tensor.numpy() for tensor in memory]

    def play(block: Block) -> Block:
        nonlocal kept
        sound, *kept = session.run(None, {"inputs": block[None, None], **dict(zip(before, kept, strict=True))})
        return sound[0]

    return play


def _nam_player(description: ModelDescription, frames: int) -> Callable[[Block], Block] | None:
    from nam.models import init_from_nam

    with TemporaryDirectory() as folder:
        path = Path(folder, "model.nam")
        try:
            write_nam(description, path)
        except ModelError:
            return None
        document = _new_spelling(json.loads(path.read_text()))
    try:
        model = init_from_nam(document).eval()
    except Exception:  # the package raises all sorts for what it does not know
        return None

    def play(block: Block) -> Block:
        with torch.inference_mode():
            return model(torch.from_numpy(block), pad_start=True).numpy()

    return play


def _new_spelling(document: dict[str, Any]) -> dict[str, Any]:
    """Spell an A1 file's heads as the package's present version wants them."""
    for stack in document["config"].get("layers", ()):
        if "head_size" in stack:
            stack.pop("gated", None)
            size, bias = stack.pop("head_size"), stack.pop("head_bias")
            stack["head"] = {"out_channels": size, "kernel_size": 1, "bias": bias}
    return document


def _missing(*modules: str) -> str:
    absent = [module for module in modules if find_spec(module) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


PEERS = (
    Peer("torch", "", _torch_player),
    Peer("onnxruntime", _missing("onnx", "onnxruntime"), _onnx_player),
    Peer("neural-amp-modeler", _missing("nam"), _nam_player, offline=True),
)
