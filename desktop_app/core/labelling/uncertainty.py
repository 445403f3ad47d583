"""How uncertain voxels are, drawn in three steps: of a preview, and of the file beside a result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.layers import LayerLook, VolumeLabels
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme

TITLE = "Uncertainty"
"""Of such a layer."""
LOOK = LayerLook(opacity=0.6)
"""Steps of colour are told apart, and the image is still seen below, by eye."""
COLORS_IN_WORDS = "pale yellow from 10 % of the largest disagreement on, orange from 20 %, red from 40 %"
_LEVELS = (
    (10, "10 % or more", (253, 224, 130)),
    (20, "20 % or more", (240, 140, 60)),
    (40, "40 % or more", (200, 30, 60)),
)
"""From percent on: what is below the first is not drawn; that it grows darker and redder is read by most eyes."""


def uncertainty_steps(percent: NDArray[np.unsignedinteger]) -> NDArray[np.uint32]:
    """Percent of the largest spread ``(Z, Y, X)`` in three steps from 1; 0 is not drawn."""
    return np.searchsorted([low for low, _, _ in _LEVELS], percent, side="right").astype(np.uint32)


def uncertainty_scheme() -> LabelScheme:
    """Name and colour of each step."""
    classes = tuple(LabelClass(value=n, name=name, color=color) for n, (_, name, color) in enumerate(_LEVELS, start=1))
    return LabelScheme(kind="classes", classes=classes)


@dataclass(frozen=True, slots=True, eq=False)
class UncertaintyLabels(VolumeLabels):
    """The steps of a file that holds percent, 0 to 100."""

    def at_time(self, time: int) -> UncertaintyLabels:
        """Those of another time point."""
        return UncertaintyLabels(VolumeLabels.at_time(self, time).volume)

    def read(self, region: Region) -> NDArray[np.uint32]:
        """The steps in ``region``.

        Raises:
            UnreadableFileError: If the file is damaged, or holds what is no percent.
        """
        return uncertainty_steps(VolumeLabels.read(self, region))
