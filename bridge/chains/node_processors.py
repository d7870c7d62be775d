"""From a node of a preset to its processor, one function a kind of node."""

import base64
from collections.abc import Callable, Mapping
from typing import Any, Final

import pedalboard

from ...models.errors import ParameterError, PresetError
from ...presets import Builtin, Cabinet, Lv2, Neural, Node, Preset, Repair, Tone, Vst3
from ...presets.builtins import builtin_arguments, builtin_classes
from ...presets.lv2_state import read_state_file, with_paths
from .. import processors
from ..interface_level import MEASURED, read_interface_level
from ..plugins.lv2 import load_lv2
from ..plugins.vst3 import load_vst3
from .lv2_node_state import state_of_document


def make_processor(preset: Preset, node: Node) -> pedalboard.Plugin:
    """Make the processor of a node other than a parallel one.

    Raises
    ------
    AmpboardError
        When it cannot be made.
    """
    return _PROCESSORS[type(node)](preset, node)


def _builtin(preset: Preset, node: Builtin) -> pedalboard.Plugin:
    try:
        return builtin_classes()[node.plugin](**builtin_arguments(node.plugin, node.parameters))
    except (ValueError, TypeError) as error:
        raise ParameterError(f"{node.plugin}: {error}") from None


def _neural(preset: Preset, node: Neural) -> pedalboard.Plugin:
    return processors.NeuralAmp(
        preset.resolve(node.model),
        input_db=node.input_db,
        output_db=node.output_db,
        mix=node.mix,
        quality=node.quality,
        interface_dbu=read_interface_level() if node.interface_dbu == MEASURED else node.interface_dbu,
        output=node.output,
        oversampling=node.oversampling,
        rate_conversion=node.rate_conversion,
        **node.knobs,
    )


def _cabinet(preset: Preset, node: Cabinet) -> pedalboard.Plugin:
    return processors.Cabinet(preset.resolve(node.impulse_response), normalize=node.normalize, output_db=node.output_db)


def _tone(preset: Preset, node: Tone) -> pedalboard.Plugin:
    return processors.ToneStack(node.circuit, bass=node.bass, mid=node.mid, treble=node.treble)


def _repair(preset: Preset, node: Repair) -> pedalboard.Plugin:
    model = None if node.model is None else preset.resolve(node.model)
    return processors.Repair(model, mix=node.mix, threshold=node.threshold, denoise=node.denoise)


def _vst3(preset: Preset, node: Vst3) -> pedalboard.Plugin:
    state = base64.b64decode(node.raw_state) if node.raw_state is not None else None
    if node.state_file is not None:
        try:
            state = preset.resolve(node.state_file).read_bytes()
        except OSError as error:
            raise PresetError(f"{node.state_file}: cannot be read: {error.strerror}") from None
    return load_vst3(node.path, plugin_name=node.plugin, parameters=node.parameters, raw_state=state)


def _lv2(preset: Preset, node: Lv2) -> pedalboard.Plugin:
    plugin = load_lv2(node.uri, preset=node.preset, block_size=node.block_size)
    if node.state is not None:
        plugin.restore(state_of_document(with_paths(node.state, lambda name: str(preset.resolve(name)))))
    elif node.state_file is not None:
        plugin.restore(state_of_document(read_state_file(preset.resolve(node.state_file))))
    for name, file in node.files.items():
        plugin.set_file(name, preset.resolve(file))
    for symbol, value in node.parameters.items():
        plugin.set(symbol, value)
    return plugin


_PROCESSORS: Final[Mapping[type, Callable[[Preset, Any], pedalboard.Plugin]]] = {
    Builtin: _builtin,
    Neural: _neural,
    Vst3: _vst3,
    Lv2: _lv2,
    Cabinet: _cabinet,
    Tone: _tone,
    Repair: _repair,
}
