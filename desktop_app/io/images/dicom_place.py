"""In which order the slices of a DICOM series lie, and where."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.imaging.volume import Affine
from desktop_app.io.images.dicom_heads import DicomHead
from desktop_app.io.images.scanner_space import affine_of, flipped, place_notes
from desktop_app.io.images.stored_voxels import Stated
from desktop_app.io.images.voxel_sizes import voxel_size

_SAME_MM = 1e-3  # mm: places that differ by less are one; scanners state them to a thousandth
_EVEN = 0.02  # relative: distances that differ by less are equal, as scanners round them


def in_order(heads: list[DicomHead]) -> tuple[int, list[DicomHead], tuple[str, ...]]:
    """How many time points there are, the files by time point and place, and what is odd about them."""
    places = _along_normal(heads)
    if places is None:
        return 1, sorted(heads, key=lambda head: (head.number, head.path.name)), ()
    keyed = sorted(zip(places, heads, strict=True), key=lambda each: (each[0], each[1].number))
    counts = Counter(round(place / _SAME_MM) for place in places)
    times = max(counts.values())
    if times > 1 and set(counts.values()) != {times}:
        ordered = [head for _, head in sorted(keyed, key=lambda each: each[1].number)]
        return 1, ordered, ("Some of its slices lie in the same place; they are shown in the order of their numbers.",)
    ordered = [keyed[i * times + time][1] for time in range(times) for i in range(len(counts))]
    return times, ordered, _gaps(sorted(set(counts)))


def _along_normal(heads: list[DicomHead]) -> list[float] | None:
    """Where each slice lies along the line that stands upright on the first, in mm."""
    first = heads[0].orientation
    if first is None or any(head.position is None or head.orientation is None for head in heads):
        return None
    normal = np.cross(first[:3], first[3:])
    return [float(np.dot(normal, head.position or (0.0, 0.0, 0.0))) for head in heads]


def _gaps(places: list[int]) -> tuple[str, ...]:
    """A sentence where slices are not equally far apart, as where one is missing."""
    steps = np.diff(np.array(places) * _SAME_MM)
    if len(steps) < 2 or float(steps.max()) <= float(np.median(steps)) * (1 + _EVEN):
        return ()
    return (
        f"Its slices are {float(steps.min()):.4g} to {float(steps.max()):.4g} mm apart: some may be missing. They are "
        "shown as if they were equally far apart.",
    )


def stated(heads: list[DicomHead], count: int, notes: tuple[str, ...]) -> Stated:
    """Size and place of the image; ``heads`` are those of its first time point, in order."""
    first = heads[0]
    if first.inverted:
        notes = (*notes, "Low values are meant to be bright in it (MONOCHROME1).")
    if first.spacing is None:
        return Stated(notes=notes)
    step = _step(heads, count)
    distance = float(np.linalg.norm(step)) if step is not None else first.thickness
    size = voxel_size(distance, first.spacing[0], first.spacing[1], "mm")
    affine = _affine(first, step, size)
    return Stated(size, affine, notes=(*notes, *place_notes(affine)))


def _step(heads: list[DicomHead], count: int) -> NDArray[np.float64] | None:
    """From one slice to the next in mm, None where positions do not tell."""
    first, last = heads[0].position, heads[-1].position
    if first is None or last is None or len(heads) < 2 or count < 2:
        return None
    return (np.array(last) - np.array(first)) / (count - 1)


def _affine(head: DicomHead, step: NDArray[np.float64] | None, size: VoxelSize) -> Affine | None:
    if head.position is None or head.orientation is None or head.spacing is None or not size.known:
        return None
    along_rows, along_columns = np.array(head.orientation[:3]), np.array(head.orientation[3:])
    if step is None:
        step = np.cross(along_rows, along_columns) * size.z
    matrix = np.eye(4)
    matrix[:3, :3] = np.column_stack([along_rows * head.spacing[1], along_columns * head.spacing[0], step])
    matrix[:3, 3] = head.position
    return affine_of(flipped(matrix, "LPS"))
