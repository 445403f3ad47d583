"""A patch as a training would see it, to look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PatchSample:
    """The middle slice of a patch.

    Attributes:
        image: ``(Y, X) uint8``, ready to show.
        labels: ``(Y, X) uint32`` class numbers, 0 where nothing or unknown.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint32]
