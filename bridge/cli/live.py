"""``ampboard live``: play a setlist through JACK or a sound card, switched by MIDI; and a show again from its log."""

import math
import os
import signal
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .calibrate import calibrate
from .output import Json, console, print_error, print_facts, print_json, print_rows

if TYPE_CHECKING:
    from ..live.progress import Summary
    from ..live.session import Session

POLL_SECONDS: Final = 0.02

app = typer.Typer(invoke_without_command=True, help="Play live: audio in, audio out, a MIDI footswitch.")
app.command("calibrate")(calibrate)


class BackendName(StrEnum):
    """Where sound comes from and goes to."""

    AUTO = "auto"
    JACK = "jack"
    PORTAUDIO = "portaudio"
    STREAM = "stream"


@app.callback()
def live(
    context: typer.Context,
    preset: Annotated[str | None, typer.Option("--preset", "-p", help="Preset file, or a name in the library.")] = None,
    setlist: Annotated[str | None, typer.Option("--setlist", "-s", help="Setlist file, or 'demo'.")] = None,
    backend: Annotated[
        BackendName,
        typer.Option(
            help="auto: the first of JACK and PortAudio that opens. stream: pedalboard's AudioStream (ALSA, CoreAudio, "
            "WASAPI): one preset with its parameters and snapshots, no gapless switching."
        ),
    ] = BackendName.AUTO,
    midi_in: Annotated[
        list[str] | None,
        typer.Option(
            help="MIDI input, may be repeated: part of a port's name, jack:NAME, virtual:NAME, socket:HOST:PORT."
        ),
    ] = None,
    midi_channel: Annotated[int | None, typer.Option(min=1, max=16, help="Listen to this channel alone.")] = None,
    slot: Annotated[int, typer.Option(min=1, help="Slot that plays first.")] = 1,
    inputs: Annotated[int, typer.Option(min=1, max=2, help="Channels in.")] = 1,
    outputs: Annotated[int, typer.Option(min=1, max=2, help="Channels out.")] = 2,
    source: Annotated[
        list[str] | None, typer.Option(help="JACK port or device to play from; 'none' connects nothing.")
    ] = None,
    sink: Annotated[list[str] | None, typer.Option(help="JACK port or device to play to.")] = None,
    sample_rate: Annotated[int, typer.Option(min=8000, help="Frames a second; JACK has its own.")] = 48_000,
    block: Annotated[int, typer.Option(min=16, max=4096, help="Frames a block; JACK has its own.")] = 64,
    server: Annotated[str, typer.Option(help="Name of the JACK server.")] = "",
    log: Annotated[Path | None, typer.Option(help="Folder for the log (show.jsonl).")] = None,
    record: Annotated[bool, typer.Option("--record", help="Keep the sound in and out beside the log.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the show in the folder for the log.")] = False,
    spare: Annotated[
        bool, typer.Option("--spare/--no-spare", help="Keep a second engine loaded, for when a plugin ends the first.")
    ] = True,
    tuning: Annotated[str, typer.Option(help="Of the tuner: standard, drop-d, 7-string, bass, ...")] = "chromatic",
    reference: Annotated[float, typer.Option(help="A4 of the tuner in Hz, 415 to 466.")] = 440.0,
    seconds: Annotated[float | None, typer.Option(min=0.0, help="Stop after this time.")] = None,
    list_ports: Annotated[bool, typer.Option("--list", help="List devices and ports, and exit.")] = False,
    json: Json = False,
) -> None:
    """Play live: audio in, audio out, a MIDI footswitch."""
    if context.invoked_subcommand:
        return
    if server:
        os.environ["JACK_DEFAULT_SERVER"] = server  # MIDI, and PortAudio's JACK devices, find it there
    if list_ports:
        _list(server, as_json=json)
        return
    if record and log is None:
        raise typer.BadParameter("give --log too: the folder for the sound", param_hint="--record")
    if log:
        log.mkdir(parents=True, exist_ok=True)
        _check_earlier(log, overwrite=overwrite)
    from ...models.errors import AmpboardError
    from ..live.backends.protocol import Wiring
    from ..live.session import Session
    from ..live.specification import Specification
    from ..live.tuner.tuner import check_tuner

    check_tuner(reference, tuning)
    specification = Specification(
        preset=preset or "",
        setlist=setlist or "",
        backend=backend.value,
        wiring=Wiring(
            inputs=inputs,
            outputs=outputs,
            sources=tuple(source or ()),
            sinks=tuple(sink or ()),
            sample_rate=sample_rate,
            block=block,
            server=server,
        ),
        slot=slot - 1,
    )
    session = Session(
        specification, midi=midi_in or (), midi_channel=midi_channel, folder=log, record=record, spare=spare
    )
    reason = ""
    try:
        if not json:
            _show_load(session)
        _run(session, seconds, quiet=json, tuning=tuning, reference_hz=reference)
    except AmpboardError as error:
        reason = str(error)
        raise
    finally:
        _print_summary(session.stop(reason), as_json=json)


