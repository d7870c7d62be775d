"""The JSON Schemas that ship: up to date, valid, and of one mind with the loader."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest

from ampboard.presets import InvalidDocument, load_preset
from ampboard.presets.json_schema import FORMATS, json_schema, schema_path, schema_text
from ampboard.presets.library import factory_folder

HEAD = 'schema = 1\nname = "Test"\n'
CHAIN = '[[chain]]\ntype = "builtin"\nplugin = "Reverb"\n'


@pytest.mark.parametrize("name", FORMATS)
def test_the_shipped_schema_is_up_to_date(name: str) -> None:
    assert schema_path(name).read_text(encoding="utf-8") == schema_text(name), (
        "run python -m ampboard.presets.json_schema"
    )


@pytest.mark.parametrize("name", FORMATS)
def test_the_schema_is_a_valid_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(name))


def test_factory_files_fit_their_schemas() -> None:
    for name, files in (("preset", factory_folder().glob("*.toml")), ("setlist", factory_folder().glob("*/*.toml"))):
        documents = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
        assert documents
        for document in documents:
            jsonschema.validate(document, json.loads(schema_path(name).read_text()))


@pytest.mark.parametrize(
    "text",
    [
        HEAD + CHAIN,
        HEAD + CHAIN + "parameters = { room_size = 0.5 }",
        HEAD + CHAIN + "parameters = { room_size = 1.5 }",
        HEAD + CHAIN + "parameters = { room = 0.5 }",
        HEAD + CHAIN.replace("Reverb", "Reverbs"),
        HEAD + CHAIN.replace("Reverb", "LadderFilter") + 'parameters = { mode = "HPF12" }',
        HEAD + CHAIN.replace("Reverb", "LadderFilter") + 'parameters = { mode = "HPF" }',
        HEAD + CHAIN + "bypass = 1",
        HEAD + CHAIN + "colour = 1",
        HEAD + CHAIN + '[[midi]]\ncc = 128\ntarget = "reverb.mix"',
        HEAD + '[[chain]]\ntype = "tone"\nbass = 0.2',
        HEAD + '[[chain]]\ntype = "tone"\nbass = 20',
        HEAD + '[[chain]]\ntype = "parallel"\nbranches = []',
        HEAD + '[[chain]]\ntype = "parallel"\nbranches = [{ gain_db = -3, chain = [{ type = "tone" }] }]',
        HEAD + '[[chain]]\ntype = "parallel"\nbranches = [{ gain_db = -3, chain = [{ type = "tune" }] }]',
        *(
            HEAD + f'[[chain]]\ntype = "neural"\nmodel = "{Path(__file__).as_posix()}"\n{line}'
            for line in (
                "interface_dbu = 12",
                "interface_dbu = 61",
                'interface_dbu = "line"',
                'output = "normalized"',
                'output = "loud"',
                "oversampling = 4",
                "oversampling = 3",
                'rate_conversion = "delay"',
                'rate_conversion = "none"',
            )
        ),
        HEAD,
        "schema = 2\nname = 'x'\n" + CHAIN,
    ],
)
def test_schema_and_loader_agree(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    try:
        load_preset(path)
        loads = True
    except InvalidDocument:
        loads = False
    assert jsonschema.Draft202012Validator(json_schema("preset")).is_valid(tomllib.loads(text)) == loads


def test_importing_the_formats_imports_nothing_heavy() -> None:
    heavy = {"numba", "pedalboard", "torch", "numpy", "scipy"}
    code = f"import ampboard.presets, sys; print(*{heavy} & sys.modules.keys())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
