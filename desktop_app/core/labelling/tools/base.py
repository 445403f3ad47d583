"""What a labelling tool is: it turns points in the shown picture into changed label voxels.

A tool is one file: its options, its class and its ``ToolInfo``; the table in ``tools/__init__`` has a line for each.
Buttons, menu, keys, options, cursor and hints of the window come from that table alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Index3, Plane, Region
from desktop_app.core.labelling.assisting import Answer, Asked
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.options import ToolOptions

OptionsT = TypeVar("OptionsT", bound=ToolOptions)


@dataclass(frozen=True, slots=True)
class ToolPoint:
    """A place in the shown picture of one slice.

    Attributes:
        plane: Which plane is shown.
        depth: Which slice of it.
        row: Sub-pixel position downwards; pixel ``i`` reaches from ``i`` to ``i + 1``.
        column: The same to the right.
        pressure: Of a pen, from 0 to 1; 1 for a mouse.
    """

    plane: Plane
    depth: int
    row: float
    column: float
    pressure: float = 1.0

    @property
    def voxel(self) -> Index3:
        """The voxel (z, y, x) under the point; it may lie outside the volume."""
        return self.plane.to_voxel(int(self.row // 1), int(self.column // 1), self.depth)

    def same_slice(self, other: ToolPoint) -> bool:
        """Whether both points are on one slice."""
        return self.plane == other.plane and self.depth == other.depth

    def apart(self, other: ToolPoint) -> float:
        """Pixels between both along the axis on which they lie further apart."""
        return max(abs(self.row - other.row), abs(self.column - other.column))


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What a tool would label, shown before it is taken over.

    Attributes:
        region: The box around it.
        labels: (Z, Y, X) uint32 of the box.
    """

    region: Region
    labels: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Within:
    """Labels that alone may lose voxels.

    Attributes:
        labels: These, or
        besides: all but these.
    """

    labels: frozenset[int]
    besides: bool = False

    def where(self, current: NDArray[np.uint32]) -> NDArray[np.bool_]:
        """Where ``current`` (any shape) may change."""
        found = one_of(current, self.labels)
        return ~found if self.besides else found


@dataclass(frozen=True, slots=True)
class ToolSettings(Generic[OptionsT]):
    """How a tool works now: what all tools share, and its own options.

    Attributes:
        value: Label to paint; 0 empties.
        options: Of this tool.
        locked: Labels that neither lose nor gain voxels.
        voxel_aspect: Edges of a voxel (z, y, x) in pixel widths.
        erase: The user empties instead, with the other mouse button for example.
        grey: Grey values (Z, Y, X) of the shown channel in a box; None without an image.
        others: Label images that are shown over the image besides the painted labels, the topmost first.
        within: Labels that alone may change; None for all.
    """

    value: int
    options: OptionsT
    locked: frozenset[int] = frozenset()
    voxel_aspect: tuple[float, float, float] = (1.0, 1.0, 1.0)
    erase: bool = False
    grey: Callable[[Region], NDArray[Any]] | None = None
    others: tuple[LabelReader, ...] = ()
    within: Within | None = None

    @property
    def label(self) -> int:
        """What is written."""
        return 0 if self.erase else self.value


