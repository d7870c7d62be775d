"""A result's folder: what is in it, what may not be, and what the page holds."""

import base64
import io
import json
import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

from ampboard.models import load_model
from ampboard.models.errors import AmpboardError, ParameterError
from ampboard.models.model import Model
from ampboard.training.result import Progress, Result, write_result

from .conftest import RATE, material_of, recurrent


@dataclass(frozen=True)
class Finding:
    check: str
    severity: str
    measured: float
    unit: str
    words: str


@dataclass(frozen=True)
class Capture:
    name: str = "Crunch <1>"
    gear: dict = field(default_factory=lambda: {"make": "Own", "model": "Two triodes", "type": "amp", "tone": "mellow"})
    findings: tuple = (
        Finding("polarity", "ok", 1.0, "", "Input and output move the same way."),
        Finding("rate", "ok", 48_000.0, "Hz", "Both recordings have one rate."),
        Finding("drift", "error", 31.0, "ppm", "The clocks run apart."),
    )
    ignored: tuple = ("drift",)
    input_level_dbu: float | None = 12.5
    output_level_dbu: float | None = None
    latency_frames: int = 37


def tenth_louder(output: np.ndarray) -> np.ndarray:
    return np.float32(1.1) * output


TRAINING = {
    "architecture": "lstm",
    "of_steps": 12_000,
    "race": {
        "lstm": {"esr": 0.00020528647548385623, "steps": 6_000, "of_steps": 12_000, "cpu_seconds": 61.7},
        "a2": {"esr": 0.012345678, "steps": 700},
    },
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    history = [Progress(100 * step, 0.5 * step, 0.5**step) for step in range(1, 6)]
    return write_result(
        recurrent(),
        material_of(recurrent(), tenth_louder),
        tmp_path_factory.mktemp("results") / "crunch",
        capture=Capture(),
        history=history,
        training=TRAINING,
    )


class Page(HTMLParser):
    """Names, addresses and sounds of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.names.append(value or "")
            if name in ("src", "href", "xlink:href", "srcset", "action", "data"):
                self.addresses.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def sounds(self) -> list[np.ndarray]:
        prefix = "data:audio/flac;base64,"
        given = [address.removeprefix(prefix) for address in self.addresses if address.startswith(prefix)]
        return [soundfile.read(io.BytesIO(base64.b64decode(sound)))[0] for sound in given]


@pytest.fixture(scope="module")
def page(result: Result) -> Page:
    return Page(result.report.read_text())


def test_the_folder_holds_models_numbers_and_the_page(result: Result) -> None:
    names = {path.name for path in result.folder.iterdir()}
    assert names == {
        "Crunch <1>.nam",
        "Crunch <1>.guitarml.json",
        "Crunch <1>.aidax.json",
        "report.html",
        "result.json",
    }
    assert result.esr == pytest.approx((0.1 / 1.1) ** 2, rel=1e-5)
    assert result.verdict.word == "great"
    numbers = json.loads(result.numbers.read_text())
    assert numbers["esr"] == result.esr
    assert [passage["name"] for passage in numbers["passages"]] == ["passage 1", "passage 2"]


def test_the_model_says_whose_sound_it_is_and_how_near_it_comes(result: Result) -> None:
    metadata = load_model(result.paths["nam"]).metadata
    assert (metadata["gear_make"], metadata["gear_model"], metadata["gear_type"]) == ("Own", "Two triodes", "amp")
    assert "tone_type" not in metadata  # "mellow" is no word of NAM's
    assert metadata["input_level_dbu"] == 12.5
    assert "output_level_dbu" not in metadata
    assert metadata["training"]["settings"]["ignore_checks"] is True
    assert metadata["training"]["data"]["checks"]["passed"] is False
    assert metadata["training"]["data"]["latency"]["calibration"]["recommended"] == 37
    own = metadata["ampboard"]
    assert own["esr"]["overall"] == pytest.approx(result.esr, rel=1e-5)
    assert own["esr"]["passages"] == pytest.approx({"passage 1": result.esr, "passage 2": result.esr}, rel=1e-4)
    assert own["capture"]["ignored_checks"] == ["drift"]
    assert own["capture"]["gear"]["tone"] == "mellow"
    assert own["training"] == TRAINING
    assert {"python", "numpy", "numba"} <= own["software"].keys()
    assert load_model(result.paths["aida-x"]).metadata["ampboard"] == own


def test_the_page_loads_nothing_from_elsewhere(page: Page, result: Result) -> None:
    assert page.addresses
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    text = result.report.read_text()
    assert not re.search(r"@import|url\((?!#)", text)
    assert "prefers-color-scheme: dark" in text
    assert len(text) < 4_000_000


def test_its_drawings_are_whole_and_have_names_of_their_own(page: Page, result: Result) -> None:
    drawings = re.findall(r"<svg.*?</svg>", result.report.read_text(), re.DOTALL)
    assert len(drawings) == 5  # waveforms, spectra, error over time, aliases, learning curve
    for drawing in drawings:
        ElementTree.fromstring(drawing)
    assert len(page.names) == len(set(page.names))
    linked = {address[1:] for address in page.addresses if address.startswith("#")}
    assert linked <= set(page.names)


def test_its_players_play_target_model_and_difference(page: Page) -> None:
    """One gain for all three; the difference is model less target to 16 bits, a tenth of the model."""
    target, model, difference = page.sounds
    np.testing.assert_allclose(model - target, difference, atol=2 / 32768)
    np.testing.assert_allclose(1.1 * model, target, atol=2 / 32768)
    assert max(abs(target).max(), abs(model).max()) == pytest.approx(0.9, abs=1e-3)
    assert "Difference, 20.8 dB below the target" in page.text


def test_it_says_what_was_found(page: Page) -> None:
    said = ("Verdict: great", "Crunch <1>", "below 0.035 good", "The clocks run apart.", "Ignored: drift", "12.5 dBu")
    assert [words for words in said if words not in page.text] == []


def test_its_figures_are_rounded_and_in_words(page: Page) -> None:
    rounded = ("0.00021", "50 %", "62", "0.0123", "700 updates", "48000 Hz", "updates the training was planned for")
    said = (*rounded, "The model to load in ampboard is Crunch <1>.nam", "No file for SmartAmpPro: this is an LSTM;")
    assert [words for words in said if words not in page.text] == []
    assert [words for words in ("of_steps", "4.8e+04", "{'", "Recurrent") if words in page.text] == []


def test_a_terminal_gets_remarks_files_and_what_is_missing(result: Result) -> None:
    assert result.main == result.paths["nam"]
    starts = ("nam: ", "guitarml: ", "aida-x: ", "no file for SmartAmpPro", "no file for PedalNetRT")
    assert [line.startswith(start) for line, start in zip(result.lines[-5:], starts, strict=True)] == 5 * [True]
    assert any(line.startswith("Ignored: drift.") for line in result.lines[:-5])
    assert str(result.main) in result.lines[-5]


def test_where_little_was_kept_back_more_can_be_heard(tmp_path: Path) -> None:
    """A second kept back of thirteen: six seconds, of which the last five are the model's own on what it learned."""
    description = recurrent()
    whole = material_of(description, tenth_louder, seconds=12.0)
    short = material_of(description, tenth_louder, seconds=0.5)
    done = write_result(description, replace(short, train=whole.train), tmp_path)
    page = Page(done.report.read_text())
    target, model, difference = page.sounds
    assert len(target) == len(model) == len(difference) == 6 * RATE
    np.testing.assert_allclose(1.1 * model[2 * RATE :], target[2 * RATE :], atol=1e-3)
    assert "Only 1.0 s were kept back" in page.text


def test_a_conditioned_model_shows_each_setting(tmp_path: Path) -> None:
    description = recurrent(knobs=("drive", "tone"))
    settings = ((0.0, 0.5), (0.5, 0.5), (1.0, 0.5), (1.0, 1.0))
    done = write_result(description, material_of(description, tenth_louder, settings=settings), tmp_path)
    page = Page(done.report.read_text())
    assert all(f"drive {drive:g}, tone {tone:g}" in page.text for drive, tone in settings)
    assert len(page.sounds) == 9
    told = load_model(done.paths["aida-x"]).metadata["ampboard"]["esr"]["settings"]
    assert [entry["knobs"] for entry in told] == [{"drive": drive, "tone": tone} for drive, tone in settings]


def test_an_earlier_result_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    material = material_of(recurrent(), tenth_louder)
    first = write_result(recurrent(), material, tmp_path, name="crunch")
    kept = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ParameterError, match=r"crunch\.nam: exists; use --overwrite"):
        write_result(recurrent(), material, tmp_path, name="crunch")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == kept
    (tmp_path / "notes.txt").write_text("mine")
    gru = recurrent("gru")
    done = write_result(gru, material_of(gru, tenth_louder), tmp_path, name="crunch", overwrite=True)
    assert "nam" in first.paths
    assert "nam" not in done.paths
    assert {path.name for path in tmp_path.iterdir()} == {
        "crunch.guitarml.json",
        "crunch.aidax.json",
        "report.html",
        "result.json",
        "notes.txt",
    }


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "/tmp/x"])
def test_names_that_are_no_files_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="use one that can be a file's"):
        write_result(recurrent(), material_of(recurrent()), tmp_path / "out", name=name)
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_judged_leaves_no_files(tmp_path: Path) -> None:
    material = replace(material_of(recurrent()), sample_rate=44_100)
    with pytest.raises(AmpboardError):
        write_result(recurrent(), material, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_perfect_model_has_a_report_too(tmp_path: Path) -> None:
    """No error at all: nothing is divided by it."""
    done = write_result(recurrent(), material_of(recurrent()), tmp_path)
    assert done.esr == 0
    assert Model(recurrent()).sample_rate == RATE
    assert "Verdict: great" in done.report.read_text()
