"""Every network against the engine that plays it, and against itself in windows and in float64."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray

from ampboard.models import load_model
from ampboard.models.description import ModelDescription
from ampboard.models.errors import ModelError
from ampboard.models.formats.guitarml import write_guitarml
from ampboard.models.formats.nam import write_nam
from ampboard.models.formats.rtneural import write_rtneural
from ampboard.models.formats.smartamppro import write_smartamppro
from ampboard.training.losses import error_to_signal_ratio
from ampboard.training.networks.a2 import A2Network, ContainerNetwork, a2
from ampboard.training.networks.convlstm import ConvLstmNetwork, stateless_lstm
from ampboard.training.networks.gru import GruNetwork
from ampboard.training.networks.loading import network_of
from ampboard.training.networks.lstm import LstmNetwork
from ampboard.training.networks.streaming import StreamingNetwork
from ampboard.training.networks.wavenet import WaveNetNetwork, a1

RATE = 48_000
SETTING = 0.8  # of the knob
KNOB = ("gain",)


@dataclass(frozen=True)
class Case:
    """A network, and a file format that holds it."""

    network: Callable[[], StreamingNetwork]
    write: Callable[[ModelDescription, Path], None]
    suffix: str = ".json"
    prewarmed: bool = True  # by the reader of the file


CASES = {
    "lstm": Case(lambda: LstmNetwork(40, seed=1), write_nam, ".nam"),
    "lstm of two layers": Case(lambda: LstmNetwork(9, layers=2, seed=1), write_nam, ".nam"),
    "lstm with a skip and a knob": Case(
        lambda: LstmNetwork(12, knobs=KNOB, skip=True, seed=1), write_guitarml, prewarmed=False
    ),
    "gru": Case(lambda: GruNetwork(40, seed=1), write_rtneural, prewarmed=False),
    "gru with a knob": Case(lambda: GruNetwork(12, layers=2, knobs=KNOB, seed=1), write_guitarml, prewarmed=False),
    "stateless lstm": Case(lambda: ConvLstmNetwork(seed=1), write_smartamppro),
    "stateless lstm with a knob": Case(
        lambda: ConvLstmNetwork(stateless_lstm(window=100, channels=5, hidden=7, knobs=1), knobs=KNOB, seed=1),
        write_smartamppro,
    ),
    "a1 standard": Case(lambda: WaveNetNetwork(a1(16, 8), seed=1), write_nam, ".nam"),
    "a1 lite with a knob": Case(lambda: WaveNetNetwork(a1(12, 6, knobs=1), knobs=KNOB, seed=1), write_nam, ".nam"),
    "a1 nano with a knob": Case(lambda: WaveNetNetwork(a1(4, 2, knobs=1), knobs=KNOB, seed=1), write_nam, ".nam"),
    "a2": Case(lambda: A2Network(seed=1).eval(), write_nam, ".nam"),
    "a2 with a knob": Case(lambda: A2Network(knobs=KNOB, seed=1).eval(), write_nam, ".nam"),
}


@pytest.fixture(scope="module")
def guitar(fixtures: Path) -> NDArray[np.float32]:
    """Half a second of direct guitar, its loudest, at full scale."""
    audio, _ = soundfile.read(fixtures / "di" / "nam_plugin_guitar_di.wav", dtype="float32", always_2d=True)
    first = max(int(np.abs(audio[:, 0]).argmax()) - RATE // 4, 0)
    played = audio[first : first + RATE // 2, 0]
    return played / np.abs(played).max()


def inputs_of(network: StreamingNetwork, audio: NDArray[np.float32], setting: float) -> torch.Tensor:
    knobs = np.full((len(network.knobs), len(audio)), setting, np.float32)
    return torch.from_numpy(np.vstack([audio[None], knobs]))[None]


@torch.no_grad()
def heard(network: StreamingNetwork, audio: NDArray[np.float32], *, prewarm: int) -> NDArray[np.float32]:
    """What torch makes of a recording behind a silence with the knobs halfway."""
    memory = network.rest(1)
    if prewarm:
        _, memory = network(inputs_of(network, np.zeros(prewarm, np.float32), 0.5), memory)
    return network(inputs_of(network, audio, SETTING), memory)[0][0].numpy()


def difference(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    return error_to_signal_ratio(ours - theirs.mean(), theirs - theirs.mean())


@pytest.mark.parametrize("name", CASES)
def test_file_and_engine_sound_like_the_network(name: str, guitar: NDArray[np.float32], tmp_path: Path) -> None:
    """ESR below 1e-8 on real guitar, through the file format; the same weights come back into torch."""
    case = CASES[name]
    network, path = case.network(), tmp_path / f"model{case.suffix}"
    description = network.describe(RATE, {"name": "a test"})
    case.write(description, path)
    model = load_model(path)
    assert model.description.knobs == network.knobs
    knobs = dict.fromkeys(network.knobs, SETTING)
    theirs = heard(network, guitar, prewarm=RATE if case.prewarmed else 0)
    assert difference(model.process(guitar, **knobs), theirs) < 1e-8
    again = network_of(model.description)
    again = again.eval() if isinstance(again, ContainerNetwork) else again
    assert difference(heard(again, guitar, prewarm=RATE if case.prewarmed else 0), theirs) < 1e-9


@pytest.mark.parametrize("name", CASES)
def test_windows_give_the_same_sound_as_one_piece(name: str, guitar: NDArray[np.float32]) -> None:
    """Within 2e-6 of the peak: the memory carries everything, whatever the sizes of the windows."""
    network = CASES[name].network()
    inputs = inputs_of(network, guitar[:6_000], SETTING).reshape(-1, 2, 3_000).transpose(0, 1).contiguous()
    with torch.no_grad():
        whole, _ = network(inputs, network.rest(2))
        memory, parts = network.rest(2), list[torch.Tensor]()
        for window in inputs.split([1, 999, 700, 1_300], dim=2):
            out, memory = network(window, memory)
            parts.append(out)
    assert torch.abs(torch.cat(parts, dim=1) - whole).max() < 2e-6 * torch.abs(whole).max()


def slopes(network: StreamingNetwork, inputs: torch.Tensor, wanted: torch.Tensor) -> list[torch.Tensor]:
    memory, loss = tuple(part.to(inputs.dtype) for part in network.rest(len(inputs))), torch.zeros(())
    for window, part in zip(inputs.split(150, dim=2), wanted.split(150, dim=1), strict=True):
        out, memory = network(window, memory)
        loss = loss + (out * part).sum()
    for weight, _ in network.matrices():
        weight.grad = None
    loss.backward()
    return [weight.grad.double() for weight, _ in network.matrices() if weight.grad is not None]


@pytest.mark.parametrize("name", CASES)
def test_compiled_gradients_are_those_of_torch_in_float64(name: str) -> None:
    """Each to 5e-5 of its norm, over two windows of five streams of noise."""
    network = CASES[name].network()
    assert isinstance(network, torch.nn.Module)
    network.train()
    generator = torch.Generator().manual_seed(2)
    inputs = 0.5 * torch.randn(5, 1 + len(network.knobs), 300, generator=generator)
    wanted = torch.randn(5, 300, generator=generator)
    compiled = slopes(network, inputs, wanted)
    exact = slopes(network.double(), inputs.double(), wanted.double())
    assert len(compiled) == len(exact) == len(network.matrices())
    for ours, theirs in zip(compiled, exact, strict=True):
        assert torch.linalg.vector_norm(ours - theirs) <= 5e-5 * torch.linalg.vector_norm(theirs)


def test_both_sizes_of_an_a2_are_trained_and_named_in_one_file(guitar: NDArray[np.float32], tmp_path: Path) -> None:
    network = A2Network(seed=1)
    inputs = inputs_of(network, guitar[:500], SETTING)
    both, memory = network(inputs, network.rest(1))
    largest, _ = network.eval()(inputs, network.rest(1))
    assert both.shape == (2, 1, 500)
    assert torch.equal(both[0], largest)
    assert all(part.shape[0] == 1 for part in memory)
    write_nam(network.describe(RATE, {}), tmp_path / "both.nam")
    small = heard(
        WaveNetNetwork.from_description(load_model(tmp_path / "both.nam", quality=0.2).played), guitar, prewarm=RATE
    )
    assert difference(load_model(tmp_path / "both.nam", quality=0.2).process(guitar), small) < 1e-8
    text = (tmp_path / "both.nam").read_text()
    assert '"version": "0.7.0"' in text
    assert "SlimmableContainer" in text


REAL = (
    "nam/BossLSTM-1x16.nam",
    "nam/BossLSTM-2x8.nam",
    "nam/BossWN-standard.nam",
    "nam/BossWN-nano.nam",
    "nam/BossWN-a2.nam",
    "guitarml/proteus_DS1_fromVideo.json",
    "guitarml/proteus_BluesJrAmp_VolKnob.json",
    "guitarml/smartamppro_TubeDirty.json",
    "aidax/tw40_blues_deluxe.json",
)


@pytest.mark.parametrize("file", REAL)
def test_models_of_others_come_back_into_torch(file: str, fixtures: Path, guitar: NDArray[np.float32]) -> None:
    """ESR below 1e-8 between torch and our engine."""
    model = load_model(fixtures / file)
    network = network_of(model.description)
    network = network.eval() if isinstance(network, ContainerNetwork) else network
    sound = model.process(guitar, **dict.fromkeys(network.knobs, SETTING))
    prewarm = -(-model.played.prewarm_frames // 64) * 64
    assert difference(sound, heard(network, guitar, prewarm=prewarm)) < 1e-8


def test_what_cannot_be_trained_is_named(fixtures: Path) -> None:
    with pytest.raises(ModelError, match="it can be played, but not trained"):
        network_of(load_model(fixtures / "nam" / "core_wavenet_a2_max.nam").description)
    with pytest.raises(ModelError, match="PedalNet can be played, but not trained"):
        network_of(load_model(fixtures / "guitarml" / "pedalnet.json").description)


def test_an_a2_has_the_shape_of_nams_own(fixtures: Path) -> None:
    """The files of NAM's trainer and ours differ in nothing but the weights, and how they spell what is usual."""
    theirs = load_model(fixtures / "nam" / "BossWN-a2.nam").played
    ours = WaveNetNetwork(a2(8), seed=0).describe(RATE, {})
    assert {n: a.shape for n, a in ours.arrays.items()} == {n: a.shape for n, a in theirs.arrays.items()}
    assert ours.architecture.receptive_field == theirs.architecture.receptive_field


def test_a_nam_file_names_all_its_knobs(tmp_path: Path) -> None:
    path = tmp_path / "knobs.nam"
    write_nam(WaveNetNetwork(a1(2, 1, knobs=1), knobs=KNOB, seed=0).describe(RATE, {}), path)
    path.write_text(path.read_text().replace('"knobs": ["gain"]', '"knobs": ["gain", "tone"]'))
    with pytest.raises(ModelError, match=r"knobs\.nam: knobs: names 2, but the model has 1 inputs beside the audio"):
        load_model(path)
