"""The native bridge under AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer, driven by a small C host.

`drive.c` plays the host: create and destroy, parameters inside a block, state, resets, bus changes, growing blocks,
NaN, and kernels exchanged while another thread processes. `drive_streams.c` adds MIDI, side-chains and what a kernel
takes beside its state. It checks the output itself and ends with a message.
"""

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parents[2] / "bridge" / "native"
HOST = [HERE / "drive.c", HERE / "drive_streams.c", HERE / "host.c"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the host uses POSIX threads")

STRICT = [
    "-std=c11",
    "-D_POSIX_C_SOURCE=200809L",
    "-O1",
    "-g",
    "-fno-omit-frame-pointer",
    "-Werror",
    "-Wall",
    "-Wextra",
]
STRICT += ["-Wconversion", "-Wshadow", "-Wstrict-prototypes"]


def compile_with(options: list[str], inputs: list[Path], output: Path, *more: str) -> Path:
    output.parent.mkdir(parents=True, exist_ok=True)
    compiler = os.environ.get("CC", "cc")
    command = [
        compiler,
        *STRICT,
        *options,
        f"-I{SOURCES}",
        *map(str, inputs),
        "-o",
        str(output),
        *more,
        "-lm",
        "-pthread",
    ]
    subprocess.run(command, check=True)
    return output


def run(program: Path, *arguments: str) -> None:
    environment = dict(os.environ)
    environment["ASAN_OPTIONS"] = "detect_leaks=1:detect_stack_use_after_return=1"
    environment["UBSAN_OPTIONS"] = "halt_on_error=1:print_stacktrace=1"
    environment["TSAN_OPTIONS"] = "halt_on_error=1"
    command = [str(program), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    if "unexpected memory mapping" in result.stderr:  # older sanitizers and kernels that randomise addresses widely
        command = ["setarch", "--addr-no-randomize", *command]
        result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert result.returncode == 0, result.stderr[-8000:]
    assert result.stdout == "all as it should be\n"
    assert result.stderr == ""


def test_addresses_and_undefined_behaviour_in_the_bundle(tmp_path: Path) -> None:
    """The bundle itself, a shared object with hidden symbols, loaded by the host."""
    options = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    bundle = tmp_path / "AmpboardBridge.vst3" / "Contents" / "x86_64-linux"
    shared = [*options, "-fPIC", "-shared", "-fvisibility=hidden"]
    library = compile_with(shared, sorted(SOURCES.glob("*.c")), bundle / "libAmpboardBridge.so")
    host = [*HOST, SOURCES / "vst3_abi.c"]
    run(compile_with(options, host, tmp_path / "drive", str(library), f"-Wl,-rpath,{bundle}"))


def test_data_races(tmp_path: Path) -> None:
    sources = [*HOST, *sorted(SOURCES.glob("*.c"))]
    run(compile_with(["-fsanitize=thread"], sources, tmp_path / "drive"))


def test_the_compiled_module_exports_only_what_hosts_and_python_call(tmp_path: Path) -> None:
    options = ["-fPIC", "-shared", "-fvisibility=hidden"]
    library = compile_with(options, sorted(SOURCES.glob("*.c")), tmp_path / "bridge.so")
    listing = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1].lstrip("_") for line in listing.splitlines()}
    entries = {"GetPluginFactory", "ModuleEntry", "ModuleExit"}
    assert {name for name in names if not name.startswith("ampboard_")} == entries


def own_lv2_plugins(options: list[str], folder: Path) -> list[str]:
    """Arguments of drive_lv2: the plugins of the tests, and a file that one of them loads."""
    plugins, file = folder / "plugins.so", folder / "factor.txt"
    source = HERE.parent / "plugins" / "lv2" / "plugins.c"
    flags = ["-std=c11", "-O1", "-g", "-fPIC", "-shared", "-iquote", str(SOURCES / "lv2")]
    subprocess.run([os.environ.get("CC", "cc"), *flags, *options, str(source), "-o", str(plugins), "-lm"], check=True)
    file.write_text("0.5")
    return [str(plugins), str(file)]


@pytest.mark.parametrize(
    "options", [["-fsanitize=address,undefined", "-fno-sanitize-recover=all"], ["-fsanitize=thread"]]
)
def test_the_lv2_host(options: list[str], tmp_path: Path) -> None:
    """Plugins prepared, played, reset and asked by several threads, offline and live."""
    sources = [HERE / "drive_lv2.c", *sorted((SOURCES / "lv2").glob("*.c")), SOURCES / "memory.c", SOURCES / "live.c"]
    program = compile_with(options, sources, tmp_path / "drive_lv2", "-iquote", str(SOURCES), "-ldl")
    run(program, *own_lv2_plugins(options, tmp_path))
