"""``ampboard midi``: list ports, watch messages, learn controls."""

import math
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Annotated, Any, Final

import typer

from .output import Json, print_facts, print_rows

app = typer.Typer(no_args_is_help=True, help="List MIDI ports, watch messages, learn controls.")

PAUSE_S: Final = 0.05

_Heard = SimpleQueue[tuple[Any, float]]

PortName = Annotated[
    str | None,
    typer.Option(
        "--port", help="The input or a part of its name, socket:HOST:PORT, virtual:NAME; the only one if left out."
    ),
]


@app.command()
def ports(json: Json = False) -> None:
    """List the MIDI inputs."""
    from ..live.midi_ports import list_midi_inputs

    print_rows([{"name": name} for name in list_midi_inputs()], as_json=json)


@app.command()
def monitor(
    port: PortName = None,
    seconds: Annotated[float | None, typer.Option(min=0.0, help="End after this time; Ctrl-C ends it too.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show clocks and active sensing too.")] = False,
) -> None:
    """Show what a controller sends, in words."""
    from ..midi.words import CEASELESS, message_words

    start = time.monotonic()
    with _heard(port) as heard, suppress(KeyboardInterrupt):
        while (left := math.inf if seconds is None else seconds - (time.monotonic() - start)) > 0:
            for message, moment in _waiting(heard, min(left, PAUSE_S)):
                if everything or message.type not in CEASELESS:
                    typer.echo(f"{moment - start:9.3f} s  {message_words(message)}")


@app.command()
def learn(
    file: Annotated[str, typer.Argument(help="Preset or setlist: a TOML file, or the name of a preset of yours.")],
    target: Annotated[
        str, typer.Argument(help="What to move: node.parameter, node.bypass, levels.output_db; of a setlist: a slot.")
    ],
    port: PortName = None,
    write: Annotated[bool, typer.Option("--write", help="Write the mapping into the file.")] = False,
    any_channel: Annotated[bool, typer.Option("--any-channel", help="Leave the MIDI channel open.")] = False,
    minimum: Annotated[float | None, typer.Option(help="Value at 0; the parameter's smallest if left out.")] = None,
    maximum: Annotated[float | None, typer.Option(help="Value at 127; the parameter's largest if left out.")] = None,
    curve: Annotated[str | None, typer.Option(help="linear, logarithmic or switch.")] = None,
    mode: Annotated[str | None, typer.Option(help="For a switch: momentary, toggle or latch.")] = None,
    name: Annotated[str | None, typer.Option(help="With the target 'snapshot': which one.")] = None,
    timeout: Annotated[float, typer.Option(min=0.0, help="Seconds to wait for the control.")] = 30.0,
    json: Json = False,
) -> None:
    """Move a control: the mapping that fits it is shown, and with --write put into the file.

    In a setlist the target is the number of a slot, and the control a program change: it will bring up that slot.
    """
    from ...models.errors import MidiError, ParameterError
    from ..midi.learn import Learned, propose_mapping
    from ..midi.mapping_file import MIDI, SLOTS, rows, write_row

    path = _file(file)
    slots = rows(path, SLOTS)
    if target.isdecimal() and not 1 <= int(target) <= len(slots):
        raise ParameterError(f"{path}: slot {target} is not there: it has {len(slots)} slots")
    learned: Learned = _listen(port, timeout)
    typer.echo(f"heard: {learned.words}", err=True)
    if target.isdecimal():
        if not learned.brings_slots:
            raise MidiError(f"{learned.words}: slots are brought up by program changes: send one")
        row: dict[str, Any] = {"preset": slots[int(target) - 1]["preset"], **learned.key}
        _propose(row, SLOTS, as_json=json)
        if write:
            _write_slot(path, int(target) - 1, learned.key["program"])
        return
    if learned.brings_slots and "." in target:
        raise MidiError(
            f"{learned.words} brings up slots: name a slot's number in a setlist, or move a pedal or switch"
        )
    row = propose_mapping(
        learned, target, any_channel=any_channel, minimum=minimum, maximum=maximum, curve=curve, mode=mode, name=name
    )
    _propose(row, MIDI, as_json=json)
    for other in rows(path):
        if other.get("target") != target and all(other.get(name) == value for name, value in learned.key.items()):
            typer.echo(f"this control also moves {other.get('target')}", err=True)
    if write:
        changed = write_row(path, row, identity=(*learned.key, "target"), without=("channel",) if any_channel else ())
        typer.echo(f"{path}: {'changed' if changed else 'added'}", err=True)


def _file(name: str) -> Path:
    from ...presets.library import find_preset

    path = Path(name)
    return path if path.suffix or len(path.parts) > 1 else find_preset(name)


def _listen(port: str | None, timeout: float) -> Any:
    from ...models.errors import MidiError
    from ..midi.learn import Learner

    learner = Learner()
    end = time.monotonic() + timeout
    with _heard(port) as heard:
        typer.echo("move the control through its whole range, or press the switch", err=True)
        while time.monotonic() < end:
            for message, moment in _waiting(heard, PAUSE_S):
                learner.feed(message, moment)
            if learned := learner.result(time.monotonic()):
                return learned
    raise MidiError(
        f"no control moved within {timeout:g} s: check the cable, or see what comes with ampboard midi monitor"
    )


@contextmanager
def _heard(port: str | None) -> Generator[_Heard]:
    """Messages of an input with the time at which they came; without a name, of the only input there is."""
    from ...models.errors import MidiError
    from ..live.midi_ports import list_midi_inputs, open_midi_input

    if port is None:
        names = list_midi_inputs()
        if len(names) != 1:
            known = f"several MIDI inputs are there: use --port with one of {', '.join(map(repr, names))}"
            raise MidiError(
                known if names else "no MIDI input is there: connect one, or use --port socket:localhost:9080"
            )
        port = names[0]
    heard: _Heard = SimpleQueue()
    source = open_midi_input(port, lambda message: heard.put((message, time.monotonic())))
    try:
        yield heard
    finally:
        source.close()


def _waiting(heard: _Heard, seconds: float) -> Generator[tuple[Any, float]]:
    """What was heard, at least after `seconds` if nothing was."""
    try:
        yield heard.get(timeout=seconds)
        while True:
            yield heard.get_nowait()
    except Empty:
        return


def _propose(row: dict[str, Any], table: str, *, as_json: bool) -> None:
    if as_json:
        print_facts(row, as_json=True)
        return
    import tomli_w

    typer.echo(f"[[{table}]]\n{tomli_w.dumps(row)}", nl=False)


def _write_slot(path: Path, slot: int, program: int) -> None:
    from ..midi.mapping_file import write_program

    write_program(path, slot, program)
    typer.echo(f"{path}: changed", err=True)
