import pytest

from ampboard.models.errors import AudioError
from ampboard.training.capture.layouts.regions import read_regions

HEAD = "#,Name,Start,End,Length,Color\n"
# The example of AIDA-X's own documentation.
AIDA_X = HEAD + "R1,train,50000,7760000,7657222,FF0000\nR2,testval,7760000,8592000,832000,00FFFF\n"


def test_the_documented_example_trains_validates_and_tests(tmp_path):
    path = tmp_path / "input.csv"
    path.write_text(AIDA_X)
    passages = read_regions(path, 48_000, 8_640_000).passages
    assert [(passage.start, passage.stop, passage.use) for passage in passages] == [
        (50_000, 7_760_000, "train"),
        (7_760_000, 8_176_000, "validation"),
        (8_176_000, 8_592_000, "test"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line"),
        ("a,b\n", "first line"),
        (HEAD, "no region is red"),
        (HEAD + "R1,x,0,10,10,FF0000,9\n", "line 2.*holds 7 values"),
        (HEAD + "R1,x,0.5,10,10,FF0000\n", "export them in frames"),
        (HEAD + "R1,x,0,99999999,10,FF0000\n", "the input has 8640000"),
        (HEAD + "R1,x,0,10,10,123456\n", "Color is '123456'"),
        (HEAD + "R1,x,0,10,10,FF0000\nR2,y,5,20,15,0000FF\n", "overlap"),
    ],
)
def test_what_cannot_be_regions_is_refused(tmp_path, text, words):
    path = tmp_path / "input.csv"
    path.write_text(text)
    with pytest.raises(AudioError, match=words):
        read_regions(path, 48_000, 8_640_000)
