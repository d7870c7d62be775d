"""What a model makes of what it has not heard, measured as our own engine plays it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyloudnorm
from numpy.typing import NDArray

from ...models.description import Container, ModelDescription, WaveNet
from ...models.errors import AudioError, ParameterError
from ...models.model import Model
from ...models.slimming import at_quality, sizes
from ..data.material import Excerpt, Material
from ..losses import error_to_signal_ratio
from ..trainer.evaluation import evaluate
from .aliasing import Aliasing, measure_aliasing

STEP_SECONDS: Final = 0.1
SILENT: Final = 1e-9  # mean square of a target (-90 dBFS) below which there is no ratio to it
LUFS_SECONDS: Final = 0.4  # the shortest sound that has a loudness


@dataclass(frozen=True, eq=False)
class Passage:
    """How one passage was played.

    Attributes
    ----------
    name : str
        The excerpt's.
    knobs : tuple of float
        Where the knobs stood.
    seconds : float
        How long it is.
    esr : float
        Error-to-signal ratio.
    target_lufs, output_lufs : float or None
        Integrated loudness of device and model; None below 0.4 s or -70 LUFS.
    target_dc, output_dc : float
        Mean of each; full scale is 1.
    target_db, error_db : ndarray of float64, shape (steps,)
        Level of the target and of the error, RMS in dBFS, over steps of 100 ms.
    """

    name: str
    knobs: tuple[float, ...]
    seconds: float
    esr: float
    target_lufs: float | None
    output_lufs: float | None
    target_dc: float
    output_dc: float
    target_db: NDArray[np.float64]
    error_db: NDArray[np.float64]


@dataclass(frozen=True)
class Size:
    """One of the sizes a model comes in: the quality that plays it, its weights, its error-to-signal ratio."""

    quality: float
    weights: int
    esr: float


@dataclass(frozen=True, eq=False)
class Judgement:
    """Everything that was measured.

    Attributes
    ----------
    part : str
        What it was measured on: ``test``, or ``validation`` where nothing was kept back for a test.
    sample_rate : int
        In Hz.
    knobs : tuple of str
        Names of the knobs.
    excerpts : tuple of Excerpt
        What was played, without `silent` ones.
    outputs : tuple of ndarray of float32
        What the model made of each.
    passages : tuple of Passage
        The measures of each.
    per_setting : mapping of tuple of float to float
        Error-to-signal ratio of all passages at each setting of the knobs.
    validation_esr : float
        On the validation passages, as the trainer gives it.
    sizes : tuple of Size
        From the smallest; one for models that cannot be slimmed.
    rest_dc : float
        What the model gives when nothing is played; full scale is 1.
    aliasing : tuple of Aliasing
        Of pure high tones.
    silent : tuple of str
        Names of passages that could not be judged because the device was silent.
    """

    part: str
    sample_rate: int
    knobs: tuple[str, ...]
    excerpts: tuple[Excerpt, ...]
    outputs: tuple[NDArray[np.float32], ...]
    passages: tuple[Passage, ...]
    per_setting: Mapping[tuple[float, ...], float]
    validation_esr: float
    sizes: tuple[Size, ...]
    rest_dc: float
    aliasing: tuple[Aliasing, ...]
    silent: tuple[str, ...] = ()

    @property
    def esr(self) -> float:
        """Error-to-signal ratio, the mean over the settings of the knobs."""
        return float(np.mean(list(self.per_setting.values())))

    @property
    def worst(self) -> Passage:
        """The passage with the largest error-to-signal ratio."""
        return max(self.passages, key=lambda passage: passage.esr)

    @property
    def level_difference(self) -> float | None:
        """Median difference in loudness between model and device in LU; None where no passage has a loudness."""
        differences = [
            passage.output_lufs - passage.target_lufs
            for passage in self.passages
            if passage.output_lufs is not None and passage.target_lufs is not None
        ]
        return float(np.median(differences)) if differences else None

    @property
    def aliasing_db(self) -> float:
        """Aliases over the whole sound, of the tone that is worst."""
        return max(tone.level_db for tone in self.aliasing)


def judge(description: ModelDescription, material: Material) -> Judgement:
    """Play what was kept back, and measure.

    Parameters
    ----------
    description : ModelDescription
        The model; each passage starts from its state of rest.
    material : Material
        Its `test` excerpts are judged, or its `validation` excerpts where there are none.

    Raises
    ------
    ParameterError
        When model and material differ in sample rate or knobs.
    AudioError
        When the device is silent on everything that could be judged.
    """
    _check_fits(description, material)
    part = "test" if material.test else "validation"
    kept = material.test or material.validation
    heard = tuple(excerpt for excerpt in kept if excerpt.power > SILENT)
    if not heard:
        raise AudioError(f"the device is silent on every {part} passage: record it again, with its volume up")
    done = evaluate(description, heard, material.knobs)
    model = Model(description)
    return Judgement(
        part=part,
        sample_rate=material.sample_rate,
        knobs=material.knobs,
        excerpts=heard,
        outputs=done.outputs,
        passages=tuple(
            _passage(excerpt, output, material.sample_rate) for excerpt, output in zip(heard, done.outputs, strict=True)
        ),
        per_setting=done.per_setting,
        validation_esr=_validation_esr(description, material) if material.test else done.esr,
        sizes=tuple(_sizes(description, heard, material.knobs, done.esr)),
        rest_dc=float(np.mean(model.process(np.zeros(material.sample_rate, np.float32))[-material.sample_rate // 2 :])),
        aliasing=measure_aliasing(model, _highest(heard), peak=max(float(abs(e.audio).max()) for e in heard)),
        silent=tuple(excerpt.name for excerpt in kept if excerpt.power <= SILENT),
    )


def _check_fits(description: ModelDescription, material: Material) -> None:
    rate = Model(description).sample_rate
    if rate != material.sample_rate:
        raise ParameterError(f"the model runs at {rate} Hz, the material at {material.sample_rate} Hz: use one rate")
    if at_quality(description).knobs != material.knobs:
        raise ParameterError(
            f"the model has the knobs {at_quality(description).knobs}, the material {material.knobs}: "
            "they must be the same, in one order"
        )


def _validation_esr(description: ModelDescription, material: Material) -> float:
    heard = [excerpt for excerpt in material.validation if excerpt.power > SILENT]
    return evaluate(description, heard, material.knobs).esr if heard else float("nan")


def _passage(excerpt: Excerpt, output: NDArray[np.float32], rate: int) -> Passage:
    error = np.asarray(output, np.float64) - excerpt.target
    return Passage(
        name=excerpt.name,
        knobs=excerpt.knobs,
        seconds=len(output) / rate,
        esr=error_to_signal_ratio(output, excerpt.target),
        target_lufs=loudness(excerpt.target, rate),
        output_lufs=loudness(output, rate),
        target_dc=float(np.mean(excerpt.target, dtype=np.float64)),
        output_dc=float(np.mean(output, dtype=np.float64)),
        target_db=level_over_time(excerpt.target, rate),
        error_db=level_over_time(error, rate),
    )


def loudness(sound: NDArray[np.floating], rate: int) -> float | None:
    """Integrated loudness in LUFS (ITU-R BS.1770-4); None for what is too short or too quiet to have one."""
    if len(sound) < LUFS_SECONDS * rate:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        lufs = float(pyloudnorm.Meter(rate).integrated_loudness(np.asarray(sound, np.float64)))
    return lufs if np.isfinite(lufs) else None


def level_over_time(sound: NDArray[np.floating], rate: int) -> NDArray[np.float64]:
    """RMS level in dBFS over steps of 100 ms; the last may be shorter. Nothing is below -200 dBFS."""
    step = round(STEP_SECONDS * rate)
    starts = np.arange(0, len(sound), step)
    energy = np.add.reduceat(np.square(sound, dtype=np.float64), starts)
    counts = np.minimum(step, len(sound) - starts)
    return 10 * np.log10(np.maximum(energy / counts, 1e-20))


def _highest(excerpts: Sequence[Excerpt]) -> tuple[float, ...]:
    """The highest position of each knob: where a device distorts most, aliases show."""
    return tuple(map(max, zip(*(excerpt.knobs for excerpt in excerpts), strict=True)))


def _sizes(
    description: ModelDescription, excerpts: Sequence[Excerpt], knobs: Sequence[str], whole: float
) -> Iterator[Size]:
    weights = sizes(description)
    for number, (quality, count) in enumerate(zip(_qualities(description, len(weights)), weights, strict=True)):
        last = number == len(weights) - 1
        part = replace(at_quality(description, quality), sample_rate=Model(description).sample_rate)
        yield Size(quality, count, whole if last else evaluate(part, excerpts, knobs).esr)


def _qualities(description: ModelDescription, count: int) -> tuple[float, ...]:
    """The lowest quality at which each size plays."""
    architecture = description.architecture
    if isinstance(architecture, Container):
        return (0.0, *architecture.qualities[:-1])
    if isinstance(architecture, WaveNet):
        return tuple(number / count for number in range(count))
    return (0.0,)
