"""Proposals by a model of this program: its objects are a start, its maps are the picture that clicks spread over."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.model_card import ModelCard, require_channels
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.imaging.region import Index3
from desktop_app.core.job import JobContext, RecordingContext
from desktop_app.core.labelling.assisting import Answer, Asked
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.io.models import load_card
from desktop_app.jobs.assistants.replayed import ReplayedClicks
from desktop_app.jobs.batch.preview import PreviewSession
from desktop_app.jobs.models.library import list_models

_REACH_PX = 128  # around the first click, as the click tool looks at first; 256² take most networks 0.1 s
_SLICES = 8  # seen at once while an object is followed: a network of volumes costs hardly more for them than for one
_PARTS = 32  # kept: slices of an object that is followed, and a window or two; 256² each


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What the model says of a box.

    Attributes:
        region: The box.
        labels: (Z, Y, X) uint32, objects of it.
        likely: (Z, Y, X) float32, 0 to 1: how likely a voxel belongs to something.
    """

    region: Region
    labels: NDArray[np.uint32]
    likely: NDArray[np.float32]


class ModelAssistant:
    """Proposes the object that the model sees under a click; further clicks spread over what it says of the voxels.

    Args:
        path: The model.
        volume: The image.
        device: Where to compute.

    Raises:
        UserError: If the model cannot be used, or does not fit the image.
    """

    def __init__(self, path: Path, volume: Volume, device: str = "auto") -> None:
        self._session, self._volume = PreviewSession(path, device), volume
        require_channels(self._session.card, volume, None)
        self._seen: OrderedDict[tuple[Plane, Region], _Seen] = OrderedDict()
        self._plane, self._through = Plane.XY, False
        self._ctx: JobContext = RecordingContext()
        self._clicks = ReplayedClicks(volume.shape, self._likely, (self,))

    @property
    def shape(self) -> Index3:
        """(Z, Y, X) of the image."""
        return self._volume.shape

    def answer(self, asked: Asked, ctx: JobContext) -> Answer:
        """The object under the clicks.

        Raises:
            UserError: If the model does not see slices of this plane.
        """
        self._plane, self._through, self._ctx = asked.plane, asked.through, ctx
        self._prediction()
        return self._clicks.answer(asked, ctx)

    def read(self, region: Region) -> NDArray[np.uint32]:
        """The model's objects (Z, Y, X) in a box, as far as they are known: those around the first click.

        A box that was not looked at yet holds nothing, but for a single voxel, around which is looked then.
        """
        if region.size == 1:
            self._look(self._around(region))
        for seen in reversed(self._seen.values()):
            common = region.intersect(seen.region)
            if not common.empty:
                found = np.zeros(region.shape, np.uint32)
                there, here = (_moved(common, start).slices for start in (region.start, seen.region.start))
                found[there] = seen.labels[here]
                return found
        return np.zeros(region.shape, np.uint32)

    def close(self) -> None:
        """Forget what was seen."""
        self._seen.clear()

    def _likely(self, region: Region) -> NDArray[np.float32]:
        """How likely voxels belong to something (Z, Y, X), in a box of one slice of the plane."""
        for seen in self._seen.values():
            if region.intersect(seen.region) == region:
                return seen.likely[_moved(region, seen.region.start).slices]
        seen = self._look(self._thickened(region))
        return seen.likely[_moved(region, seen.region.start).slices]

    def _look(self, region: Region) -> _Seen:
        key = self._plane, region
        if key not in self._seen:
            maps = self._session.predict(self._volume, region, "auto", self._ctx, self._prediction())
            labels, likely = self._session.looked_at(maps)
            self._seen[key] = _Seen(region, labels, likely)
            while len(self._seen) > _PARTS:
                self._seen.popitem(last=False)
        self._seen.move_to_end(key)
        return self._seen[key]

    def _around(self, voxel: Region) -> Region:
        """The part of the slice around a first click that is looked at."""
        reach = [_REACH_PX] * 3
        reach[self._plane.depth_axis] = 0
        return voxel.expand((reach[0], reach[1], reach[2]), self._volume.shape)

    def _thickened(self, region: Region) -> Region:
        """Some slices at once where an object is followed through them."""
        if not self._through:
            return region
        axis = self._plane.depth_axis
        start, stop = list(region.start), list(region.stop)
        start[axis] = start[axis] // _SLICES * _SLICES
        stop[axis] = min(self._volume.shape[axis], start[axis] + _SLICES)
        return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2]))

    def _prediction(self) -> dict[str, Any]:
        """Parameters with which the model sees slices of the plane.

        Raises:
            UserError: If it sees no others than xy slices.
        """
        card = self._session.card
        recipe = RECIPES[card.recipe]
        if recipe.plane_parameter:
            return {recipe.plane_parameter: self._plane.value}
        if card.dimensions == 2 and self._plane is not Plane.XY:
            raise UserError(f"“{card.name}” sees xy slices only.", hint="Click in the xy view, or let edges propose.")
        return {}


def fitting_model(folder: Path, volume: Volume) -> Path | None:
    """The newest model of a project that takes an image; None without."""
    fitting = [m.path for m in list_models(folder) if m.card is not None and _fits(m.card, volume)]
    return max(fitting, key=lambda path: path.stat().st_mtime, default=None)


def model_of(wanted: str, folder: Path | None, volume: Volume) -> Path:
    """The model that was named, or that of the project.

    Raises:
        UserError: If there is none, or the one that was named does not fit the image.
    """
    if wanted:
        require_channels(load_card(Path(wanted)), volume, None)
        return Path(wanted)
    found = None if folder is None else fitting_model(folder, volume)
    if found is None:
        raise UserError(
            "This project has no model that fits the image.",
            hint="Train one first.",
        )
    return found


def _fits(card: ModelCard, volume: Volume) -> bool:
    if card.recipe not in RECIPES or (card.dimensions == 3 and volume.is_2d):
        return False
    try:
        require_channels(card, volume, None)
    except UserError:
        return False
    return True


def _moved(region: Region, start: Index3) -> Region:
    """Counted from ``start``."""
    z, y, x = start
    return region.shift((-z, -y, -x))
