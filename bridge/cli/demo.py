"""``ampboard demo``: the main job on material that ships."""

from pathlib import Path
from typing import Annotated

import typer

from .output import Json, print_json, print_rows
from .render import facts, progress_bar, row, warn


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = Path("demo"),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")] = False,
    json: Json = False,
) -> None:
    """Render the dry guitar and bass that ship, switched from preset to preset by a MIDI file, and mix them."""
    from ..rendering.demo import render_demo

    with progress_bar(visible=not json) as progress:
        results = render_demo(out, overwrite=overwrite, progress=progress)
    if json:
        print_json(
            {
                "stems": [facts(stem) for stem in results.stems],
                "mix": vars(results.mix),
                "presets": [vars(p) for p in results.presets],
                "picture": results.picture,
            }
        )
        return
    print_rows([row(stem) for stem in results.stems], as_json=False, title=f"Written to {out}")
    print_rows(
        [
            {
                "stem": part.stem,
                "preset": part.preset,
                "seconds": f"{part.start:.2f} to {part.end:.2f}",
                "dry": f"{part.dry_level:.1f} dB",
                "wet": f"{part.wet_level:.1f} dB",
                "octave": f"{part.changed_octave:g} Hz {part.largest_change:+.1f} dB",
            }
            for part in results.presets
        ],
        as_json=False,
        title="What the presets did: RMS levels, and the octave whose share changed most",
    )
    warn(results.stems)
    mix = results.mix
    typer.echo(f"Mix: {mix.loudness:.1f} LUFS, {mix.true_peak:.1f} dBTP. Picture: {results.picture}")
    typer.secho(f"Listen to {mix.path}", bold=True)
