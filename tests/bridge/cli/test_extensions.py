"""Commands that other packages add."""

from importlib.metadata import EntryPoint, EntryPoints

import pytest
import typer
from typer.testing import CliRunner

from ampboard.bridge.cli.extensions import GROUP, add_commands


def greet() -> None:
    """Say hello."""
    typer.echo("hello")


BROKEN = ("broken", "no.such.module:command"), ("odd", "math:pi"), ("a.b.c", f"{__name__}:greet")


def test_what_cannot_be_added_is_named_and_the_rest_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = EntryPoint("greet", "greeting:greet", GROUP)
    entries = EntryPoints([*(EntryPoint(name, value, GROUP) for name, value in BROKEN), good])

    def found(*, group: str) -> EntryPoints:
        return entries.select(group=group)

    monkeypatch.setattr("ampboard.bridge.cli.extensions.entry_points", found)
    monkeypatch.setattr(EntryPoint, "load", lambda entry: greet if entry is good else _load(entry))
    app = typer.Typer()
    app.command("own")(greet)
    add_commands(app, {"a": typer.Typer()})
    told = capsys.readouterr().err.splitlines()
    assert [name for line, (name, _) in zip(told, sorted(BROKEN), strict=True) if repr(name) in line] == [
        "a.b.c",
        "broken",
        "odd",
    ]
    assert CliRunner().invoke(app, ["greet"]).stdout == "hello\n"


_load = EntryPoint.load


def test_a_group_can_be_added_and_then_commands_to_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    group = typer.Typer(help="Words.")
    group.command("greet")(greet)
    broken = typer.Typer()
    broken.command("odd")(_odd)
    found = {"words": group, "words.again": greet, "own": group, "torn": broken}
    entries = EntryPoints([EntryPoint(name, "anywhere:anything", GROUP) for name in found])
    monkeypatch.setattr("ampboard.bridge.cli.extensions.entry_points", lambda *, group: entries.select(group=group))
    monkeypatch.setattr(EntryPoint, "load", lambda entry: found[entry.name])
    app = typer.Typer()
    app.command("own")(greet)
    add_commands(app, {})
    for arguments in (["words", "greet"], ["words", "again"], ["own"]):
        assert CliRunner().invoke(app, arguments).stdout == "hello\n"
    told = capsys.readouterr().err
    assert "'torn'" in told
    assert len(told.splitlines()) == 1


def _odd(number: int | str) -> None:
    """Take what typer cannot read."""
