"""What is odd about an image that can still be used."""

from __future__ import annotations

import numpy as np

from desktop_app.core.imaging import Region, Volume


def not_finite_notes(volume: Volume) -> tuple[str, ...]:
    """A sentence where a float image holds NaN or infinities, judged by its first, middle and last slice."""
    if volume.dtype.kind != "f":
        return ()
    slices = volume.shape[0]
    odd = total = 0
    for z in sorted({0, slices // 2, slices - 1}):
        for channel in range(volume.channels):
            picture = volume.read(Region((z, 0, 0), (z + 1, *volume.shape[1:])), channel)
            odd += picture.size - int(np.count_nonzero(np.isfinite(picture)))
            total += picture.size
    if odd == 0:
        return ()
    share = f"{odd / total:.2%}" if odd / total >= 1e-4 else "a few"
    return (f"{share} of the grey values looked at are not numbers (NaN) or infinite; they are shown black.",)
