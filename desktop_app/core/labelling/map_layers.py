"""What a network says of each voxel, in steps that are drawn as labels: to look at, never to be kept as labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.labelling.scheme import LabelScheme


@dataclass(frozen=True, slots=True)
class MapLayer:
    """A map of a part of an image.

    Attributes:
        key: Unique among the maps of a model.
        title: Shown to the user.
        labels: ``(Z, Y, X) uint32``: numbers of steps from 1; 0 is not drawn.
        scheme: Name and colour of each step.
    """

    key: str
    title: str
    labels: NDArray[np.uint32]
    scheme: LabelScheme
