"""One picture of a scene: surfaces by OpenGL or voxels on the processor, over the image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.camera import Camera, Vector
from desktop_app.gui.viewer.view3d.gl_painter import GlPainter
from desktop_app.objects.projection import brightest, shaded_objects
from desktop_app.objects.scene import Scene

_Kind = TypeVar("_Kind", np.uint8, np.uint16)
_FAINT = 0.75  # brightness of the image where objects lie over it, by eye


@dataclass(frozen=True, slots=True)
class Look:
    """What is wanted.

    Attributes:
        camera: From where.
        size: Width and height of the picture in pixels.
        objects: Whether objects are drawn.
        image: Whether the image is drawn, as the brightest voxel along each line of sight.
        background: RGB behind everything.
        moving: Whether the camera moves: then a coarser picture now is better than a fine one late.
    """

    camera: Camera
    size: tuple[int, int]
    objects: bool = True
    image: bool = True
    background: tuple[int, int, int] = (0, 0, 0)
    moving: bool = False

    def shrunk(self, factor: int) -> Look:
        """The same view with fewer pixels."""
        size = (max(1, self.size[0] // factor), max(1, self.size[1] // factor))
        return replace(self, size=size, camera=replace(self.camera, scale=self.camera.scale / factor))


def paint_scene(scene: Scene, look: Look, colors: NDArray[np.uint8], painter: GlPainter | None) -> NDArray[np.uint8]:
    """A picture (height, width, 3) uint8.

    Args:
        scene: What is there.
        look: From where, and what of it.
        colors: Table of colours by folded label; transparent ones are not drawn.
        painter: Has the surfaces; None draws the voxels themselves.
    """
    width, height = look.size
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = look.background
    if look.image and scene.grey is not None:
        grey, spacing = _thinned(scene.grey, scene.spacing, look.moving)
        light = brightest(grey, spacing, look.camera, look.size)[..., None].astype(np.float32)
        if look.objects and scene.boxes:
            light *= _FAINT
        np.maximum(picture, light.astype(np.uint8), out=picture)
    if look.objects and scene.boxes:
        if painter is not None:
            over = painter.paint(look.camera, scene.extent, look.size)
        else:
            rows, spacing = _thinned(scene.rows, scene.spacing, look.moving)
            over = shaded_objects(rows, spacing, look.camera, look.size, colors)
        np.copyto(picture, over[..., :3], where=over[..., 3:] > 0)
    return picture


_MOVING_VOXELS = 3_000_000  # drawn on the processor in some 100 ms


def _thinned(array: NDArray[_Kind], spacing: Vector, moving: bool) -> tuple[NDArray[_Kind], Vector]:
    """Every second (third, …) voxel while the camera moves, so that a picture comes at once."""
    step = 1
    while moving and array.size / step**3 > _MOVING_VOXELS:
        step += 1
    z, y, x = (edge * step for edge in spacing)
    return array[::step, ::step, ::step], (z, y, x)
