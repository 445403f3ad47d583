"""The catalogue of published models, and fetching what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.config.catalogue import Catalogue, CatalogueEntry
from desktop_app.core.errors import UserError
from desktop_app.core.job import JobContext, Note
from desktop_app.io.resources import resource
from desktop_app.io.settings import cache_folder

CATALOGUE_FILE = "models.json"


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """The published models that this version knows."""
    return read_catalogue(resource(CATALOGUE_FILE))


def read_catalogue(path: Path) -> Catalogue:
    """A catalogue from its file.

    Raises:
        UserError: If it is not valid.
    """
    try:
        return Catalogue.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise explain(error, f"The catalogue of models {path.name}") from error


def downloaded_path(entry: CatalogueEntry) -> Path:
    """Where the file of an entry lies once it was fetched."""
    return cache_folder() / "downloads" / entry.name / entry.file_name


@dataclass(frozen=True, slots=True)
class Fetched:
    """A published file that is here.

    Attributes:
        path: Where it lies.
        licence: As its record states it; empty where it was not asked or does not say.
    """

    path: Path
    licence: str = ""


def fetch(entry: CatalogueEntry, ctx: JobContext) -> Fetched:
    """The file of an entry, downloaded if it is not here yet.

    Its checksum is that of the catalogue, or the one that the archive's record states. Where there is neither, the user
    is told so, and the one of the first download is written down.

    Raises:
        UserError: As ``io.downloads.download``.
        JobCancelled: If the user stopped it.
    """
    from desktop_app.io.downloads import download
    from desktop_app.io.models.records import PublisherRecord, publisher_record

    here = downloaded_path(entry)
    new = not here.exists()
    stated = publisher_record(entry.record, entry.file_name, ctx) if new and entry.record else PublisherRecord()
    result = download(entry.url, here, ctx, sha256=entry.sha256, md5=stated.md5)
    if new and not result.checked:
        text = (
            f"No checksum is published for {entry.title}, so the one of this download was written down (SHA-256 "
            f"{result.sha256}); later downloads must be the same."
        )
        ctx.report(Note("info", text))
    return Fetched(result.path, stated.licence)


def pretrained_encoder(encoder: str, ctx: JobContext) -> Path | None:
    """The file of pretrained weights for an encoder, downloaded if it is not here yet.

    Args:
        encoder: Its name, for example ``resnet50``, or the name of the entry in the catalogue.
        ctx: Told the progress, and why there are no weights.

    Returns:
        None where none are published for it, or where they cannot be had now (offline, full disk, wrong checksum);
        a note says why.

    Raises:
        JobCancelled: If the user stopped it.
    """
    entries = [e for e in load_catalogue().entries if e.kind == "encoder" and encoder in (e.encoder, e.name)]
    if not entries:
        ctx.report(Note("info", f"There are no pretrained weights for the encoder {encoder}; it starts from scratch."))
        return None
    try:
        return fetch(entries[0], ctx).path
    except UserError as error:
        ctx.report(Note("warning", f"{entries[0].title} cannot be used: {error}"))
        return None
