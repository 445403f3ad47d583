"""Where OME-Zarr images lie: in a folder or at a web address, alone, in groups, or as the fields of a plate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import zarr

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.web_links import WEB_ENDING, address_of
from desktop_app.io.images.zarr_decoding import use_bounded_pipeline
from desktop_app.io.images.zarr_files import OrdinaryFiles
from desktop_app.io.natural_order import natural_key

_MOST_WELLS = 1536  # of the largest plate that there is (ANSI SLAS 4)
_MOST_SERIES = 1000  # images of one conversion that are looked for at a web address, which lists nothing


def opened(path: Path) -> Any:
    """The Zarr group or array in a folder, or at the address that a file names.

    Raises:
        UnreadableFileError: If there is neither.
    """
    use_bounded_pipeline()
    if path.name.lower().endswith(WEB_ENDING):
        from desktop_app.io.images.web_store import WebStore

        store = WebStore(path, address_of(path))
        try:
            return zarr.open(store=store, mode="r")
        except FileNotFoundError as error:
            raise UnreadableFileError(
                path, "there is no OME-Zarr image at its address.", hint="Check the address in a browser.",
                what=store.address,
            ) from error  # fmt: skip
    if not path.is_dir():
        reason = "it is a file, not an OME-Zarr folder." if path.exists() else "there is no such folder."
        raise UnreadableFileError(path, reason, hint="Was it moved, or is it still packed?")
    return zarr.open(store=OrdinaryFiles(path, read_only=True), mode="r")


def image_groups(node: Any) -> dict[str, zarr.Group]:
    """By name the groups with an OME image: the node itself, or those in it, also the fields of a plate."""
    if isinstance(node, zarr.Array):
        return {}
    if _is_image(node):
        return {"": node}
    found = {}
    for name in sorted(_inner_groups(node), key=natural_key):
        group = node.get(name)
        if isinstance(group, zarr.Group) and _is_image(group):
            found[name] = group
    return found


def ome_attributes(group: zarr.Group) -> dict[str, Any]:
    """The OME metadata of a group: below ``ome`` in version 0.5, at the top in 0.4."""
    attributes = dict(group.attrs)
    inner = attributes.get("ome")
    return dict(inner) if isinstance(inner, Mapping) else attributes


def _is_image(group: zarr.Group) -> bool:
    scales = ome_attributes(group).get("multiscales")
    return isinstance(scales, list) and bool(scales)


def _inner_groups(node: zarr.Group) -> list[str]:
    """Paths of what may be an image inside: the fields of the wells of a plate, or all groups."""
    plate = ome_attributes(node).get("plate")
    wells = plate.get("wells") if isinstance(plate, Mapping) else None
    if not isinstance(wells, list):
        return list(_names(node))
    paths = [str(well["path"]) for well in wells if isinstance(well, Mapping) and well.get("path")]
    found = []
    for path in paths[:_MOST_WELLS]:
        well = node.get(path)
        found += [f"{path}/{name}" for name in _fields(well)] if isinstance(well, zarr.Group) else []
    return found


def _fields(well: zarr.Group) -> list[str]:
    told = ome_attributes(well).get("well")
    images = told.get("images") if isinstance(told, Mapping) else None
    if isinstance(images, list):
        return [str(image["path"]) for image in images if isinstance(image, Mapping) and image.get("path")]
    return list(_names(well))


def _names(node: zarr.Group) -> Iterator[str]:
    """Names of the groups in a group; where they cannot be listed, those that bioformats2raw gives: 0, 1, …"""
    if node.store.supports_listing:
        yield from (name for name, _ in node.groups())
        return
    for number in range(_MOST_SERIES):
        if node.get(str(number)) is None:
            return
        yield str(number)