class Tool(Generic[OptionsT]):
    """One drag from ``press`` over any number of ``move`` to ``release`` is one edit.

    ``press`` and ``move`` may write to the store at once; they return the touched box for repainting, None if nothing
    changed. A tool that collects places over several drags writes in ``finish``. What a tool does not need stays as
    it is here: nothing happens.
    """

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[OptionsT]) -> Region | None:
        """The button went down."""
        del store, point, how
        return None

    def move(self, store: LabelStore, point: ToolPoint, how: ToolSettings[OptionsT]) -> Region | None:
        """The pointer moved with the button down."""
        del store, point, how
        return None

    def release(self, store: LabelStore, point: ToolPoint, how: ToolSettings[OptionsT]) -> Edit | None:
        """The button went up; the edit for the undo list, None if nothing changed."""
        del store, point, how
        return None

    def cancel(self, store: LabelStore) -> Region | None:
        """Put back everything since ``press``, and forget what was collected."""
        del store
        return None

    def newest(self, store: LabelStore) -> Edit | None:
        """What was written since this was last asked, for the journal; the stroke goes on.

        A tool that writes before ``release`` must tell: what the label file stores, undo must know after a crash.
        """
        del store
        return None

    def split(self, store: LabelStore) -> Edit | None:
        """The stroke until now as an edit, once it is so large that one more step of undo is better."""
        del store
        return None

    def hover(self, store: LabelStore, point: ToolPoint, how: ToolSettings[OptionsT]) -> bool:
        """The pointer moves with no button down; whether ``collected`` has changed."""
        del store, point, how
        return False

    @property
    def collected(self) -> tuple[ToolPoint, ...]:
        """The places of an open outline, or of the outline of a drag, drawn over the image."""
        return ()

    @property
    def is_open(self) -> bool:
        """Whether something was collected that ``finish`` would write."""
        return bool(self.collected)

    @property
    def proposal(self) -> Proposal | None:
        """What ``finish`` would write, for tools that show it."""
        return None

    @property
    def wanted(self) -> Asked | None:
        """What an assistant shall be asked now; None for nothing."""
        return None

    def take_answer(self, asked: Asked, answer: Answer) -> None:
        """The assistant has answered what was ``wanted``."""

    def finish(self, store: LabelStore, how: ToolSettings[OptionsT]) -> Edit | None:
        """Close the outline; the edit for the undo list, None if nothing changed."""
        del store, how
        return None

    def step_back(self) -> None:
        """Take back the last collected place."""

    @property
    def picked(self) -> int | None:
        """The label found under the pointer, to be painted from now on."""
        return None


class OtherButton(Enum):
    """What the right mouse button does while a tool is in hand."""

    MENU = "opens the menu"
    ERASES = "empties in a drag, and opens the menu at a click"


@dataclass(frozen=True, slots=True)
class ToolInfo:
    """A line of the tool table.

    Attributes:
        name: Key of the table, never shown.
        title: Name for people, also of the undo step.
        icon: Glyph in full, such as ``mdi6.brush``.
        key: Default shortcut.
        tip: One sentence for the tooltip.
        gestures: What mouse and keys do: (which, what), for the status bar and the shortcut sheet.
        factory: Makes a fresh tool.
        options: What the user can set about it; the options bar shows these.
        without_options: What stands there in their place, in paragraphs; empty: that there is nothing to set.
        cursor: At the pointer: a cross, the outline of a round tip whose size stands in the options, or the hand of a
            tool with which the left button moves the picture.
        other_button: What the right mouse button does. Ctrl with the left button empties with every tool that writes.
        writes: Whether it changes labels, and so minds locked ones.
        erases: Whether all it ever does is to empty.
        collects: Whether it collects places over several drags until the outline is closed.
        proposes: Whether it shows what it would write; clicks add to it, with the right button or Alt they take away.
        momentary: Whether the tool before comes back after one use.
        volumes_only: Whether it makes no sense in a flat image.
    """

    name: str
    title: str
    icon: str
    key: str
    tip: str
    gestures: tuple[tuple[str, str], ...]
    factory: Callable[[], Tool[Any]]
    options: type[ToolOptions] = ToolOptions
    without_options: str = ""
    cursor: Literal["cross", "tip", "hand"] = "cross"
    other_button: OtherButton = OtherButton.MENU
    writes: bool = True
    erases: bool = False
    collects: bool = False
    proposes: bool = False
    momentary: bool = False
    volumes_only: bool = False

    @property
    def pans(self) -> bool:
        """Whether the left button moves the picture."""
        return self.cursor == "hand"

    @property
    def hint(self) -> str:
        """The gestures in a line, for the status bar."""
        return " ".join(f"{which}: {what}." for which, what in (*self.gestures, *(() if self.pans else ALWAYS)))


def one_of(labels: NDArray[np.uint32], wanted: frozenset[int]) -> NDArray[np.bool_]:
    """Where labels are among those ``wanted``; quick for many objects, too."""
    if len(wanted) <= _FEW:
        found = np.zeros(labels.shape, bool)
        for label in wanted:
            found |= labels == label
        return found
    return np.asarray(np.isin(labels, np.fromiter(wanted, np.uint32, len(wanted))))


_FEW = 4  # as many comparisons take about as long as one search
WHEEL = (("Wheel", "slice"), ("Ctrl+wheel", "zoom"))
"""What the wheel does in a volume, by default."""
ALWAYS = (*WHEEL, ("Space+drag", "move"), ("H", "look below"))
"""What mouse and keys do with every tool that does not pan."""
