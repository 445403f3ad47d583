"""Let the edges of objects follow the image: a dense conditional random field."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Region, Volume
from desktop_app.core.imaging.contrast import Window, auto_window
from desktop_app.core.imaging.grey import as_grey
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target

_Spread: TypeAlias = tuple[float, float, float]
"""Lengths along z, y and x."""
_BLOCK: Index3 = (64, 256, 256)
"""Voxels of a box, which with its surroundings takes some 100 bytes a voxel: about 0.6 GB."""
_REACH_OF_KERNEL = 2.0
"""Spreads of the kernel that a box is larger on each side: what lies beyond has a weight of a seventh or less."""
_SAMPLED_SLICES = 9
"""Slices from which the contrast of the image is told."""


class FitEdgesParameters(Parameters):
    """How far edges may move, and what they follow."""

    reach: float = Field(
        default=2.0, gt=0, le=50, title="Move edges by at most", json_schema_extra=field_extra("px", step=0.5),
        description="Pixels along x. As far as the outlines are wrong now; what lies deeper or further away stays.",
    )  # fmt: skip
    sureness: float = Field(
        default=0.88, ge=0.51, le=0.99, title="How sure the labels are", json_schema_extra=field_extra(step=0.05),
        description="0.88 changes only what the image clearly contradicts, and hardly harms good labels. 0.7 for "
        "outlines that are 2 px wrong or more; they then lie where grey values part best, not always where you would "
        "draw them.",
    )  # fmt: skip
    alike: float = Field(
        default=0.1, ge=0.01, le=1, title="Grey values count as alike within",
        json_schema_extra=field_extra("of the contrast", step=0.01),
        description="A third of the difference between objects and their surroundings works well.",
    )  # fmt: skip
    near: float = Field(
        default=10.0, ge=1, le=100, title="Compare within", json_schema_extra=field_extra("px", step=1),
        description="About the radius of an object; smaller where the image is unevenly bright.",
    )  # fmt: skip
    appearance: float = Field(
        default=3.0, ge=0, le=100, title="Weight of the image", json_schema_extra=field_extra(advanced=True, step=0.5),
        description="Raise it if edges do not move; 0 only smooths.",
    )  # fmt: skip
    smoothness: float = Field(
        default=2.0, ge=0, le=100, title="Weight of smoothness", json_schema_extra=field_extra(advanced=True, step=0.5),
        description="Raise it if edges become frayed, where the image is noisy.",
    )  # fmt: skip
    rounds: int = Field(
        default=5, ge=1, le=50, title="Rounds", json_schema_extra=field_extra(advanced=True),
        description="5 suit nearly always.",
    )  # fmt: skip


def _changes(scene: Scene, parameters: FitEdgesParameters) -> Iterator[Change]:
    """All is worked out before anything changes, so that no box sees what another one has changed.

    Raises:
        UserError: If there is no image.
    """
    if scene.image is None:
        raise UserError("Edges follow the image, and there is none.", hint="Name it with --image.")
    yield from list(_worked_out(scene, as_grey(scene.image), parameters))


def _worked_out(scene: Scene, image: Volume, parameters: FitEdgesParameters) -> Iterator[Change]:
    from desktop_app.objects.dense_crf import CrfParameters, band_around, refined_foreground

    window = _contrast(image)
    spacing = _spacing(scene)
    field = CrfParameters(
        sureness=parameters.sureness,
        near=_in_voxels(parameters.near, spacing),
        alike=parameters.alike,
        appearance=parameters.appearance,
        close=_in_voxels(1.0, spacing),
        smoothness=parameters.smoothness,
        rounds=parameters.rounds,
    )
    wide = _in_voxels(parameters.reach + _REACH_OF_KERNEL * parameters.near, spacing)
    margin = (math.ceil(wide[0]), math.ceil(wide[1]), math.ceil(wide[2]))
    boxes = _boxes(scene.labels.shape)
    for done, core in enumerate(boxes):
        scene.go_on(done / len(boxes))
        box = core.expand(margin, scene.labels.shape)
        before = scene.labels.read(box)
        band = band_around(before != 0, parameters.reach, spacing)
        own = np.zeros(box.shape, bool)
        own[core.shift(_negative(box.start)).slices] = True
        if not (band & own).any():
            continue
        grey = _scaled(image.read(box), window)
        after = _numbered(before, refined_foreground(before != 0, grey, band, field), spacing)
        after = np.where(own & _about(scene, before, after), after, before)
        if (after != before).any():
            yield Change.between(box, before, after)


def _numbered(before: NDArray[np.uint32], found: NDArray[np.bool_], spacing: _Spread) -> NDArray[np.uint32]:
    """Labels of a foreground: as they were, or those of the nearest object where it is new."""
    after = np.where(found, before, np.uint32(0))
    new = found & (before == 0)
    if new.any():
        nearest = scipy.ndimage.distance_transform_edt(
            before == 0, sampling=spacing, return_distances=False, return_indices=True
        )
        after[new] = before[tuple(axis[new] for axis in nearest)]
    return after


def _about(scene: Scene, before: NDArray[np.uint32], after: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Where a change is about an object that was pointed at; everywhere if none was."""
    if not scene.pointed.objects:
        return np.ones(before.shape, bool)
    wanted = np.asarray(scene.pointed.objects, np.uint32)
    return np.isin(before, wanted) | np.isin(after, wanted)


