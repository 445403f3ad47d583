"""Draws surfaces by OpenGL into pictures, in any thread.

Only what Qt itself has of OpenGL is used (version 2.1, as every driver of the last twenty years and Mesa's processor
driver offer): no further package, nothing to start. It draws beside the screen and gives pictures, so that the window
stays what it is with any driver; see ``tests/benchmarks/bench_view3d.py`` for what others take.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QOffscreenSurface, QOpenGLContext, QSurfaceFormat, QVector3D
from PySide6.QtOpenGL import (
    QOpenGLBuffer,
    QOpenGLFramebufferObject,
    QOpenGLFramebufferObjectFormat,
    QOpenGLShader,
    QOpenGLShaderProgram,
)
from shiboken6 import VoidPtr

from desktop_app.core.imaging.camera import Camera, Vector
from desktop_app.gui.viewer.view3d import gl_slices
from desktop_app.objects.slice_planes import SlicePlane
from desktop_app.objects.surfaces import Mesh

# Names of the OpenGL specification.
_DEPTH_TEST, _BOTH_BUFFERS, _TRIANGLES, _FLOAT, _UINT, _RENDERER = 0x0B71, 0x4100, 4, 0x1406, 0x1405, 0x1F01
_POINT = np.dtype([("place", "<f4", 3), ("normal", "<f4", 3), ("color", "<f4", 3)])
_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "gdi generic", "basic render")
# Triangles in one call: with a driver on the processor a call keeps Python's lock, and so many take it some 5 ms.
GROUP_TRIANGLES = 8_000
_VERTEX = """
attribute vec3 place; attribute vec3 normal; attribute vec3 color;
uniform vec3 right; uniform vec3 down; uniform vec3 forward; uniform vec3 center; uniform vec3 view;
varying vec3 tint; varying float light;
void main() {
    vec3 p = place - center;
    gl_Position = vec4(dot(p, right) * view.x, -dot(p, down) * view.y, dot(p, forward) * view.z, 1.0);
    float facing = -dot(normal, normalize(forward + 0.35 * down + 0.25 * right));
    light = 0.28 + 0.72 * max(facing, 0.0);
    tint = color;
}
"""
_FRAGMENT = """
varying vec3 tint; varying float light;
void main() { gl_FragColor = vec4(tint * light, 1.0); }
"""


@dataclass(slots=True)
class _Group:
    vertices: QOpenGLBuffer
    indices: QOpenGLBuffer
    count: int


class GlPainter:
    """Draws groups of surfaces; make it, use it and close it in one thread.

    Args:
        surface: Made in the window's thread.

    Raises:
        RuntimeError: If there is no OpenGL that can do this.
    """

    def __init__(self, surface: QOffscreenSurface) -> None:
        self._surface = surface
        self._context = QOpenGLContext()
        self._context.setFormat(surface_format())
        if not (surface.isValid() and self._context.create() and self._context.makeCurrent(surface)):
            raise RuntimeError("no context")
        self._gl = self._context.functions()
        self.driver = str(self._gl.glGetString(_RENDERER) or "")
        self._program = _program(_VERTEX, _FRAGMENT)
        self._slices = _program(gl_slices.VERTEX, gl_slices.FRAGMENT)
        self._groups: dict[int, _Group] = {}
        self._target: QOpenGLFramebufferObject | None = None

    @property
    def on_processor(self) -> bool:
        """Whether no graphics card draws."""
        return any(name in self.driver.lower() for name in _SOFTWARE)

    def put(self, number: int, meshes: Iterable[tuple[Mesh, tuple[int, int, int]]]) -> None:
        """Make a group of these surfaces with their colours, instead of what it was."""
        self.drop(number)
        points, corners, first = [], [], 0
        for mesh, color in meshes:
            rows = np.empty(len(mesh.points), _POINT)
            rows["place"], rows["normal"] = mesh.points, mesh.normals
            rows["color"] = np.array(color, np.float32) / 255
            points.append(rows)
            corners.append(mesh.triangles + first)
            first += len(rows)
        if not points:
            return
        count = 3 * sum(len(c) for c in corners)  # corners of a triangle
        vertices = _buffer(QOpenGLBuffer.Type.VertexBuffer, np.concatenate(points).tobytes())
        indices = _buffer(QOpenGLBuffer.Type.IndexBuffer, np.concatenate(corners).astype("<u4").tobytes())
        self._groups[number] = _Group(vertices, indices, count)

    def drop(self, number: int) -> None:
        """Forget a group."""
        group = self._groups.pop(number, None)
        if group is not None:
            group.vertices.destroy()
            group.indices.destroy()

    def clear(self) -> None:
        """Forget all groups."""
        for number in list(self._groups):
            self.drop(number)

    def paint(
        self, camera: Camera, extent: Vector, size: tuple[int, int], *, surfaces: bool = True,
        planes: Sequence[SlicePlane] = (),
    ) -> NDArray[np.uint8]:  # fmt: skip
        """All groups and slices, as (height, width, 4) uint8 RGBA; transparent where there is nothing."""
        target = self._framebuffer(size)
        target.bind()
        gl, program = self._gl, self._program
        gl.glViewport(0, 0, *size)
        gl.glEnable(_DEPTH_TEST)
        gl.glClearColor(0.0, 0.0, 0.0, 0.0)
        gl.glClear(_BOTH_BUFFERS)
        _aim(program, camera, extent, size)
        for group in self._groups.values() if surfaces else ():
            self._draw(group)
            time.sleep(0)  # lets the window's thread have Python's lock
        program.release()
        if planes:
            _aim(self._slices, camera, extent, size)
            gl_slices.draw_planes(gl, self._slices, planes, extent, partial(_buffer, QOpenGLBuffer.Type.VertexBuffer))
            self._slices.release()
        picture = target.toImage()
        target.release()
        return rgba_of(picture)

    def close(self) -> None:
        """Give everything back."""
        self.clear()
        self._target = None
        self._context.doneCurrent()

    def _draw(self, group: _Group) -> None:
        group.vertices.bind()
        group.indices.bind()
        for number, name in enumerate(_POINT.names or ()):
            at = self._program.attributeLocation(name)
            self._program.enableAttributeArray(at)
            self._program.setAttributeBuffer(at, _FLOAT, 12 * number, 3, _POINT.itemsize)  # three floats each
        self._gl.glDrawElements(_TRIANGLES, group.count, _UINT, VoidPtr(0))  # type: ignore[arg-type]

    def _framebuffer(self, size: tuple[int, int]) -> QOpenGLFramebufferObject:
        if self._target is None or self._target.size() != QSize(*size):
            kind = QOpenGLFramebufferObjectFormat()
            kind.setAttachment(QOpenGLFramebufferObject.Attachment.Depth)
            self._target = QOpenGLFramebufferObject(QSize(*size), kind)
        return self._target


def surface_format() -> QSurfaceFormat:
    """What is asked of OpenGL."""
    wanted = QSurfaceFormat()
    wanted.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
    wanted.setVersion(2, 1)
    wanted.setDepthBufferSize(24)  # bits, which all drivers have
    return wanted


def rgba_of(picture: QImage) -> NDArray[np.uint8]:
    """A picture as (height, width, 4) uint8 RGBA of its own."""
    plain = picture.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 4 * plain.width()].reshape(plain.height(), plain.width(), 4).copy()


def _aim(program: QOpenGLShaderProgram, camera: Camera, extent: Vector, size: tuple[int, int]) -> None:
    """Use a program, and tell it the camera."""
    program.bind()
    for name, vector in (
        ("right", camera.right),
        ("down", camera.down),
        ("forward", camera.forward),
        ("center", camera.center),
    ):
        program.setUniformValue(program.uniformLocation(name), QVector3D(*vector))
    middle = np.asarray(extent) / 2
    reach = float(np.linalg.norm(middle) + np.linalg.norm(middle - camera.center)) or 1.0
    view = QVector3D(2 * camera.scale / size[0], 2 * camera.scale / size[1], 1 / reach)
    program.setUniformValue(program.uniformLocation("view"), view)


def _program(vertex: str, fragment: str) -> QOpenGLShaderProgram:
    program, kinds = QOpenGLShaderProgram(), QOpenGLShader.ShaderTypeBit
    made = program.addShaderFromSourceCode(kinds.Vertex, vertex)
    made = made and program.addShaderFromSourceCode(kinds.Fragment, fragment) and program.link()
    if not made:
        raise RuntimeError(program.log())
    return program


def _buffer(kind: QOpenGLBuffer.Type, data: bytes) -> QOpenGLBuffer:
    buffer = QOpenGLBuffer(kind)
    buffer.create()
    buffer.bind()
    buffer.allocate(data, len(data))
    return buffer
