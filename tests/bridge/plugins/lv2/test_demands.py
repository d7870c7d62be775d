"""Plugins that demand what no host here gives are told apart before anything is loaded."""

from dataclasses import replace
from pathlib import Path

from ampboard.bridge.plugins.lv2.bundles.reading import read_bundle
from ampboard.bridge.plugins.lv2.bundles.summary import summarise
from ampboard.bridge.plugins.lv2.demands import obstacle
from ampboard.bridge.plugins.lv2.discovery import installed_lv2

from .written_bundles import write_plugin


def test_an_obstacle_names_what_is_missing(tmp_path: Path) -> None:
    bundle = write_plugin(tmp_path / "a.lv2", "http://example.org/plugin")
    [description] = read_bundle(bundle, reader="turtle").plugins
    plugin = summarise(description)
    assert obstacle(plugin) == f"its code {bundle / 'plugin.so'} is not there"
    (bundle / "plugin.so").touch()
    assert obstacle(plugin) == ""
    needed = "http://lv2plug.in/ns/ext/instance-access"
    assert obstacle(replace(plugin, required_features=frozenset({needed}))) == f"needs the feature {needed}"
    odd = replace(description.ports[0], kind="unknown")
    assert "in" in obstacle(summarise(replace(description, ports=(odd,))))
    optional = replace(odd, properties=frozenset({"connectionOptional"}))
    assert obstacle(summarise(replace(description, ports=(optional,)))) == ""


def test_installed_effects_demand_nothing_unusual() -> None:
    effects = [plugin for plugin in installed_lv2().plugins.values() if plugin.audio_inputs and plugin.audio_outputs]
    assert sum(not obstacle(plugin) for plugin in effects) >= 0.95 * len(effects)
