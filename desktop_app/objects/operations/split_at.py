"""Split an object from clicks: one on each part."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from desktop_app.core.config.base import Parameters, field_extra
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Region
from desktop_app.objects.depth import border_distance
from desktop_app.objects.operations.base import Change, Offer, Operation, Scene, Target, always
from desktop_app.objects.operations.split import MOST_VOXELS
from desktop_app.objects.operations.survey import survey


class SplitAtParameters(Parameters):
    """Where the border between two clicks runs."""

    by_image: bool = Field(
        default=False, title="Along dark lines of the image", json_schema_extra=field_extra(),
        description="Off: at the waist of the object, which suits round cells. On: where the image is darkest between "
        "the clicks.",
    )  # fmt: skip


def _changes(scene: Scene, parameters: SplitAtParameters) -> Iterator[Change]:
    """Each object that was clicked at least twice; the part of its first click keeps the number.

    A watershed floods the object from the clicks (Meyer, Signal Processing 38, 113, 1994).

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
    new = scene.largest_id + 1
    for number, found in survey(scene, tuple(clicks)).items():
        box = found.box.expand(1, scene.labels.shape)
        if box.size > MOST_VOXELS:
            raise UserError(
                f"Object {number} spans {box.size:,} voxels, which is too much to split.", hint="Cut it along a line."
            )
        before = scene.labels.read(box)
        parts = _parts(scene, box, before == number, clicks[number], by_image=parameters.by_image)
        numbers = np.array([number, number, *range(new, new + len(clicks[number]) - 1)], np.uint32)
        new += len(clicks[number]) - 1
        yield Change.between(box, before, np.where(before == number, numbers[parts], before))


def _parts(
    scene: Scene, box: Region, mask: NDArray[np.bool_], clicks: list[Index3], *, by_image: bool
) -> NDArray[np.intp]:
    """Number of the click, from 1, that each voxel of ``mask`` (Z, Y, X of the box) belongs to; 0 elsewhere."""
    from skimage.segmentation import watershed  # heavy, and wanted by nobody who only opens the window

    seeds = np.zeros(mask.shape, np.int32)
    for place, voxel in enumerate(clicks, start=1):
        seeds[tuple(v - o for v, o in zip(voxel, box.start, strict=True))] = place
    if by_image and scene.image is not None:
        heights = -scene.image.read(box).astype(np.float64)
    else:
        size = scene.voxel_size
        heights = -border_distance(mask, (size.z, size.y, size.x)).astype(np.float64)
    return np.asarray(watershed(heights, seeds, mask=mask), np.intp)  # type: ignore[no-untyped-call]


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
