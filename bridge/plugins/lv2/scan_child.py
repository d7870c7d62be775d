"""The process that reads bundles: ``python -m ampboard.bridge.plugins.lv2.scan_child``, started by `scanning`."""

import gc
from dataclasses import dataclass
from pathlib import Path

from ...child_process import connect_to_parent
from .bundle_cache import keep_description
from .bundles.reading import ReaderName, Share, read_bundle
from .bundles.summary import BundleSummary, summarise


@dataclass(frozen=True)
class ScanRequest:
    """Which bundles, with their fingerprints, are read how; and which share of each by this process."""

    bundles: tuple[tuple[Path, str], ...]
    reader: ReaderName
    share: Share


def main() -> None:
    """Read bundles and answer with a summary of each; descriptions go to the cache at once."""
    parent = connect_to_parent()
    request: ScanRequest = parent.receive()
    gc.disable()  # statements hold no cycles, and there are millions of them
    for path, fingerprint in request.bundles:
        bundle = read_bundle(path, reader=request.reader, share=request.share)
        for plugin in bundle.plugins:
            keep_description(plugin, fingerprint)
        summaries = tuple(map(summarise, bundle.plugins))
        parent.send(BundleSummary(path, summaries, tuple(bundle.presets), tuple(bundle.problems)))
        gc.collect()


if __name__ == "__main__":
    main()
