"""The process in which stems are rendered: ``python -m ampboard.bridge.rendering.worker``, started by `worker_pool`."""

import time
import traceback
from pathlib import Path
from typing import Final

from ...models.errors import AmpboardError
from ..child_process import ParentChannel, connect_to_parent
from ..plugins.entering import install_trail
from .formats import write_errors
from .stem import write_stem
from .trail import SharedTrail
from .worker_messages import Failed, Finished, Order, Progressed

_BETWEEN: Final = 0.05  # seconds between two reports of progress


def main() -> None:
    """Render what the parent asks for, until it ends this process."""
    parent = connect_to_parent()
    install_trail(SharedTrail(parent.receive().trail, parent.send))
    while True:
        order: Order = parent.receive()
        parent.send(_render(order, parent))


def _render(order: Order, parent: ParentChannel) -> Finished | Failed:
    reported, last = 0, 0.0

    def report(source: Path, done: int, total: int) -> None:
        nonlocal reported, last
        now = time.monotonic()
        if done != reported and (now - last >= _BETWEEN or done == total):
            reported, last = done, now
            parent.send(Progressed(done, total))

    try:
        take = order.job.begin()
        with write_errors(order.job.target):
            return Finished(write_stem(order.job, take, order.path, report))
    except AmpboardError as error:
        return Failed(type(error)(str(error)))
    except Exception as error:
        return Failed(RuntimeError(f"{type(error).__name__}: {error}"), traceback.format_exc())


if __name__ == "__main__":
    main()
