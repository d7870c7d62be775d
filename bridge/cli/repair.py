"""``ampboard repair``: fill the gaps of recordings; ``ampboard repair reproduce`` and others come from training."""

import typer

app = typer.Typer(no_args_is_help=True, help="Repair chopped and noisy sound.")
