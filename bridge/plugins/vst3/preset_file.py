"""The state of a VST3 plugin as bytes: Steinberg's ``.vstpreset`` file, and pedalboard's ``raw_state``.

Formats: "Preset Format" in Steinberg's VST 3 documentation (header, class id, chunk list), and the XML that JUCE wraps
in a binary header. Both are read strictly before a plugin sees them: many plugins crash on what they did not write.
"""

import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ....models.errors import PluginError

COMPONENT: Final = "Comp"
CONTROLLER: Final = "Cont"

_HEADER: Final = struct.Struct("<4si32sq")  # mark, version, class id, where the list of chunks begins
_LIST: Final = struct.Struct("<4si")  # mark, count
_ENTRY: Final = struct.Struct("<4sqq")  # name, where the chunk begins, its size
_MARK: Final = b"VST3"
_LIST_MARK: Final = b"List"
_VERSION: Final = 1
_MOST_CHUNKS: Final = 128
_CLASS_ID: Final = re.compile(r"[0-9A-F]{32}")

_JUCE: Final = struct.Struct("<4si")  # mark, bytes of XML
_JUCE_MARK: Final = b"VC2!"
_JUCE_ROOT: Final = "VST3PluginState"
_JUCE_ELEMENTS: Final = {COMPONENT: "IComponent", CONTROLLER: "IEditController"}
_JUCE_DIGITS: Final = ".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+"


@dataclass(frozen=True)
class VstPreset:
    """What a ``.vstpreset`` file holds.

    Attributes
    ----------
    class_id : str
        32 hexadecimal digits: which plugin wrote it.
    chunks : mapping of str to bytes
        By name of four characters: ``Comp`` the sound, ``Cont`` the editor, ``Info`` XML about it.
    """

    class_id: str
    chunks: Mapping[str, bytes]

    @classmethod
    def from_bytes(cls, data: bytes, *, origin: str = "the state") -> "VstPreset":
        """Read a file's content.

        Parameters
        ----------
        data : bytes
        origin : str
            Name of the file, for messages.

        Raises
        ------
        PluginError
            When it is not such a file, or damaged.
        """
        if len(data) < _HEADER.size or data[:4] != _MARK:
            raise PluginError(f"{origin}: is no .vstpreset file: it does not begin with 'VST3'")
        _, version, class_bytes, list_start = _HEADER.unpack_from(data)
        class_id = class_bytes.decode("ascii", errors="replace").upper()
        if version != _VERSION:
            raise PluginError(f"{origin}: is a .vstpreset file of version {version}: only {_VERSION} can be read")
        if not _CLASS_ID.fullmatch(class_id):
            raise PluginError(f"{origin}: the class id {class_id!r} is not 32 hexadecimal digits: the file is damaged")
        return cls(class_id, _chunks(data, list_start, origin))

    def to_bytes(self) -> bytes:
        """The file's content."""
        body = bytearray()
        entries = bytearray()
        for name, chunk in self.chunks.items():
            entries += _ENTRY.pack(name.encode("ascii"), _HEADER.size + len(body), len(chunk))
            body += chunk
        header = _HEADER.pack(_MARK, _VERSION, self.class_id.encode("ascii"), _HEADER.size + len(body))
        return header + bytes(body) + _LIST.pack(_LIST_MARK, len(self.chunks)) + bytes(entries)

    def to_raw_state(self) -> bytes:
        """The same state as `pedalboard.VST3Plugin.raw_state` gives it."""
        root = ET.Element(_JUCE_ROOT)
        for chunk, element in _JUCE_ELEMENTS.items():
            if content := self.chunks.get(chunk):
                ET.SubElement(root, element).text = _juce_text(content)
        text = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
        return _JUCE.pack(_JUCE_MARK, len(text)) + text + b"\0"


def is_vst_preset(data: bytes) -> bool:
    """Whether bytes are meant to be a ``.vstpreset`` file."""
    return data[:4] == _MARK


def check_raw_state(data: bytes, *, origin: str = "the state") -> None:
    """Raise `PluginError` unless bytes are what `pedalboard.VST3Plugin.raw_state` gives."""
    remedy = "save it again from the plugin"
    if len(data) < _JUCE.size or data[:4] != _JUCE_MARK:
        raise PluginError(f"{origin}: is neither a .vstpreset file nor a VST3 plugin's raw_state: {remedy}")
    size = _JUCE.unpack_from(data)[1]
    text = data[_JUCE.size : _JUCE.size + size] if size > 0 else b""
    if not text or len(text) < size:
        raise PluginError(f"{origin}: is cut short, {len(text)} of {size} bytes: {remedy}")
    try:
        root = ET.fromstring(text.rstrip(b"\0")) if b"<!" not in text else None
    except ET.ParseError as error:
        raise PluginError(f"{origin}: is damaged ({error}): {remedy}") from None
    if root is None or root.tag != _JUCE_ROOT:
        raise PluginError(f"{origin}: is not the state of a VST3 plugin: {remedy}")


def _juce_text(content: bytes) -> str:
    """JUCE's own base 64 (``MemoryBlock::toBase64Encoding``): size, dot, and 6 bits a digit from the lowest on."""
    triples = (int.from_bytes(content[index : index + 3], "little") for index in range(0, len(content), 3))
    digits = "".join(_JUCE_DIGITS[triple >> shift & 63] for triple in triples for shift in (0, 6, 12, 18))
    return f"{len(content)}.{digits[: -(-8 * len(content) // 6)]}"


def _chunks(data: bytes, list_start: int, origin: str) -> dict[str, bytes]:
    if not _HEADER.size <= list_start <= len(data) - _LIST.size or data[list_start : list_start + 4] != _LIST_MARK:
        raise PluginError(f"{origin}: has no list of chunks at byte {list_start}: the file is cut short or damaged")
    count = _LIST.unpack_from(data, list_start)[1]
    first = list_start + _LIST.size
    if not 0 <= count <= _MOST_CHUNKS or first + count * _ENTRY.size > len(data):
        raise PluginError(f"{origin}: the list of its {count} chunks is cut short or damaged")
    chunks: dict[str, bytes] = {}
    for index in range(count):
        name, start, size = _ENTRY.unpack_from(data, first + index * _ENTRY.size)
        if start < _HEADER.size or size < 0 or start + size > list_start:
            raise PluginError(f"{origin}: chunk {index + 1} is bytes {start} to {start + size}: outside of the file")
        chunks[name.decode("ascii", errors="replace")] = data[start : start + size]
    if COMPONENT not in chunks:
        raise PluginError(f"{origin}: has no chunk {COMPONENT!r}: it holds no sound")
    return chunks
