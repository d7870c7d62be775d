"""MIDI on its way to a plugin in a stream."""

from collections import deque

from ..midi.messages import Controllers
from ..native.running import RunningKernel


class MidiInput:
    """The MIDI of one plugin: each message reaches it with the frame of sound it belongs to.

    Parameters
    ----------
    plugin : RunningKernel
        Who gets it.
    delay : int
        Frames of silence that processors in front put before the sound.
    """

    def __init__(self, plugin: RunningKernel, delay: int) -> None:
        self.plugin = plugin
        self._delay = delay
        self._waiting: deque[tuple[int, bytes]] = deque()  # frame of the plugin's stream, message
        self._controllers = Controllers()
        self._position = 0

    def put(self, frame: int, message: bytes) -> None:
        """Let a message wait for a frame of the stream that is played."""
        self._controllers.hear(message)
        self._waiting.append((frame + self._delay, message))

    def deliver(self, frames: int, *, listening: bool) -> None:
        """Hand over what falls on the next `frames` frames, which the plugin gets in one call; drop it unless heard."""
        end = self._position + frames
        while self._waiting and self._waiting[0][0] < end:
            due, message = self._waiting.popleft()
            if listening:
                self.plugin.send_midi(message, max(due - self._position, 0))
        self._position = end

    def reset(self) -> None:
        """Begin a stream anew: nothing waits but the positions of the controllers, which a plugin at rest has lost."""
        self._position = 0
        self._waiting = deque((0, message) for message in self._controllers.messages)
