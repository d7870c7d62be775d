"""What is read from bundles: the same by liblilv and in Python, and nothing broken spoils the rest."""

import socket
from ctypes import CDLL, POINTER, c_bool, c_char_p, c_float, c_uint32, c_void_p
from pathlib import Path

import numpy as np
import pytest

from ampboard.bridge.plugins.lv2.bundle_cache import FOLDER_VARIABLE, bundle_fingerprint
from ampboard.bridge.plugins.lv2.bundles.description import Lv2Description, ScalePoint
from ampboard.bridge.plugins.lv2.bundles.folders import lv2_bundles
from ampboard.bridge.plugins.lv2.bundles.lilv import lilv
from ampboard.bridge.plugins.lv2.bundles.reading import ReaderName, read_bundle
from ampboard.bridge.plugins.lv2.discovery import describe_lv2, installed_lv2
from ampboard.bridge.plugins.lv2.scanning import scan_bundles

from ..written_bundles import PORTS, line_of, manifest_of, write_bundle, write_plugin

URI = "http://example.org/plugin"


@pytest.fixture(params=["lilv", "turtle"])
def reader(request: pytest.FixtureRequest) -> ReaderName:
    if request.param == "lilv" and not lilv():
        pytest.skip("liblilv-0-0 is not installed")
    return request.param


def only(bundle: Path, reader: ReaderName) -> Lv2Description:
    read = read_bundle(bundle, reader=reader)
    assert read.problems == []
    [plugin] = read.plugins
    return plugin


