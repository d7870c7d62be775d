"""``ampboard capture``. What is heavy is imported inside the commands."""

from pathlib import Path
from typing import Annotated, Final

import typer

from ....models.errors import ParameterError

RATE: Final = 48_000

app = typer.Typer(no_args_is_help=True, help="Capture a device: test signal in, recording out, checked and aligned.")

Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the capture.")]
Name = Annotated[str, typer.Option(help="What the capture is called; the folder's name if left out.")]
Gear = Annotated[
    list[str] | None, typer.Option(help="make=, model=, type=, tone= or by=, as in make=Fender; may be given again.")
]
InputDbu = Annotated[float | None, typer.Option(help="Level in dBu at the device's input of a full-scale sine.")]
OutputDbu = Annotated[float | None, typer.Option(help="Level in dBu at the device's output of a full-scale sine.")]
Ignore = Annotated[
    list[str] | None, typer.Option("--ignore-checks", help="Checks whose errors are accepted, a comma between them.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
Add = Annotated[bool, typer.Option("--add", help="Add to the capture in the folder: another setting of its knobs.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the facts as JSON.")]
Signal = Annotated[Path | None, typer.Option("--signal", help="The signal to play; a new one if left out.")]
Seconds = Annotated[float | None, typer.Option(help="Length of a new signal.")]
Rate = Annotated[int, typer.Option(help="Frames a second of a new signal.")]
Knob = Annotated[
    list[str] | None, typer.Option("--knob", help="Where a knob stood, 0 to 1, as in gain=0.5; may be given again.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--setting",
        "-s",
        help="NAME=VALUE fixes a number; NAME=VALUE,VALUE makes a knob of it. Values in its own unit, or as 50% of its "
        "way. Several make a grid.",
    ),
]
At = Annotated[
    list[str] | None, typer.Option("--at", help="One setting of all knobs, as in gain=0.5,tone=1; may be given again.")
]
Unseen = Annotated[
    list[str] | None, typer.Option("--unseen", help="A setting that is not trained on, as --at; judges between.")
]


@app.command("signal")
def make_test_signal(
    out: Annotated[Path, typer.Argument(help="WAV or FLAC to write, 24 bit.")],
    seconds: Seconds = None,
    rate: Rate = RATE,
    playing: Annotated[list[Path] | None, typer.Option(help="Your own direct recording; may be given again.")] = None,
    overwrite: Overwrite = False,
    json: AsJson = False,
) -> None:
    """Write the test signal: play it through the device and record what comes back."""
    from ....bridge.cli.output import print_facts
    from ....models.writing import check_target
    from ..recordings import read_recording
    from ..signal.test_signal import SUFFIXES
    from .options import new_signal

    check_target(out, overwrite=overwrite, suffixes=SUFFIXES, sources=playing or ())
    signal = new_signal(seconds, rate, [read_recording(path) for path in playing or ()])
    signal.write(out, overwrite=overwrite)
    frames = signal.audio.size
    print_facts(
        {"written": str(out), "sample_rate": rate, "seconds": frames / rate, "layout": signal.layout.name}, as_json=json
    )


@app.command("take")
def take(
    signal: Annotated[Path, typer.Argument(help="The signal that was played.")],
    recordings: Annotated[
        list[str], typer.Argument(help="What was recorded; with several, where the knobs stood: gain=0.5:rec50.wav")
    ],
    out: Out,
    knob: Knob = None,
    unseen: Unseen = None,
    name: Name = "",
    gear: Gear = None,
    input_dbu: InputDbu = None,
    output_dbu: OutputDbu = None,
    latency: Annotated[
        int | None,
        typer.Option(metavar="FRAMES", help="How late the recordings are; measured if left out."),
    ] = None,
    ignore_checks: Ignore = None,
    add: Add = False,
    overwrite: Overwrite = False,
    json: AsJson = False,
) -> None:
    """Make a capture of recordings: from any DAW, in any format and rate that soundfile reads."""
    from ..recordings import read_recording
    from ..sources.files import RecordingFile, is_setting, with_knobs
    from ..sources.settings import model_positions
    from ..sources.takes import capture_takes
    from .options import read_labels
    from .outcome import check_folder, finish

    check_folder(out, overwrite=overwrite, add=add)
    positions = model_positions(knob or ())
    files = [with_knobs(RecordingFile.parse(text), positions) for text in recordings]
    for text in unseen or ():
        if not any(is_setting(file.positions, text) for file in files):
            raise ParameterError(f"--unseen {text}: no recording has this setting: write it as before the file's name")
    takes = [file.read(unseen=any(is_setting(file.positions, text) for text in unseen or ())) for file in files]
    labels = read_labels(name or out.name, gear, ignore_checks, input_dbu=input_dbu, output_dbu=output_dbu)
    capture = capture_takes(read_recording(signal), takes, labels, latency_frames=latency)
    finish(capture, out, overwrite=overwrite, add=add, as_json=json)


@app.command("device")
def capture_circuit(
    device: Annotated[str, typer.Argument(help="Name of a device; ampboard capture devices shows them.")],
    out: Out,
    setting: Settings = None,
    at: At = None,
    unseen: Unseen = None,
    signal: Signal = None,
    seconds: Seconds = None,
    rate: Rate = RATE,
    name: Name = "",
    gear: Gear = None,
    ignore_checks: Ignore = None,
    overwrite: Overwrite = False,
    json: AsJson = False,
) -> None:
    """Capture a circuit that ampboard computes, or a guitarix amp, at one or many settings."""
    from ...devices.registry import load_device
    from ..sources.settings import turn_to
    from .options import Played, Wanted, read_labels, render
    from .outcome import check_folder, finish

    check_folder(out, overwrite=overwrite)
    wanted, labels = Wanted.read(setting, at, unseen), read_labels(name or out.name, gear, ignore_checks)
    played = Played(signal, seconds, rate)
    capture = render(lambda fixed: turn_to(load_device(device), fixed).device, wanted, played, labels, _tell)
    finish(capture, out, overwrite=overwrite, as_json=json)


@app.command("plugin")
def capture_plugin(
    plugin: Annotated[str, typer.Argument(help="LV2 URI, VST3 file, preset, or one of pedalboard's processors.")],
    out: Out,
    setting: Settings = None,
    at: At = None,
    unseen: Unseen = None,
    plugin_name: Annotated[str, typer.Option(help="Which plugin of a VST3 file that holds several.")] = "",
    signal: Signal = None,
    seconds: Seconds = None,
    rate: Rate = RATE,
    name: Name = "",
    gear: Gear = None,
    ignore_checks: Ignore = None,
    overwrite: Overwrite = False,
    json: AsJson = False,
) -> None:
    """Capture a plugin, or the whole chain of a preset, at one or many settings."""
    from .options import Played, Wanted, load_plugin, read_labels, render
    from .outcome import check_folder, finish

    check_folder(out, overwrite=overwrite)
    wanted, labels = Wanted.read(setting, at, unseen), read_labels(name or out.name, gear, ignore_checks)
    played = Played(signal, seconds, rate)
    capture = render(lambda fixed: load_plugin(plugin, fixed, plugin_name=plugin_name), wanted, played, labels, _tell)
    finish(capture, out, overwrite=overwrite, as_json=json)


@app.command("devices")
def list_devices(json: AsJson = False) -> None:
    """List the devices that ampboard computes, and guitarix's where it is installed, with their knobs."""
    from ....bridge.cli.output import print_rows
    from ...devices.registry import device_names, load_device
    from ..sources.settings import knob_line
    from .plugin_talk import plugins_hushed

    with plugins_hushed():
        devices = {name: load_device(name) for name in device_names()}
    print_rows(
        [{"device": name, "knobs": [knob_line(knob) for knob in device.knobs]} for name, device in devices.items()],
        as_json=json,
    )


@app.command("live")
def capture_live(
    out: Out,
    signal: Signal = None,
    knob: Knob = None,
    backend: Annotated[str, typer.Option(help="auto, jack or portaudio.")] = "auto",
    sink: Annotated[str, typer.Option(help="JACK port or device that plays; ampboard live --list shows them.")] = "",
    source: Annotated[str, typer.Option(help="JACK port or device that is recorded.")] = "",
    output_channel: Annotated[int, typer.Option(min=1, help="Channel that plays.")] = 1,
    input_channel: Annotated[int, typer.Option(min=1, help="Channel that is recorded.")] = 1,
    block: Annotated[int, typer.Option(min=16, max=8192, help="Frames a block; JACK has its own.")] = 512,
    server: Annotated[str, typer.Option(help="Name of the JACK server.")] = "",
    tries: Annotated[int, typer.Option(min=1, help="How often to begin again when sound was lost.")] = 3,
    seconds: Seconds = None,
    rate: Rate = RATE,
    name: Name = "",
    gear: Gear = None,
    input_dbu: InputDbu = None,
    output_dbu: OutputDbu = None,
    ignore_checks: Ignore = None,
    unseen: Annotated[bool, typer.Option("--unseen", help="Do not train on this take; it judges a model.")] = False,
    add: Add = False,
    overwrite: Overwrite = False,
    json: AsJson = False,
) -> None:
    """Play the signal into a device and record it at once, through JACK or a sound card."""
    from ..sources.live.recording import Interface, record_live
    from ..sources.live.screen import MeterLine
    from ..sources.settings import model_positions, setting_name
    from ..sources.takes import ALL_USES, UNSEEN, RawTake, capture_takes
    from .options import Played, read_labels
    from .outcome import check_folder, finish

    check_folder(out, overwrite=overwrite, add=add)
    interface = Interface(backend, sink, source, output_channel, input_channel, block, server)
    positions = model_positions(knob or ())
    labels = read_labels(name or out.name, gear, ignore_checks, input_dbu=input_dbu, output_dbu=output_dbu)
    played, layout = Played(signal, seconds, rate).read()
    meter = MeterLine()
    try:
        recording = record_live(played, interface, tries=tries, watch=meter.show, allow=frozenset(labels.ignore))
    finally:
        meter.close()
    made = RawTake(setting_name(positions) or "live", recording, positions, UNSEEN if unseen else ALL_USES)
    capture = capture_takes(played, [made], labels, layout=layout)
    finish(capture, out, overwrite=overwrite, add=add, as_json=json)


@app.command("check")
def check(folder: Annotated[Path, typer.Argument(help="A capture.")], json: AsJson = False) -> None:
    """Show what a capture holds and what its checks found; exit code 2 when something is wrong that is not ignored."""
    from ..folder import load_capture
    from .outcome import print_capture, refuse

    capture = load_capture(folder)
    print_capture(capture, folder, as_json=json)
    refuse(capture, "it cannot be trained on")


def _tell(line: str) -> None:
    typer.echo(line, err=True)
