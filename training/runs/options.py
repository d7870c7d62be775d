"""Whether what is asked for can be done at all: found out before anything is written."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ...models.errors import ParameterError
from .architectures import AUTO, RACERS, continued, find_architecture
from .folder import Settings

if TYPE_CHECKING:
    from ...models.description import ModelDescription
    from ..data.material import Material

PRECISIONS: Final = ("float32", "bfloat16")
PLAIN_LOSS: Final = "mse"


def check_options(settings: Settings) -> None:
    """Refuse what this machine cannot do, and names that mean nothing.

    Parameters
    ----------
    settings : Settings
        Of a new run. torch is imported only where they name a GPU or a loss of their own.

    Raises
    ------
    ParameterError
        When an option is wrong.
    """
    on_gpu = settings.device.partition(":")[0] == "cuda"
    if settings.device != "cpu" and not on_gpu:
        raise ParameterError(f"device {settings.device!r} is not known: use cpu or cuda")
    if settings.precision not in PRECISIONS:
        raise ParameterError(f"precision {settings.precision!r} is not known: use {' or '.join(PRECISIONS)}")
    if settings.precision != "float32" and not on_gpu:
        raise ParameterError(
            f"precision {settings.precision} gains on a GPU only: leave it out on the CPU, or add --device cuda"
        )
    if on_gpu:
        import torch

        if not torch.cuda.is_available():
            raise ParameterError(f"device {settings.device}: torch finds no such GPU here: use --device cpu")
    if settings.loss != PLAIN_LOSS:
        from ..losses.catalogue import parse_loss

        parse_loss(settings.loss, sample_rate=48_000)


def chosen_architectures(arch: str | Sequence[str], start: str | Path | None) -> tuple[str, ...]:
    """Names of the networks to train.

    Parameters
    ----------
    arch : str or sequence of str
        As of `train`.
    start : str or Path, optional
        The model that training goes on from, whose network is the only one.

    Raises
    ------
    ParameterError
        When a name is not known, or is not that of the model to go on from.
    ModelError
        When that model cannot be read.
    """
    named = (arch,) if isinstance(arch, str) else tuple(arch)
    if start is None:
        return tuple(find_architecture(name).name for name in (RACERS if named == (AUTO,) else named))
    from ...models.model import load_model

    description = load_model(start).description
    base = continued(description)
    if named == (AUTO,):
        return (base.name,)
    asked = [find_architecture(name) for name in named]
    if len(asked) == 1 and _fits(asked[0].name, description):
        return (asked[0].name,)
    raise ParameterError(
        f"{start}: its network goes on as it is ({base.title}), which is not {', '.join(named)}: "
        "leave --arch out, or leave --from out to train a new network"
    )


def check_start(start: str | Path, material: "Material") -> None:
    """Refuse to go on with a model on material of another sample rate or other knobs, or one that is only played.

    Raises
    ------
    ParameterError
        When model and material do not belong together.
    ModelError
        When the model cannot be trained.
    """
    from ...models.model import load_model

    description = load_model(start).description
    if description.sample_rate != material.sample_rate:
        raise ParameterError(
            f"{start}: plays at {description.sample_rate:g} Hz, the recordings have {material.sample_rate}: "
            "go on with recordings of the model's rate"
        )
    continued(description).make(material.knobs, 0)


def _fits(name: str, description: "ModelDescription") -> bool:
    """Whether an architecture's network is the model's: the same shape all through."""
    from ..networks.loading import network_of

    own, new = network_of(description), find_architecture(name).make(description.knobs, 0)
    return own.describe(48_000, {}).architecture == new.describe(48_000, {}).architecture
