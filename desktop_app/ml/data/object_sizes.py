"""How large the objects of labels are, as far as decoding wants to know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from desktop_app.ml.data.images import TrainingImage, label_slices


def object_sizes(sources: Sequence[TrainingImage], ignored: set[int], *, flat: bool) -> NDArray[np.int64]:
    """Voxels of each object of the labels, or with ``flat`` of each cross-section.

    Images in which all objects have one number (plain masks) say nothing about sizes and are passed over.
    """
    sizes: list[NDArray[np.int64]] = []
    for source in sources:
        total: dict[int, int] = {}
        sections: list[int] = []
        for _, picture in label_slices(source, source.region.shape[0]):
            ids, counts = np.unique(picture, return_counts=True)
            pairs = [(int(i), int(n)) for i, n in zip(ids, counts, strict=True) if i != 0 and int(i) not in ignored]
            sections.extend(count for _, count in pairs)
            for label, count in pairs:
                total[label] = total.get(label, 0) + count
        if len(total) > 1:
            sizes.append(np.array(sections if flat else list(total.values()), np.int64))
    return np.concatenate(sizes) if sizes else np.zeros(0, np.int64)


def small_and_usual(sizes: NDArray[np.int64]) -> tuple[int, int] | None:
    """Size of a small (5th percentile) and of a usual (median) object; None if there are none."""
    if not sizes.size:
        return None
    small, usual = np.percentile(sizes, (5, 50))  # percent
    return int(small), int(usual)
