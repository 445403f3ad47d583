"""What is drawn over the labels for a moment: objects that are chosen, and what an operation would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.label_colors import Rgb
from desktop_app.core.imaging.region import Index3, Region
from desktop_app.core.labelling.layers import LabelLayer, LabelReader, LabelStyle, LayerKind, LayerLook
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme

BY_CLASS = "by class"
"""Key of the layer that shows the classes of objects."""
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


@dataclass(frozen=True, slots=True, eq=False)
class LabelsByClass:
    """The class of each object instead of its number.

    Attributes:
        labels: All objects.
        ids: Those that are not of the usual class, ascending.
        values: Their classes.
        usual: The class of all others.
    """

    labels: LabelReader
    ids: NDArray[np.uint32]
    values: NDArray[np.uint32]
    usual: int

    @property
    def shape(self) -> Index3:
        """(Z, Y, X)."""
        return self.labels.shape

    def read(self, region: Region) -> NDArray[np.uint32]:
        """Class numbers."""
        found = self.labels.read(region)
        classes = np.where(found > 0, np.uint32(self.usual), np.uint32(0))
        if not self.ids.size:
            return classes
        place = np.minimum(np.searchsorted(self.ids, found), self.ids.size - 1)
        return np.where(self.ids[place] == found, self.values[place], classes).astype(np.uint32)


def class_layer(labels: LabelReader, classes: Mapping[int, int], scheme: LabelScheme) -> LabelLayer:
    """The layer that shows objects in the colours of their classes.

    Args:
        labels: The objects.
        classes: The class of objects that are not of the usual one.
        scheme: The classes.
    """
    known = {c.value for c in scheme.classes}
    ids = np.array(sorted(n for n, value in classes.items() if value in known), np.uint32)
    values = np.array([classes[n] for n in ids.tolist()], np.uint32)
    shown = scheme.model_copy(update={"kind": "classes"})
    store = LabelsByClass(labels, ids, values, scheme.usual.value)
    hidden = frozenset(c.value for c in scheme.classes if c.hidden)
    return LabelLayer(BY_CLASS, "Classes of objects", store, LayerKind.MARK, shown, LayerLook(opacity=1.0), hidden)


def chosen_layer(labels: LabelReader, numbers: Iterable[int]) -> LabelLayer:
    """The layer that outlines some objects."""
    ids = np.unique(np.fromiter(numbers, np.uint32))
    classes = tuple(
        LabelClass(value=value, name=f"Chosen {value}", color=CHOSEN_COLOR) for value in range(1, _TURNS + 1)
    )
    scheme = LabelScheme(kind="classes", classes=classes)
    look = LayerLook(style=LabelStyle.CONTOUR, opacity=1.0)
    return LabelLayer(CHOSEN, "Chosen objects", ChosenLabels(labels, ids), LayerKind.MARK, scheme, look)