def _contrast(image: Volume) -> Window:
    """From the first to the last percent of the grey values in some slices."""
    depth, height, width = image.shape
    chosen = np.unique(np.linspace(0, depth - 1, min(depth, _SAMPLED_SLICES)).astype(int))
    slices = [image.read(Region((z, 0, 0), (z + 1, height, width))) for z in chosen.tolist()]
    return auto_window(np.concatenate(slices), 1, 99)  # percent: edges matter, specks do not


def _scaled(values: NDArray[np.generic], window: Window) -> NDArray[np.float32]:
    """Grey values as shares of the contrast, from a little below 0 to a little above 1; NaN is dark."""
    shares = (values.astype(np.float32) - np.float32(window.low)) / np.float32(window.width)
    # A fourth beyond the contrast, so that edges there are seen.
    return np.asarray(np.clip(np.nan_to_num(shares, nan=0.0), -0.25, 1.25), np.float32)


def _spacing(scene: Scene) -> _Spread:
    """Edges of a voxel in pixels along x; cubes where the voxel size is not known."""
    size = scene.voxel_size
    if not size.known:
        return (1.0, 1.0, 1.0)
    z, y, x = size.zyx
    return (z / x, y / x, 1.0)


def _in_voxels(length: float, spacing: _Spread) -> _Spread:
    """A length in pixels along x as voxels along each axis."""
    return (length / spacing[0], length / spacing[1], length / spacing[2])


def _boxes(shape: Index3) -> list[Region]:
    """A volume in boxes, all of which are no larger than ``_BLOCK``."""
    z, y, x = (range(0, n, edge) for n, edge in zip(shape, _BLOCK, strict=True))
    block, whole = Region((0, 0, 0), _BLOCK), Region.whole(shape)
    return [block.shift(start).intersect(whole) for start in product(z, y, x)]


def _negative(index: Index3) -> Index3:
    return (-index[0], -index[1], -index[2])


FIT_EDGES = Operation(
    "fit-edges",
    "Fit edges to the image",
    "mdi6.vector-curve",
    "Moves the edges of objects to where the image has its own, within a few pixels: voxels that are near each other "
    "and alike come to the same side (dense conditional random field). For objects that are brighter or darker than "
    "what is around them; not for membranes.",
    (Target.NOTHING, Target.OBJECT),
    FitEdgesParameters,
    _changes,
    (
        Offer(
            "object.fit_edges",
            "Fit edges to the image…",
            "Move the edges of objects to those of the image.",
            kinds=("objects", "classes"),
        ),
    ),
    kinds=("objects", "classes"),
    nothing="The edges are where the image has them.",
)
