"""``voxelwright models``: list, show, import, export, download, rename and delete trained models."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from desktop_app.cli.console import run_job, show_result, table_of
from desktop_app.cli.options import FAILED, Json
from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext
from desktop_app.core.score_rows import metric_rows
from desktop_app.core.sizes import megabytes
from desktop_app.io.models import load_card
from desktop_app.jobs.models.catalogue import Published, download_model, published_models
from desktop_app.jobs.models.export_network import NETWORK_FORMS, export_network
from desktop_app.jobs.models.import_foreign import DescriptionNeededError
from desktop_app.jobs.models.library import export_model, find_model, import_model, list_models, starter_models
from desktop_app.jobs.models.model_files import remove_with_copies, rename_model, require_changeable

_LONGEST = 300  # characters of a value in a table: a few lines of a terminal
models_app = typer.Typer(
    help="List, show, import, export, download, rename and delete trained models.", no_args_is_help=True
)
Model = Annotated[str, typer.Argument(metavar="MODEL", help="Path of a .vwmodel folder or file, or a model's name.")]


@models_app.command("list")
def list_command(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[FOLDER]", help="A project or folder; without it your own models.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List models with their method, network and scores; without a folder also those that come with Voxelwright."""
    found = (*list_models(folder), *(starter_models() if folder is None else ()))
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
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A .vwmodel file or folder, or a model of another program: .empanada, .pth, .pth.tar, or its .yaml.",
        ),
    ],
    to: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where to; by default your own models.")] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="YAML", help="Description of a foreign model; by default the one inside or beside it."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of a foreign model; by default that of its file.")] = "",
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Run the program inside a foreign model that cannot be converted (TorchScript)."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check a model that someone sent you, convert it where it is a foreign one, and keep a copy."""

    def job(ctx: JobContext) -> Path:
        try:
            return import_model(source, to, ctx, description=config, name=name, trusted=trust)
        except DescriptionNeededError as error:
            raise UserError(error.message, hint=f"{error.hint} Name it with --config.") from error

    place = run_job(job, as_json)
    show_result({"model": place}, as_json, f"Imported: {place}")


@models_app.command("catalogue")
def catalogue_command(as_json: Json = False) -> None:
    """List published models that can be downloaded, with size, licence and what to cite."""
    found = published_models()
    rows = [(p.entry.name, _finds(p), _size(p), "here" if p.place else "not here") for p in found]
    table = table_of("", ("Name", "Finds", "Size", "State"), rows)
    lines = [
        f"{e.name}: {e.summary}\n  Page: {e.page}\n  Licence: {e.licence}\n  Cite: {e.citation} {e.citation_url}"
        for e in (p.entry for p in found)
    ]
    show_result({"published": found}, as_json, table, *lines)


@models_app.command("download")
def download_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name in the catalogue, for example MitoNet_v1_mini.")],
    to: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where to; by default your own models.")] = None,
    as_json: Json = False,
) -> None:
    """Download a published model and convert it; a broken download goes on where it stopped."""
    place = run_job(partial(download_model, name, folder=to), as_json)
    show_result({"model": place}, as_json, f"Ready: {place}")


@models_app.command("export")
def export_command(
    model: Model,
    target: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="The file to write: NAME.vwmodel for this program, NAME.onnx or NAME.pt (TorchScript) for others.",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Pack a model into one file for another computer, or write its network for other programs."""
    if target.suffix.lower() in NETWORK_FORMS:
        made = run_job(partial(export_network, find_model(model), target), as_json)
        agrees = f"Its numbers agree with the model's to {made.difference:.1e} of the largest."
        show_result(made, as_json, f"Written: {made.file}, described in {made.description.name}. {agrees}")
        return
    file = export_model(model, target)
    show_result({"file": file}, as_json, f"Written: {file}")


@models_app.command("rename")
def rename_command(
    model: Model,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
    as_json: Json = False,
) -> None:
    """Give a model another name; its card keeps the first one."""
    path = find_model(model)
    require_changeable(path)
    place = rename_model(path, name)
    show_result({"model": place}, as_json, f"Renamed: {place}")


@models_app.command("delete")
def delete_command(
    model: Model,
    yes: Annotated[bool, typer.Option("--yes", help="Delete it; without this it is only said what would go.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a model from the disk, with the copies that trainings of its project keep. This cannot be undone."""
    path = find_model(model)
    require_changeable(path)
    if not yes:
        raise UserError(f"{path} would be deleted; this cannot be undone.", hint="Give --yes to delete it.")
    gone = remove_with_copies(path)
    show_result({"deleted": gone}, as_json, *(f"Deleted: {each}" for each in gone))


def _finds(published: Published) -> str:
    return ", ".join(published.entry.class_names) or "(weights to begin a training with)"


def _size(published: Published) -> str:
    return f"about {megabytes(published.entry.size)}" if published.entry.size else ""


def _scores(card: ModelCard) -> str:
    return "\n".join(f"{title} {value}" for title, value in metric_rows(card))


def _short(value: object) -> str:
    text = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
