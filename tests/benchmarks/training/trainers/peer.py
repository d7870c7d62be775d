"""The ``neural-amp-modeler`` package, as it trains: its networks, losses, optimiser, batches and Lightning trainer.

Version 0.13 has one recipe inside the package (A2, ``config_model_packed.json``), which is read from there. A1 is what
its trainer did before 0.13, LSTM is ``nam_full_configs/models/lstm.json`` of the same repository.
"""

import logging
import wave
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ampboard.training.data.material import Excerpt, Material

from ..judging import Judgement, Marks, TrainingClock, inputs_of, judge

MISSING: Final = "" if find_spec("nam") else "not installed: neural-amp-modeler"
EPOCHS: Final = 100
BATCH: Final = 16
_LAYERS: Final = {
    "kernel_size": 3,
    "dilations": [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    "activation": "Tanh",
    "gated": False,
    "condition_size": 1,
}


@dataclass(frozen=True)
class PeerRecipe:
    """A recipe of NAM's.

    Attributes
    ----------
    model : callable
        Gives the model configuration, as its ``LightningModule.init_from_config`` takes it.
    outputs : int
        Frames of the target in one item of a batch (``ny``).
    joint : tuple of dict
        What is done to all recordings before, as its data configuration names it.
    source : str
        Where the recipe is written down.
    """

    model: Callable[[int], dict[str, Any]]
    outputs: int
    joint: tuple[dict[str, Any], ...]
    source: str


def _a2(inputs: int) -> dict[str, Any]:
    from nam.train.core import _get_packed_model_config

    return _get_packed_model_config()


def _a1(inputs: int) -> dict[str, Any]:
    first = {"input_size": 1, "channels": 16, "head": {"out_channels": 8, "kernel_size": 1, "bias": False}}
    second = {"input_size": 16, "channels": 8, "head": {"out_channels": 1, "kernel_size": 1, "bias": True}}
    return {
        "net": {
            "name": "WaveNet",
            "config": {"layers_configs": [_LAYERS | first, _LAYERS | second], "head_scale": 0.02},
        },
        "loss": {"val_loss": "esr", "pre_emph_mrstft_weight": 2e-4, "pre_emph_mrstft_coef": 0.85},
        "optimizer": {"lr": 0.004},
        "lr_scheduler": {"class": "ExponentialLR", "kwargs": {"gamma": 1.0 - 0.007}},
    }


def _lstm(inputs: int) -> dict[str, Any]:
    size = {"num_layers": 3, "hidden_size": 18, "train_burn_in": 8192, "train_truncate": None}
    return {
        "net": {"name": "LSTM", "config": size | ({"input_size": inputs} if inputs > 1 else {})},
        "loss": {
            "val_loss": "esr",
            "mask_first": 8192,
            "pre_emph_mrstft_weight": 0.002,
            "pre_emph_mrstft_coef": 0.85,
        },
        "optimizer": {"lr": 0.008},
        "lr_scheduler": {"class": "ExponentialLR", "kwargs": {"gamma": 0.995}},
    }


NORMALISED: Final = ({"name": "nam.data.normalize_joint_dataset_output", "kwargs": {"level_rms_dbfs": -18.0}},)
RECIPES: Final = {
    "A2": PeerRecipe(_a2, 8192, NORMALISED, "nam/train/_resources/config_model_packed.json of 0.13"),
    "A1 standard": PeerRecipe(_a1, 8192, (), "nam/train/core.py before 0.13"),
    "LSTM 3x18": PeerRecipe(_lstm, 32_768, (), "nam_full_configs/models/lstm.json"),
}


def _write_wave(path: Path, signal: NDArray[np.float32], rate: int) -> None:
    samples = np.clip(np.round(signal.astype(np.float64) * 2**23), -(2**23), 2**23 - 1).astype("<i4")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(3)
        file.setframerate(rate)
        file.writeframes(samples.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())


def _recordings(material: Material, recipe: PeerRecipe, nx: int, folder: Path) -> tuple[Any, Any]:
    """Datasets of NAM's own for one recording: it reads WAV files of 24 bits."""
    from nam.data import Split, apply_joint_dataset_hooks, get_joint_dataset_hooks, init_dataset

    config: dict[str, Any] = {
        "common": {"nx": nx, "delay": 0, "require_input_pre_silence": None},
        "joint": recipe.joint,
    }
    for split, (excerpt,), outputs in (
        (Split.TRAIN, material.train, recipe.outputs),
        (Split.VALIDATION, material.validation, None),
    ):
        paths = {"x_path": folder / f"{split.value}-in.wav", "y_path": folder / f"{split.value}-out.wav"}
        _write_wave(paths["x_path"], excerpt.audio, material.sample_rate)
        _write_wave(paths["y_path"], excerpt.target, material.sample_rate)
        config[split.value] = {"ny": outputs, **{key: str(path) for key, path in paths.items()}}
    train, validation = (init_dataset(config, split) for split in (Split.TRAIN, Split.VALIDATION))
    apply_joint_dataset_hooks(train, validation, get_joint_dataset_hooks(list(recipe.joint)))
    return train, validation


def _clips(material: Material) -> tuple[Any, Any]:
    """Datasets for clips with knobs, one clip an item.

    The package has no such data set any more, only the base class for one; its LSTM still takes the knobs as further
    inputs, and its own trainer runs the two unchanged.
    """
    from nam.data import AbstractDataset

    class Clips(AbstractDataset):
        def __init__(self, excerpts: tuple[Excerpt, ...]) -> None:
            self._items = [
                (torch.from_numpy(inputs_of(one).T.copy()), torch.from_numpy(one.target.copy())) for one in excerpts
            ]
            self.sample_rate = material.sample_rate

        def __getitem__(self, idx: int) -> tuple[Tensor, Tensor]:
            return self._items[idx]

        def __len__(self) -> int:
            return len(self._items)

    return Clips(material.train), Clips(material.validation)


class NamTraining:
    """A training run of NAM's.

    Parameters
    ----------
    material : Material
        Learnt from and judged on.
    architecture : str
        Key of `RECIPES`.
    budget : float
        Processor seconds of training; what its trainer does between epochs (its own validation, checkpoints) and what
        we judge is not counted.
    seed : int
        Its trainer has 0.
    """

    def __init__(self, material: Material, architecture: str, budget: float, seed: int) -> None:
        self._material, self._recipe, self._budget, self._seed = material, RECIPES[architecture], budget, seed
        self.clock, self.updates = TrainingClock(), 0

    def run(self, on_start: Callable[[], None], on_point: Callable[[float, Judgement, float | None], None]) -> None:
        """Train until the budget is spent; `on_point` is told the seconds, our judgement and the trainer's own."""
        import pytorch_lightning as lightning
        from nam.train import core
        from torch.utils.data import DataLoader

        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
        torch.set_num_threads(1)
        torch.manual_seed(self._seed)
        material, clips = self._material, len(self._material.train) > 1
        config = self._recipe.model(1 + len(material.knobs))
        model = core._get_lightning_module_cls(config).init_from_config(config)
        with TemporaryDirectory() as name:
            train, validation = (
                _clips(material)
                if clips
                else _recordings(material, self._recipe, model.net.receptive_field, Path(name))
            )
            model.net.sample_rate = train.sample_rate
            packed = config["net"]["name"] == "PackedWaveNet"
            scale = getattr(train, "_y_scale", None) or 1.0
            watch = _watch(self, lightning, partial(_play, model, scale), on_start, on_point)
            # with clips, its checkpoints would run the network on test signals of one input
            own = [] if clips else core.get_callbacks(None, packed=packed)
            trainer = lightning.Trainer(
                accelerator="cpu",
                max_epochs=EPOCHS,
                callbacks=[watch, *own],
                default_root_dir=name,
                enable_progress_bar=False,
                enable_model_summary=False,
                num_sanity_val_steps=0,
                **({"enable_checkpointing": False, "logger": False} if clips else {}),
            )
            trainer.fit(
                model, DataLoader(train, batch_size=BATCH, shuffle=True, drop_last=True), DataLoader(validation)
            )


def _play(model: Any, scale: float, excerpts: tuple[Excerpt, ...]) -> list[NDArray[np.float32]]:
    """Play from rest, excerpts of one length side by side; of a packed network, the largest."""
    outputs: dict[int, NDArray[np.float32]] = {}
    training = model.training
    model.eval()
    for length in {len(excerpt.audio) for excerpt in excerpts}:
        alike = [number for number, excerpt in enumerate(excerpts) if len(excerpt.audio) == length]
        x = torch.from_numpy(np.stack([inputs_of(excerpts[number]) for number in alike]))
        with torch.no_grad():
            if x.shape[1] > 1:
                out = model.net(x.mT.contiguous(), pad_start=False)
            else:
                out = model.net(x[:, 0], pad_start=True)
        played = (out[:, -1] if out.ndim == 3 else out).numpy() / np.float32(scale)
        outputs |= dict(zip(alike, played, strict=True))
    model.train(training)
    return [outputs[number] for number in range(len(excerpts))]


def _watch(training: NamTraining, lightning: Any, play: Any, on_start: Any, on_point: Any) -> Any:
    """A Lightning callback that keeps the time, judges and ends the run."""
    clock, budget, validation = training.clock, training._budget, training._material.validation
    marks = Marks(budget)

    class Watch(lightning.Callback):
        own: float | None = None

        def _point(self) -> None:
            with clock.stopped():
                on_point(clock.seconds, judge(validation, play(validation)), self.own)

        def on_train_start(self, trainer: Any, module: Any) -> None:
            on_start()

        def on_train_epoch_start(self, trainer: Any, module: Any) -> None:
            clock.start()

        def on_train_batch_end(self, trainer: Any, module: Any, *rest: Any) -> None:
            training.updates += 1
            if clock.seconds >= budget:
                trainer.should_stop, trainer.limit_val_batches = True, 0
                self._point()
                clock.stop()
            elif marks.due(clock.seconds):
                self._point()

        def on_validation_start(self, trainer: Any, module: Any) -> None:
            clock.stop()

        def on_validation_end(self, trainer: Any, module: Any) -> None:
            metrics = trainer.callback_metrics
            own = metrics.get("ESR_packed_1", metrics.get("ESR"))
            self.own = None if own is None else float(own)

    return Watch()
