"""Makes surfaces and draws them beside the window's thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QOffscreenSurface

from desktop_app.core.errors import UserError
from desktop_app.core.imaging.camera import Camera, Vector
from desktop_app.core.imaging.contrast import Window
from desktop_app.core.imaging.label_colors import folded
from desktop_app.core.imaging.region import BoxReader, Index3, Region
from desktop_app.gui.viewer.view3d.gl_painter import GROUP_TRIANGLES, GlPainter, surface_format
from desktop_app.gui.viewer.view3d.scene_picture import SceneLook, paint_scene
from desktop_app.objects.scene import ThinnedScene, stride_for
from desktop_app.objects.surfaces import Mesh

# Drawn by llvmpipe on two cores in some 100 ms (benchmark of the 3D view); for cards a cautious guess.
_CARD_TRIANGLES, _PROCESSOR_TRIANGLES = 3_000_000, 350_000
_SHOW_SECONDS = 0.4  # between pictures while surfaces are being made: one sees that it goes on
_SHOW_SHARE = 8  # times as long as drawing one picture is the time between two: drawing takes little from the work
_SLOW_SECONDS = 0.08  # a picture that takes longer is drawn with fewer pixels while the camera moves
NO_OPENGL = "No OpenGL here: objects are drawn as voxels."


@dataclass(frozen=True, slots=True)
class Source:
    """A volume as the thread reads it.

    Attributes:
        shape: (Z, Y, X).
        voxel: Edges of a voxel (z, y, x); all 1 where not known.
        labels: Reads labels; None without any.
        grey: Reads the image; None to leave it out.
        window: Grey values from black to white.
        budget: Bytes of memory.
    """

    shape: Index3
    voxel: Vector
    labels: BoxReader | None
    grey: BoxReader | None
    window: Window
    budget: int


class SceneThread(QObject):
    """Holds a scene; pictures come by a signal.

    Signals:
        drawn: A picture (height, width, 3) uint8.
        told: What goes on, in words; empty when all is done.
        picked: What was clicked on: (object, voxel), or None.
        failed: A ``UserError`` of a file that cannot be read.
    """

    drawn = Signal(object)
    told = Signal(str)
    picked = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._surface = QOffscreenSurface()
        self._surface.setFormat(surface_format())
        self._surface.create()
        self._condition = threading.Condition()
        self._wishes: deque[Callable[[], None]] = deque()
        self._look: SceneLook | None = None
        self._stopping = False
        self._scene: ThinnedScene | None = None
        self._source: Source | None = None
        self._colors = np.zeros((1, 4), np.uint8)
        self._painter: GlPainter | None = None
        self._meshes: dict[int, Mesh] = {}
        self._groups: list[list[int]] = []
        self._group_of: dict[int, int] = {}
        self._work: deque[Iterator[str]] = deque()
        self._coarseness, self._seconds = 1, 0.0
        self._last: SceneLook | None = None
        self._thread = threading.Thread(target=self._run, name="3D view", daemon=True)
        self._thread.start()

    def show_source(self, source: Source | None, colors: NDArray[np.uint8]) -> None:
        """Show another volume."""
        self._wish(lambda: self._begin(source, colors))

    def change(self, region: Region) -> None:
        """Labels in ``region`` have changed."""
        self._wish(lambda: self._work.append(self._changing(region)))

    def set_colors(self, colors: NDArray[np.uint8]) -> None:
        """Draw objects in other colours (table by folded label)."""
        self._wish(lambda: self._recolor(colors))

    def pick(self, camera: Camera, across: float, along: float) -> None:
        """Ask what is behind a pixel; ``picked`` tells."""
        self._wish(lambda: self._pick(camera, across, along))

    def look(self, look: SceneLook) -> None:
        """Draw this; of several wishes the last one counts."""
        with self._condition:
            self._look = look
            self._condition.notify()

    def stop(self) -> None:
        """End the thread; waits for what it is doing at this moment."""
        with self._condition:
            self._stopping = True
            self._condition.notify()
        self._thread.join(5.0)  # s: the longest step of a scene

    def _wish(self, action: Callable[[], None]) -> None:
        with self._condition:
            self._wishes.append(action)
            self._condition.notify()

    def _run(self) -> None:
        self._painter = self._open_painter()
        shown = 0.0
        while not self._stopping:
            with self._condition:
                while not (self._wishes or self._look or self._work or self._stopping):
                    self._condition.wait()
                actions, look = list(self._wishes), self._look
                self._wishes.clear()
                self._look = None
            for action in actions:
                action()
            if look is not None:
                self._paint(look)
            if self._work:
                self._go_on()
                if not self._work or time.monotonic() - shown > max(_SHOW_SECONDS, _SHOW_SHARE * self._seconds):
                    self._repaint()
                    shown = time.monotonic()
            elif actions and look is None:
                self._repaint()
        if self._painter is not None:
            self._painter.close()

    def _open_painter(self) -> GlPainter | None:
        try:
            return GlPainter(self._surface)
        except RuntimeError:
            self._emit(self.told, NO_OPENGL)
            return None

    def _begin(self, source: Source | None, colors: NDArray[np.uint8]) -> None:
        self._source, self._colors, self._scene = source, colors, None
        self._work.clear()
        self._meshes.clear()
        self._groups, self._group_of = [], {}
        if self._painter is not None:
            self._painter.clear()
        if source is not None:
            self._scene = ThinnedScene(source.shape, source.voxel, stride_for(source.shape, source.budget))
            self._work.append(self._loading(self._scene, source))

    def _loading(self, scene: ThinnedScene, source: Source) -> Iterator[str]:
        if source.grey is not None:
            for done in scene.read_grey(source.grey, source.window):
                yield f"Reading the image, {done:.0%}"
        if source.labels is None:
            return
        for done in scene.read_labels(source.labels):
            yield f"Reading labels, {done:.0%}"
        if self._painter is None:
            return
        most = _PROCESSOR_TRIANGLES if self._painter.on_processor else _CARD_TRIANGLES
        self._coarseness = scene.coarseness_for(most)
        labels = sorted(scene.boxes, key=lambda label: -scene.boxes[label].size)
        for number, label in enumerate(labels):
            self._renew(scene, label)
            yield f"Surface {number + 1} of {len(labels)}"

    def _changing(self, region: Region) -> Iterator[str]:
        scene, source = self._scene, self._source
        if scene is None or source is None or source.labels is None:
            return
        for label in sorted(scene.change(region, source.labels)):
            if self._painter is None:
                break
            self._renew(scene, label)
            yield "Following the labels"

    def _renew(self, scene: ThinnedScene, label: int) -> None:
        """Make the surface of one object again."""
        mesh = scene.surface(label, self._coarseness)
        if mesh is None:
            self._meshes.pop(label, None)
        else:
            self._meshes[label] = mesh
        group = self._group_of.get(label)
        if group is None:
            group = self._room()
            self._groups[group].append(label)
            self._group_of[label] = group
        self._upload(group)

    def _room(self) -> int:
        """The last group, or a new one where that is full."""
        if self._groups:
            used = sum(len(self._meshes[label].triangles) for label in self._groups[-1] if label in self._meshes)
            if used < GROUP_TRIANGLES:
                return len(self._groups) - 1
        self._groups.append([])
        return len(self._groups) - 1

    def _upload(self, group: int) -> None:
        if self._painter is None:
            return
        labels = [label for label in self._groups[group] if label in self._meshes]
        rows = self._colors[folded(np.array(labels, np.uint32))] if labels else self._colors[:0]
        parts = [
            (self._meshes[label], (int(row[0]), int(row[1]), int(row[2])))
            for label, row in zip(labels, rows, strict=True)
            if row[3]
        ]
        self._painter.put(group, parts)

    def _recolor(self, colors: NDArray[np.uint8]) -> None:
        self._colors = colors
        for group in range(len(self._groups)):
            self._upload(group)

    def _pick(self, camera: Camera, across: float, along: float) -> None:
        self._emit(self.picked, self._scene.object_at(camera, across, along) if self._scene is not None else None)

    def _go_on(self) -> None:
        try:
            self._emit(self.told, next(self._work[0]))
        except StopIteration:
            self._work.popleft()
            if not self._work:
                self._emit(self.told, self._summary())
        except UserError as error:
            self._work.popleft()
            self._emit(self.told, "")
            self._emit(self.failed, error)

    def _summary(self) -> str:
        words = []
        if self._painter is None:
            words.append(NO_OPENGL)
        if self._scene is not None and self._scene.stride > 1:
            words.append(f"Every {_ordinal(self._scene.stride)} voxel is shown, to stay within the memory in Settings.")
        return " ".join(words)

    def _repaint(self) -> None:
        if self._last is not None:
            self._paint(replace(self._last, moving=False))

    def _paint(self, look: SceneLook) -> None:
        self._last = look
        if self._scene is None:
            picture = np.empty((*look.size[::-1], 3), np.uint8)
            picture[:] = look.background
            self._emit(self.drawn, picture)
            return
        wanted = look.shrunk(2) if look.moving and self._seconds > _SLOW_SECONDS else look
        began = time.monotonic()
        picture = paint_scene(self._scene, wanted, self._colors, self._painter_for(look))
        if not look.moving:
            self._seconds = time.monotonic() - began
        self._emit(self.drawn, picture)

    def _painter_for(self, look: SceneLook) -> GlPainter | None:
        """While the camera moves, voxels are drawn where surfaces take long: NumPy leaves the window its turn."""
        painter = self._painter
        slow = painter is not None and painter.on_processor and self._seconds > _SLOW_SECONDS
        return None if look.moving and slow else painter

    def _emit(self, signal: object, value: object) -> None:
        if not self._stopping:
            signal.emit(value)  # type: ignore[attr-defined]


def _ordinal(number: int) -> str:
    return {2: "second", 3: "third"}.get(number, f"{number}th")  # English
