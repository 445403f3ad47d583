"""What Micro-Manager says of its pictures, beside those that there are.

Micro-Manager's TIFF files (“stacks”) carry a summary and an index of their own pictures; the newer NDTiff has one index
for all files of a folder.
"""

from __future__ import annotations

import math
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
import tifffile

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.ome_description import outside_of_folder

_AXES = ("Channels", "Slices", "Frames", "Positions")  # in the order of the index of pictures
_INDEX = "NDTiff.index"
_PROMISED, _MOST_MISSING = 10_000, 100
"""So many pictures may always be missing, and of more so many times as many as there are: a recording that was stopped
lacks some of them, hardly ever 99 of 100."""


def require_recorded(path: Path, tif: tifffile.TiffFile) -> None:
    """What a file promises is not believed without end, and files elsewhere are not opened.

    The library makes a list of all pictures that are promised before it looks for them.

    Args:
        path: The file.
        tif: As it was opened.

    Raises:
        UnreadableFileError: If far more pictures are promised than there can be, or its index tells of files outside
            of its folder.
    """
    told = tif.micromanager_metadata or {}
    index, summary = told.get("IndexMap"), told.get("Summary")
    if index is not None and len(index) and isinstance(summary, dict):
        _require_stack(path, index, summary)
    elif tif.is_ndtiff:
        _require_ndtiff(path)


def _require_stack(path: Path, index: np.ndarray[Any, Any], summary: dict[str, Any]) -> None:
    files = len(list(path.parent.glob("*_MMStack*.tif")))
    first, last = (end(index[:, : len(_AXES)], axis=0).tolist() for end in (np.min, np.max))
    promised = math.prod(b - a + 1 for a, b in zip(first, last, strict=True))
    if files > 1:
        promised = math.prod(max(b + 1, _count(summary.get(name))) for b, name in zip(last, _AXES, strict=True))
    _require_possible(path, promised, len(index) * max(1, files))


def _require_ndtiff(path: Path) -> None:
    listed = path.with_name(_INDEX)
    _require_file(path, _INDEX)
    places: dict[str, set[int | str]] = {}
    names, count = set(), 0
    for axes, name, *_ in tifffile.read_ndtiff_index(listed):
        names.add(name)
        count += 1
        for axis, place in axes.items():
            places.setdefault(axis, set()).add(place)
    for name in names:
        if len(PureWindowsPath(name).parts) != 1:
            raise outside_of_folder(path, name)
        _require_file(path, name)
    _require_possible(path, math.prod(map(_length, places.values())), count)


def _require_file(path: Path, name: str) -> None:
    if not path.with_name(name).is_file():
        raise UnreadableFileError(
            path, f"{name}, which it belongs together with, is not there or no file.",
            hint="Put all files of this image into one folder.",
        )  # fmt: skip


def _length(places: set[int | str]) -> int:
    """Of an axis: from the first to the last place, or how many names it has."""
    numbers = [place for place in places if isinstance(place, int)]
    return max(numbers) - min(numbers) + 1 if len(numbers) == len(places) else len(places)


def _require_possible(path: Path, promised: int, there: int) -> None:
    if promised > max(_PROMISED, _MOST_MISSING * there):
        raise UnreadableFileError(
            path, f"it promises {promised:,} pictures, and its files hold {there:,}.", hint="Copy all of them again."
        )


def _count(told: Any) -> int:
    try:
        return int(told)
    except (TypeError, ValueError):
        return 1
