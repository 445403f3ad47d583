"""What of labels a training learns, and what it takes for background."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray


def values_of(labels: NDArray[Any], divisor: int | None, unknown: int | None) -> NDArray[Any]:
    """Class values of labels that also number the objects of each class (value = class * divisor + number).

    Args:
        labels: Of any shape.
        divisor: None where they number no objects: they are class values themselves.
        unknown: Label of unknown voxels, which stays; None if there are none.
    """
    if divisor is None:
        return labels
    values = labels // np.uint32(divisor)  # which may be more than the type of the labels holds
    return values if unknown is None else np.where(labels == unknown, unknown, values)


def learned_alone(
    labels: NDArray[Any], values: NDArray[Any], classes: Collection[int] | None, others: Collection[int | None]
) -> NDArray[np.uint32]:
    """Labels of what is learned alone: all others become 0.

    Args:
        labels: Of any shape.
        values: Their class values, of the same shape.
        classes: Values that are learned; None for all but 0.
        others: Values that mean background or unknown; None among them means none.
    """
    kept = labels > 0 if classes is None else np.isin(values, list(classes))
    kept &= ~np.isin(values, [value for value in others if value is not None])
    return np.where(kept, labels, 0).astype(np.uint32)
