"""Draws slices with their grey values as planes in space, by OpenGL, among the surfaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtGui import QImage, QOpenGLFunctions
from PySide6.QtOpenGL import QOpenGLBuffer, QOpenGLShaderProgram, QOpenGLTexture

from desktop_app.core.imaging.camera import Vector
from desktop_app.objects.slice_planes import SlicePlane

# Names of the OpenGL specification.
_FAN, _FLOAT = 6, 0x1406
_CORNER = np.dtype([("place", "<f4", 3), ("at", "<f4", 2)])
_ENDS = ((0, 0), (0, 1), (1, 1), (1, 0))  # corners of a rectangle, one beside the other
VERTEX = """
attribute vec3 place; attribute vec2 at;
uniform vec3 right; uniform vec3 down; uniform vec3 forward; uniform vec3 center; uniform vec3 view;
varying vec2 spot;
void main() {
    vec3 p = place - center;
    gl_Position = vec4(dot(p, right) * view.x, -dot(p, down) * view.y, dot(p, forward) * view.z, 1.0);
    spot = at;
}
"""
FRAGMENT = """
uniform sampler2D picture; varying vec2 spot;
void main() { gl_FragColor = vec4(texture2D(picture, spot).rgb, 1.0); }
"""


def draw_planes(
    gl: QOpenGLFunctions, program: QOpenGLShaderProgram, planes: Sequence[SlicePlane], extent: Vector,
    new_buffer: Callable[[bytes], QOpenGLBuffer],
) -> None:  # fmt: skip
    """Draw slices; the program is bound and knows the camera.

    Args:
        gl: Of the context that is current.
        program: Of ``VERTEX`` and ``FRAGMENT``.
        planes: The slices.
        extent: Edges of the volume (z, y, x).
        new_buffer: Makes a buffer of vertices.
    """
    for plane in planes:
        texture = QOpenGLTexture(_image(plane), QOpenGLTexture.MipMapGeneration.DontGenerateMipMaps)
        linear = QOpenGLTexture.Filter.Linear
        texture.setMinMagFilters(linear, linear)
        texture.setWrapMode(QOpenGLTexture.WrapMode.ClampToEdge)
        corners = new_buffer(_corners(plane, extent).tobytes())
        texture.bind()
        corners.bind()
        for name, offset, count in (("place", 0, 3), ("at", 12, 2)):  # bytes before it, and how many floats
            at = program.attributeLocation(name)
            program.enableAttributeArray(at)
            program.setAttributeBuffer(at, _FLOAT, offset, count, _CORNER.itemsize)
        gl.glDrawArrays(_FAN, 0, len(_ENDS))
        texture.release()
        texture.destroy()
        corners.destroy()


def _image(plane: SlicePlane) -> QImage:
    rows, columns = plane.picture.shape
    grey = QImage(plane.picture.data, columns, rows, columns, QImage.Format.Format_Grayscale8)
    return grey.convertToFormat(QImage.Format.Format_RGBA8888)


def _corners(plane: SlicePlane, extent: Vector) -> np.ndarray:
    found = np.zeros(len(_ENDS), _CORNER)
    others = [axis for axis in range(3) if axis != plane.axis]
    found["place"][:, plane.axis] = plane.place
    for number, ends in enumerate(_ENDS):
        for axis, end in zip(others, ends, strict=True):
            found["place"][number, axis] = extent[axis] * end
        found["at"][number] = ends[::-1]  # columns of the picture first
    return found
