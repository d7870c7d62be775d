"""Files from strangers: whatever is in them, a model or a ModelError comes out, quickly."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ampboard.models.errors import ModelError
from ampboard.models.formats import read_model
from ampboard.models.model import load_model

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = (
    "version", "architecture", "config", "weights", "sample_rate", "metadata", "model_data", "state_dict",
    "in_shape", "layers", "variables", "dilations", "conv1d", "lstm", "input_size", "a.weight_ih_l0", "a.weight",
)  # fmt: skip


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"[1, 2]", "list"),
        (b"\xff\xfe\x00", "not text"),
        (b'{"a": ', "not JSON"),
        (b"[" * 100_000, "not a model file"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not a model file"),
        (b'{"hello": 1}', "is not a model file ampboard knows"),
    ],
)
def test_what_is_no_model_is_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "thing.nam"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=reason):
        read_model(path)


def test_an_integer_beyond_any_float_is_refused(fixtures: Path, tmp_path: Path) -> None:
    document = json.loads((fixtures / "nam" / "core_lstm.nam").read_text())
    document["weights"][3] = 10**400
    path = tmp_path / "huge.nam"
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match=r"huge\.nam: weights"):
        read_model(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        read_model(tmp_path / "nowhere.nam")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8))
def test_random_documents_never_escape_the_error_family(tmp_path: Path, document: dict[str, object]) -> None:
    path = tmp_path / "random.nam"
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match=r"random\.nam"):
        read_model(path)


@pytest.mark.parametrize(
    "name", ["core_wavenet", "core_wavenet_a2_max", "core_slimmable_wavenet", "core_slimmable_container"]
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_changed_value_gives_a_model_that_plays_or_an_error(
    fixtures: Path, tmp_path: Path, name: str, data: st.DataObject
) -> None:
    document = json.loads((fixtures / "nam" / f"{name}.nam").read_text())
    place = document
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.integers(0, 5)) == 0:
            break
        place = place[key]
    place[key] = data.draw(JSON | st.integers(0, 9) | st.sampled_from([[1, 2], "PReLU", True, 0.5]))
    path = tmp_path / "changed.nam"
    path.write_text(json.dumps(document))
    try:
        model = load_model(path, quality=data.draw(st.sampled_from([0.0, 0.5, 1.0])))
        if (model.receptive_field or 0) < 100_000:
            assert model.process(np.zeros(70, np.float32)).shape == (70,)
        message = "changed.nam plays"
    except ModelError as error:
        message = str(error)
    assert "changed.nam" in message
