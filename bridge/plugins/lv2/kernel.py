"""An LV2 plugin as a kernel that the native bridge runs."""

import ctypes
import os
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Final

from ....models.errors import ParameterError, PluginError
from ....models.kernels.runnable import KernelAddresses
from ....presets.builtins import suggestion
from ...native.library import NativeKernel
from ...native.lv2_host import (
    BY_SAMPLE_RATE,
    PORT_KINDS,
    REPORTS_LATENCY,
    TAKES_MIDI,
    TAKES_PATCH,
    NativeFacts,
    NativePort,
    NativeProperty,
    lv2_library,
    map_uri,
    unmap_uri,
)
from .atoms import Atom, decode_atom, encode_atom
from .block_sizes import FIXED_BLOCKS, chosen_block_size
from .bundles.description import Lv2Description, Lv2Port, is_side_chain
from .bundles.vocabulary import LV2, PATCH, STATE
from .controls import control_parameters, default_value

MOST_CHANNELS: Final = 64

_MIDI_EVENT: Final = "http://lv2plug.in/ns/ext/midi#MidiEvent"
_PLAIN_AND_PORTABLE: Final = 3  # LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE
_PLAIN: Final = 1
_NEWS_SIZE: Final = 16384
_LOG_SIZE: Final = 8192


