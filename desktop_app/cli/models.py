"""``voxelwright models``: list, show, import and export trained models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import show_result, table_of
from desktop_app.cli.options import FAILED, Json
from desktop_app.core.config.model_card import ModelCard
from desktop_app.io.models import load_card
from desktop_app.jobs.models import export_model, find_model, import_model, list_models

models_app = typer.Typer(help="List, show, import and export trained models.", no_args_is_help=True)
Model = Annotated[str, typer.Argument(metavar="MODEL", help="Path of a .vwmodel folder or file, or a model's name.")]


@models_app.command("list")
def list_command(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="A project or folder; without it your own models.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List models with their method, network and scores."""
    found = list_models(folder)
    rows = [
        (m.card.name, m.card.recipe, m.card.network, f"{m.card.dimensions}D", _scores(m.card), str(m.path))
        for m in found
        if m.card is not None
    ]
    table = table_of("", ("Name", "Method", "Network", "Images", "Scores", "Place"), rows)
    problems = [f"{m.path.name}: {m.problem}" for m in found if m.problem]
    show_result({"models": found}, as_json, table if rows else "No models here.", *problems)
    if problems:
        raise typer.Exit(FAILED)


@models_app.command("show")
def show_command(model: Model, as_json: Json = False) -> None:
    """Show all that a model's card says."""
    card = load_card(find_model(model))
    fields = card.model_dump(mode="json")
    rows = [(name, _short(value)) for name, value in fields.items() if value not in ("", None, {}, [])]
    show_result(card, as_json, table_of(card.name, ("Field", "Value"), rows))


@models_app.command("import")
def import_command(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A .vwmodel file or folder.")],
    to: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where to; by default your own models.")] = None,
    as_json: Json = False,
) -> None:
    """Check a model that someone sent you, and keep a copy."""
    place = import_model(source, to)
    show_result({"model": place}, as_json, f"Imported: {place}")


@models_app.command("export")
def export_command(
    model: Model,
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The zipped file to write.")],
    as_json: Json = False,
) -> None:
    """Pack a model into one file for another computer."""
    file = export_model(model, target)
    show_result({"file": file}, as_json, f"Written: {file}")


def _scores(card: ModelCard) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in card.metrics.items())


def _short(value: object) -> str:
    text = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
    return text if len(text) <= 300 else text[:300] + " …"
