"""Reading presets: what is accepted, and how errors point to the place."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ampboard.models.errors import PresetError
from ampboard.presets import InvalidDocument, Neural, Parallel, load_preset

HEAD = 'schema = 1\nname = "Test"\n'
LV2 = '[[chain]]\ntype = "lv2"\nuri = "urn:x"\n'
REVERB = '[[chain]]\ntype = "builtin"\nplugin = "Reverb"\n'


@pytest.fixture
def preset_file(tmp_path: Path):
    (tmp_path / "model.nam").write_bytes(b"model")
    (tmp_path / "cab.wav").write_bytes(b"cabinet")

    def write(text: str) -> Path:
        path = tmp_path / "test.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problems(path: Path) -> list[str]:
    """What is wrong with a preset, a line each, without the folder."""
    with pytest.raises(InvalidDocument) as caught:
        load_preset(path)
    assert "\n" not in str(caught.value)
    return [line.removeprefix(f"{path.parent}/") for line in caught.value.lines]


def test_reads_every_kind_of_node(preset_file) -> None:
    digest = hashlib.sha256(b"model").hexdigest()
    path = preset_file(f"""{HEAD}
tags = ["a", "b"]
levels = {{ input_db = 3, output_db = -1.5 }}
{REVERB}parameters = {{ room_size = 1 }}
[[chain]]
type = "neural"
model = "model.nam"
sha256 = "{digest}"
knobs.gain = 0.25
[[chain]]
type = "parallel"
id = "split"
[[chain.branches]]
gain_db = -6
[[chain.branches.chain]]
type = "cabinet"
impulse_response = "cab.wav"
[[chain.branches.chain]]
type = "tone"
bass = 0.25
[[chain.branches]]
[[chain]]
type = "vst3"
path = "Nothing.vst3"
raw_state = "AAEC"
[[chain]]
type = "lv2"
uri = "http://example.org/plugin"
bypass = true
[[midi]]
cc = 11
target = "amp.input_db"
""")
    preset = load_preset(path)
    assert list(preset.nodes) == ["reverb", "amp", "split", "cabinet", "tone", "vst3", "lv2"]
    assert preset.path == path
    assert preset.levels.input_db == 3.0
    amp, split = preset.nodes["amp"], preset.nodes["split"]
    assert isinstance(amp, Neural)
    assert amp.knobs == {"gain": 0.25}
    assert preset.resolve(amp.model) == path.parent / "model.nam"
    assert isinstance(split, Parallel)
    assert [branch.gain_db for branch in split.branches] == [-6.0, 0.0]
    assert preset.midi[0].target == "amp.input_db"


def test_identifiers_are_made_from_the_kind_and_numbered(preset_file) -> None:
    named = REVERB + 'id = "reverb-2"\n'
    gate = REVERB.replace("Reverb", "NoiseGate")
    mp3 = REVERB.replace("Reverb", "MP3Compressor")
    preset = load_preset(preset_file(HEAD + REVERB + named + REVERB + gate + mp3))
    assert list(preset.nodes) == ["reverb", "reverb-2", "reverb-3", "noise-gate", "mp3-compressor"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "nmae = 1\n" + REVERB, ["test.toml:3: nmae: unknown field: did you mean name?"]),
        (HEAD, ["test.toml:1: chain: is missing: add it"]),
        (HEAD + "chain = []", ["test.toml:3: chain: too few elements: give at least 1"]),
        (HEAD + REVERB.replace("Reverb", "Reverbb"), ["test.toml:5: chain[0].plugin: pedalboard has no processor"]),
        (HEAD + REVERB.replace("Reverb", "Convolution"), ["test.toml:5: chain[0].plugin: Convolution is not"]),
        (HEAD + REVERB.replace("Reverb", "IIRFilter"), ["test.toml:5: chain[0].plugin: pedalboard has no processor"]),
        (
            HEAD + REVERB + "parameters.room_size = 1.5\nparameters.dampin = 0",
            [
                "test.toml:6: chain[0].parameters.room_size: 1.5 is out of range: use a number from 0 to 1",
                "test.toml:7: chain[0].parameters.dampin: Reverb has no such parameter: did you mean damping?",
            ],
        ),
        (HEAD + REVERB + "parameters.width = true", ["test.toml:6: chain[0].parameters.width: True is not a number"]),
        (HEAD + REVERB + "parameters.width = nan", ["test.toml:6: chain[0].parameters.width: nan is not finite"]),
        (HEAD + REVERB + "parameters.width = [1]", ["test.toml:6: chain[0].parameters.width: [1] is not a number"]),
        (
            HEAD + REVERB.replace("Reverb", "LadderFilter") + 'parameters.mode = "LPF"',
            ["test.toml:6: chain[0].parameters.mode: 'LPF' is not one of LPF12, HPF12"],
        ),
        (HEAD + '[[chain]]\ntype = "nural"', ["test.toml:3: chain[0]: type 'nural' is not known: did you mean neural"]),
        (HEAD + '[[chain]]\nplugin = "Reverb"', ["test.toml:3: chain[0]: has no type: use one of builtin, neural"]),
        (HEAD + "chain = [\n 1,\n]", ["test.toml:4: chain[0]: "]),
        (
            HEAD + '[[chain]]\ntype = "neural"\nmodel = "model.nam"\n' + 'sha256 = "' + "0" * 64 + '"',
            ["test.toml:6: chain[0].sha256: model.nam is not the file this preset was made with"],
        ),
        (HEAD + '[[chain]]\ntype = "neural"\nmodel = "no.nam"', ["test.toml:5: chain[0].model: there is no file"]),
        (
            HEAD + '[[chain]]\ntype = "neural"\nmodel = "model.nam"\nknobs.mix = 1',
            ["test.toml:6: chain[0].knobs.mix: mix is no knob of the model"],
        ),
        (
            HEAD + '[[chain]]\ntype = "vst3"\npath = "x"\nraw_state = "abcde"',
            ["test.toml:6: chain[0].raw_state: not base64"],
        ),
        (
            HEAD + LV2 + 'state.x = 1\nstate_file = "model.nam"',
            ["test.toml:7: chain[0].state_file: the node has a state too", "test.toml:7: chain[0].state_file: 'model"],
        ),
        (HEAD + LV2 + 'files = { IR = "no.wav" }', ["test.toml:6: chain[0].files.IR: there is no file"]),
        (HEAD + LV2 + "midi = 17", ["test.toml:6: chain[0].midi: 17 is too large: use at most 16"]),
        (HEAD + LV2 + "block_size = 0", ["test.toml:6: chain[0].block_size: 0 is too small: use at least 1"]),
        (
            HEAD + REVERB + LV2 + 'side_chain = "revreb"',
            ["test.toml:9: chain[1].side_chain: no node is called 'revreb': did you mean reverb?"],
        ),
        (
            HEAD + LV2 + 'side_chain = "reverb"\n' + REVERB,
            ["test.toml:6: chain[0].side_chain: 'reverb' does not sound before this node: use input, stem"],
        ),
        (
            HEAD + REVERB + 'id = "stem"\n' + LV2 + 'side_chain = "stem"',
            ["test.toml:10: chain[1].side_chain: 'stem' means a stem of the render: give the node another id"],
        ),
        (
            HEAD
            + '[[chain]]\ntype = "parallel"\n[[chain.branches]]\n'
            + LV2.replace("chain]]", "chain.branches.chain]]")
            + 'side_chain = "parallel"',
            ["test.toml:9: chain[0].branches[0].chain[0].side_chain: 'parallel' does not sound before this node"],
        ),
        (HEAD + REVERB + 'id = "x"\n' + REVERB + 'id = "x"', ["test.toml:10: chain[1].id: 'x' is taken"]),
        (HEAD + REVERB + 'id = "levels"', ["test.toml:6: chain[0].id: 'levels' is the name"]),
        (HEAD + REVERB + 'id = "Two Words"', ["test.toml:6: chain[0].id: 'Two Words' does not match"]),
        (
            HEAD + REVERB + '[[midi]]\ncc = 1\ntarget = "revrb.mix"',
            ["test.toml:8: midi[0].target: no node is called 'revrb': did you mean reverb?"],
        ),
        (
            HEAD + REVERB + '[[midi]]\ncc = 1\ntarget = "reverb.mix"',
            ["test.toml:8: midi[0].target: 'reverb' has no parameter 'mix'"],
        ),
        (
            HEAD + REVERB + '[[midi]]\ncc = 1\ntarget = "reverb.damping"\nminimum = -1.0',
            ["test.toml:9: midi[0].minimum: -1 is out of range"],
        ),
        (
            HEAD + REVERB + '[[midi]]\ncc = 1\ncurve = "logarithmic"\ntarget = "reverb.damping"',
            ["test.toml:8: midi[0].curve: a logarithmic curve from 0 to 1: set both ends above 0"],
        ),
        (HEAD + REVERB + "[levels]\ninput_db = 1e6", ["test.toml:7: levels.input_db: 1000000.0 is too large"]),
        ("schema = 2\n", ["test.toml:1: schema: format 2 is not known: this ampboard reads 1"]),
        ("schema = true\n", ["test.toml:1: schema: format True is not known"]),
        ("", ["test.toml: does not say which format it has"]),
        ("schema = 1\nname = \n", ["test.toml:2: not TOML: Invalid value (column 8)"]),
        ('schema = 1\nname = """', ["test.toml:2: not TOML: "]),
    ],
)
def test_errors_name_line_field_and_remedy(preset_file, text: str, expected: list[str]) -> None:
    found = problems(preset_file(text))
    assert len(found) == len(expected)
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)


