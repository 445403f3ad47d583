"""One picture of a scene: surfaces by OpenGL or voxels on the processor, over the image."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Index3
from desktop_app.core.imaging.camera import Camera
from desktop_app.gui.viewer.view3d.gl_painter import GlPainter
from desktop_app.objects.scene import ThinnedScene
from desktop_app.objects.scene_drawing import draw_scene, slices_of

_MOVING_VOXELS = 3_000_000  # drawn on the processor in some 100 ms


@dataclass(frozen=True, slots=True)
class SceneLook:
    """What is wanted.

    Attributes:
        camera: From where.
        size: Width and height of the picture in pixels.
        objects: Whether objects are drawn.
        image: Whether the image is drawn, as the brightest voxel along each line of sight.
        background: RGB behind everything.
        moving: Whether the camera moves: then a coarser picture now is better than a fine one late.
        as_cloud: Whether the image is drawn as a cloud instead.
        slices: Voxel through which the three slices are drawn with the image; None for none.
    """

    camera: Camera
    size: tuple[int, int]
    objects: bool = True
    image: bool = True
    background: tuple[int, int, int] = (0, 0, 0)
    moving: bool = False
    as_cloud: bool = False
    slices: Index3 | None = None

    def shrunk(self, factor: int) -> SceneLook:
        """The same view with fewer pixels."""
        size = (max(1, self.size[0] // factor), max(1, self.size[1] // factor))
        return replace(self, size=size, camera=replace(self.camera, scale=self.camera.scale / factor))


def paint_scene(
    scene: ThinnedScene, look: SceneLook, colors: NDArray[np.uint8], painter: GlPainter | None
) -> NDArray[np.uint8]:
    """A picture (height, width, 3) uint8.

    Args:
        scene: What is there.
        look: From where, and what of it.
        colors: Table of colours by folded label; transparent ones are not drawn.
        painter: Has the surfaces; None draws the voxels themselves.
    """
    over, planes = None, slices_of(scene, look.slices)
    if painter is not None and (look.objects or planes):
        over = painter.paint(look.camera, scene.extent, look.size, surfaces=look.objects, planes=planes)
    return draw_scene(
        scene,
        look.camera,
        look.size,
        colors,
        objects=look.objects,
        image=look.image,
        background=look.background,
        surfaces=over,
        most_voxels=_MOVING_VOXELS if look.moving else None,
        as_cloud=look.as_cloud,
        slices=look.slices,
    )
