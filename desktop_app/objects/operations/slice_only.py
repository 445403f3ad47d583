"""Carrying an operation out in one slice, as if the labels were a picture: other slices stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.imaging.voxel_source import ArraySource
from desktop_app.core.labelling.store import LabelStore
from desktop_app.objects.operations.base import Change, Operation, Place, Scene


@dataclass(frozen=True, slots=True, eq=False)
class SliceLabels:
    """A box of other labels, one slice thick, seen as labels of their own; they are only read.

    Attributes:
        whole: All labels.
        box: The slice.
    """

    whole: LabelStore
    box: Region

    @property
    def shape(self) -> Index3:
        """(Z, Y, X), one of them 1."""
        return self.box.shape

    def read(self, region: Region) -> NDArray[np.uint32]:
        """A copy of the labels in ``region``."""
        return self.whole.read(region.intersect(Region.whole(self.shape)).shift(self.box.start))

    def write(self, region: Region, values: NDArray[np.uint32]) -> None:
        """Never: operations give changes back."""
        raise TypeError("operations only read")

    def pieces(self) -> list[Region]:
        """The slice."""
        return [Region.whole(self.shape)]

    def holds(self, piece: Region, ids: NDArray[np.uint32]) -> bool:
        """Whether the slice has voxels of ``ids``."""
        return bool(np.isin(self.read(piece), ids).any())


def changes_in_slice(operation: Operation, scene: Scene, parameters: Any, plane: Plane, depth: int) -> Iterator[Change]:
    """What an operation changes if it sees nothing but one slice."""
    box = plane.slab(scene.labels.shape, depth)
    z, y, x = box.start
    places = tuple(Place(p.plane, _shifted(p.voxel, (-z, -y, -x))) for p in scene.pointed.places)
    pointed = replace(scene.pointed, places=places)
    image = None if scene.image is None else _part(scene.image, box)
    alone = replace(scene, labels=SliceLabels(scene.labels, box), image=image, pointed=pointed)
    for change in operation.changes(alone, parameters):
        yield replace(change, region=change.region.shift(box.start))


def only_in_slice(operation: Operation, plane: Plane, depth: int) -> Operation:
    """The same operation, of one slice.

    Raises:
        UserError: If it makes no sense in a slice alone.
    """
    if not operation.in_slices:
        raise UserError(f"“{operation.name}” is about whole objects, not about a slice.", hint="Leave --slice out.")

    def changes(scene: Scene, parameters: Any) -> Iterator[Change]:
        slices = scene.labels.shape[plane.depth_axis]
        if not 0 <= depth < slices:
            raise UserError(f"There are {slices} slices in this plane, from 0 to {slices - 1}.")
        yield from changes_in_slice(operation, scene, parameters, plane, depth)

    return replace(operation, changes=changes)


def _shifted(voxel: Index3, offset: Index3) -> Index3:
    z, y, x = (v + o for v, o in zip(voxel, offset, strict=True))
    return z, y, x


def _part(image: Volume, box: Region) -> Volume:
    return replace(image, source=ArraySource(image.read_channels(box)), movie=None)