class Lv2Kernel:
    """A `RunnableKernel` around one plugin; see ``lv2/player.h`` for how channels meet audio ports.

    Parameters
    ----------
    description : Lv2Description
        The plugin.
    block_size : int, optional
        Frames of every run of the plugin, for those whose sound depends on it; costs that many frames of latency. Left
        out, the plugin gets blocks as they come, at most 512 frames, or of 256 when it asks for one size.
    reserved : container of str
        Names that no parameter may have: those get an underscore behind.

    Attributes
    ----------
    description : Lv2Description
        The plugin.
    block_size : int
        As above; 0: as they come.

    Raises
    ------
    PluginError
        When the plugin needs something that this host does not have, or its code cannot be loaded.
    ParameterError
        When the block size is out of range.
    """

    def __init__(
        self, description: Lv2Description, *, block_size: int | None = None, reserved: Container[str] = ()
    ) -> None:
        self.description = description
        self.block_size = chosen_block_size(description, block_size)
        _check_hostable(description, self.block_size)
        self.parameters, self._names = control_parameters(description.control_inputs, reserved)
        self.channels = (1, _most_channels(description))
        self.tail = 0.0
        self.side_inputs = len(description.side_chain_inputs)
        # Made by the host once the plugin asks for a path.
        self._files = Path(tempfile.gettempdir()).absolute() / f"ampboard-lv2-{uuid.uuid4().hex}"
        weakref.finalize(self, shutil.rmtree, self._files, ignore_errors=True)
        self._program = self._open()
        # Not at exit: plugins may play until the process has ended.
        weakref.finalize(self, lv2_library().ampboard_lv2_close, self._program).atexit = False

    @property
    def name(self) -> str:
        """What the plugin is called in a host."""
        return self.description.name or self.description.uri

    @property
    def addresses(self) -> KernelAddresses:
        """The C functions and the program."""
        native = NativeKernel()
        lv2_library().ampboard_lv2_kernel(self._program, ctypes.byref(native))
        return KernelAddresses(**{name: getattr(native, name) or 0 for name in KernelAddresses._fields})

    def parameter_name(self, symbol: str) -> str | None:
        """The parameter that stands for a control input; None when there is none."""
        return self._names.get(symbol)

    def parameter_of(self, symbol: str) -> str:
        """The parameter that stands for a control input.

        Raises
        ------
        ParameterError
            When there is none.
        """
        if symbol not in self._names:
            raise ParameterError(f"{self.name} has no control input {symbol!r}: {suggestion(symbol, self._names)}")
        return self._names[symbol]

    @property
    def symbols(self) -> Mapping[str, str]:
        """Symbols of control inputs by parameter name."""
        return {name: symbol for symbol, name in self._names.items()}

    @property
    def files_folder(self) -> Path:
        """Where the plugin writes files that belong to its state, there once it has asked; it goes with the kernel."""
        return self._files

    def save(self) -> dict[str, Atom]:
        """What the plugin stores, or what it was last given when it keeps nothing.

        Raises
        ------
        PluginError
            When it cannot say.
        """
        values = ctypes.POINTER(NativeProperty)()
        count = lv2_library().ampboard_lv2_save(self._program, ctypes.byref(values))
        if count < 0:
            raise PluginError(f"{self.name}: the plugin cannot save its state{self.said()}")
        return {
            unmap_uri(p.key): decode_atom(unmap_uri(p.type), ctypes.string_at(p.value, p.size)) for p in values[:count]
        }

    def state_keys(self) -> tuple[str, ...] | None:
        """URIs of the properties that the plugin looks for in a state, as it spells them; None when it keeps none."""
        keys = ctypes.POINTER(NativeProperty)()
        count = lv2_library().ampboard_lv2_keys(self._program, ctypes.byref(keys))
        return None if count < 0 else tuple(unmap_uri(p.key) for p in keys[:count])

    def restore(self, properties: Mapping[str, Atom]) -> None:
        """Let the plugin start from these properties; what plays takes them over between two blocks."""
        natives, _bodies = _natives(properties)
        if lv2_library().ampboard_lv2_restore(self._program, natives, len(properties)) < 0:
            raise PluginError(f"{self.name}: the state takes more memory than there is")

    def patch(self, property_uri: str, atom: Atom) -> None:
        """Send a ``patch:Set`` message, which counts for every later reset too.

        A plugin without a port for messages gets the property with its state instead.

        Raises
        ------
        PluginError
            When the message is too long.
        """
        if not self.takes_messages:
            self.restore({**self.save(), property_uri: atom})
            return
        natives, _bodies = _natives({property_uri: atom})
        if lv2_library().ampboard_lv2_patch(self._program, natives) < 0:
            raise PluginError(f"{self.name}: the value of {property_uri} is too long for a message")

    @property
    def takes_messages(self) -> bool:
        """Whether it has a port for patch messages."""
        return any(_native_port(port, -1).flags & TAKES_PATCH for port in self.description.ports)

    def ask(self, property_uri: str = "") -> None:
        """Ask what plays for one property, or for all; the answers come with later blocks, as `news`."""
        lv2_library().ampboard_lv2_ask(self._program, map_uri(property_uri) if property_uri else 0)

    def news(self) -> list[tuple[str, Atom]]:
        """What the plugin said of its properties since, oldest first."""
        news: list[tuple[str, Atom]] = []
        message = ctypes.create_string_buffer(_NEWS_SIZE)
        while size := lv2_library().ampboard_lv2_news(self._program, message, _NEWS_SIZE):
            raw = message.raw[:size]
            key, length, kind = (int.from_bytes(raw[i : i + 4], "little") for i in (0, 4, 8))
            news.append((unmap_uri(key), decode_atom(unmap_uri(kind), raw[12 : 12 + length])))
        return news

    def output(self, symbol: str) -> float:
        """The value of a control output (a meter, a tuner) after the last block.

        Raises
        ------
        ParameterError
            When there is no such output.
        PluginError
            When nothing was played yet.
        """
        outputs = {p.symbol: p.index for p in self.description.ports if p.kind == "control" and p.is_output}
        if symbol not in outputs:
            known = ", ".join(outputs) or "none"
            raise ParameterError(f"{self.name} has no control output {symbol!r}: it has {known}")
        value = ctypes.c_float()
        if not lv2_library().ampboard_lv2_output(self._program, outputs[symbol], ctypes.byref(value)):
            raise PluginError(f"{self.name}: {symbol} has no value before the first block")
        return value.value

    def log(self) -> str:
        """What the plugin logged since the last call."""
        text = ctypes.create_string_buffer(_LOG_SIZE)
        lv2_library().ampboard_lv2_log(self._program, text, _LOG_SIZE)
        return text.value.decode(errors="replace")

    def said(self) -> str:
        """The last line of its log, to end a message with; see `log`."""
        said = next((line.strip() for line in reversed(self.log().splitlines()) if line.strip()), "")
        return f": {said}" if said else ""

    def _open(self) -> int:
        slots = {symbol: index for index, symbol in enumerate(self._names)}
        ports = [_native_port(port, slots.get(port.symbol, -1)) for port in self.description.ports]
        natives = (NativePort * max(1, len(ports)))(*ports)
        facts = NativeFacts(
            uri=self.description.uri.encode(),
            binary=os.fsencode(self.description.binary),
            bundle=os.fsencode(self.description.bundle) + os.sep.encode(),
            files=os.fsencode(self._files) + os.sep.encode(),
            port_count=len(ports),
            ports=natives,
            parameter_count=len(self.parameters),
            block_size=self.block_size,
            restores_while_running=STATE + "threadSafeRestore"
            in self.description.optional_features | self.description.required_features,
        )
        error = ctypes.create_string_buffer(512)
        program = lv2_library().ampboard_lv2_open(ctypes.byref(facts), error, len(error))
        if not program:
            reason = " ".join(error.value.decode(errors="replace").split())
            raise PluginError(f"{self.description.uri}: the plugin cannot be loaded: {reason}")
        return int(program)


