"""A picture of a scene: objects over the brightest voxels of the image."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.camera import Camera, Vector
from desktop_app.core.imaging.region import Index3
from desktop_app.objects.projection import brightest, cloud, objects_and_depth
from desktop_app.objects.scene import ThinnedScene
from desktop_app.objects.slice_planes import SlicePlane, painted_slices, slice_planes

_Kind = TypeVar("_Kind", np.uint8, np.uint16)
_FAINT = 0.75  # brightness of the image where objects lie over it, by eye


def draw_scene(
    scene: ThinnedScene,
    camera: Camera,
    size: tuple[int, int],
    colors: NDArray[np.uint8],
    *,
    objects: bool = True,
    image: bool = True,
    background: tuple[int, int, int] = (0, 0, 0),
    surfaces: NDArray[np.uint8] | None = None,
    most_voxels: int | None = None,
    as_cloud: bool = False,
    slices: Index3 | None = None,
) -> NDArray[np.uint8]:
    """A picture (height, width, 3) uint8.

    Args:
        scene: What is there.
        camera: From where.
        size: Width and height in pixels.
        colors: Table of colours by folded label; transparent ones are not drawn.
        objects: Whether objects are drawn.
        image: Whether the image is drawn.
        background: RGB behind everything.
        surfaces: Objects as drawn by somebody else, (height, width, 4) RGBA; None draws their voxels.
        most_voxels: Only every second (third, …) voxel is drawn, so that there are no more; None draws all.
        as_cloud: Whether the image is drawn as a cloud, not as its brightest voxels.
        slices: Voxel of the whole volume through which the three slices are drawn with the image; None for none.
            Somebody else who draws objects draws these, too.
    """
    width, height = size
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = background
    objects = objects and bool(scene.boxes)
    if image and scene.grey is not None:
        thin, spacing = _thinned(scene.grey, scene.spacing, most_voxels)
        faint = _FAINT if objects else 1.0
        if as_cloud:
            light, dense = cloud(thin, spacing, camera, size)
            behind = picture * (1 - dense[..., None] / np.float32(255))
            picture = np.clip(behind + light[..., None] * np.float32(faint), 0, 255).astype(np.uint8)
        else:
            shown = (brightest(thin, spacing, camera, size)[..., None] * faint).astype(np.uint8)
            np.maximum(picture, shown, out=picture)
    over = surfaces
    if over is None:
        over = _on_processor(scene, camera, size, colors if objects else None, slices, most_voxels)
    if over is not None:
        np.copyto(picture, over[..., :3], where=over[..., 3:] > 0)
    return picture


def slices_of(scene: ThinnedScene, position: Index3 | None) -> tuple[SlicePlane, ...]:
    """The three slices of a scene with the image; none where the image has not been read."""
    if position is None or scene.grey is None:
        return ()
    return slice_planes(scene.grey, scene.spacing, scene.voxel, position)


def _on_processor(
    scene: ThinnedScene, camera: Camera, size: tuple[int, int], colors: NDArray[np.uint8] | None, slices: Index3 | None,
    most: int | None,
) -> NDArray[np.uint8] | None:  # fmt: skip
    """Objects and slices as RGBA (height, width, 4), the nearer one in front; None where there are none."""
    planes = slices_of(scene, slices)
    found, far = None, None
    if colors is not None:
        found, far = objects_and_depth(*_thinned(scene.rows, scene.spacing, most), camera, size, colors)
    if planes:
        grey, depth = painted_slices(planes, scene.spacing, camera, size)
        shown = np.dstack([grey, grey, grey, np.where(np.isfinite(depth), 255, 0)]).astype(np.uint8)
        if found is None or far is None:
            return shown
        np.copyto(found, shown, where=(depth < far)[..., None])
    return found


def _thinned(array: NDArray[_Kind], spacing: Vector, most: int | None) -> tuple[NDArray[_Kind], Vector]:
    step = 1
    while most is not None and array.size / step**3 > most:
        step += 1
    z, y, x = (edge * step for edge in spacing)
    return array[::step, ::step, ::step], (z, y, x)