def test_several_errors_are_told_in_the_order_of_the_file(preset_file) -> None:
    path = preset_file(f'{HEAD}bogus = 1\n[[chain]]\ntype = "tone"\nbass = 12\n[levels]\ninput_db = "1"\n')
    with pytest.raises(InvalidDocument, match=r"test\.toml:3: bogus: .* \(and 2 more errors in this file\)$") as caught:
        load_preset(path)
    assert [line.split(":")[1] for line in caught.value.lines] == ["3", "6", "8"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'schema = 1\nname = "\xff"', ":2: not UTF-8"),
        (b"\xff\xfes\x00c\x00", ":1: not UTF-8"),
        (b"#" * (1 << 20) + b"##", "larger than 1 MiB"),
        (b"a = " + b"[" * 200 + b"]" * 200, "nested too deeply"),
        (b"a = " + b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b"\n" + b".".join([b"a"] * 100_000) + b" = 1", ":2: dotted names are too long"),
        (b"[" + b" . ".join([b'"a"'] * 100_000) + b"]", ":1: dotted names are too long"),
        (b"a = 1979-13-99", "not TOML"),
        (b"a = " + b"9" * 5000, "not TOML"),
        (b"\x00", ":1: not TOML"),
    ],
)
def test_absurd_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "absurd.toml"
    path.write_bytes(content)
    with pytest.raises(PresetError, match=message):
        load_preset(path)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(PresetError, match="cannot be read"):
            load_preset(path)


