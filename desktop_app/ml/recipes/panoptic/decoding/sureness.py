"""How sure the network was of the pixels of a stack, kept coarsely: a mean over an object does not feel the difference.

A byte for each cell of the coarse maps is a sixteenth of a byte a voxel, while the probabilities pass by only once.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Plane, Region
from desktop_app.io.atomic import writing
from desktop_app.io.scratch import roomy_array
from desktop_app.ml.recipes.panoptic.maps import SURE_STEPS, across, in_order


class Sureness:
    """Written slice by slice, read box by box.

    Args:
        plane: In which slices the stack is looked at.
        shape: Number of slices, and rows and columns of their cells.
        step: Pixels from one cell to the next.
        most_bytes: Memory that it may take; more lies in a file.
        folder: Of that file; None takes the system's temporary folder.
        lasting: A file that stays, and whose slices a later run goes on with; None for none.
    """

    def __init__(
        self, plane: Plane, shape: Index3, step: int, most_bytes: int, folder: Path | None, lasting: Path | None = None
    ) -> None:
        self._plane, self._shape, self._step, self._lasting = plane, shape, step, lasting
        if lasting is None:
            self._array = roomy_array(shape, np.uint8, most_bytes, ".sure", folder)
        else:
            with writing(lasting):
                lasting.touch()

    def write(self, number: int, sure: NDArray[np.uint8]) -> None:
        """Take a slice (h, w).

        Raises:
            UnwritableFileError: If the disk is full.
        """
        if self._lasting is None:
            self._array.write(self._slices(number, number + 1), sure[None])
            return
        with writing(self._lasting), self._lasting.open("r+b") as file:
            file.seek(number * sure.size)
            file.write(sure.tobytes())

    def read(self, region: Region) -> NDArray[np.float32]:
        """How likely the likeliest class of each voxel in a box is: (Z, Y, X), 0 to 1."""
        (first, top, left), (last, bottom, right) = (
            in_order(region.start, self._plane),
            in_order(region.stop, self._plane),
        )
        cells = self._read(first, last)
        rows, columns = np.arange(top, bottom) // self._step, np.arange(left, right) // self._step
        fine = cells[:, rows][:, :, columns].astype(np.float32) / SURE_STEPS
        return np.ascontiguousarray(across(fine, self._plane))

    def close(self) -> None:
        """Give memory and file back, unless the file is to stay."""
        if self._lasting is None:
            self._array.close()

    def _read(self, first: int, last: int) -> NDArray[np.uint8]:
        if self._lasting is None:
            return np.asarray(self._array.read(self._slices(first, last)))
        _, rows, columns = self._shape
        count = (last - first) * rows * columns
        found = np.fromfile(self._lasting, np.uint8, count, offset=first * rows * columns)
        return found.reshape(last - first, rows, columns)

    def _slices(self, first: int, last: int) -> Region:
        return Region((first, 0, 0), (last, *self._shape[1:]))