def replay(
    log: Annotated[Path, typer.Argument(help="The log of a show (show.jsonl).")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="WAV file for the result; -2 and so on behind the name for the engines after a restart."
        ),
    ],
    sound: Annotated[
        Path | None, typer.Option("--input", help="What was played; input.wav beside the log when left out.")
    ] = None,
) -> None:
    """Render a show again from its log: what the engine put out, bit for bit."""
    import soundfile

    from ...models.errors import AudioError
    from ..live.log import Played
    from ..live.recording import numbered, read_sound
    from ..live.replay import replay as render

    if not out.parent.is_dir():
        raise AudioError(f"{out}: there is no folder {out.parent}: make it first")
    for number, played in enumerate(Played.read(log), 1):
        output = render(played, read_sound(numbered(sound or log.parent / "input.wav", number)))
        target = numbered(out, number)
        try:
            soundfile.write(target, output.T, int(played.start["sample_rate"]), subtype="FLOAT")
        except (soundfile.SoundFileError, OSError, ValueError, TypeError) as error:
            raise AudioError(f"{target}: cannot be written: {error}") from None
        console.print(f"{target}: {output.shape[1]} frames")


def summary_facts(summary: "Summary") -> dict[str, Any]:
    """How a show went, in words a player knows."""
    times = summary.times
    return {
        "frames": summary.frames,
        "xruns": summary.xruns,
        "dropped_messages": summary.dropped,
        "restarts": summary.restarts,
        "callback_p50_us": times.p50 if times.count else None,
        "callback_p99_us": times.p99 if times.count else None,
        "callback_longest_us": times.longest if times.count else None,
        "budget_us": times.budget,
    }


def _print_summary(summary: "Summary", *, as_json: bool) -> None:
    facts = summary_facts(summary)
    if not as_json:
        facts = {name: "not measured" if value is None else value for name, value in facts.items()}
    print_facts(facts, as_json=as_json)


def _check_earlier(folder: Path, *, overwrite: bool) -> None:
    """An earlier show's log and sound are not lost by mistake, and not mixed with a new one's."""
    from ...models.errors import ParameterError

    patterns = ("show.jsonl", "input.wav", "input-*.wav", "output.wav", "output-*.wav")
    earlier = [path for pattern in patterns for path in sorted(folder.glob(pattern))]
    if earlier and not overwrite:
        raise ParameterError(f"{earlier[0]}: an earlier show is there: give --overwrite, or another folder to --log")
    for path in earlier:
        path.unlink()


def _show_load(session: "Session") -> None:
    facts = session.facts
    rows: list[Mapping[str, Any]] = [
        {
            "slot": slot["slot"] + 1,
            "preset": slot["preset"],
            "song": session.slots[slot["slot"]].song if session.slots else "",
            "loaded": f"{slot['seconds']:.2f} s",
            "memory": f"{slot['memory'] / 1e6:.0f} MB",
        }
        for slot in facts.slots
    ]
    title = (
        f"{facts.backend}, {facts.sample_rate} Hz, blocks of {facts.block}: loaded in {facts.seconds:.1f} s, "
        f"{facts.memory / 1e6:.0f} MB"
    )
    print_rows(rows, as_json=False, title=title)


def _run(session: "Session", seconds: float | None, *, quiet: bool, tuning: str, reference_hz: float) -> None:
    """Until the player quits, it is interrupted or terminated, or the time is over."""
    from ..live.screen.watching import watch

    stopping: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)

    for number in {signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}:
        signal.signal(number, stop)
    end = math.inf if seconds is None else time.monotonic() + seconds

    def over() -> bool:
        return bool(stopping) or time.monotonic() >= end

    if not quiet:
        watch(session, over, reference_hz=reference_hz, tuning=tuning)
    while quiet and not over():
        session.poll()
        time.sleep(POLL_SECONDS)


def _list(server: str, *, as_json: bool) -> None:
    """What there is to play through; of what is not there, why."""
    from ...models.errors import AmpboardError
    from ..live.backends.jack import list_ports
    from ..live.backends.portaudio import list_devices
    from ..live.backends.stream import list_streams
    from ..live.midi_ports import list_midi_inputs

    listings = {
        "JACK ports": lambda: list_ports(server),
        "PortAudio devices": list_devices,
        "AudioStream devices": list_streams,
        "MIDI inputs": lambda: [{"port": name} for name in list_midi_inputs()],
    }
    found: dict[str, Sequence[Mapping[str, Any]] | str] = {}
    for title, listing in listings.items():
        try:
            found[title] = listing()
        except AmpboardError as error:
            found[title] = str(error)
    if as_json:
        print_json(found)
        return
    for title, rows in found.items():
        if isinstance(rows, str):
            print_error(rows)
        elif rows:
            print_rows(rows, as_json=False, title=title)
        else:
            console.print(f"{title}: nothing found")
