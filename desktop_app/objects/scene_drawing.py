"""A picture of a scene: objects over the brightest voxels of the image."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.camera import Camera, Vector
from desktop_app.objects.projection import brightest, shaded_objects
from desktop_app.objects.scene import Scene

_Kind = TypeVar("_Kind", np.uint8, np.uint16)
_FAINT = 0.75  # brightness of the image where objects lie over it, by eye


def draw_scene(
    scene: Scene,
    camera: Camera,
    size: tuple[int, int],
    colors: NDArray[np.uint8],
    *,
    objects: bool = True,
    image: bool = True,
    background: tuple[int, int, int] = (0, 0, 0),
    surfaces: NDArray[np.uint8] | None = None,
    most_voxels: int | None = None,
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
    """
    width, height = size
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = background
    objects = objects and bool(scene.boxes)
    if image and scene.grey is not None:
        light = brightest(*_thinned(scene.grey, scene.spacing, most_voxels), camera, size)[..., None]
        shown = (light * (_FAINT if objects else 1.0)).astype(np.uint8)
        np.maximum(picture, shown, out=picture)
    if objects:
        over = surfaces
        if over is None:
            over = shaded_objects(*_thinned(scene.rows, scene.spacing, most_voxels), camera, size, colors)
        np.copyto(picture, over[..., :3], where=over[..., 3:] > 0)
    return picture


def _thinned(array: NDArray[_Kind], spacing: Vector, most: int | None) -> tuple[NDArray[_Kind], Vector]:
    step = 1
    while most is not None and array.size / step**3 > most:
        step += 1
    z, y, x = (edge * step for edge in spacing)
    return array[::step, ::step, ::step], (z, y, x)
