"""Where the views look: slice, place, scale and layout, and the gestures that change them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QPointF, QTimer, Signal

from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.labelling.tools import ToolPoint
from desktop_app.gui.viewer.geometry import ViewState, voxel_aspect
from desktop_app.gui.viewer.view_grid import ViewGrid


class Navigator(QObject):
    """Keeps the three planes on one place and one scale.

    Signals:
        slice_changed: A plane shows another slice (``Plane``, +1 or -1 for the direction).
        position_changed: Voxel (z, y, x) under the crosshair.
        layout_changed: Name of the layout.
        view_changed: A ``Plane`` shows another place or scale.
    """

    slice_changed = Signal(object, int)
    position_changed = Signal(object)
    layout_changed = Signal(str)
    view_changed = Signal(object)

    def __init__(self, grid: ViewGrid, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._grid = grid
        self._shape: Index3 | None = None
        self._state = ViewState()
        self._fitted = True
        self._position: list[int] = [0, 0, 0]
        self._plane = self._active = Plane.XY
        self._back_to = "all"
        self._wheel_zooms = False
        self._settle = QTimer(self, singleShot=True, interval=0)
        self._settle.timeout.connect(self._on_resized)
        for plane, view in grid.views.items():
            canvas = view.canvas
            view.depth_wanted.connect(partial(self._on_touched, plane))
            view.depth_wanted.connect(partial(self.set_depth, plane))
            canvas.dragged.connect(partial(self._on_dragged, plane))
            canvas.zoom_wanted.connect(partial(self._on_zoom, plane))
            canvas.slice_wanted.connect(partial(self._on_wheel, plane))
            canvas.center_wanted.connect(self._on_center)
            canvas.touched.connect(partial(self._on_touched, plane))
            canvas.resized.connect(self._settle.start)

    @property
    def position(self) -> Index3:
        """Voxel (z, y, x) under the crosshair: the slice of each plane."""
        z, y, x = self._position
        return z, y, x

    @property
    def scale(self) -> float:
        """Logical screen pixels per pixel width."""
        return self._state.scale

    @property
    def plane(self) -> Plane:
        """The plane that the pointer was over last, among those seen."""
        return self._plane if self._plane in self._grid.planes else self._grid.planes[0]

    @property
    def active_plane(self) -> Plane:
        """The plane that was clicked or scrolled last, among those seen; passing over it is not enough."""
        return self._active if self._active in self._grid.planes else self._grid.planes[0]

    def set_volume(self, volume: Volume | None) -> None:
        """Begin in the middle of another volume, seen wholly."""
        self._shape = volume.shape if volume is not None else None
        self._state = ViewState(aspect=voxel_aspect(volume.voxel_size) if volume is not None else (1.0, 1.0, 1.0))
        self._position = [n // 2 for n in volume.shape] if volume is not None else [0, 0, 0]
        self._grid.set_volume(volume, self._state.aspect)
        self.set_wheel_zooms(self._wheel_zooms)
        if volume is None or volume.is_2d:
            self._grid.show_layout("xy")
        for plane, view in self._grid.views.items():
            if volume is not None:
                view.set_shape(volume.shape, volume.voxel_size, volume.is_2d)
                view.set_depth(self.depth(plane))
        self.layout_changed.emit(self._grid.name)
        self._show_crosses()
        self._show_active()
        self.fit()

    def hover(self, plane: Plane) -> None:
        """The pointer is over a plane."""
        self._plane = plane

    def depth(self, plane: Plane) -> int:
        """Number of the slice that a plane shows."""
        return self._position[plane.depth_axis]

    def visible_region(self, plane: Plane) -> Region:
        """The one-slice-thick box of voxels that a plane shows."""
        if self._shape is None:
            return Region((0, 0, 0), (0, 0, 0))
        seen = self._state.visible(plane, self._grid.views[plane].canvas.extent, self._shape)
        start = plane.to_voxel(seen.top, seen.left, self.depth(plane))
        stop = plane.to_voxel(seen.bottom, seen.right, self.depth(plane) + 1)
        return Region(start, stop).intersect(Region.whole(self._shape))

    def set_depth(self, plane: Plane, depth: int) -> None:
        """Show another slice of a plane."""
        if self._shape is None:
            return
        axis = plane.depth_axis
        depth = min(max(0, depth), self._shape[axis] - 1)
        before, self._position[axis] = self._position[axis], depth
        if before == depth:
            return
        self._grid.views[plane].set_depth(depth)
        self.slice_changed.emit(plane, 1 if depth > before else -1)
        if self._grid.name == "all":
            self._show_crosses()
        self.position_changed.emit(self.position)

    def step(self, slices: int) -> None:
        """Go on by some slices in the current plane."""
        self.set_depth(self.plane, self.depth(self.plane) + slices)

    def go_to(self, voxel: Index3) -> None:
        """Show the slices through a voxel, without moving the pictures."""
        for plane in Plane:
            self.set_depth(plane, voxel[plane.depth_axis])

    def center_on(self, voxel: Index3, around: int = 0) -> None:
        """Show the slices through a voxel, with it in the middle.

        Args:
            voxel: (z, y, x).
            around: Pixel widths that the views show along their shorter edges at most; 0 leaves the zoom as it is.
        """
        if self._shape is not None:
            self.go_to(voxel)
            z, y, x = (i + 0.5 for i in voxel)
            shortest = min(min(self._grid.views[plane].canvas.extent) for plane in self._grid.planes)
            state = self._state.closer(shortest / around) if around else self._state
            self._set_state(state.centered((z, y, x), self._shape))

    def reveal(self, voxel: Index3, box: Region) -> None:
        """Show the slices through a voxel, and move the picture only where a box around it is not seen whole."""
        if self._shape is None:
            return
        self.go_to(voxel)
        if not all(self._sees(plane, box) for plane in self._grid.planes):
            self.center_on(voxel)

    def _sees(self, plane: Plane, box: Region) -> bool:
        """Whether a plane shows all of a box that its slice could show."""
        seen = self.visible_region(plane)
        axes = (plane.row_axis, plane.column_axis)
        return all(seen.start[axis] <= box.start[axis] and box.stop[axis] <= seen.stop[axis] for axis in axes)

    def fit(self) -> None:
        """Show the whole image."""
        if self._shape is not None:
            views = [(plane, self._grid.views[plane].canvas.extent) for plane in self._grid.planes]
            self._set_state(self._state.fitted(views, self._shape), fitted=True)

    def actual_size(self) -> None:
        """One pixel of the image on one pixel of the screen."""
        self._set_state(replace(self._state, scale=1.0 / self._grid.devicePixelRatioF()))

    def zoom_by(self, factor: float) -> None:
        """Zoom about the middle of the current view."""
        width, height = self._grid.views[self.plane].canvas.extent
        self._on_zoom(self.plane, factor, QPointF(width / 2, height / 2))

    def set_layout(self, name: str) -> None:
        """Show ``xy``, ``xz``, ``yz``, ``3d`` or ``all``; a 2D image knows ``xy`` only."""
        if self._shape is not None and self._shape[0] == 1:
            name = "xy"
        if name != self._grid.name:
            self._back_to = self._grid.name
            self._grid.show_layout(name)
            self._show_crosses()
            self._settle.start()
        self._show_active()
        self.layout_changed.emit(name)

    def toggle_maximised(self, view: str = "") -> None:
        """One plane, or the 3D view (``3d``), alone, or back to what was before."""
        if self._grid.name == "all":
            self.set_layout(view or self.plane.value)
        else:
            self.set_layout(self._back_to)

    def set_wheel_zooms(self, zooms: bool) -> None:
        """Whether the wheel zooms and Ctrl+wheel changes the slice; it always zooms on 2D images."""
        self._wheel_zooms = zooms
        flat = self._shape is not None and self._shape[0] == 1
        for view in self._grid.views.values():
            view.canvas.wheel_zooms, view.canvas.flat = zooms, flat

    def _set_state(self, state: ViewState, fitted: bool = False) -> None:
        self._state, self._fitted = state, fitted
        for plane in self._grid.planes:
            self._grid.views[plane].set_state(state)
            self.view_changed.emit(plane)

    def _show_crosses(self) -> None:
        for view in self._grid.views.values():
            view.set_cross(self.position if self._shape is not None and self._grid.name == "all" else None)

    def _show_active(self) -> None:
        """Mark the active one of several views."""
        several = len(self._grid.planes) > 1
        for plane, view in self._grid.views.items():
            view.set_active(several and plane == self.active_plane)

    def _on_touched(self, plane: Plane, _depth: int = 0) -> None:
        self._active = plane
        self._show_active()

    def _on_dragged(self, plane: Plane, dx: float, dy: float) -> None:
        if self._shape is not None:
            self._set_state(self._state.panned(plane, dx, dy, self._shape))

    def _on_zoom(self, plane: Plane, factor: float, place: QPointF) -> None:
        if self._shape is not None:
            extent = self._grid.views[plane].canvas.extent
            self._set_state(self._state.zoomed(plane, factor, place.x(), place.y(), extent))

    def _on_wheel(self, plane: Plane, steps: int) -> None:
        self.set_depth(plane, self.depth(plane) + steps)

    def _on_center(self, point: ToolPoint) -> None:
        self.go_to(point.voxel)

    def _on_resized(self) -> None:
        if self._fitted:
            self.fit()
        else:
            self._set_state(self._state)
