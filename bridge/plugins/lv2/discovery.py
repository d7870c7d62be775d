"""Installed LV2 plugins by URI."""

from functools import cache

from ....models.errors import PluginError
from .describing import plugin_uris
from .description import Lv2Description
from .folders import lv2_bundles, lv2_folders
from .reading import read_plugin
from .turtle import TurtleReader


@cache
def describe_lv2(uri: str) -> Lv2Description:
    """What an installed plugin's bundle says about it.

    Raises
    ------
    PluginError
        When no bundle in `lv2_folders` describes it.
    """
    for bundle in lv2_bundles():
        if uri in plugin_uris(TurtleReader(bundle).manifest):
            return read_plugin(uri, bundle)
    raise PluginError(f"there is no LV2 plugin {uri} in {', '.join(map(str, lv2_folders()))}: install it")
