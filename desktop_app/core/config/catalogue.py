"""Models and weights that others published, and where to get them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from desktop_app.core.config.base import Parameters

SCHEMA_VERSION: Literal[1] = 1  # of the file; counts up when an older program could not read it


class PublishedNorms(Parameters):
    """Mean and standard deviation of the grey values that a model was trained with, as shares of their range."""

    mean: float = Field(ge=0, le=1)
    std: float = Field(gt=0, le=1)


class CatalogueEntry(Parameters):
    """One published file.

    Attributes:
        name: Key on the command line.
        title: Shown to the user.
        kind: A model that finds objects, or an encoder to begin a training with.
        summary: One or two sentences: what it finds, where it is right.
        url: Address of the file.
        page: Address of the page about it, where its licence stands.
        record: Address of the archive's record as JSON, which states checksum and licence; empty where there is none.
        member: Name of the weights in the file, where that is an archive.
        sha256: Checksum as its publisher states it; None where it is not known to this version.
        size: Bytes, about; None where it is not known.
        licence: What its publisher allows.
        citation: What to cite.
        citation_url: Where the citation leads.
        class_names: Names of its classes, from class 1.
        stuff: Names of those classes that have no objects.
        norms: Grey values that it expects.
        divisor: Edges of its input are multiples of this.
        centre_distance: Size of the neighbourhood in which a centre must be the strongest, in cells of 4 px.
        encoder: The encoder that the weights fit, for entries of that kind.
    """

    name: str = Field(min_length=1, pattern=r"^[\w.-]+$")
    title: str = Field(min_length=1)
    kind: Literal["model", "encoder"]
    summary: str = ""
    url: str
    page: str
    record: str = ""
    member: str = ""
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    size: int | None = Field(default=None, ge=1)
    licence: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    citation_url: str = ""
    class_names: tuple[str, ...] = ()
    stuff: tuple[str, ...] = ()
    norms: PublishedNorms | None = None
    divisor: int | None = Field(default=None, ge=1)
    centre_distance: int = Field(default=3, ge=1)
    encoder: str = ""

    @field_validator("url", "page", "record", "citation_url")
    @classmethod
    def _secure(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://127.0.0.1:")):
            raise ValueError("the address must begin with https://")
        return value

    @property
    def whole_citation(self) -> str:
        """What to cite, with where it leads."""
        return f"{self.citation} {self.citation_url}".strip()

    @property
    def file_name(self) -> str:
        """The name of the file, without the address in front."""
        return self.url.partition("?")[0].rpartition("/")[2]


class Catalogue(Parameters):
    """All published files that the program knows."""

    schema_version: Literal[1] = SCHEMA_VERSION
    entries: tuple[CatalogueEntry, ...]

    def entry(self, name: str) -> CatalogueEntry | None:
        """The entry of that name, whatever its capitals."""
        return next((e for e in self.entries if e.name.lower() == name.lower()), None)