def _natives(properties: Mapping[str, Atom]) -> tuple[ctypes.Array[NativeProperty], list[ctypes.Array[ctypes.c_char]]]:
    natives = (NativeProperty * max(1, len(properties)))()
    bodies: list[ctypes.Array[ctypes.c_char]] = []
    for native, (key, atom) in zip(natives, properties.items(), strict=False):
        body = encode_atom(atom)
        bodies.append(ctypes.create_string_buffer(body, len(body) + 1))
        native.key, native.type, native.size = map_uri(key), map_uri(atom.type), len(body)
        native.flags = _PLAIN if isinstance(atom.value, bytes) else _PLAIN_AND_PORTABLE
        native.value = ctypes.addressof(bodies[-1])
    return natives, bodies


def _check_hostable(description: Lv2Description, block_size: int) -> None:
    native, uri = lv2_library(), description.uri
    for feature in sorted(description.required_features):
        if not native.ampboard_lv2_offers_feature(feature.encode(), block_size):
            remedy = "use a block_size that is a power of 2" if feature in FIXED_BLOCKS else "use another plugin"
            raise PluginError(f"{uri} requires {feature}, which this host does not offer: {remedy}")
    for option in sorted(description.required_options):
        if not native.ampboard_lv2_offers_option(option.encode()):
            raise PluginError(f"{uri} requires the option {option}, which this host does not offer: use another plugin")
    if not description.is_effect:
        raise PluginError(f"{uri} has no audio input or no audio output: a chain takes effects")
    for port in description.ports:
        if port.kind == "unknown" and "connectionOptional" not in port.properties:
            raise PluginError(f"{uri} has a port {port.symbol} of a kind this host does not know: use another plugin")


def _most_channels(description: Lv2Description) -> int:
    inputs, outputs = len(description.audio_inputs), len(description.audio_outputs)
    if inputs == 1 and outputs == 1:
        return MOST_CHANNELS
    most = max(inputs, outputs) if 1 in (inputs, outputs) else min(inputs, outputs)
    return min(most, MOST_CHANNELS)


def _native_port(port: Lv2Port, slot: int) -> NativePort:
    kind: str = port.kind
    if kind == "audio" and not port.is_output and is_side_chain(port):
        kind = "side-chain"
    flags = BY_SAMPLE_RATE * ("sampleRate" in port.properties and kind == "control" and not port.is_output)
    if kind == "control" and port.is_output:
        flags |= REPORTS_LATENCY * ("reportsLatency" in port.properties or port.designation == LV2 + "latency")
    if kind == "atom" and not port.is_output:
        flags |= TAKES_MIDI * (_MIDI_EVENT in port.supports)
        flags |= TAKES_PATCH * (PATCH + "Message" in port.supports or port.designation == LV2 + "control")
    return NativePort(
        kind=PORT_KINDS.index("unconnected" if kind == "unknown" else kind),
        is_output=port.is_output,
        slot=slot,
        flags=flags,
        value=default_value(port),
        minimum_size=port.minimum_size,
    )
