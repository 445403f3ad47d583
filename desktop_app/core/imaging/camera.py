"""From where a volume is looked at: a parallel projection, so that lengths can be compared."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = tuple[float, float, float]
_ROOM = 0.95  # share of the picture that the volume takes at most when it is seen wholly, by eye
_NEAREST, _FARTHEST = 64.0, 0.1  # how many times larger and smaller than seen wholly: then there is nothing to be seen
_TILT, _TURN = math.radians(25), math.radians(30)  # of the first look: three faces of the volume show, by eye


@dataclass(frozen=True, slots=True)
class Camera:
    """Directions and places are (z, y, x) in the unit of the voxel size.

    Attributes:
        right: Direction that goes to the right on the picture, of length 1.
        down: Direction that goes down on the picture.
        forward: Direction away from the eye.
        center: The place in the middle of the picture, about which everything turns.
        scale: Pixels per unit.
    """

    right: Vector = (0.0, 0.0, 1.0)
    down: Vector = (0.0, 1.0, 0.0)
    forward: Vector = (1.0, 0.0, 0.0)
    center: Vector = (0.0, 0.0, 0.0)
    scale: float = 1.0

    @property
    def basis(self) -> NDArray[np.float64]:
        """(3, 3), rows right, down and forward: turns (z, y, x) into the axes of the picture."""
        return np.array([self.right, self.down, self.forward])

    def turned(self, across: float, along: float) -> Camera:
        """After dragging the picture: by angles (radians) to the right and downwards."""
        about_down = _rotation(1, across)
        about_right = _rotation(0, along)
        right, down, forward = about_right @ about_down @ self.basis
        down = down - right * (down @ right)  # rounding adds up over thousands of steps
        right, down = right / np.linalg.norm(right), down / np.linalg.norm(down)
        forward = np.cross(down, right) * np.sign(np.cross(down, right) @ forward)
        return replace(self, right=_vector(right), down=_vector(down), forward=_vector(forward))

    def panned(self, across: float, along: float) -> Camera:
        """After moving the picture by pixels to the right and downwards."""
        move = (np.array(self.right) * across + np.array(self.down) * along) / self.scale
        return replace(self, center=_vector(np.array(self.center) - move))

    def zoomed(self, factor: float, across: float = 0.0, along: float = 0.0) -> Camera:
        """Enlarged about a point that lies so many pixels from the middle of the picture and stays where it is."""
        nearer = self.panned(-across, -along)
        return replace(nearer, scale=self.scale * factor).panned(across, along)

    def bounded(self, extent: Vector, size: tuple[int, int]) -> Camera:
        """Neither so far nor so near that nothing is seen of a volume of ``extent`` (z, y, x)."""
        whole = whole_scale(extent, size)
        return replace(self, scale=min(max(self.scale, _FARTHEST * whole), _NEAREST * whole))

    def to_picture(self, places: NDArray[Any]) -> NDArray[np.float64]:
        """(N, 3) pixels to the right of the middle and below it, and the distance from it in units, for (z, y, x)."""
        seen = (np.asarray(places, np.float64) - self.center) @ self.basis.T
        return np.asarray(seen * (self.scale, self.scale, 1.0))

    def ray(self, across: float, along: float) -> Vector:
        """The place (z, y, x) behind a pixel, as near to the eye as the centre is."""
        at = np.array(self.right) * across + np.array(self.down) * along
        return _vector(np.array(self.center) + at / self.scale)


def first_camera(extent: Vector, size: tuple[int, int]) -> Camera:
    """All of a volume of ``extent`` (z, y, x) in a picture of ``size`` (width, height), from above and aside."""
    middle = (extent[0] / 2, extent[1] / 2, extent[2] / 2)
    return Camera(center=middle, scale=whole_scale(extent, size)).turned(_TURN, 0).turned(0, _TILT)


def whole_scale(extent: Vector, size: tuple[int, int]) -> float:
    """Pixels per unit with which a volume stays inside the picture however it is turned."""
    return _ROOM * max(1, min(size)) / max(math.hypot(*extent), 1e-12)


def _rotation(axis: int, angle: float) -> NDArray[np.float64]:
    """Of the axes of the picture (right, down, forward) about one of them."""
    a, b = (i for i in range(3) if i != axis)
    matrix = np.eye(3)
    matrix[a, a] = matrix[b, b] = math.cos(angle)
    matrix[a, b], matrix[b, a] = -math.sin(angle), math.sin(angle)
    return matrix


def _vector(values: NDArray[np.float64]) -> Vector:
    z, y, x = (float(v) for v in values)
    return z, y, x
