"""The list of all plugins: how one is found in it, and how its use is shown."""

import tomllib
from collections.abc import Sequence

import numpy as np
import pytest

from ampboard.bridge.plugins.catalogue import Catalogue, CatalogueEntry, PluginParameter
from ampboard.bridge.plugins.catalogue.usage import preset_lines, script_line
from ampboard.models.errors import PluginError


def entry(kind: str, identity: str, name: str, plugin: str = "") -> CatalogueEntry:
    return CatalogueEntry(
        kind="lv2" if kind == "lv2" else "vst3",
        identity=identity,
        plugin=plugin,
        name=name,
        author="",
        version="",
        category="",
        audio_inputs=1,
        audio_outputs=1,
        side_chain_inputs=0,
        is_effect=True,
        parameter_count=0,
    )


TUBE = entry("lv2", "urn:x:tube", "Tube Amp")
TUBE_STEREO = entry("lv2", "urn:x:tube_stereo", "Tube Amp Stereo")
PLATE = entry("vst3", "/somewhere/Old Plate.vst3", "Plate")
CATALOGUE = Catalogue((TUBE, TUBE_STEREO, PLATE))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("urn:x:tube", TUBE),
        ("tube amp", TUBE),
        ("STEREO", TUBE_STEREO),
        ("/somewhere/Old Plate.vst3", PLATE),
        ("old plate.VST3", PLATE),
        ("old plate", PLATE),
        ("plate", PLATE),
    ],
)
def test_found_by_identity_name_or_a_part_that_is_enough(wanted: str, found: CatalogueEntry) -> None:
    assert CATALOGUE.find(wanted) == found


@pytest.mark.parametrize(
    ("wanted", "said"), [("tube", "may be one of 2"), ("Tueb Amp", "did you mean Tube Amp"), ("qqq", "plugins list")]
)
def test_what_is_not_found_is_answered_with_what_is_near(wanted: str, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        CATALOGUE.find(wanted)


PARAMETERS: Sequence[PluginParameter] = (
    PluginParameter("mode", "Mode", default=1.0, labels=((1.0, "One"),)),
    PluginParameter("drive", "Drive", "dB", -10.0, 10.0, float(np.float32(0.1))),
    PluginParameter("odd name", "Odd", default=1.0),
    PluginParameter("none", "None"),
)


@pytest.mark.parametrize("plugin", [TUBE, PLATE, entry("vst3", 'C:\\a "b".vst3', "Q", plugin="Second")])
def test_the_lines_for_a_preset_are_toml_and_say_what_is_loaded(plugin: CatalogueEntry) -> None:
    [node] = tomllib.loads(preset_lines(plugin, PARAMETERS))["chain"]
    assert node["type"] == plugin.kind
    assert node["uri" if plugin.kind == "lv2" else "path"] == plugin.identity
    assert node.get("plugin", "") == plugin.plugin
    assert node["parameters"] == {"drive": 0.1}
    compile(script_line(plugin, PARAMETERS), "line", "eval")


def test_installed_plugins_of_a_kind_are_listed_by_name() -> None:
    catalogue = Catalogue.load(("lv2",))
    if not catalogue.entries:
        pytest.skip("no LV2 plugins are installed")
    names = [listed.name.casefold() for listed in catalogue.entries]
    assert names == sorted(names)
    for listed in catalogue.entries[::20]:
        assert catalogue.find(listed.identity) == listed
        assert len(catalogue.parameters(listed)) == listed.parameter_count
