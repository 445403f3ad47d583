"""Zarr arrays without OME metadata: alone, or many in groups."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import zarr

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.plain_attributes import DescribedArray, described
from desktop_app.io.images.usual_names import likeliest

_DEEPEST = 4  # levels of groups that are looked through


def bare_arrays(path: Path, node: Any) -> dict[str, zarr.Array[Any]]:
    """The arrays that may be images, by name, the likeliest first.

    Args:
        path: The folder, for the error.
        node: What lies in it.

    Raises:
        UnreadableFileError: If there is none.
    """
    if isinstance(node, zarr.Array):
        return {"": node}
    if not node.store.supports_listing:
        raise UnreadableFileError(path, "there is no OME-Zarr image at its address.", hint="Give that of one image.")
    members = ((name, array) for name, array in node.members(max_depth=_DEEPEST) if isinstance(array, zarr.Array))
    found = [(name, a) for name, a in members if a.ndim >= 2 and a.dtype.kind in "buif" and 0 not in a.shape]
    if not found:
        raise UnreadableFileError(
            path, "there is no image in this Zarr folder.", hint="Choose the folder of one image."
        )
    return dict(sorted(found, key=lambda pair: likeliest(pair[0], math.prod(pair[1].shape))))


def bare_description(node: Any, name: str, array: zarr.Array[Any]) -> DescribedArray:
    """Axes and voxel size of an array, from its own attributes and those of the groups around it."""
    around: dict[str, Any] = {}
    if name:
        parts = name.split("/")
        groups = [node, *(node.get("/".join(parts[:i])) for i in range(1, len(parts)))]
        for group in groups:
            around |= dict(group.attrs) if group is not None else {}
    names = getattr(array.metadata, "dimension_names", None)
    named: Mapping[str, Any] = {"dimension_names": list(names)} if names and all(names) else {}
    return described({**around, **dict(array.attrs), **named}, array.ndim, innermost_first=False)
