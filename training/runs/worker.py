"""The process of its own in which one network of a run is trained: ``python -m ampboard.training.runs.worker``.

It is told what kind of network is likely, so that it can make ready, then where its folder is, then how far to go, and
tells its course several times a second. It ends with its parent; what it has learned until half a minute before is on
disk.
"""

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import Any

from ...bridge.child_process import ParentChannel, connect_to_parent
from ...models.errors import AmpboardError
from .folder import Entrant, RunFolder


@dataclass
class _Orders:
    """What the parent wants, as it comes in beside the training."""

    advances: "SimpleQueue[float | None]" = field(default_factory=SimpleQueue)
    leave: threading.Event = field(default_factory=threading.Event)

    def listen(self, channel: ParentChannel) -> None:
        while True:
            order = channel.receive()
            if "advance" in order:
                self.advances.put(float(order["advance"]))
            else:
                self.leave.set()
                self.advances.put(None)


def _make_ready(arch: str | None) -> None:
    """Import all that training needs, and load or compile what is compiled, by an update on half a second of noise."""
    import numpy as np

    from . import run  # noqa: F401  # pyright: ignore[reportUnusedImport]

    if arch is None:
        return
    from ..data.material import Excerpt, Material
    from ..trainer.trainer import Trainer
    from .architectures import find_architecture

    noise = np.random.default_rng(0).normal(0, 0.1, 24_000).astype(np.float32)
    excerpt = (Excerpt("noise", noise, noise),)
    architecture = find_architecture(arch)
    trial = Trainer(architecture.make((), 0), Material(48_000, excerpt, excerpt), architecture.recipe(1))
    trial.advance()
    trial.evaluate()


def _train(channel: ParentChannel, request: dict[str, Any], orders: _Orders) -> None:
    from .architectures import architecture_of
    from .run import Run

    home = RunFolder(Path(request["folder"]))
    entrant = Entrant(**request["entrant"])
    entrant = replace(entrant, seconds=entrant.seconds - (monotonic() - request["asked"]))
    settings, _, _ = home.read()
    run = Run(
        home.entrant(entrant.name),
        entrant,
        home.material(),
        settings,
        architecture=architecture_of(entrant.arch, home.start if settings.start else None),
        log_folder=home.tensorboard / entrant.name,
    )

    def tell(kind: str = "course") -> None:
        channel.send({"kind": kind, "name": entrant.name, "course": run.course.as_plain()})

    try:
        tell()
        while not orders.leave.is_set():
            part = orders.advances.get()
            if part is None:
                break
            run.advance(run.course.mark_at(part), told=lambda _: tell(), stop=orders.leave.is_set)
            tell("rests")
    finally:
        run.close()


def main() -> None:
    """Do what the parent asks for."""
    channel = connect_to_parent()
    _make_ready(channel.receive()["arch"])
    request = channel.receive()
    orders = _Orders()
    threading.Thread(target=orders.listen, args=(channel,), daemon=True).start()
    try:
        _train(channel, request, orders)
    except (AmpboardError, OSError) as error:
        words = str(error)
        if isinstance(error, OSError) and not isinstance(error, AmpboardError):
            place = error.filename or request["folder"]
            kept = "the last checkpoint stays; " if RunFolder(Path(request["folder"])).has_learned else ""
            words = f"{place}: {error.strerror or error}: {kept}free some space and go on"
        channel.send({"kind": "failed", "name": request["name"], "words": words})
    channel.send({"kind": "left"})


if __name__ == "__main__":
    main()
