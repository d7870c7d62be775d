"""LV2 plugins as processors of a pedalboard chain."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ....models.errors import ParameterError, PluginError
from ....presets.builtins import suggestion
from ...audio import Audio
from ...native.running import RunningKernel
from ...native.side_chain import SideBus
from ...processors.kernel_plugin import KernelPlugin
from ..identity import PluginIdentity
from ..trial import load_safely
from .atoms import Atom
from .bundles.description import Lv2Description, PatchParameter
from .bundles.preset_bundles import Lv2Preset
from .discovery import describe_lv2, lv2_presets
from .files import give_file, last_word
from .kernel import Lv2Kernel
from .presets import default_state, preset_state, write_preset
from .state import Lv2State

_FIRST_RATE: Final = 44_100  # Hz, at which pedalboard starts plugins


class Lv2Plugin(KernelPlugin):
    """A `pedalboard.Plugin` that runs an LV2 plugin; made by `load_lv2`.

    Control inputs are attributes named by their symbol, in the plugin's own unit, exact to the float, settable while
    audio plays; a symbol that is an attribute of this class already (``latency``) has an underscore behind it.
    """

    _lv2: Lv2Kernel

    def __init__(self, kernel: Lv2Kernel, parameters: Mapping[str, float] = MappingProxyType({})) -> None:
        super().__init__(kernel)
        if self.counters.refusals:
            raise PluginError(
                f"{kernel.description.uri}: the plugin refused to start at {_FIRST_RATE} Hz{kernel.said()}"
            )
        self._lv2 = kernel
        for name, value in parameters.items():
            self.running.set(name, value)

    @property
    def kernel(self) -> Lv2Kernel:
        """The kernel that plays."""
        return self._lv2

    @property
    def description(self) -> Lv2Description:
        """What the bundle says about the plugin."""
        return self._lv2.description

    @property
    def state(self) -> Lv2State:
        """What makes the plugin sound as it does: to keep, and to `restore`.

        Raises
        ------
        PluginError
            When the plugin cannot say.
        """
        return saved_state(self.running)

    def restore(self, state: Lv2State) -> None:
        """Return to a state; what plays takes it over between two blocks.

        Raises
        ------
        PluginError
            When the state is another plugin's.
        ParameterError
            When it is no state, or has a control that this plugin has not, or a value out of range.
        """
        restore_state(self.running, state)

    def set(self, name: str, value: float | str) -> None:
        """Set a control input by its symbol, or as the attribute is called, to a value or the label of one.

        Raises
        ------
        ParameterError
            When there is none, or the value is out of range.
        """
        self.running.set(name if name in self.running else self._lv2.parameter_of(name), value)

    def presets(self) -> tuple[Lv2Preset, ...]:
        """The presets that installed bundles hold for this plugin, by label."""
        return lv2_presets(self.description.uri)

    def load_preset(self, preset: str) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Take over a preset.

        Parameters
        ----------
        preset : str
            URI or label of one of `presets`.

        Raises
        ------
        PluginError
            When there is none, or it cannot be read.
        """
        self.restore(_find_preset(self.description, preset))

    def save_preset(self, path: str | Path | None, label: str) -> Path:
        """Write the present state as a preset bundle that any LV2 host lists.

        Parameters
        ----------
        path : str, Path or None
            Folder to make, named ``....lv2``, best in ``~/.lv2``; None: a folder there, named by plugin and label.
        label : str
            What a user reads.

        Returns
        -------
        Path
            The bundle.

        Raises
        ------
        PluginError
            When the folder is there already, or cannot be written.
        """
        _check_text("label", label, "a text")
        return write_preset(self.state, label, path if path is None else _path(path))

    @property
    def patch_parameters(self) -> tuple[PatchParameter, ...]:
        """Parameters without a port: files, and other values that are set by messages."""
        return self.description.patch_parameters

    def set_file(self, name: str, path: str | Path) -> None:
        """Let the plugin load a file: an impulse response, a model; see `give_file`.

        Parameters
        ----------
        name : str
            One of `patch_parameters` by URI, by name, or by the last part of its URI.
        path : str or Path
            The file.

        Raises
        ------
        ParameterError
            When there is no such parameter, or no such file.
        PluginError
            When the plugin does not take it.
        """
        uri = self._patch_uri(name)
        file = _path(path).expanduser().absolute()
        if not file.is_file():
            raise ParameterError(f"{self.description.name}: there is no file {file} for {name}")
        give_file(self._lv2, uri, file)

    def set_patch(self, name: str, value: bool | int | float | str) -> None:
        """Set one of `patch_parameters`, named as for `set_file`, to a value of its type.

        Raises
        ------
        ParameterError
            When there is no such parameter.
        PluginError
            When the value is of another type.
        """
        uri = self._patch_uri(name)
        kind = next((p.type for p in self.patch_parameters if p.uri == uri), "")
        if not kind:
            raise ParameterError(f"{self.description.name} does not say of what type {name} is")
        self._lv2.patch(uri, Atom(kind, value))

    def patch_values(self) -> dict[str, Any]:
        """What the plugin itself said of its properties since the last call, by URI; ask it with `ask_patches`."""
        return {uri: atom.value for uri, atom in self._lv2.news()}

    def ask_patches(self) -> None:
        """Ask the plugin for all properties: it answers while it plays."""
        self._lv2.ask()

    def output(self, symbol: str) -> float:
        """The value of a control output (a meter, a tuner) after the last block; see `Lv2Kernel.output`."""
        return self._lv2.output(symbol)

    def log(self) -> str:
        """What the plugin logged since the last call."""
        return self._lv2.log()

    def _patch_uri(self, name: str) -> str:
        _check_text("the patch parameter", name, "its URI or name")
        for parameter in self.patch_parameters:
            if name in (parameter.uri, parameter.name, last_word(parameter.uri)):
                return parameter.uri
        if "://" in name or name.startswith("urn:"):
            return name  # plugins that do not declare what they take
        known = {parameter.name or last_word(parameter.uri): parameter for parameter in self.patch_parameters}
        raise ParameterError(f"{self.description.name} has no patch parameter {name!r}: {suggestion(name, known)}")


