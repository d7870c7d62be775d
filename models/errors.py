"""The errors ampboard raises on purpose.

Each says what was wrong, where (file, field, value) and what would be right, in one line that a command can print as
it is.
"""


class AmpboardError(Exception):
    """Base of every error that is the input's fault and not the program's."""


class ParameterError(AmpboardError, ValueError):
    """An argument or a parameter has a value outside its range or of the wrong kind."""


class ModelError(AmpboardError):
    """A model file cannot be read, or describes a model that cannot exist."""


class PresetError(AmpboardError):
    """A preset or setlist file is malformed, or names something that is not there."""


class PluginError(AmpboardError):
    """A plugin cannot be found, loaded or driven."""


class AudioError(AmpboardError):
    """An audio file or buffer cannot be used."""


class MidiError(AmpboardError):
    """A MIDI file or message cannot be used."""


class DeviceError(AmpboardError):
    """An audio or MIDI device, or the server or library behind it, that is not there or refuses."""
