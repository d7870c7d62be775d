"""What a run keeps on disk: its settings, its material, and a folder for each network in it."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from ...models.errors import AmpboardError, ModelError, ParameterError
from ...models.writing import atomic_target, write_atomically
from ..data.material import Excerpt, Material
from .course import Course

VERSION: Final = 1
CHECKPOINT: Final = "checkpoint.safetensors"
BEST: Final = "best.safetensors"
LISTEN: Final = "listen.wav"
PARTS: Final = ("train", "validation", "test")


@dataclass(frozen=True)
class Entrant:
    """One network of a run.

    Attributes
    ----------
    arch : str
        Name of its architecture.
    seed : int
        Of its weights, and of the order in which it hears several excerpts.
    seconds : float
        What its whole training may take, by the clock on the wall.
    steps : int or None
        Number of updates; None: as many as fit in `seconds`.
    """

    arch: str
    seed: int
    seconds: float
    steps: int | None = None

    @property
    def name(self) -> str:
        """Names its folder too."""
        return self.arch if self.seed == 0 else f"{self.arch}-seed{self.seed}"


@dataclass(frozen=True)
class Settings:
    """How a run was asked for; a run goes on with the settings it began with.

    Attributes
    ----------
    archs : tuple of str
        One network, or several that race.
    minutes : float
        How long it may all take.
    steps : int or None
        Number of updates of each network instead.
    seed : int
        Of everything random.
    loss : str
        What is made small; see `losses.parse_loss`.
    target_esr : float or None
        The run ends when a network reaches this on the validation passages.
    device, precision : str
        As of `Trainer` and `Recipe`.
    start : str or None
        The model that training goes on from.
    cores : int
        Networks trained at once.
    use_spare_core : bool
        Whether a free core trains on with the runner-up, or with the winner from another start.
    """

    archs: tuple[str, ...]
    minutes: float = 10.0
    steps: int | None = None
    seed: int = 0
    loss: str = "mse"
    target_esr: float | None = None
    device: str = "cpu"
    precision: str = "float32"
    start: str | None = None
    cores: int = 1
    use_spare_core: bool = False

    @property
    def has_spare_core(self) -> bool:
        """Whether a core has something to do while one network is alone."""
        return self.use_spare_core and self.cores > 1

    def __post_init__(self) -> None:
        if not self.archs or len(set(self.archs)) != len(self.archs):
            raise ParameterError(f"architectures {', '.join(self.archs) or 'none'}: name each once")
        if not self.minutes > 0:
            raise ParameterError(f"minutes is {self.minutes:g}: use more than 0")
        if self.steps is not None and self.steps < 1:
            raise ParameterError(f"steps is {self.steps}: use at least 1")
        if self.target_esr is not None and not self.target_esr > 0:
            raise ParameterError(f"target ESR is {self.target_esr:g}: use more than 0")
        if self.cores < 1:
            raise ParameterError(f"cores is {self.cores}: use at least 1")


class RunFolder:
    """The folder of a run.

    Parameters
    ----------
    path : Path
        Made when something is first written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def settings_file(self) -> Path:
        """What says that this folder holds a run."""
        return self.path / "run.json"

    @property
    def tensorboard(self) -> Path:
        """Where the logs go."""
        return self.path / "tensorboard"

    @property
    def listen(self) -> Path:
        """The validation passage as the best model so far plays it."""
        return self.path / LISTEN

    @property
    def listen_target(self) -> Path:
        """The same passage as the device played it."""
        return self.path / "target.wav"

    @property
    def start(self) -> Path:
        """The model that training goes on from, where there is one."""
        return self.path / "start.model"

    @property
    def exists(self) -> bool:
        """Whether there is a run."""
        return self.settings_file.is_file()

    def entrant(self, name: str) -> Path:
        """Folder of one network."""
        return self.path / "networks" / name

    def begin(self, settings: Settings, material: Material, facts: Mapping[str, Any]) -> None:
        """Write down a new run.

        Parameters
        ----------
        settings : Settings
            How it was asked for.
        material : Material
            What it learns from.
        facts : mapping
            JSON values to keep with it.
        """
        try:
            store_material(material, self.path / "material")
            if settings.start is not None:
                shutil.copyfile(settings.start, self.start)
            if material.validation:
                write_sound(self.listen_target, material.validation[0].target, material.sample_rate)
            self._write(settings, facts, finished=False)
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise

    @property
    def has_learned(self) -> bool:
        """Whether any network has made an update that is on disk."""
        try:
            courses = [Course.read(folder) for folder in (self.path / "networks").glob("*")]
        except ModelError:
            return True
        return any(course is not None and course.step > 0 for course in courses)

    def clear(self) -> None:
        """Remove what an earlier run left; nothing where there was none."""
        if self.exists:
            shutil.rmtree(self.path)

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Note that all is done and what came of it, in JSON values; remove what only an unfinished run needs."""
        settings, facts, _ = self.read()
        self._write(settings, {**facts, "outcome": dict(outcome)}, finished=True)
        for file in (self.path / "material").glob("*"):
            file.unlink()
        (self.path / "material").rmdir()

    def read(self) -> tuple[Settings, dict[str, Any], bool]:
        """Settings, facts, and whether the run is finished.

        Raises
        ------
        ModelError
            When there is no run here, or its file is damaged.
        """
        try:
            stored = json.loads(self.settings_file.read_text())
            if stored["version"] != VERSION:
                raise ModelError(f"{self.settings_file}: version {stored['version']}: this ampboard reads {VERSION}")
            known = {field.name for field in fields(Settings)}
            values: dict[str, Any] = {name: value for name, value in stored["settings"].items() if name in known}
            values["archs"] = tuple(values["archs"])
            return Settings(**values), dict(stored["facts"]), bool(stored["finished"])
        except FileNotFoundError:
            raise ModelError(f"{self.path}: holds no training run: name the folder that --out named") from None
        except (OSError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, AmpboardError):
                raise
            raise ModelError(f"{self.settings_file}: cannot be read ({error}): start the run anew") from None

    def material(self) -> Material:
        """What the run learns from; see `load_material`."""
        return load_material(self.path / "material")

    def _write(self, settings: Settings, facts: Mapping[str, Any], *, finished: bool) -> None:
        content = {"version": VERSION, "finished": finished, "settings": asdict(settings), "facts": dict(facts)}
        write_atomically(self.settings_file, json.dumps(content, indent=2).encode())


def write_sound(path: Path, sound: NDArray[np.float32], sample_rate: int) -> None:
    """Write a sound to listen to, 24 bit; it is clipped at full scale."""
    with atomic_target(path) as temporary:
        soundfile.write(temporary, np.clip(sound, -1, 1), sample_rate, subtype="PCM_24")


def store_material(material: Material, folder: Path) -> None:
    """Write material so that several processes can share one copy of it in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    index: dict[str, Any] = {"sample_rate": material.sample_rate, "knobs": material.knobs}
    for part in PARTS:
        rows: list[dict[str, Any]] = []
        for number, excerpt in enumerate(getattr(material, part)):
            file = f"{part}-{number}.npy"
            with atomic_target(folder / file) as temporary:
                np.save(temporary, np.stack([excerpt.audio, excerpt.target]))
            rows.append({"name": excerpt.name, "knobs": excerpt.knobs, "file": file})
        index[part] = rows
    write_atomically(folder / "index.json", json.dumps(index).encode())


def load_material(folder: Path) -> Material:
    """Read what `store_material` wrote; its arrays stay on disk until they are used.

    Raises
    ------
    ModelError
        When it is missing or damaged.
    """
    try:
        index = json.loads((folder / "index.json").read_text())
        train, validation, test = (tuple(_excerpt(folder, row) for row in index[part]) for part in PARTS)
        return Material(index["sample_rate"], train, validation, test, tuple(index["knobs"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{folder}: its recordings cannot be read ({error}): start the run anew") from None


def _excerpt(folder: Path, row: Mapping[str, Any]) -> Excerpt:
    audio, target = np.load(folder / row["file"], mmap_mode="c")
    return Excerpt(row["name"], audio, target, tuple(row["knobs"]))
