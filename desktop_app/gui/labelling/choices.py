"""How the user labels now: options of the tools, locked and hidden labels."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.labelling.tools import ToolSettings

SMALLEST, LARGEST = 1, 400


class Choices(QObject):
    """Kept while the program runs.

    Attributes:
        size_px: Diameter of the brush in pixels.
        brush_3d, only_empty, fill_3d: As in ``ToolSettings``.
        locked: Labels that do not change.
        hidden: Labels that are not drawn.

    Signals:
        size_changed: The new diameter.
        changed: Anything else has changed.
        hidden_changed: Other labels are hidden.
    """

    size_changed = Signal(int)
    changed = Signal()
    hidden_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.size_px = 20
        self.brush_3d = False
        self.only_empty = False
        self.fill_3d = False
        self.locked: frozenset[int] = frozenset()
        self.hidden: frozenset[int] = frozenset()

    def set_size(self, size_px: int) -> None:
        """Choose the diameter of the brush; it stays between its bounds."""
        size_px = min(LARGEST, max(SMALLEST, size_px))
        if size_px != self.size_px:
            self.size_px = size_px
            self.size_changed.emit(size_px)

    def grow(self, steps: int) -> None:
        """Change the size by some steps; large brushes grow faster."""
        self.set_size(self.size_px + steps * max(1, self.size_px // 12))

    def set_flag(self, name: str, on: bool) -> None:
        """Switch ``brush_3d``, ``only_empty`` or ``fill_3d``."""
        if getattr(self, name) != on:
            setattr(self, name, on)
            self.changed.emit()

    def set_locked(self, value: int, on: bool) -> None:
        """Protect a label from changes."""
        self.locked = self.locked | {value} if on else self.locked - {value}
        self.changed.emit()

    def set_hidden(self, value: int, on: bool) -> None:
        """Do not draw a label."""
        self.hidden = self.hidden | {value} if on else self.hidden - {value}
        self.hidden_changed.emit()

    def forget_labels(self) -> None:
        """Nothing is locked or hidden any more: other labels are open."""
        self.locked = self.hidden = frozenset()
        self.changed.emit()
        self.hidden_changed.emit()

    def settings(self, value: int, aspect: tuple[float, float, float]) -> ToolSettings:
        """For the tools, painting ``value`` into voxels with edges ``aspect`` (z, y, x, in pixel widths)."""
        return ToolSettings(
            value=value,
            radius_px=self.size_px / 2,
            brush_3d=self.brush_3d,
            only_empty=self.only_empty,
            locked=self.locked,
            fill_3d=self.fill_3d,
            voxel_aspect=aspect,
        )


def size_text(size_px: int, size: VoxelSize | None) -> str:
    """The diameter in pixels, and in length where the voxel size is known."""
    if size is None or not size.known:
        return f"{size_px} px"
    length, unit = size_px * size.x, size.unit
    if unit == "nm" and length >= 1000:
        length, unit = length / 1000, "µm"
    return f"{size_px} px · {length:.3g} {unit}"