def saved_state(running: RunningKernel) -> Lv2State:
    """The state of an LV2 plugin by its running kernel, which outlives the `Lv2Plugin`: see `KernelPlugin.identify`.

    Raises
    ------
    PluginError
        When it is no LV2 plugin, or cannot say.
    """
    kernel = _kernel_of(running)
    controls = {symbol: running.get(name) for name, symbol in kernel.symbols.items()}
    return Lv2State(kernel.description.uri, controls, kernel.save())


def restore_state(running: RunningKernel, state: Lv2State) -> None:
    """Let an LV2 plugin, by its running kernel, return to a state; raises as `Lv2Plugin.restore`."""
    kernel = _kernel_of(running)
    _check_state(state)
    if state.plugin != kernel.description.uri:
        raise PluginError(f"the state is of {state.plugin}, and the plugin is {kernel.description.uri}")
    values = {kernel.parameter_of(symbol): value for symbol, value in state.controls.items()}
    for name, value in values.items():
        kernel.parameters[running.index(name)].check(value)
    kernel.restore(state.properties)
    for name, value in values.items():
        running.set(name, value)


def _check_state(state: object) -> None:
    if not isinstance(state, Lv2State):
        raise ParameterError(f"the state is {state!r:.40}: use an Lv2State, as `Lv2Plugin.state` gives it")


def _kernel_of(running: RunningKernel) -> Lv2Kernel:
    if not isinstance(running.kernel, Lv2Kernel):
        raise PluginError(f"{running.kernel.name} is no LV2 plugin")
    return running.kernel


# Those of load_lv2, too: what it takes by keyword is never a parameter.
_RESERVED: Final = frozenset({*dir(Lv2Plugin), "preset", "block_size"})


def load_lv2(
    uri: str,
    /,
    *,
    state: Lv2State | None = None,
    preset: str | None = None,
    side_chain: SideBus | Audio | None = None,
    block_size: int | None = None,
    **parameters: float | str,
) -> Lv2Plugin:
    """Load an installed LV2 effect.

    What it starts from, later over earlier: the default state of its bundle, `preset`, `state`, `parameters`.

    Parameters
    ----------
    uri : str
        The plugin.
    state : Lv2State, optional
        As `Lv2Plugin.state` gave it.
    preset : str, optional
        URI or label of a preset that is installed.
    side_chain : SideBus or ndarray, optional
        What the side-chain inputs hear, see `RunningKernel.side_chain`; silence when left out.
    block_size : int, optional
        See `Lv2Kernel`.
    **parameters : float
        Control inputs by symbol (or as `Lv2Plugin` names them), in the plugin's own units.

    Returns
    -------
    Lv2Plugin

    Raises
    ------
    PluginError
        When it is not installed, has shown itself to crash or hang, or needs what this host does not have.
    ParameterError
        When it has no such parameter, or a value is out of range.
    """
    description = describe_lv2(uri)

    def make() -> Lv2Plugin:
        return Lv2Plugin(Lv2Kernel(description, block_size=block_size, reserved=_RESERVED))

    plugin = load_safely(PluginIdentity.lv2(uri, description.binary), make)
    start = default_state(description)
    if preset is not None:
        start = _find_preset(description, preset).over(start)
    if state is not None:
        _check_state(state)
        start = state.over(start)
    if start is not None:
        plugin.restore(start)
    if side_chain is not None:
        plugin.side_chain = side_chain
    for name, value in parameters.items():
        plugin.set(name, value)
    return plugin


def _path(path: str | Path) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise ParameterError(f"the path is {path!r}: use a text or a Path") from None


def _check_text(what: str, text: object, expected: str) -> None:
    if not isinstance(text, str):
        raise ParameterError(f"{what} is {text!r}: use {expected}")


def _find_preset(description: Lv2Description, preset: str) -> Lv2State:
    _check_text("preset", preset, "its URI or label")
    presets = lv2_presets(description.uri)
    found = [p for p in presets if p.uri == preset] or [p for p in presets if p.label == preset]
    if not found:
        labels = {p.label: p for p in presets if p.label}
        raise PluginError(f"{description.name} has no preset {preset!r}: {suggestion(preset, labels)}")
    return preset_state(found[0])
