"""What is drawn over the labels for a moment: objects that are chosen, and what an operation would change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.label_colors import Rgb
from desktop_app.core.imaging.region import Index3, Region
from desktop_app.core.labelling.layers import LabelLayer, LabelReader, LabelStyle, LayerKind, LayerLook
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme

CHOSEN = "chosen"
"""Key of the layer that outlines the chosen objects."""
CHOSEN_COLOR: Rgb = (255, 255, 255)
"""No colour of a label: the tables of colours hold no white."""
_FEW = 4  # as many comparisons take about as long as one search
_TURNS = 7  # values in turn, so that chosen objects that touch are mostly told apart; all are drawn white


@dataclass(frozen=True, slots=True, eq=False)
class ChosenLabels:
    """Some objects of other labels; all else is empty.

    Attributes:
        labels: All objects.
        ids: The chosen ones, ascending.
    """

    labels: LabelReader
    ids: NDArray[np.uint32]

    @property
    def shape(self) -> Index3:
        """(Z, Y, X)."""
        return self.labels.shape

    def read(self, region: Region) -> NDArray[np.uint32]:
        """1 to 7 in turn where a chosen object is."""
        found = self.labels.read(region)
        if not self.ids.size:
            return np.zeros_like(found)
        if self.ids.size <= _FEW:  # several times faster than a search
            return sum((np.where(found == n, np.uint32(i % _TURNS + 1), 0) for i, n in enumerate(self.ids)), found * 0)
        place = np.minimum(np.searchsorted(self.ids, found), self.ids.size - 1)
        return np.where(self.ids[place] == found, place % _TURNS + 1, 0).astype(np.uint32)


def chosen_layer(labels: LabelReader, numbers: Iterable[int]) -> LabelLayer:
    """The layer that outlines some objects."""
    ids = np.unique(np.fromiter(numbers, np.uint32))
    classes = tuple(
        LabelClass(value=value, name=f"Chosen {value}", color=CHOSEN_COLOR) for value in range(1, _TURNS + 1)
    )
    scheme = LabelScheme(kind="classes", classes=classes)
    look = LayerLook(style=LabelStyle.CONTOUR, opacity=1.0)
    return LabelLayer(CHOSEN, "Chosen objects", ChosenLabels(labels, ids), LayerKind.MARK, scheme, look)