@pytest.fixture(scope="module")
def descriptions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Lv2Description]]:
    """Every installed plugin as each reader describes it, through a cache of its own."""
    if not lilv() or not lv2_bundles():
        pytest.skip("liblilv-0-0 or LV2 plugins are not installed")
    told: dict[str, dict[str, Lv2Description]] = {}
    for name in ("lilv", "turtle"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(FOLDER_VARIABLE, str(tmp_path_factory.mktemp(name)))
            installed = installed_lv2(reader=name)
            assert installed.bundles_read == installed.bundles
            told[name] = {uri: describe_lv2(uri) for uri in installed.plugins}
    return told


def test_both_readers_describe_every_installed_plugin_the_same(
    descriptions: dict[str, dict[str, Lv2Description]],
) -> None:
    assert descriptions["lilv"].keys() == descriptions["turtle"].keys()
    different = [uri for uri, told in descriptions["lilv"].items() if told != descriptions["turtle"][uri]]
    assert different == []


def test_ports_are_those_that_liblilv_itself_tells(descriptions: dict[str, dict[str, Lv2Description]]) -> None:
    """The oracle is the library's own view of ports and ranges, of which the readers use nothing."""
    library = CDLL("liblilv-0.so.0")

    def function(name: str, result: object, *arguments: object) -> object:
        found = getattr(library, f"lilv_{name}")
        found.restype, found.argtypes = result, arguments
        return found

    world = function("world_new", c_void_p)()
    function("world_load_all", None, c_void_p)(world)
    plugins = function("world_get_all_plugins", c_void_p, c_void_p)(world)
    get = function("plugins_get_by_uri", c_void_p, c_void_p, c_void_p)
    new_uri = function("new_uri", c_void_p, c_void_p, c_char_p)
    ranges = function("plugin_get_port_ranges_float", None, c_void_p, *(3 * [POINTER(c_float)]))
    port = function("plugin_get_port_by_index", c_void_p, c_void_p, c_uint32)
    symbol = function("port_get_symbol", c_void_p, c_void_p, c_void_p)
    text = function("node_as_string", c_char_p, c_void_p)
    is_a = function("port_is_a", c_bool, c_void_p, c_void_p, c_void_p)
    audio = new_uri(world, b"http://lv2plug.in/ns/lv2core#AudioPort")
    checked = 0
    for uri, told in list(descriptions["turtle"].items())[::7]:
        plugin = get(plugins, new_uri(world, uri.encode()))
        limits = [(c_float * len(told.ports))() for _ in range(3)]
        ranges(plugin, *limits)
        for index, described in enumerate(told.ports):
            handle = port(plugin, index)
            name = text(symbol(plugin, handle)).decode()
            assert described.symbol in (name, f"{name}_{index}")
            assert (described.kind == "audio") == is_a(plugin, handle, audio)
            written = [described.minimum, described.maximum, described.default]
            expected = np.float32([np.nan if value is None else value for value in written])
            np.testing.assert_array_equal(np.float32([limit[index] for limit in limits]), expected)
            checked += 1
    function("world_free", None, c_void_p)(world)
    assert checked > 100


RICH = f"""
<{URI}> a lv2:Plugin , lv2:EQPlugin , lv2:ParaEQPlugin , doap:Project ; doap:name "Rich" ;
  lv2:minorVersion 2 ; lv2:microVersion 7 ; lv2:project <http://example.org/project> ;
  doap:license <http://example.org/licence> ; opts:requiredOption <http://example.org/option> ;
  lv2:requiredFeature <http://example.org/needed> ; lv2:optionalFeature <http://example.org/liked> ;
  lv2:extensionData state:interface ; patch:writable <{URI}#ir> ; patch:readable <{URI}#level> ;
  lv2:port
    [ a lv2:AudioPort , lv2:InputPort ; lv2:index 0 ; lv2:symbol "in" ; lv2:name "In" ; pg:group <{URI}#main> ] ,
    [ a lv2:AudioPort , lv2:InputPort ; lv2:index 1 ; lv2:symbol "key" ; lv2:name "Key" ; pg:group <{URI}#side> ] ,
    [ a lv2:AudioPort , lv2:InputPort ; lv2:index 2 ; lv2:symbol "k2" ; lv2:name "K" ;
      lv2:portProperty lv2:isSideChain ] ,
    [ a lv2:AudioPort , lv2:OutputPort ; lv2:index 3 ; lv2:symbol "out" ; lv2:name "Out" ] ,
    [ a lv2:ControlPort , lv2:InputPort ; lv2:index 4 ; lv2:symbol "gain" ; lv2:name "Gain" ; units:unit units:db ;
      lv2:minimum -9e1 ; lv2:maximum 24 ; lv2:default 0.5 ; lv2:designation lv2:enabled ] ,
    [ a lv2:ControlPort , lv2:InputPort ; lv2:index 5 ; lv2:symbol "mode" ; lv2:name "Mode" ;
      lv2:portProperty lv2:enumeration , lv2:integer ; units:unit [ a units:Unit ; units:symbol "clicks" ] ;
      lv2:scalePoint [ rdfs:label "Two" ; rdf:value 2 ] , [ rdfs:label "One" ; rdf:value 1.0 ] ] ,
    [ a atom:AtomPort , lv2:InputPort ; lv2:index 6 ; lv2:symbol "events" ; lv2:name "Events" ;
      atom:supports patch:Message ; rsz:minimumSize 8192 ] ,
    [ a lv2:CVPort , lv2:OutputPort ; lv2:index 7 ; lv2:symbol "cv" ; lv2:name "CV" ] ,
    [ a <http://example.org/Port> , lv2:InputPort ; lv2:index 8 ; lv2:symbol "odd" ; lv2:name "Odd" ] .
<{URI}#side> a pg:MonoGroup ; pg:sideChainOf <{URI}#main> .
<{URI}#ir> a lv2:Parameter ; rdfs:label "Impulse" ; rdfs:range atom:Path .
<{URI}#level> a lv2:Parameter ; rdfs:label "Level" ; rdfs:range atom:Float .
<http://example.org/project> doap:maintainer [ foaf:name "A. Maker" ] .
"""


def test_everything_a_description_holds(tmp_path: Path, reader: ReaderName) -> None:
    bundle = write_bundle(tmp_path / "rich plugin.lv2", manifest_of(URI), plugin=RICH)
    plugin = only(bundle, reader)
    assert (plugin.name, plugin.author, plugin.licence) == ("Rich", "A. Maker", "http://example.org/licence")
    assert (plugin.version, plugin.plugin_class) == ("2.7", "ParaEQPlugin")
    assert (plugin.bundle, plugin.binary) == (bundle, bundle / "plugin.so")
    assert plugin.required_features == {"http://example.org/needed"}
    assert plugin.optional_features == {"http://example.org/liked"}
    assert plugin.required_options == {"http://example.org/option"}
    assert plugin.extension_data == {"http://lv2plug.in/ns/ext/state#interface"}
    assert [port.symbol for port in plugin.audio_inputs] == ["in"]
    assert [port.symbol for port in plugin.side_chain_inputs] == ["key", "k2"]
    assert [port.kind for port in plugin.ports[4:]] == ["control", "control", "atom", "cv", "unknown"]
    gain, mode, events = plugin.ports[4:7]
    assert (gain.minimum, gain.maximum, gain.default, gain.unit) == (-90.0, 24.0, 0.5, "dB")
    assert gain.designation == "http://lv2plug.in/ns/lv2core#enabled"
    assert (mode.minimum, mode.default, mode.unit) == (None, None, "clicks")
    assert mode.properties == {"enumeration", "integer"}
    assert mode.scale_points == (ScalePoint(1.0, "One"), ScalePoint(2.0, "Two"))
    assert (events.minimum_size, events.supports) == (8192, {"http://lv2plug.in/ns/ext/patch#Message"})
    assert [(p.name, p.type.rpartition("#")[2], p.is_writable) for p in plugin.patch_parameters] == [
        ("Impulse", "Path", True),
        ("Level", "Float", False),
    ]


@pytest.mark.parametrize(
    ("language", "name"), [("C", "Delay"), ("de_DE.UTF-8", "Echo"), ("de_AT.UTF-8", "Echo"), ("fr_FR.UTF-8", "Delay")]
)
def test_names_are_in_the_users_language(
    language: str, name: str, tmp_path: Path, reader: ReaderName, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", language)
    bundle = write_plugin(tmp_path / "a.lv2", URI, "Delay", more=' doap:name "Echo"@de ;')
    assert only(bundle, reader).name == name


def test_a_broken_file_costs_only_the_plugin_it_describes(tmp_path: Path, reader: ReaderName) -> None:
    good, bad = "http://example.org/good", "http://example.org/bad"
    manifest = manifest_of(good) + manifest_of(bad, file="bad.ttl")
    described = f'<{good}> doap:name "Good" ;{PORTS} .'
    bundle = write_bundle(
        tmp_path / "a.lv2", manifest, plugin=described, bad=f'<{bad}> doap:name "Bad" ;\n\n  lv2:port ] .'
    )
    read = read_bundle(bundle, reader=reader)
    assert [plugin.name for plugin in read.plugins] == ["Good"]
    [problem] = read.problems
    assert (problem.path, problem.line) == (bundle / "bad.ttl", line_of(bundle / "bad.ttl", "lv2:port ]"))


def test_a_broken_manifest_is_told_with_its_line(tmp_path: Path, reader: ReaderName) -> None:
    bundle = write_bundle(tmp_path / "a.lv2", f"<{URI}> a lv2:Plugin ;\n  nowhere:binary <plugin.so> .\n")
    read = read_bundle(bundle, reader=reader)
    [problem] = read.problems
    assert read.plugins == []
    assert str(problem).startswith(f"{bundle / 'manifest.ttl'}:{line_of(bundle / 'manifest.ttl', 'nowhere')}: ")


MALFORMED = {
    "no symbol": (PORTS.replace('lv2:symbol "out" ;', ""), "symbol"),
    "no index": (PORTS.replace("lv2:index 1 ;", ""), "index"),
    "a hole in the indices": (PORTS.replace("lv2:index 1", "lv2:index 2"), "0, 2"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_plugin_without_what_every_host_needs_is_left_out(case: str, tmp_path: Path, reader: ReaderName) -> None:
    ports, said = MALFORMED[case]
    bundle = write_bundle(tmp_path / "a.lv2", manifest_of(URI), plugin=f'<{URI}> doap:name "X" ;{ports} .')
    read = read_bundle(bundle, reader=reader)
    [problem] = read.problems
    assert read.plugins == []
    assert URI in problem.reason
    assert said in problem.reason


def test_missing_files_are_told(tmp_path: Path, reader: ReaderName) -> None:
    bundle = write_bundle(tmp_path / "a.lv2", manifest_of(URI))
    [problem] = read_bundle(bundle, reader=reader).problems
    assert problem.path == bundle / "plugin.ttl"


def test_equal_symbols_are_told_apart(tmp_path: Path, reader: ReaderName) -> None:
    ports = PORTS.replace('"out"', '"in"')
    bundle = write_bundle(tmp_path / "a.lv2", manifest_of(URI), plugin=f'<{URI}> doap:name "X" ;{ports} .')
    assert [port.symbol for port in only(bundle, reader).ports] == ["in", "in_1"]


def test_nothing_is_fetched(tmp_path: Path, reader: ReaderName, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    remote = " rdfs:seeAlso <http://example.org/more.ttl> , <https://example.org/context.jsonld> ;"
    bundle = write_plugin(tmp_path / "a.lv2", URI, more=remote)
    with (bundle / "manifest.ttl").open("a") as manifest:
        manifest.write(f"<{URI}> rdfs:seeAlso <http://example.org/more.ttl> , <ftp://example.org/x.ttl> .\n")
    assert only(bundle, reader).uri == URI


def test_processes_share_a_bundle_without_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    uris = [f"{URI}{number}" for number in range(7)]
    manifest = "".join(manifest_of(uri, file=f"p{number}.ttl") for number, uri in enumerate(uris))
    files = {f"p{number}": f'<{uri}> doap:name "{number}" ;{PORTS} .' for number, uri in enumerate(uris)}
    bundle = write_bundle(tmp_path / "a.lv2", manifest, **files)
    scanned = scan_bundles({bundle: bundle_fingerprint(bundle)}, reader="turtle", processes=3)[bundle]
    assert [plugin.uri for plugin in scanned.plugins] == uris
    assert scanned.is_complete
    assert scanned.problems == ()
