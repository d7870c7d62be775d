"""Model files, one module a format, each recognised by its content and never by its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..description import ModelDescription
from ..errors import ModelError
from .guitarml import is_guitarml, read_guitarml, write_guitarml
from .nam import is_nam, read_nam, write_nam
from .pedalnet import is_pedalnet, read_pedalnet, write_pedalnet
from .reading import read_json
from .repair import is_repair, read_repair, write_repair
from .rtneural import is_rtneural, read_rtneural, write_rtneural
from .smartamppro import is_smartamppro, read_smartamppro, write_smartamppro
from .torch_state import is_torch_state, read_torch_state, write_torch_state


@dataclass(frozen=True)
class Format:
    """A kind of model file: how to recognise its JSON, how to read it and how to write it."""

    name: str
    recognises: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Path, dict[str, Any]], ModelDescription]
    write: Callable[[ModelDescription, Path], None]


FORMATS = (
    Format("Neural Amp Modeler", is_nam, read_nam, write_nam),
    Format("GuitarML", is_guitarml, read_guitarml, write_guitarml),
    Format("RTNeural", is_rtneural, read_rtneural, write_rtneural),
    Format("ampboard repair", is_repair, read_repair, write_repair),
    Format("PedalNetRT", is_pedalnet, read_pedalnet, write_pedalnet),
    Format("SmartAmpPro", is_smartamppro, read_smartamppro, write_smartamppro),
    Format("PyTorch state_dict", is_torch_state, read_torch_state, write_torch_state),
)


def read_model(path: str | Path) -> tuple[Format, ModelDescription]:
    """Read a model file of any known format.

    Raises
    ------
    ModelError
        When the file cannot be read or none of the formats recognises it.
    """
    path = Path(path)
    document = read_json(path)
    for known in FORMATS:
        if known.recognises(document):
            return known, known.read(path, document)
    names = ", ".join(known.name for known in FORMATS)
    raise ModelError(f"{path}: is not a model file ampboard knows ({names})")
