"""How many frames a plugin is given at once: https://lv2plug.in/ns/ext/buf-size."""

import operator
from typing import Final

from ....models.errors import ParameterError
from .bundles.description import Lv2Description
from .bundles.vocabulary import BLOCKS

LONGEST_BLOCK: Final = 8192
FIXED_BLOCKS: Final = frozenset(
    BLOCKS + name for name in ("fixedBlockLength", "powerOf2BlockLength", "coarseBlockLength")
)
"""Features of plugins that want blocks of one size."""

_BLOCK_OF_CHOOSY: Final = 256  # frames


def stated_block_size(description: Lv2Description) -> int:
    """Frames of the blocks that a plugin asks for, as a must or a wish; 0 when any will do."""
    wanted = description.required_features | description.optional_features
    return _BLOCK_OF_CHOOSY if wanted & FIXED_BLOCKS else 0


def chosen_block_size(description: Lv2Description, block_size: int | None) -> int:
    """Frames of every run of a plugin, 0 for blocks as they come; `block_size` as `Lv2Kernel` takes it.

    Raises
    ------
    ParameterError
        When it is no number of frames, or out of range.
    """
    if block_size is None:
        return stated_block_size(description)
    try:
        frames = 0 if isinstance(block_size, bool) else operator.index(block_size)
    except TypeError:
        frames = 0
    if not 1 <= frames <= LONGEST_BLOCK:
        raise ParameterError(f"block_size is {block_size!r}: use 1 to {LONGEST_BLOCK} frames")
    return frames
