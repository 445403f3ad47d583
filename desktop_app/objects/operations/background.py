"""Labels in which a number stands for the background: to operations it is no object."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.core.labelling.store import LabelStore


@dataclass(frozen=True, slots=True, eq=False)
class WithoutBackground:
    """Labels in which the background reads as empty, and is never written over.

    What is worked out for empty voxels is not carried out where there is background in truth: changes say what they
    found.

    Attributes:
        labels: With the background.
        background: Its number.
    """

    labels: LabelStore
    background: int

    @property
    def shape(self) -> Index3:
        """(Z, Y, X)."""
        return self.labels.shape

    def read(self, region: Region) -> NDArray[np.uint32]:
        """A copy of the labels of objects in ``region``."""
        found = self.labels.read(region)
        found[found == self.background] = 0
        return found

    def write(self, region: Region, values: NDArray[np.uint32]) -> None:
        """Replace the labels of objects in ``region``."""
        before = self.labels.read(region)
        self.labels.write(region, np.where(before == self.background, before, values))

    def pieces(self) -> list[Region]:
        """As of the labels."""
        return self.labels.pieces()

    def holds(self, piece: Region, ids: NDArray[np.uint32]) -> bool:
        """Whether ``piece`` has voxels of these objects."""
        objects = ids[ids != self.background]
        return bool(objects.size) and self.labels.holds(piece, objects)
