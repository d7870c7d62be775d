"""``python -m tests.survey``: play every LV2 effect that is installed and write the page of the documentation."""

import argparse
import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ampboard.bridge.plugins.lv2.bundles.summary import Lv2Summary
from ampboard.bridge.plugins.lv2.discovery import installed_lv2

from ..watched_child import Outcome, Worker
from .player import Finding
from .table import Entry, page, write_page

PLAYER = (sys.executable, "-m", "tests.survey.player")
LONGEST = 60.0  # seconds a plugin may take
# What a bundle's folder says about the collection it belongs to; else the domain of the URI does.
COLLECTIONS = {
    r"gx": "guitarix",
    r"za": "zam-plugins",
    r"dragonfly": "dragonfly-reverb",
    r"lsp": "lsp-plugins",
    r"calf": "calf",
    r"fomp": "fomp",
    r"mda": "mda",
    r"eq10q|sapista": "eq10q",
    r"invada": "invada",
    r".*-swh": "swh",
    r"eg-": "lv2-examples",
    r".*rubberband": "rubberband",
}

DOMAINS = {"gareus.org": "x42", "distrho.sf.net": "dpf"}


def main() -> None:
    """Play, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.survey", description="Every installed LV2 effect, played.")
    parser.add_argument("--page", type=Path, default=Path("docs/plugins.md"), help="page to write")
    parser.add_argument("--filter", default="", help="only URIs that contain this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="plugins played at once")
    options = parser.parse_args()
    plugins = [plugin for uri, plugin in installed_lv2().plugins.items() if options.filter in uri]
    effects = [plugin for plugin in plugins if plugin.audio_inputs and plugin.audio_outputs]
    with ThreadPoolExecutor(options.jobs) as pool:
        parts = pool.map(_play_all, (effects[job :: options.jobs] for job in range(options.jobs)))
        entries = sorted((entry for part in parts for entry in part), key=lambda entry: entry.uri)
    text = page(entries, len(plugins) - len(effects))
    write_page(options.page, text)
    sys.stdout.write(text + "\n")


def _play_all(effects: list[Lv2Summary]) -> list[Entry]:
    environment = {"AMPBOARD_TRUST_PLUGINS": "1"}  # each is played in a child as it is
    entries = []
    with Worker(PLAYER, longest=LONGEST, environment=environment) as worker:
        for effect in effects:
            outcome = worker.run("lv2", effect.uri)
            if outcome.word in ("died", "hung"):  # by its own fault, or by what a plugin before it left behind?
                with Worker(PLAYER, longest=LONGEST, environment=environment) as alone:
                    outcome = alone.run("lv2", effect.uri)
            entries.append(_entry(effect, outcome))
            sys.stderr.write(f"{outcome.word:8}{effect.uri}\n")
    return entries


def _entry(effect: Lv2Summary, outcome: Outcome) -> Entry:
    collection = _collection(effect)
    if outcome.word == "ok":
        return Entry(effect.uri, collection, Finding(**json.loads(outcome.reason)))
    last = (outcome.reason.strip().splitlines() or [""])[-1]
    return Entry(effect.uri, collection, None, f"{outcome.word}: {last.replace(effect.uri, 'it')}")


def _collection(effect: Lv2Summary) -> str:
    for folder, name in COLLECTIONS.items():
        if re.match(folder, effect.bundle.name.lower()):
            return name
    domain = re.match(r"(?:https?://(?:www\.)?|urn:)([^/#:]+)", effect.uri)
    found = domain[1] if domain else effect.bundle.name.removesuffix(".lv2")
    return DOMAINS.get(found, found)


if __name__ == "__main__":
    main()
