"""Which plugin: what it is loaded by, and how to see that its file has changed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

PluginKind = Literal["vst3", "lv2"]

Fingerprint = tuple[tuple[str, int, int], ...]
"""Name, size in bytes and time of the last change in nanoseconds of each file of code."""

_BUNDLE_CODE: Final = "Contents"
_NO_CODE: Final = ("Resources", "Info.plist", "PkgInfo", "moduleinfo.json", "_CodeSignature", "desktop.ini")


@dataclass(frozen=True)
class PluginIdentity:
    """What a plugin is loaded by.

    Attributes
    ----------
    kind : {"vst3", "lv2"}
    location : str
        Absolute path of the VST3 file or bundle; URI of the LV2 plugin.
    plugin : str
        For VST3: which plugin of the file, as asked for; empty where the file holds one.
    binary : Path
        File of the code, or the VST3 bundle it lies in.
    """

    kind: PluginKind
    location: str
    plugin: str
    binary: Path

    @classmethod
    def vst3(cls, path: Path, plugin_name: str | None = None) -> "PluginIdentity":
        """A plugin of a VST3 file or bundle."""
        absolute = path.absolute()
        return cls("vst3", str(absolute), plugin_name or "", absolute)

    @classmethod
    def lv2(cls, uri: str, binary: Path) -> "PluginIdentity":
        """An LV2 plugin; `binary` is the file of its code."""
        return cls("lv2", uri, "", binary)

    @property
    def name(self) -> str:
        """What a user calls it: the plugin asked for, else the file or the URI."""
        return f"{self.location}: {self.plugin}" if self.plugin else self.location

    @property
    def short_name(self) -> str:
        """Its name alone, else the file's without folder, else the URI."""
        return self.plugin or (Path(self.location).name if self.kind == "vst3" else self.location)

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return "\n".join((self.kind, self.location, self.plugin))

    def is_called(self, name: str) -> bool:
        """Whether a user may mean it: by path, URI, file name with or without suffix, or the plugin's name."""
        path = Path(self.location)
        last = self.location.rstrip("/#").replace("#", "/").rpartition("/")[2]
        return name.casefold() in {
            called.casefold()
            for called in (self.location, self.name, path.name, path.stem, last, self.plugin)
            if called
        }

    def fingerprint(self) -> Fingerprint:
        """Sizes and times of the files of code; empty when there are none."""
        try:
            if not self.binary.is_dir():
                return (_mark(self.binary, self.binary.name),)
            folders = [folder for folder in (self.binary / _BUNDLE_CODE).iterdir() if folder.name not in _NO_CODE]
            files = [file for folder in folders if folder.is_dir() for file in folder.iterdir()]
            return tuple(sorted(_mark(file, f"{file.parent.name}/{file.name}") for file in files if file.is_file()))
        except OSError:
            return ()


def _mark(file: Path, name: str) -> tuple[str, int, int]:
    status = file.stat()
    return name, status.st_size, status.st_mtime_ns
