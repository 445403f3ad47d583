"""What an operation would change, as a layer to look at before it is carried out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3, Region
from desktop_app.core.labelling.layers import LabelLayer, LayerKind, LayerLook
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.objects.operations.base import Change

CHANGES = "changes"
"""Key of the layer."""
ADDED, REMOVED, OTHER = 1, 2, 3
"""Voxels that become part of an object, that become empty, that go to another object."""


@dataclass(frozen=True, slots=True, eq=False)
class ChangeMarks:
    """Where changes would change labels, and how: ``ADDED``, ``REMOVED``, ``OTHER``.

    Attributes:
        shape: Of the labels (Z, Y, X).
        changes: What would be done.
    """

    shape: Index3
    changes: tuple[Change, ...]

    def read(self, region: Region) -> NDArray[np.uint32]:
        """What would become of the labels in ``region``; 0 where they stay."""
        found = np.zeros(region.shape, np.uint32)
        for change in self.changes:
            common = region.intersect(change.region)
            if common.empty:
                continue
            kinds = np.zeros(change.region.shape, np.uint32)
            kinds[change.chosen()] = _kinds(change)
            there, here = (
                common.shift((-start[0], -start[1], -start[2])).slices for start in (region.start, change.region.start)
            )
            np.copyto(found[there], kinds[here], where=kinds[here] > 0)
        return found


def changes_layer(shape: Index3, changes: tuple[Change, ...]) -> LabelLayer:
    """The layer; its colours are told apart with any colour vision."""
    # Okabe and Ito 2008: green, vermilion and blue.
    words = {ADDED: ("Added", (0, 158, 115)), REMOVED: ("Removed", (213, 94, 0)), OTHER: ("Other", (86, 180, 233))}
    classes = tuple(LabelClass(value=v, name=name, color=rgb) for v, (name, rgb) in words.items())
    scheme, look = LabelScheme(kind="classes", classes=classes), LayerLook(opacity=0.8)  # over all else; by eye
    return LabelLayer(CHANGES, "What would change", ChangeMarks(shape, changes), LayerKind.MARK, scheme, look)


def in_words(changes: tuple[Change, ...]) -> str:
    """How much would change: “3 objects: 120 voxels added, 40 removed”."""
    counts, numbers = np.zeros(OTHER + 1, np.int64), set()
    for change in changes:
        counts += np.bincount(_kinds(change), minlength=OTHER + 1)
        numbers |= set(np.unique(change.before).tolist()) | set(np.unique(change.after).tolist())
    parts = [
        f"{count:,} {word}"
        for word, count in (
            ("added", counts[ADDED]),
            ("removed", counts[REMOVED]),
            ("to another number", counts[OTHER]),
        )
        if count
    ]
    objects = len(numbers - {0})
    return f"{objects:,} object{'s' if objects != 1 else ''}, voxels: {', '.join(parts)}" if parts else ""


def _kinds(change: Change) -> NDArray[np.intp]:
    kinds = np.where(change.before == 0, ADDED, np.where(change.after == 0, REMOVED, OTHER))
    return np.where(change.before == change.after, 0, kinds)
