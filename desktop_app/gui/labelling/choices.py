"""How the user labels now: options of the tools, locked and hidden labels."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop_app.core.imaging import VoxelSize
from desktop_app.core.labelling.tools import TOOLS, RoundTip, ToolOptions
from desktop_app.gui.widgets.form_editors import bounds_of

SIZE, SQUARE = "size_px", "square"
_LOWEST, _HIGHEST = bounds_of(RoundTip.model_fields[SIZE])
SMALLEST, LARGEST = int(_LOWEST or 1), int(_HIGHEST or 1)


class Choices(QObject):
    """Kept while the program runs. An option that several tools have is one choice.

    Attributes:
        locked: Labels that do not change.
        hidden: Labels that are not drawn.

    Signals:
        size_changed: The new diameter of the tip.
        changed: Anything else has changed.
        hidden_changed: Other labels are hidden.
    """

    size_changed = Signal(int)
    changed = Signal()
    hidden_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._options: dict[str, Any] = {}
        for info in TOOLS.values():
            self._options.update(info.options().model_dump())
        self.locked: frozenset[int] = frozenset()
        self.hidden: frozenset[int] = frozenset()

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
    def size_px(self) -> int:
        """Diameter of the round tip in pixels."""
        return int(self._options[SIZE])

    def set_size(self, size_px: int) -> None:
        """Choose the diameter of the tip; it stays between its bounds."""
        self.set_option(SIZE, min(LARGEST, max(SMALLEST, size_px)))

    def grow(self, steps: int) -> None:
        """Change the size by some steps; large tips grow faster: by a twelfth, so that 1 to 400 px are 50 steps."""
        self.set_size(self.size_px + steps * max(1, self.size_px // 12))

    def guard(self, locked: frozenset[int], hidden: frozenset[int]) -> None:
        """These labels do not change, and these are not drawn."""
        if locked != self.locked:
            self.locked = locked
            self.changed.emit()
        if hidden != self.hidden:
            self.hidden = hidden
            self.hidden_changed.emit()


def size_text(size_px: int, size: VoxelSize | None) -> str:
    """The diameter in pixels, and in length where the voxel size is known."""
    if size is None or not size.known:
        return f"{size_px} px"
    length, unit = size_px * size.x, size.unit
    if unit == "nm" and length >= 1000:
        length, unit = length / 1000, "µm"
    return f"{size_px} px · {length:.3g} {unit}"
