"""A guitarix amp and a circuit of ours: captured, learned by every network, exported, played elsewhere, resumed."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ampboard.models import load_model
from ampboard.models.errors import PluginError
from ampboard.models.model import Model
from ampboard.training import Capture
from ampboard.training.capture.recordings import Recording
from ampboard.training.capture.signal.test_signal import make_signal
from ampboard.training.capture.sources.devices import capture_device
from ampboard.training.capture.sources.settings import grid
from ampboard.training.devices.registry import load_device
from ampboard.training.losses import error_to_signal_ratio
from ampboard.training.result import write_result
from ampboard.training.runs.architectures import find_architecture
from ampboard.training.trainer.checkpoint import resume, save_checkpoint
from ampboard.training.trainer.trainer import Trainer

RATE = 48_000
SECONDS = 40
SETTLED = RATE // 2
BOUNDS = {  # of each device and network: updates, and the error they have to reach on what is kept back
    ("gxmetal_amp", "lstm"): (500, 0.7),
    ("gxmetal_amp", "wavenet"): (300, 0.08),
    ("gxmetal_amp", "a2"): (300, 0.08),
    ("overdrive", "lstm"): (700, 0.3),
    ("overdrive", "wavenet"): (200, 0.05),
    ("overdrive", "a2"): (250, 0.1),
    ("overdrive", "gru"): (700, 0.4),
    ("overdrive", "convlstm"): (250, 0.3),
}
NETWORKS = ("lstm", "wavenet", "a2", "gru", "convlstm")


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Capture]:
    """Captures by name: played, written to a folder, and read again as a user's next command would."""
    signal = make_signal(SECONDS, RATE)

    @cache
    def capture(name: str) -> Capture:
        try:
            device = load_device(name)
        except PluginError as error:
            pytest.skip(str(error))
        made = capture_device(device, Recording(signal.audio, RATE, "signal"), grid({}), layout=signal.layout)
        made.refuse_errors()
        folder = tmp_path_factory.mktemp("captures") / name
        made.save(folder)
        return Capture.load(folder)

    return capture


@pytest.mark.parametrize(("device", "arch"), BOUNDS)
def test_a_captured_device_is_learned_exported_and_played_elsewhere(
    device: str, arch: str, captured: Callable[[str], Capture], tmp_path: Path
) -> None:
    """To the error in the table; each file plays what was judged (ESR below 1e-6), in NAM's package too (below 1e-8).

    GuitarML's players add the dry sound, which the file makes up for with a cell of its own: tests of the exports bound
    what that costs. Formats without a state of rest have half a second to settle.
    """
    steps, bound = BOUNDS[device, arch]
    capture = captured(device)
    architecture, material = find_architecture(arch), capture.material()
    trainer = Trainer(architecture.make((), 1), material, architecture.recipe(steps, seed=1))
    trainer.advance()
    description = trainer.describe()
    result = write_result(description, material, tmp_path, capture=capture)
    assert result.esr < bound
    audio = material.test[0].audio
    judged = Model(description).process(audio)
    for format, path in result.paths.items():
        played = load_model(path).process(audio)
        if format != "guitarml":
            assert error_to_signal_ratio(played[SETTLED:], judged[SETTLED:]) < 1e-6, format
    if "nam" in result.paths:
        assert error_to_signal_ratio(_played_by_nam(result.paths["nam"], audio[:RATE]), judged[:RATE]) < 1e-8


def _played_by_nam(path: Path, audio: np.ndarray) -> np.ndarray:
    """What NAM's package makes of it, after the silence its engine runs at load; of a container, the largest model."""
    nam = pytest.importorskip("nam.models._from_nam", reason="needs the package neural-amp-modeler")
    import torch

    torch.set_num_threads(1)
    document = json.loads(path.read_text())
    if document["architecture"] == "SlimmableContainer":
        document = document["config"]["submodels"][-1]["model"]
    network = nam.init_from_nam(document).eval()
    silence = RATE // 2 if document["architecture"] == "LSTM" else network.receptive_field
    with torch.no_grad():
        sound = torch.from_numpy(np.concatenate([np.zeros(silence, np.float32), audio]))
        return network(sound, pad_start=True).numpy()[silence:]


@pytest.mark.parametrize("arch", NETWORKS)
def test_every_network_goes_on_where_it_was_stopped(arch: str, tmp_path: Path) -> None:
    """Bit for bit, from a file, on a device with a knob."""
    device = load_device("overdrive")
    signal = make_signal(30, RATE)
    settings = grid({"drive": (0.2, 0.8)})
    material = capture_device(
        device, Recording(signal.audio, RATE, "signal"), settings, layout=signal.layout
    ).material()
    architecture = find_architecture(arch)

    def begin() -> Trainer:
        return Trainer(architecture.make(material.knobs, 1), material, architecture.recipe(40, seed=1))

    whole, first, second = begin(), begin(), begin()
    whole.advance(12)
    first.advance(7)
    save_checkpoint(first, tmp_path / "run.safetensors")
    resume(second, tmp_path / "run.safetensors")
    second.advance(5)
    for name, weight in whole.network.state_dict().items():
        assert (weight == second.network.state_dict()[name]).all(), name
