"""What the axes of an NRRD file are, and where the image lies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.imaging.volume import Affine
from desktop_app.core.json_text import parse_json
from desktop_app.io.images.nrrd_header import NrrdHeader
from desktop_app.io.images.scanner_space import affine_of, flipped, place_notes
from desktop_app.io.images.stored_voxels import Stated
from desktop_app.io.images.voxel_sizes import voxel_size

CHANNEL_NAMES = "channel names"
"""The key under which names of channels are written, as JSON; the format has no field for them."""
_SPACES = {
    "right-anterior-superior": "RAS", "ras": "RAS", "left-anterior-superior": "LAS", "las": "LAS",
    "left-posterior-superior": "LPS", "lps": "LPS",
}  # fmt: skip
_COLORS = ("rgb-color", "rgba-color", "3-color", "4-color")
_LISTS = ("list", "vector", "point", "covariant-vector", "normal", "scalar")
_SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3}  # by definition


@dataclass(frozen=True, slots=True)
class NrrdSpace:
    """How the array of a file is to be read.

    Attributes:
        axes: A letter for each axis, the slowest first.
        rgb: Whether the samples are colours.
        stated: What the file says of size, place and names.
    """

    axes: str
    rgb: bool
    stated: Stated


def axes_and_place(header: NrrdHeader) -> NrrdSpace:
    """Letters, size and place from the fields of a header; what is missing there is guessed as other programs do."""
    letters, rgb = _letters(header)
    spatial = [i for i, letter in enumerate(letters) if letter in "XYZ"]
    size, affine, notes = _place(header, spatial)
    names = _names(header)
    stated = Stated(size, affine, names, _time_step(header, letters), (*notes, *place_notes(affine)))
    return NrrdSpace("".join(letters[::-1]), rgb, stated)


def _letters(header: NrrdHeader) -> tuple[list[str], bool]:
    """A letter for each axis, the fastest first, and whether pixels are colours."""
    kinds = [kind.lower() for kind in header.words("kinds")] or [""] * len(header.sizes)
    directions = header.vectors("space directions")
    letters, free, rgb = [], list("XYZ"), False
    for i, kind in enumerate(kinds):
        apart = len(directions) == len(kinds) and directions[i] is None and kind not in ("domain", "space")
        if kind in _COLORS:
            letters.append("S")
            rgb = True
        elif kind == "time":
            letters.append("T")
        elif kind in _LISTS or apart:
            letters.append("C")
        else:
            letters.append(free.pop(0) if free else "Q")
    return letters, rgb


def _place(header: NrrdHeader, spatial: list[int]) -> tuple[VoxelSize, Affine | None, tuple[str, ...]]:
    directions = header.vectors("space directions")
    vectors = [directions[i] for i in spatial] if len(directions) == len(header.sizes) else []
    known = [v for v in vectors if v is not None and all(math.isfinite(n) for n in v) and any(v)]
    if len(known) != len(spatial) or not known:
        if vectors:
            return _from_spacings(header, spatial), None, ("What it says of its voxel size makes no sense.",)
        return _from_spacings(header, spatial), None, ()
    unit = _space_unit(header)
    edges = [math.hypot(*vector) for vector in known]
    size = _size(edges, unit or "mm") if unit or header.fields.get("space") else _size(edges, "")
    space = _SPACES.get(header.fields.get("space", "").lower())
    if space is None or len(known) != 3 or any(len(v) != 3 for v in known) or not size.known:
        return size, None, ()
    factor = size.converted("mm").x / edges[0]
    return size, affine_of(flipped(_matrix(header, known) * _scaling(factor), space)), ()


def _matrix(header: NrrdHeader, vectors: list[tuple[float, ...]]) -> NDArray[np.float64]:
    origin = next(iter(header.vectors("space origin")), None)
    matrix = np.eye(4)
    matrix[:3, :3] = np.transpose(vectors)
    matrix[:3, 3] = origin if origin is not None and len(origin) == 3 else (0, 0, 0)
    return matrix


def _scaling(factor: float) -> NDArray[np.float64]:
    """What a matrix in another unit is multiplied with, number by number."""
    return np.vstack([np.full((3, 4), factor), [[0, 0, 0, 1]]])


def _space_unit(header: NrrdHeader) -> str:
    text = header.fields.get("space units", "")
    found = text.split('"')[1::2] or text.split()
    return found[0] if found else ""


def _from_spacings(header: NrrdHeader, spatial: list[int]) -> VoxelSize:
    spacings, units = header.numbers("spacings"), header.words("units")
    if not spacings:
        return VoxelSize.unknown()
    unit = units[spatial[0]] if units else ""
    return _size([abs(spacings[i]) for i in spatial], unit)


def _size(edges: list[float], unit: str) -> VoxelSize:
    """Edges (x, y, and perhaps z) as a voxel size."""
    x, y, z = (*edges, None)[:3] if len(edges) < 3 else edges[:3]  # pictures have two
    return voxel_size(z, y, x, unit) if y is not None and x is not None else VoxelSize.unknown()


def _time_step(header: NrrdHeader, letters: list[str]) -> float | None:
    spacings, units = header.numbers("spacings"), header.words("units")
    if "T" not in letters or not spacings or not units:
        return None
    step = spacings[letters.index("T")] * _SECONDS.get(units[letters.index("T")].strip().lower(), 0.0)
    return step if math.isfinite(step) and step > 0 else None


def _names(header: NrrdHeader) -> tuple[str, ...]:
    try:
        names = parse_json(header.pairs.get(CHANNEL_NAMES, "[]"))
    except ValueError:
        return ()
    return tuple(str(name) for name in names) if isinstance(names, list) else ()
