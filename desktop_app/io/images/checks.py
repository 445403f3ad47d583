"""What is odd about an image that can still be used."""

from __future__ import annotations

import numpy as np

from desktop_app.core.imaging import Region, Volume, VoxelSize

_NOT_FINITE = "are not numbers (NaN) or infinite; they count as black."
_LONGEST_EDGE = 2048  # px read for a look at the values: 4 million pixels, a moment


def not_finite_notes(volume: Volume) -> tuple[str, ...]:
    """A sentence where a float image holds NaN or infinities, judged by its first, middle and last slice.

    All slices are looked at when a training or a prediction reads them; on opening that could take minutes.
    """
    if volume.dtype.kind != "f":
        return ()
    slices, rows, columns = volume.shape
    top, left = max(0, rows - _LONGEST_EDGE) // 2, max(0, columns - _LONGEST_EDGE) // 2
    bottom, right = min(rows, top + _LONGEST_EDGE), min(columns, left + _LONGEST_EDGE)
    odd = total = 0
    looked_at = sorted({0, slices // 2, slices - 1})
    for z in looked_at:
        for channel in range(volume.channels):
            picture = volume.read(Region((z, top, left), (z + 1, bottom, right)), channel)
            odd += picture.size - int(np.count_nonzero(np.isfinite(picture)))
            total += picture.size
    if odd == 0:
        return ()
    share = f"{odd / total:.2%}" if odd / total >= 1e-4 else "a few"  # 0.01 % is the least that two decimals show
    where = f" in {len(looked_at)} of its {slices:,} slices" if slices > len(looked_at) else ""
    return (f"{share} of the grey values looked at{where} {_NOT_FINITE}",)


def tells_not_finite(volume: Volume) -> bool:
    """Whether the notes of an image say already that it holds NaN or infinities."""
    return any(note.endswith(_NOT_FINITE) for note in volume.notes)


def impossible_size_notes(size: VoxelSize) -> tuple[str, ...]:
    """A sentence where a file states a voxel that cannot be: none is then taken."""
    if not size.known or size.plausible:
        return ()
    return (f"The file states a voxel of {size.describe()}, which cannot be; it counts as not stated.",)
