"""Published models: which there are, which are here, and fetching them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.catalogue import CatalogueEntry
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note, SubContext
from desktop_app.io.models.catalogue import downloaded_path, fetch, load_catalogue
from desktop_app.jobs.models.import_foreign import ForeignImport, import_foreign
from desktop_app.jobs.models.library import ListedModel, list_models, own_models_folder

_SHARE_OF_LOADING = 0.9  # of the progress: converting takes seconds


@dataclass(frozen=True, slots=True)
class Published:
    """One entry of the catalogue on this computer.

    Attributes:
        entry: What it is.
        place: The model or file that was made of it here; None while it is not here.
    """

    entry: CatalogueEntry
    place: Path | None


def published_models(here: Iterable[ListedModel] | None = None) -> tuple[Published, ...]:
    """The catalogue, and what of it is here.

    Args:
        here: The models at hand; None looks into the user's own folder.
    """
    models = list(list_models() if here is None else here)
    return tuple(Published(entry, _place(entry, models)) for entry in load_catalogue().entries)


def download_model(name: str, ctx: JobContext, folder: Path | None = None) -> Path:
    """Fetch an entry of the catalogue; a model is converted into a folder of models, by default the user's own.

    Returns:
        The model, or the file with the weights of an encoder.

    Raises:
        UserError: If there is no such entry, the download fails, or the file is not what the catalogue says.
        JobCancelled: If the user stopped it.
    """
    catalogue = load_catalogue()
    entry = catalogue.entry(name)
    if entry is None:
        known = ", ".join(each.name for each in catalogue.entries)
        raise UserError(f"There is no “{name}” in the catalogue.", hint=f"There are: {known}.")
    if entry.kind == "encoder":
        path = fetch(entry, ctx).path
        ctx.report(Note("info", f"{entry.title} is here; trainings with a {entry.encoder} begin with it."))
        return path
    models = folder or own_models_folder()
    if downloaded_path(entry).exists() and (made := _place(entry, list_models(folder=models))) is not None:
        downloaded_path(entry).unlink(missing_ok=True)  # a program that was killed had converted it already
        return made
    fetched = fetch(entry, SubContext(ctx, 0.0, _SHARE_OF_LOADING))
    rest = SubContext(ctx, _SHARE_OF_LOADING, 1 - _SHARE_OF_LOADING)
    wanted = ForeignImport(fetched.path, entry=entry.name, licence=fetched.licence)
    model = import_foreign(wanted, models, rest)
    fetched.path.unlink(missing_ok=True)
    return model


def _place(entry: CatalogueEntry, models: Sequence[ListedModel]) -> Path | None:
    if entry.kind == "encoder":
        file = downloaded_path(entry)
        return file if file.exists() else None
    return next((m.path for m in models if m.card and m.card.training.get("catalogue") == entry.name), None)
