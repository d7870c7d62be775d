"""A bundle of LV2 plugins of our own (plugins.c), compiled for the tests and found through LV2_PATH."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ABI = HERE.parents[3] / "bridge" / "native" / "lv2"

PREFIXES = """\
@prefix atom: <http://lv2plug.in/ns/ext/atom#> .
@prefix bufsz: <http://lv2plug.in/ns/ext/buf-size#> .
@prefix doap: <http://usefulinc.com/ns/doap#> .
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix midi: <http://lv2plug.in/ns/ext/midi#> .
@prefix patch: <http://lv2plug.in/ns/ext/patch#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix state: <http://lv2plug.in/ns/ext/state#> .
@prefix test: <urn:ampboard-test:> .
@prefix urid: <http://lv2plug.in/ns/ext/urid#> .
@prefix work: <http://lv2plug.in/ns/ext/worker#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

IN, OUT = "lv2:InputPort, lv2:AudioPort", "lv2:OutputPort, lv2:AudioPort"
CONTROL, REPORT = "lv2:InputPort, lv2:ControlPort", "lv2:OutputPort, lv2:ControlPort"
ATOM_IN, ATOM_OUT = "lv2:InputPort, atom:AtomPort", "lv2:OutputPort, atom:AtomPort"
PLAIN = [("in", IN, ""), ("out", OUT, "")]
GAIN = [
    *PLAIN,
    ("gain", CONTROL, "lv2:minimum 0 ; lv2:maximum 4 ; lv2:default 1"),
    ("messages", ATOM_IN, "atom:supports patch:Message ; lv2:designation lv2:control"),
    ("news", ATOM_OUT, "atom:supports patch:Message"),
    ("runs", REPORT, ""),
]
WORKER = "lv2:requiredFeature urid:map, work:schedule ; lv2:extensionData work:interface, state:interface"
FILE = "patch:writable test:file"
WIDE = [(f"c{k}", CONTROL, "lv2:minimum 0 ; lv2:maximum 1 ; lv2:default 0") for k in range(400)]

PLUGINS = {
    "gain": (GAIN, f"{WORKER} ; {FILE}"),
    "safe-gain": (GAIN, f"{WORKER} ; {FILE} ; lv2:optionalFeature state:threadSafeRestore"),
    "deaf": (GAIN, f"{WORKER} ; {FILE}"),
    "misspelt": (GAIN, f"{WORKER} ; patch:writable <urn:elsewhere:file>"),
    "midi": ([*PLAIN, ("midi", ATOM_IN, "atom:supports midi:MidiEvent")], ""),
    "echo": (PLAIN, "lv2:requiredFeature work:schedule"),
    "latency": (
        [
            *PLAIN,
            ("delay", CONTROL, "lv2:minimum 0 ; lv2:maximum 1000 ; lv2:default 32"),
            ("latency", REPORT, "lv2:portProperty lv2:reportsLatency ; lv2:designation lv2:latency"),
        ],
        "",
    ),
    "blocks": (PLAIN, ""),
    "fixed": (PLAIN, "lv2:requiredFeature bufsz:fixedBlockLength, bufsz:powerOf2BlockLength"),
    "coarse": (PLAIN, "lv2:optionalFeature bufsz:coarseBlockLength"),
    "side": ([*PLAIN, ("side", IN, "lv2:portProperty lv2:isSideChain")], ""),
    "wide": ([*PLAIN, *WIDE], ""),
    "sum": (PLAIN, ""),
    "stereo": ([("in_l", IN, ""), ("in_r", IN, ""), ("out_l", OUT, ""), ("out_r", OUT, "")], ""),
    "widen": ([("in", IN, ""), ("out_l", OUT, ""), ("out_r", OUT, "")], ""),
    "narrow": ([("in_l", IN, ""), ("in_r", IN, ""), ("out", OUT, "")], ""),
    "odd": (
        [
            *PLAIN,
            (
                "frequency",
                CONTROL,
                "lv2:minimum 0 ; lv2:maximum 0.5 ; lv2:default 0.25 ; lv2:portProperty lv2:sampleRate",
            ),
            ("cv_in", "lv2:InputPort, lv2:CVPort", ""),
            ("cv_out", "lv2:OutputPort, lv2:CVPort", ""),
            ("unknown", "lv2:InputPort", "lv2:portProperty lv2:connectionOptional"),
            ("enabled", CONTROL, "lv2:minimum 0 ; lv2:maximum 1 ; lv2:default 1 ; lv2:designation lv2:enabled"),
            ("latency", CONTROL, "lv2:minimum 0 ; lv2:maximum 1 ; lv2:default 0"),
        ],
        "",
    ),
    "demanding": (PLAIN, "lv2:requiredFeature <urn:nobody:feature>"),
    "refusing": (PLAIN, ""),
}


def _port(index: int, symbol: str, kind: str, more: str) -> str:
    return f'[ a {kind} ; lv2:index {index} ; lv2:symbol "{symbol}" ; lv2:name "{symbol}"{more and " ; " + more} ]'


def _describe(name: str) -> str:
    ports, more = PLUGINS[name]
    listed = " , ".join(_port(index, *port) for index, port in enumerate(ports))
    return f'test:{name} a lv2:Plugin ; doap:name "{name}" {more and "; " + more} ; lv2:port {listed} .\n'


def write_bundle(folder: Path) -> Path:
    """Compile and describe the plugins; return the bundle."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    bundle = folder / "ampboard-test.lv2"
    bundle.mkdir()
    source = str(HERE / "plugins.c")
    flags = ["-std=c11", "-O1", "-Wall", "-Wextra", "-fPIC", "-shared", "-fvisibility=hidden", "-iquote", str(ABI)]
    subprocess.run([compiler, *flags, source, "-o", str(bundle / "plugins.so"), "-lm"], check=True)
    manifest = "".join(
        f"test:{name} a lv2:Plugin ; lv2:binary <plugins.so> ; rdfs:seeAlso <plugins.ttl> .\n" for name in PLUGINS
    )
    file = 'test:file a lv2:Parameter ; rdfs:label "File" ; rdfs:range atom:Path .\n'
    (bundle / "manifest.ttl").write_text(PREFIXES + manifest)
    (bundle / "plugins.ttl").write_text(PREFIXES + file + "".join(map(_describe, PLUGINS)))
    return bundle


@pytest.fixture(scope="session")
def own_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle, compiled once."""
    return write_bundle(tmp_path_factory.mktemp("lv2"))


@pytest.fixture(scope="module")
def own_plugins(own_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that holds the bundle, alone in LV2_PATH, with a cache of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LV2_PATH", str(own_bundle.parent))
        patch.setenv("AMPBOARD_PLUGIN_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("AMPBOARD_TRUST_PLUGINS", "1")
        yield own_bundle.parent
