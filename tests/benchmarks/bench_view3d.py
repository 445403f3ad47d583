"""The 3D view: how long surfaces take, how late the window is meanwhile, its memory, and what else could draw.

Run: ``python tests/benchmarks/bench_view3d.py [drawers]``. With ``drawers`` it also starts each library that could draw
surfaces (if it is installed) in a process of its own. Where there is no graphics card, run it under ``xvfb-run``.

Budget: surfaces of 1,000 objects in 256 x 256 x 256 voxels within 3 s; the window late by 50 ms at most; memory within
the one in Settings. Times of the processor are given beside those of the clock: on a computer that does other things at
the same time, the clock says little.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from scipy.ndimage import find_objects
from skimage.measure import marching_cubes

from desktop_app.core.imaging.camera import first_camera
from desktop_app.core.imaging.contrast import Window
from desktop_app.core.imaging.label_colors import color_table
from desktop_app.gui.viewer.view3d.scene_picture import SceneLook
from desktop_app.gui.viewer.view3d.scene_thread import NO_OPENGL, SceneThread, Source
from desktop_app.objects.projection import brightest, cloud, objects_and_depth
from desktop_app.objects.scene import BYTES_PER_VOXEL, ThinnedScene, stride_for
from desktop_app.objects.slice_planes import painted_slices, slice_planes
from desktop_app.objects.surfaces import Mesh, object_boxes, object_surface

SHAPE, SPACING, SIZE = (256, 256, 256), (1.0, 1.0, 1.0), (700, 500)
DRAWERS = ("qt", "pyqtgraph.opengl", "vispy", "pyvista", "pygfx")


def thousand_balls() -> np.ndarray:
    """1,000 balls of radius 10 in 256 x 256 x 256."""
    labels, reach = np.zeros(SHAPE, np.uint32), 10
    grid = np.ogrid[-reach : reach + 1, -reach : reach + 1, -reach : reach + 1]
    ball = sum(g**2 for g in grid) <= reach**2
    for number, place in enumerate(np.ndindex(10, 10, 10), start=1):
        start = np.array(place) * 25 + 2
        box = tuple(slice(a, a + 2 * reach + 1) for a in start)
        labels[box][ball] = number
    return labels


def timed(name: str, action: Callable[[], object]) -> object:
    """Run and print both times."""
    wall, used = time.perf_counter(), time.process_time()
    result = action()
    print(f"{name:58s} clock {time.perf_counter() - wall:6.2f} s   processor {time.process_time() - used:6.2f} s")
    return result


def surfaces_of(labels: np.ndarray, coarseness: int) -> list[Mesh]:
    """Of all objects, each in its box."""
    boxes = object_boxes(labels)
    return [
        object_surface(labels[box.slices] == label, offset=box.start, coarseness=coarseness)
        for label, box in boxes.items()
    ]


def bare_marching_cubes(labels: np.ndarray) -> None:
    """The alternative: binary masks, neither smooth nor with fewer triangles."""
    for number, box in enumerate(find_objects(labels.astype(np.int32)), start=1):
        marching_cubes(np.pad(labels[box] == number, 1).astype(np.float32), 0.5)


def late(app: QApplication, until: Callable[[], bool], least: float = 2.0) -> list[float]:
    """Lateness in ms of a tick every 10 ms."""
    lateness, last, end = [], [time.perf_counter()], time.perf_counter() + least

    def tick() -> None:
        now = time.perf_counter()
        lateness.append(max(0.0, 1000 * (now - last[0]) - 10))
        last[0] = now

    timer = QTimer()
    timer.setInterval(10)
    timer.timeout.connect(tick)
    timer.start()
    while time.perf_counter() < end or not until():
        app.processEvents()
        time.sleep(0.001)
    return lateness


def show(name: str, lateness: list[float]) -> None:
    """Print percentiles."""
    p50, p95 = np.percentile(lateness, (50, 95))
    print(f"{name:58s} late: median {p50:.0f}, 95 % {p95:.0f}, most {max(lateness):.0f} ms")


def surfaces(app: QApplication, labels: np.ndarray) -> tuple[float, float, list[float]]:
    """Seconds by the clock and of the processor until surfaces are seen, and how late the window was meanwhile.

    Raises:
        RuntimeError: If there is no OpenGL, and so no surface.
    """
    scenes, words = begun()
    wall, used = time.perf_counter(), time.process_time()
    scenes.show_source(source_of(labels), color_table())
    lateness = late(app, lambda: not words[-1].startswith(("begun", "Surface", "Reading")), 0.0)
    took = time.perf_counter() - wall, time.process_time() - used
    scenes.stop()
    if NO_OPENGL in words:
        raise RuntimeError("There is no OpenGL here; run this under xvfb-run.")
    return (*took, lateness)


def source_of(labels: np.ndarray) -> Source:
    """Labels, and a grey value for them."""
    grey = (labels > 0).astype(np.uint8) * 200
    return Source(
        SHAPE, SPACING, lambda r: labels[r.slices].copy(), lambda r: grey[r.slices], Window(0, 255), 512 * 2**20
    )


def begun() -> tuple[SceneThread, list[str]]:
    """A 3D view without a window, and what it says."""
    scenes, words = SceneThread(), ["begun"]
    scenes.told.connect(words.append)
    scenes.look(SceneLook(first_camera((256.0, 256.0, 256.0), SIZE), SIZE))
    return scenes, words


def window(app: QApplication, labels: np.ndarray) -> None:
    """How late the window is while surfaces are made, and while the view turns."""
    show("window that has nothing to do", late(app, lambda: True))
    scenes, words = begun()
    camera = first_camera((256.0, 256.0, 256.0), SIZE)
    wall, used = time.perf_counter(), time.process_time()
    scenes.show_source(source_of(labels), color_table())
    lateness = late(app, lambda: not words[-1].startswith(("begun", "Surface", "Reading")))
    took, worked = time.perf_counter() - wall, time.process_time() - used
    print(f"{'read, surfaces and picture (budget 3 s)':58s} clock {took:6.2f} s   processor {worked:6.2f} s")
    show("window while surfaces are made (budget 50 ms)", lateness)
    turns = [0]

    def turn() -> None:
        turns[0] += 1
        scenes.look(SceneLook(camera.turned(0.05 * turns[0], 0.01 * turns[0]), SIZE, moving=True))

    timer = QTimer()
    timer.setInterval(50)
    timer.timeout.connect(turn)
    pictures: list[object] = []
    scenes.drawn.connect(pictures.append)
    timer.start()
    show("window while the view turns (budget 50 ms)", late(app, lambda: len(pictures) > 20, 3.0))
    print(f"{'pictures':58s} {len(pictures)} for {turns[0]} turns")
    scenes.stop()


def draw_by(name: str) -> None:
    """Time from nothing to the first picture of 500,000 triangles, and the next ones; runs in a process of its own."""
    edge = np.linspace(0, np.pi, 500)
    u, v = np.meshgrid(2 * edge, edge, indexing="ij")
    points = np.stack([np.cos(u) * np.sin(v), np.sin(u) * np.sin(v), np.cos(v)], -1).reshape(-1, 3).astype(np.float32)
    a = np.arange(499 * 500).reshape(499, 500)[:, :-1].ravel()
    faces = np.concatenate([np.stack([a, a + 1, a + 500], 1), np.stack([a + 1, a + 501, a + 500], 1)]).astype(np.int32)
    app = QApplication([])
    began = time.perf_counter()
    frame = _FRAMES[name](app, points, faces)
    frame()
    first, next_ones = time.perf_counter() - began, []
    for _ in range(5):
        start = time.perf_counter()
        frame()
        next_ones.append(time.perf_counter() - start)
    print(
        f"{name:20s} import and first picture {first * 1000:6.0f} ms, then {np.median(next_ones) * 1000:5.0f} ms each"
    )
    sys.stdout.flush()
    os._exit(0)


def _qt(app: QApplication, points: np.ndarray, faces: np.ndarray) -> Callable[[], object]:
    from PySide6.QtGui import QOffscreenSurface

    from desktop_app.gui.viewer.view3d.gl_painter import GROUP_TRIANGLES, GlPainter, surface_format
    from desktop_app.objects.surfaces import Mesh

    surface = QOffscreenSurface()
    surface.setFormat(surface_format())
    surface.create()
    painter = GlPainter(surface)
    for number, start in enumerate(range(0, len(faces), GROUP_TRIANGLES)):
        painter.put(number, [(Mesh(points, points, faces[start : start + GROUP_TRIANGLES]), (90, 150, 255))])
    angle = [0.0]

    def frame() -> object:
        angle[0] += 0.1
        camera = first_camera((2.0, 2.0, 2.0), SIZE).turned(angle[0], 0).panned(0, 0)
        return painter.paint(camera, (2.0, 2.0, 2.0), SIZE), surface

    return frame


def _pyqtgraph(app: QApplication, points: np.ndarray, faces: np.ndarray) -> Callable[[], object]:
    import pyqtgraph.opengl as gl

    view, data = gl.GLViewWidget(), gl.MeshData(vertexes=points, faces=faces)
    data._vertexNormals = points
    view.resize(*SIZE)
    view.addItem(gl.GLMeshItem(meshdata=data, smooth=True, shader="shaded", color=(0.3, 0.6, 0.9, 1)))
    view.show()
    app.processEvents()
    return lambda: (view.orbit(7, 3), view.grabFramebuffer())


def _vispy(app: QApplication, points: np.ndarray, faces: np.ndarray) -> Callable[[], object]:
    import vispy

    vispy.use("pyside6")
    from vispy import scene

    canvas = scene.SceneCanvas(size=SIZE, show=True)
    view = canvas.central_widget.add_view()
    view.camera = "turntable"
    scene.visuals.Mesh(points, faces, color=(0.3, 0.6, 0.9, 1), shading="smooth", parent=view.scene)
    view.camera.set_range()
    return lambda: (setattr(view.camera, "azimuth", view.camera.azimuth + 7), canvas.render())


def _pyvista(app: QApplication, points: np.ndarray, faces: np.ndarray) -> Callable[[], object]:
    import pyvista

    plotter = pyvista.Plotter(off_screen=True, window_size=SIZE)
    rows = np.concatenate([np.full((len(faces), 1), 3), faces], 1).ravel()
    plotter.add_mesh(pyvista.PolyData(points, rows), smooth_shading=True)
    return lambda: (plotter.camera.Azimuth(7), plotter.render(), plotter.screenshot(return_img=True))


def _pygfx(app: QApplication, points: np.ndarray, faces: np.ndarray) -> Callable[[], object]:
    import pygfx
    from rendercanvas.offscreen import RenderCanvas

    canvas = RenderCanvas(size=SIZE, pixel_ratio=1)
    renderer, scene, camera = pygfx.renderers.WgpuRenderer(canvas), pygfx.Scene(), pygfx.PerspectiveCamera(50, 1.4)
    scene.add(pygfx.AmbientLight(), pygfx.DirectionalLight())
    geometry = pygfx.Geometry(positions=points, indices=faces, normals=points)
    scene.add(pygfx.Mesh(geometry, pygfx.MeshPhongMaterial(color="#59f")))
    camera.show_object(scene)
    canvas.request_draw(lambda: renderer.render(scene, camera))
    return canvas.draw


_FRAMES = dict(zip(DRAWERS, (_qt, _pyqtgraph, _vispy, _pyvista, _pygfx), strict=True))
_PACKAGES = {"qt": "PySide6", "pyqtgraph.opengl": "OpenGL"}


def drawers() -> None:
    """Each library in a process of its own."""
    for name in DRAWERS:
        spec = importlib.util.find_spec(_PACKAGES.get(name, name))
        if spec is None:
            print(f"{name:20s} not installed")
            continue
        place = Path(spec.origin or "").parent
        size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file()) / 2**20
        note = "(here for the window already)" if name == "qt" else f"({size:.0f} MB more)"
        done = subprocess.run([sys.executable, __file__, "draw", name], capture_output=True, text=True, check=False)
        words = (done.stdout.strip() or done.stderr.strip() or "no answer").splitlines()
        print(f"{words[-1]} {note}" if done.stdout.strip() else f"{name:20s} cannot draw here: {words[-1]}")


def main() -> None:
    """Print all figures."""
    app = QApplication([])
    labels = thousand_balls()
    timed("1,000 objects, smooth surfaces", lambda: surfaces_of(labels, 1))
    timed("1,000 objects, smooth surfaces, coarseness 2", lambda: surfaces_of(labels, 2))
    timed("1,000 objects, bare marching cubes (scikit-image)", lambda: bare_marching_cubes(labels))
    window(app, labels)
    rows, camera = (labels % 1000).astype(np.uint16), first_camera((256.0, 256.0, 256.0), SIZE)
    timed(
        "brightest voxels, 256^3, on the processor", lambda: brightest((rows > 0) * np.uint8(9), SPACING, camera, SIZE)
    )
    grey = (rows > 0) * np.uint8(200)
    timed("a cloud, 256^3, on the processor", lambda: cloud(grey, SPACING, camera, SIZE))
    planes = slice_planes(grey, SPACING, SPACING, (128, 128, 128))
    timed("three slices with the image, on the processor", lambda: painted_slices(planes, SPACING, camera, SIZE))
    timed("objects as voxels, 256^3", lambda: objects_and_depth(rows, SPACING, camera, SIZE, color_table()))
    for shape in (SHAPE, (1000, 2048, 2048)):
        stride = stride_for(shape, 512 * 2**20)
        kept = ThinnedScene(shape, SPACING, stride).labels.size
        print(f"{shape}: every {stride}. voxel, {kept * BYTES_PER_VOXEL / 2**20:.0f} MB of 512 MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["draw"]:
        draw_by(sys.argv[2])
    elif sys.argv[1:2] == ["drawers"]:
        drawers()
    else:
        main()
