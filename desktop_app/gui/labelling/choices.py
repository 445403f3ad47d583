"""How the user labels now: options of the tools, locked and hidden labels."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.imaging.voxel_size import Unit
from desktop_app.core.labelling.tools import TOOLS, RoundTip, ToolOptions
from desktop_app.gui.widgets.form_editors import bounds_of

SIZE, SQUARE, WITHIN = "size_px", "square", "only_within"
_LOWEST, _HIGHEST = bounds_of(RoundTip.model_fields[SIZE])
SMALLEST, LARGEST = int(_LOWEST or 1), int(_HIGHEST or 1)


class Choices(QObject):
    """Kept while the program runs. An option that several tools have is one choice.

    Attributes:
        locked: Labels that do not change.
        hidden: Labels that are not drawn.
        length: Diameter of the tip and its unit, where it stays the same from image to image; None if its pixels do.
        sized: Whether the user has chosen a size.

    Signals:
        size_changed: The new diameter of the tip.
        changed: Anything else has changed.
        hidden_changed: Other labels are hidden.
    """

    size_changed = Signal(float)
    changed = Signal()
    hidden_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._options: dict[str, Any] = {}
        for info in TOOLS.values():
            self._options.update(info.options().model_dump())
        self.locked: frozenset[int] = frozenset()
        self.hidden: frozenset[int] = frozenset()
        self.length: tuple[float, Unit] | None = None
        self.sized = False

    def option(self, name: str) -> Any:
        """The value of an option."""
        return self._options[name]

    def set_option(self, name: str, value: Any) -> None:
        """Choose the value of an option."""
        if self._options[name] == value:
            return
        self._options[name] = value
        if name == SIZE:
            self.size_changed.emit(value)
        else:
            self.changed.emit()

    def options_of(self, tool: str) -> ToolOptions:
        """What is chosen for a tool."""
        model = TOOLS[tool].options
        return model.model_validate({name: self._options[name] for name in model.model_fields})

    @property
    def size_px(self) -> float:
        """Diameter of the round tip in pixel widths."""
        return float(self._options[SIZE])

    def set_size(self, size_px: float, voxel: VoxelSize | None = None) -> None:
        """Choose the diameter of the tip; it stays between its bounds.

        Args:
            size_px: In pixel widths.
            voxel: Of the open image; where the length of the tip is kept, it is the new one from now on.
        """
        self.sized = True
        self._put_size(size_px)
        if self.length is not None and voxel is not None and voxel.known:
            self.length = self.size_px * voxel.x, voxel.unit

    def keep_length(self, voxel: VoxelSize | None) -> None:
        """Keep the length of the tip from image to image from now on; None keeps its pixels."""
        self.length = None if voxel is None or not voxel.known else (self.size_px * voxel.x, voxel.unit)

    def fit(self, voxel: VoxelSize, first_px: float | None) -> None:
        """Another image is open: keep the length of the tip, or begin with a size that suits what is in it.

        Args:
            voxel: Of the image.
            first_px: What suits it, in pixel widths; None where that is not known.
        """
        if self.length is not None and voxel.known:
            length, unit = self.length
            self._put_size(length / voxel.converted(unit).x)
        elif first_px is not None and not self.sized:
            self._put_size(first_px)

    def _put_size(self, size_px: float) -> None:
        self.set_option(SIZE, min(float(LARGEST), max(float(SMALLEST), size_px)))

    def grow(self, steps: int, voxel: VoxelSize | None = None) -> None:
        """Change the size by some steps; large tips grow faster: by a twelfth, so that 1 to 400 px are 50 steps."""
        self.set_size(self.size_px + steps * max(1, self.size_px // 12), voxel)  # a twelfth, see above

    def guard(self, locked: frozenset[int], hidden: frozenset[int]) -> None:
        """These labels do not change, and these are not drawn."""
        if locked != self.locked:
            self.locked = locked
            self.changed.emit()
        if hidden != self.hidden:
            self.hidden = hidden
            self.hidden_changed.emit()


def size_text(size_px: float, size: VoxelSize | None) -> str:
    """The diameter in pixels, and in length where the voxel size is known."""
    if size is None or not size.known:
        return f"{size_px:.3g} px"
    length, unit = size_px * size.x, size.unit
    if unit == "nm" and length >= 1000:
        length, unit = length / 1000, "µm"
    return f"{size_px:.3g} px · {length:.3g} {unit}"
