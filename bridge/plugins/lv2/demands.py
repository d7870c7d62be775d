"""What plugins demand of a host, and whether this one has it."""

from typing import Final

from .bundles.summary import Lv2Summary
from .bundles.vocabulary import BLOCKS, LOG, LV2, OPTIONS, PARAMETERS, STATE, URID, WORKER

SERVED_FEATURES: Final = frozenset(
    {
        URID + "map",
        URID + "unmap",
        OPTIONS + "options",
        BLOCKS + "boundedBlockLength",
        BLOCKS + "coarseBlockLength",
        BLOCKS + "fixedBlockLength",
        BLOCKS + "powerOf2BlockLength",
        WORKER + "schedule",
        LOG + "log",
        STATE + "freePath",
        STATE + "loadDefaultState",
        STATE + "makePath",
        STATE + "mapPath",
        STATE + "threadSafeRestore",
        LV2 + "hardRTCapable",
        LV2 + "inPlaceBroken",
        LV2 + "isLive",
    }
)
SERVED_OPTIONS: Final = frozenset(
    {
        BLOCKS + "maxBlockLength",
        BLOCKS + "minBlockLength",
        BLOCKS + "nominalBlockLength",
        BLOCKS + "sequenceSize",
        PARAMETERS + "sampleRate",
    }
)


def obstacle(plugin: Lv2Summary) -> str:
    """Why a plugin cannot be loaded here, before it is tried; empty when nothing speaks against it."""
    for demanded, served, word in (
        (plugin.required_features, SERVED_FEATURES, "feature"),
        (plugin.required_options, SERVED_OPTIONS, "option"),
    ):
        if missing := sorted(demanded - served):
            return f"needs the {word}{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
    if plugin.unknown_ports:
        return f"has ports of an unknown kind: {', '.join(plugin.unknown_ports)}"
    if not plugin.binary.is_file():
        return f"its code {plugin.binary} is not there"
    return ""
