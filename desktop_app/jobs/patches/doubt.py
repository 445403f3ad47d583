"""How unsure a model is of a place: what it hardly decides teaches it most."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from desktop_app.core.imaging import Plane, Volume
from desktop_app.core.imaging.patch_places import PatchPlace
from desktop_app.core.job import JobContext, QuietContext
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.jobs.batch.preview import PreviewSession


class Doubt:
    """Looks at places with a model.

    Args:
        model: Path of the model.

    Raises:
        UserError: If it cannot be used.
    """

    def __init__(self, model: Path) -> None:
        self._session = PreviewSession(model)

    @property
    def planes(self) -> tuple[Plane, ...]:
        """The planes whose slices the model sees."""
        card = self._session.card
        every = card.dimensions == 3 or bool(RECIPES[card.recipe].plane_parameter)
        return tuple(Plane) if every else (Plane.XY,)

    def of(self, volume: Volume, place: PatchPlace, ctx: JobContext) -> float:
        """0 where the model is sure of every voxel, 1 where it is of none.

        The mean of 4 p (1 - p), the variance of what it says, as its own wish for labels (B. Settles, Active learning
        literature survey, 2009, 2.1: uncertainty sampling).

        Raises:
            UserError: If the image does not fit the model.
        """
        parameter = RECIPES[self._session.card.recipe].plane_parameter
        seen = {parameter: place.plane.value} if parameter else {}
        maps = self._session.predict(volume, place.region, "auto", QuietContext(ctx), seen)
        likely = self._session.looked_at(maps)[1].astype(np.float64)
        return float(np.mean(4 * likely * (1 - likely)))
