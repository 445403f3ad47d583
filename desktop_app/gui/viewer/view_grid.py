"""The three planes side by side, or one of them alone."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from desktop_app.core.imaging import Index3, Plane, Volume
from desktop_app.core.imaging.shown_size import shown_size
from desktop_app.gui.theme import current_colors, theme
from desktop_app.gui.viewer.geometry import Triple
from desktop_app.gui.viewer.plane_view import PlaneView
from desktop_app.gui.viewer.view3d.view3d import View3D

# Row and column; so placed, the planes share their axes.
_PLACES = {Plane.XY: (0, 0), Plane.YZ: (0, 1), Plane.XZ: (1, 0)}
_LEAST_SHARE = 0.6  # of the larger view: thin stacks stay visible, and 3D has room on a small screen, by eye


class ViewGrid(QWidget):
    """xy with yz on its right (same rows) and xz below (same columns); the 3D view has the fourth corner."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.views = {plane: PlaneView(plane) for plane in Plane}
        self.name = "xy"
        self._extent: Triple = (1.0, 1.0, 1.0)
        self.space = View3D()
        self.space.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        for plane, place in _PLACES.items():
            self._grid.addWidget(self.views[plane], *place)
        self._grid.addWidget(self.space, 1, 1)
        self._paint_background()
        theme().changed.connect(self._paint_background)
        self.show_layout("xy")

    @property
    def planes(self) -> list[Plane]:
        """Those that are seen; in 3D alone, the keys for slices move xy."""
        return {"all": list(Plane), "3d": [Plane.XY]}.get(self.name) or [Plane(self.name)]

    def set_volume(self, volume: Volume | None, aspect: Triple) -> None:
        """Give the planes room after the proportions of a volume."""
        shape: Index3 = volume.shape if volume is not None else (1, 1, 1)
        z, y, x = (n * a for n, a in zip(shape, aspect, strict=True))
        self._extent = (z, y, x)
        self.space.set_facts("" if volume is None else _facts(volume))
        self.show_layout(self.name)

    def show_layout(self, name: str) -> None:
        """Show ``xy``, ``xz``, ``yz``, ``3d`` or ``all``."""
        self.name = name
        for plane, view in self.views.items():
            view.setVisible(name != "3d" and plane in self.planes)
        self.space.setVisible(name in ("all", "3d"))
        z, y, x = self._extent
        shares = (1.0, 0.0) if name != "all" else (1.0, min(1.0, max(_LEAST_SHARE, z / max(y, 1e-9))))
        alone = {"xy": (0, 0), "xz": (1, 0), "yz": (0, 1), "3d": (1, 1)}.get(name)
        for index in (0, 1):
            row = shares[index] if alone is None else float(index == alone[0])
            wide = (1.0, min(1.0, max(_LEAST_SHARE, z / max(x, 1e-9))))[index]
            column = wide if alone is None else float(index == alone[1])
            self._grid.setRowStretch(index, round(100 * row))
            self._grid.setColumnStretch(index, round(100 * column))

    def _paint_background(self) -> None:
        for view in self.views.values():
            view.canvas.setBackground(current_colors().canvas)


def _facts(volume: Volume) -> str:
    size = f"{shown_size(volume.shape)} {'pixels' if volume.is_2d else 'voxels'}"
    lines = [volume.name, size, f"{volume.dtype}"]
    if volume.channels > 1:
        lines.append("colour" if volume.rgb else f"{volume.channels} channels")
    lines.append(f"Voxel size {volume.voxel_size.describe()}")
    return "\n".join(lines)
