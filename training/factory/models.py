"""The factory models: small networks trained on our own amplifiers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from ...models.description import ModelDescription, WaveNet
from ...models.formats.nam import write_nam
from ...models.model import Model
from ..data.material import Excerpt, Material
from ..devices.amps import AMPS
from ..losses import error_to_signal_ratio
from ..networks.lstm import LstmNetwork
from ..networks.streaming import StreamingNetwork
from ..networks.wavenet import WaveNetNetwork, a1
from ..trainer.recipe import Recipe
from ..trainer.trainer import Trainer
from .material import training_material

SAMPLE_RATE: Final = 48_000
MATERIAL_SECONDS: Final = 110.0
SEED: Final = 1982
PASSAGE_SECONDS: Final = 3.0
SETTLING_FRAMES: Final = 24_000


@dataclass(frozen=True)
class Capture:
    """One factory model.

    Attributes
    ----------
    name : str
        Of the device, and of the file.
    title : str
        For people.
    gear_type, tone_type : str
        NAM's words for the kind of gear and of sound.
    gear : str
        What was modelled.
    network : function
        Makes the untrained network.
    recipe : Recipe
        How it is trained.
    passage : float
        Where in the factory guitar recording the validation passage starts, in seconds.
    """

    name: str
    title: str
    gear_type: str
    tone_type: str
    gear: str
    network: Callable[[], StreamingNetwork]
    recipe: Recipe
    passage: float


CAPTURES: Final = (
    Capture(
        name="clean",
        title="Clean",
        gear_type="amp",
        tone_type="clean",
        gear="two triode stages, American tone stack, stiff supply",
        network=lambda: WaveNetNetwork(a1(8, 4), seed=SEED),
        recipe=Recipe(steps=2_400, window=1024),
        passage=2.3,
    ),
    Capture(
        name="crunch",
        title="Crunch",
        gear_type="amp",
        tone_type="crunch",
        gear="two triode stages, tweed tone stack, push-pull power stage with supply sag",
        network=lambda: LstmNetwork(20, seed=SEED),
        recipe=Recipe(steps=8_000, window=512),
        passage=9.23,
    ),
    Capture(
        name="lead",
        title="Lead",
        gear_type="pedal_amp",
        tone_type="hi_gain",
        gear="diode overdrive, three triode stages, tweed tone stack, push-pull power stage with supply sag",
        network=lambda: LstmNetwork(24, seed=SEED),
        recipe=Recipe(steps=16_000, window=512),
        passage=13.67,
    ),
)


@dataclass(frozen=True)
class Validation:
    """Error-to-signal ratios on material that was not trained on.

    Attributes
    ----------
    guitar, passage, bass : float
        On the factory guitar as a whole, on the passage that the file names, and on the factory bass.
    """

    guitar: float
    passage: float
    bass: float


@dataclass(frozen=True)
class Outcome:
    """What came of a capture.

    Attributes
    ----------
    capture : Capture
        What was done.
    cpu_seconds : float
        Processor time of the training.
    skipped : int
        Updates left out because the gradient was not finite.
    validation : Validation
        How well.
    path : Path
        Of the .nam file.
    """

    capture: Capture
    cpu_seconds: float
    skipped: int
    validation: Validation
    path: Path


def passage(guitar: NDArray[np.float64], start: float) -> NDArray[np.float64]:
    """The part of the factory guitar on which a model is measured."""
    first = round(start * SAMPLE_RATE)
    return guitar[first : first + round(PASSAGE_SECONDS * SAMPLE_RATE)]


def without_offset(description: ModelDescription) -> ModelDescription:
    """Take out of the head's bias what the model makes of silence: the device makes nothing of it."""
    silence = np.zeros(SETTLING_FRAMES, np.float32)
    offset = float(np.mean(Model(description).process(silence)[-SETTLING_FRAMES // 2 :]))
    arrays = dict(description.arrays)
    if isinstance(description.architecture, WaveNet):
        name = f"{len(description.architecture.layer_arrays) - 1}.head.bias"
        offset /= float(arrays["head_scale"][0])
    else:
        name = "head.bias"
    arrays[name] = arrays[name] - np.float32(offset)
    return replace(description, arrays=arrays)


def validate(capture: Capture, description: ModelDescription, recordings: Path) -> Validation:
    """Measure a model against its device with our own engine.

    Parameters
    ----------
    capture : Capture
        Whose model it is.
    description : ModelDescription
        The model.
    recordings : Path
        Where the factory guitar and bass lie.
    """
    guitar, bass = (
        np.asarray(soundfile.read(recordings / f"{name}.flac")[0], np.float64) for name in ("guitar", "bass")
    )
    device, model = AMPS[capture.name], Model(description)
    return Validation(
        *(
            error_to_signal_ratio(model.process(sound.astype(np.float32)), device.process(sound, SAMPLE_RATE))
            for sound in (guitar, passage(guitar, capture.passage), bass)
        )
    )


def name_plate(capture: Capture, validation: Validation) -> dict[str, Any]:
    """Metadata of a factory model, in NAM's words where it has some."""
    return {
        "name": f"ampboard {capture.title}",
        "modeled_by": "ampboard",
        "gear_type": capture.gear_type,
        "gear_make": "ampboard",
        "gear_model": capture.gear,
        "tone_type": capture.tone_type,
        "training": {
            "material": f"{MATERIAL_SECONDS:g} s of synthetic guitar and bass, a sweep and noise",
            "steps": capture.recipe.steps,
            "validation_esr": round(validation.guitar, 6),
            "validation_on": "recordings/guitar.flac, not trained on",
            "passage": {
                "start": capture.passage,
                "seconds": PASSAGE_SECONDS,
                "esr": round(validation.passage, 6),
            },
        },
    }


def make_model(capture: Capture, folder: Path, recordings: Path) -> Outcome:
    """Render the material through the device, train, validate and write the .nam file.

    Parameters
    ----------
    capture : Capture
        What to make.
    folder, recordings : Path
        Where the model goes, and where the factory guitar and bass lie.
    """
    dry = training_material(MATERIAL_SECONDS, SAMPLE_RATE, seed=SEED)
    network = capture.network()
    wet = AMPS[capture.name].process(dry, SAMPLE_RATE)
    excerpt = Excerpt(capture.name, dry.astype(np.float32), wet.astype(np.float32))
    trainer = Trainer(network, Material(SAMPLE_RATE, (excerpt,)), capture.recipe)
    trainer.advance()
    description = without_offset(network.describe(SAMPLE_RATE, {}))
    validation = validate(capture, description, recordings)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{capture.name}.nam"
    write_nam(replace(description, metadata=name_plate(capture, validation)), path)
    return Outcome(capture, trainer.cpu_seconds, trainer.skipped, validation, path)
