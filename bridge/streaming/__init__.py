"""pedalboard chains as strict streams: as many frames out as in, constant latency, exact at any block size.

pedalboard's own streaming (``reset=False``) leaves four things to its caller, all dealt with here:

- A block larger than every one before prepares the built-in processors anew, which resets them: the largest block
  goes first, in silence, before anything is heard.
- Latency is compensated by returning fewer frames at first: they are counted, and become the constant latency.
- ``Mix`` drops what its faster branches are ahead, at every call, so that branches of different latency drift apart:
  branches run here, each its own stream, aligned and summed in the same order.
- An array of as many channels as frames is refused right after a reset: an empty one that tells the layout goes first.
"""

from .board import MAX_BLOCK, StreamingBoard, StreamingChain, widens

__all__ = ["MAX_BLOCK", "StreamingBoard", "StreamingChain", "widens"]
