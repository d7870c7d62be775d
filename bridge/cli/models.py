"""``ampboard models``: what a model file is and what it costs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ...models.errors import AmpboardError, ModelError
from .output import Json, print_error, print_facts, print_rows

app = typer.Typer(no_args_is_help=True, help="Look at trained models, and convert them.")

_SHOWN_METADATA = (
    "modeled_by",
    "gear_type",
    "gear_make",
    "gear_model",
    "tone_type",
    "loudness",
    "input_level_dbu",
    "output_level_dbu",
    "validation_esr",
)


@app.command()
def info(
    files: Annotated[list[Path], typer.Argument(help="Model files: .nam, or json of GuitarML, AIDA-X, RTNeural.")],
    json: Json = False,
) -> None:
    """Show what is in model files."""
    if len(files) == 1:
        print_facts(_facts(files[0]), as_json=json)
        return
    facts, refusals = list[dict[str, Any]](), list[str]()
    for path in files:
        try:
            facts.append(_facts(path))
        except AmpboardError as error:
            refusals.append(str(error))
    columns = ("file", "name", "architecture", "sample_rate", "weights")
    print_rows(facts if json else [{c: f[c] for c in columns} for f in facts], as_json=json)
    for refusal in refusals:
        print_error(refusal)
    if refusals:
        raise typer.Exit(2)


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="A model file of any kind.")],
    target: Annotated[Path, typer.Argument(help="The file to write: .nam, or .json for AIDA-X.")],
    format: Annotated[str | None, typer.Option(help="nam, aida-x or guitarml; by the suffix when left out.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the target if it exists.")] = False,
) -> None:
    """Write a model as another kind of file, where both know its architecture."""
    from ...models.converting import convert_model

    if target.exists() and not overwrite:
        raise ModelError(f"{target}: exists; choose another name, or allow --overwrite")
    written = convert_model(source, target, format=format)
    typer.echo(f"{target}: {written.weight_count} weights; the first second may differ, as formats start differently")


def _facts(path: Path) -> dict[str, Any]:
    from ...models import load_model
    from ...models.slimming import sizes

    model = load_model(path)
    weights = sizes(model.description)
    training = model.metadata.get("training")
    esr = training.get("validation_esr") if isinstance(training, dict) else None
    return {
        "file": str(path),
        "name": model.name,
        "format": model.format,
        "architecture": model.architecture,
        "sample_rate": model.sample_rate,
        "weights": model.played.weight_count,
        "sizes": list(weights) if len(weights) > 1 else [],
        "receptive_field": model.receptive_field,
        "prewarm_frames": model.played.prewarm_frames,
        "knobs": list(model.played.knobs),
    } | {key: model.metadata.get(key, esr if key == "validation_esr" else None) for key in _SHOWN_METADATA}
