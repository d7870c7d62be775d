"""Make the factory material: ``python -m ampboard.training.factory --out presets/factory``."""

import argparse
import sys
from pathlib import Path
from typing import Final

from rich.console import Console

from .cabinets import write_cabinets
from .recordings import write_recordings

CONSOLE: Final = Console(soft_wrap=True, highlight=False)

PARTS: Final = ("recordings", "cabinets", "models", "repair")


def main() -> int:
    """Write what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ampboard.training.factory", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="what to make (default: everything)")
    parser.add_argument("--out", type=Path, default=Path("presets/factory"), help="folder of the factory presets")
    parser.add_argument("--model", action="append", help="make only this model (may be given again)")
    options = parser.parse_args()
    parts = options.parts or PARTS
    if "recordings" in parts:
        for path in write_recordings(options.out / "recordings"):
            CONSOLE.print(path)
    if "cabinets" in parts:
        for path in write_cabinets(options.out / "cabinets"):
            CONSOLE.print(path)
    if "models" in parts and (code := _make_models(options.out, options.model)):
        return code
    return _make_repair_model(options.out) if "repair" in parts else 0


def _make_models(folder: Path, only: list[str] | None) -> int:
    try:
        from .models import CAPTURES, make_model
    except ModuleNotFoundError as error:
        Console(stderr=True, markup=False).print(f"{error.name} is missing: pip install 'ampboard[train]'")
        return 2
    for capture in CAPTURES:
        if only and capture.name not in only:
            continue
        done = make_model(capture, folder / "models", folder / "recordings")
        CONSOLE.print(
            f"{done.path}: ESR {done.validation.guitar:.5f} on the factory guitar, "
            f"{done.validation.bass:.5f} on the bass; "
            f"{done.cpu_seconds:.0f} s of processor time, {done.skipped} updates skipped"
        )
    return 0


def _make_repair_model(folder: Path) -> int:
    try:
        from .repair import make_repair_model
    except ModuleNotFoundError as error:
        Console(stderr=True, markup=False).print(f"{error.name} is missing: pip install 'ampboard[train]'")
        return 2
    path, done = make_repair_model(folder / "models", folder / "recordings")
    CONSOLE.print(f"{path}: {done.cpu_seconds:.0f} s of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
