"""Labels of a few slices: what their numbers stand for, told from how they lie.

The convention is that of TRAILMAP (Friedmann et al. 2020, doi 10.1073/pnas.1918465117): 0 not looked at, 1 background,
2 object, 3 artefact, 4 the edge of an object.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from desktop_app.core.config.dataset import DatasetConfig

OBJECT, ARTEFACT, EDGE = 2, 3, 4
"""Values by that convention."""
_MOST_LABELLED = 0.5
"""Of the slices: where more are labelled, empty ones may as well be empty."""
_MOST_UNLABELLED = 0.02
"""Of the voxels of labelled slices: slices that were labelled completely have hardly any 0."""
_MOST_VALUES = 8
"""More numbers are single objects rather than kinds of things."""
_FEWEST_AT_OBJECTS = 0.9
"""Of the voxels of a rim that touch an object; the rest was painted by hand."""


@dataclass(slots=True)
class SliceCounts:
    """What was counted in labels, slice by slice.

    Attributes:
        slices: Slices looked at.
        labelled: Those in which something is labelled.
        unlabelled: Voxels of 0 in those.
        voxels: Voxels by value in those, 0 left out.
        edges: Voxels of the value for edges that touch an object.
    """

    slices: int = 0
    labelled: int = 0
    unlabelled: int = 0
    voxels: dict[int, int] = field(default_factory=dict)
    edges: int = 0

    def add(self, other: SliceCounts) -> None:
        """Count together."""
        self.slices += other.slices
        self.labelled += other.labelled
        self.unlabelled += other.unlabelled
        self.edges += other.edges
        for value, count in other.voxels.items():
            self.voxels[value] = self.voxels.get(value, 0) + count


@dataclass(frozen=True, slots=True)
class SparseLabels:
    """Labels of a few slices, in which 0 means that nobody has looked.

    Attributes:
        background: Value of the background.
        objects: Values to learn, with their names.
        others: Values that count as background, with their names.
        slices: Slices that are labelled, and all slices.
    """

    background: int
    objects: tuple[tuple[int, str], ...]
    others: tuple[tuple[int, str], ...]
    slices: tuple[int, int]

    def meaning(self, dataset: DatasetConfig) -> DatasetConfig:
        """The dataset with what the values stand for."""
        return dataset.model_copy(
            update={
                "kind": "classes",
                "class_values": tuple(value for value, _ in self.objects),
                "class_names": tuple(name for _, name in self.objects),
                "unlabelled": 0,
                "background": self.background,
            }
        )

    def words(self) -> str:
        """What was recognised, in a sentence or two."""
        learned = " and ".join(f"{value} ({name})" for value, name in self.objects)
        rest = "".join(f", {value} is taken for {name.lower()}" for value, name in self.others)
        few, every = self.slices
        return (
            f"Only {few:,} of {every:,} slices are labelled, and these completely: 0 is taken for not labelled, and "
            f"left out of the learning. {self.background} is taken for background{rest}; learned is {learned}."
        )


def recognised(counts: Iterable[SliceCounts]) -> SparseLabels | None:
    """What sparse labels mean; None where the labels do not look like that."""
    total = SliceCounts()
    for one in counts:
        total.add(one)
    inside = sum(total.voxels.values())
    if not inside or total.labelled > _MOST_LABELLED * total.slices:
        return None
    if not 2 <= len(total.voxels) <= _MOST_VALUES or total.unlabelled > _MOST_UNLABELLED * (inside + total.unlabelled):
        return None
    background = max(total.voxels, key=lambda value: total.voxels[value])
    rest = sorted(set(total.voxels) - {background})
    others = []
    if background == 1 and set(rest) <= {OBJECT, ARTEFACT, EDGE} and OBJECT in rest:
        others = [(ARTEFACT, "Artefact")] if ARTEFACT in rest else []
        if EDGE in rest and total.edges >= _FEWEST_AT_OBJECTS * total.voxels[EDGE]:
            others.append((EDGE, "Edge"))
    left = [value for value in rest if value not in dict(others)]
    names = ["Object"] if len(left) == 1 else [f"Class {value}" for value in left]
    objects = tuple(zip(left, names, strict=True))
    return SparseLabels(background, objects, tuple(others), (total.labelled, total.slices))