def test_nodes_and_nesting_are_bounded(preset_file) -> None:
    [too_many] = problems(preset_file(HEAD + REVERB * 300))
    assert "300 nodes and branches: use at most 256" in too_many
    nested = '{type = "tone"}'
    for _ in range(12):
        nested = f'{{type = "parallel", branches = [{{chain = [{nested}]}}]}}'
    assert all("nested more than 8 deep" in line for line in problems(preset_file(f"{HEAD}chain = [{nested}]")))


def test_a_byte_order_mark_is_ignored(preset_file) -> None:
    assert load_preset(preset_file("\ufeff" + HEAD + REVERB)).name == "Test"


FIELDS = st.sampled_from(
    [
        *("schema", "name", "tags", "levels", "chain", "midi", "type", "id", "bypass", "plugin", "parameters", "knobs"),
        *("branches", "gain_db", "model", "uri", "path", "cc", "target", "curve", "input_db", "bass", "raw_state"),
    ]
)
WORDS = st.sampled_from(["builtin", "neural", "vst3", "lv2", "cabinet", "tone", "parallel", "Reverb", "x.y", "linear"])
DOCUMENTS = st.recursive(
    st.booleans() | st.integers(-3, 300) | st.floats() | WORDS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=6),
    max_leaves=20,
)


@given(st.dictionaries(FIELDS, DOCUMENTS, max_size=8))
def test_any_document_is_a_preset_or_a_preset_error(tmp_path_factory, data) -> None:
    import tomli_w

    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(tomli_w.dumps({**data, "schema": 1, "name": "x"}), encoding="utf-8")
    lines: tuple[str, ...] = ()
    try:
        load_preset(path)
    except InvalidDocument as error:
        lines = error.lines
    assert all(line.startswith(f"{path}:") for line in lines)


@given(st.binary(max_size=300) | st.text("schema=1\n[]{}'\"name.chai", max_size=60).map(str.encode))
def test_any_bytes_are_a_preset_error(tmp_path_factory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(content)
    with pytest.raises(PresetError):
        load_preset(path)
