"""Fetching a layer: by download or from a folder, whole and checked, or not at all."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.layers import LayerManifest, ProgramLayerKind
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.core.sizes import megabytes
from desktop_app.io.atomic import make_folder
from desktop_app.io.downloads import download
from desktop_app.io.layers.manifests import (
    SIGNATURE_ENDING,
    manifest_name,
    parse_manifest,
    publisher_key,
    read_manifest,
)
from desktop_app.io.layers.state import layers_folder
from desktop_app.io.layers.store import check_part, require_room, unpack, unpacked
from desktop_app.io.settings import cache_folder
from desktop_app.io.web import is_web_address, small_file

_FETCHING, _CHECKING = 0.6, 0.1  # shares of the way; unpacking is the rest


@dataclass(frozen=True, slots=True)
class LayerOffer:
    """A layer that could be fetched, to be asked about before anything is.

    Attributes:
        manifest: What it is, signed by its publisher.
        source: Address or folder of its parts.
        to_fetch: Bytes that are still to be downloaded.
        free: Bytes free on the disk where it will lie.
        doubt: Why it may be of no use on this computer, in whole sentences; empty for no reason.
    """

    manifest: LayerManifest
    source: str
    to_fetch: int
    free: int
    doubt: str = ""

    def in_words(self) -> str:
        """Sizes, for the question."""
        load = f"{megabytes(self.to_fetch)} to download, " if self.to_fetch else ""
        return f"{load}{megabytes(self.manifest.unpacked)} on the disk ({megabytes(self.free)} are free)"


def look_for_layer(source: str, kind: ProgramLayerKind, ctx: JobContext) -> LayerOffer:
    """Read the signed description of a layer; its parts are not touched.

    Args:
        source: ``https`` address of the folder on a server, or a folder here.
        kind: What is looked for.
        ctx: For cancelling.

    Raises:
        OfflineError: If the server cannot be reached.
        UserError: If there is none, or its signature is wrong.
    """
    key = publisher_key()
    if is_web_address(source):
        manifest = _fetched_manifest(source, kind, key, ctx)
        kept = _downloads(manifest)
        to_fetch = sum(p.size for p in manifest.parts if not (kept / p.name).exists())
    else:
        manifest, to_fetch = read_manifest(Path(source), key, kind), 0
    make_folder(layers_folder())
    return LayerOffer(manifest, source, to_fetch, shutil.disk_usage(layers_folder()).free)


def fetch_layer(offer: LayerOffer, ctx: JobContext) -> Path:
    """Download what is missing, check every part, and unpack the layer; the next start does not use it yet.

    A download that was cut off goes on where it ended; parts are removed once the layer is unpacked. One that is
    unpacked already is not downloaded again.

    Raises:
        OfflineError: If the server cannot be reached.
        UserError: If a part is damaged or the disk too full.
        JobCancelled: When asked to stop; what was downloaded is kept for the next time.
    """
    manifest = offer.manifest
    loading = is_web_address(offer.source)
    folder = _downloads(manifest) if loading else Path(offer.source)
    if (layer := unpacked(manifest)) is None:
        layer = _unpacked_now(offer, folder, ctx)
    if loading:
        shutil.rmtree(folder, ignore_errors=True)
    ctx.report(Note("info", f"{manifest.name} is here ({megabytes(manifest.unpacked)})."))
    return layer


def _unpacked_now(offer: LayerOffer, folder: Path, ctx: JobContext) -> Path:
    """Get the parts into ``folder`` where they are elsewhere, check and unpack them."""
    manifest, done = offer.manifest, 0
    require_room(manifest, offer.to_fetch, layers_folder())
    for part in manifest.parts:
        share = part.size / manifest.packed
        inner = SubContext(ctx, done / manifest.packed * _FETCHING, share * _FETCHING)
        if is_web_address(offer.source):
            download(_address(offer.source, part.name), folder / part.name, inner, sha256=part.sha256)
        done += part.size
    for number, part in enumerate(manifest.parts):
        ctx.report(Progress(_FETCHING + _CHECKING * number / len(manifest.parts), 1, f"Checking {part.name}"))
        check_part(folder / part.name, part.size, part.sha256, ctx)
    rest = SubContext(ctx, _FETCHING + _CHECKING, 1 - _FETCHING - _CHECKING)
    return unpack(manifest, [folder / part.name for part in manifest.parts], rest)


def _fetched_manifest(source: str, kind: ProgramLayerKind, key: bytes, ctx: JobContext) -> LayerManifest:
    address = _address(source, manifest_name(kind))
    data, mark = small_file(address, ctx), small_file(address + SIGNATURE_ENDING, ctx)
    return parse_manifest(data, mark.decode("ascii", "replace"), key, kind)


def _downloads(manifest: LayerManifest) -> Path:
    return cache_folder() / "layers" / manifest.name


def _address(source: str, name: str) -> str:
    return f"{source.rstrip('/')}/{name}"
