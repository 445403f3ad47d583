"""What a labelling tool is: it turns points in the shown picture into changed label voxels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from desktop_app.core.config.base import Parameters
from desktop_app.core.imaging.region import Index3, Plane, Region
from desktop_app.core.labelling.store import Edit, LabelStore


@dataclass(frozen=True, slots=True)
class ToolPoint:
    """A place in the shown picture of one slice.

    Attributes:
        plane: Which plane is shown.
        depth: Which slice of it.
        row: Sub-pixel position downwards; pixel ``i`` reaches from ``i`` to ``i + 1``.
        column: The same to the right.
    """

    plane: Plane
    depth: int
    row: float
    column: float

    @property
    def voxel(self) -> Index3:
        """The voxel (z, y, x) under the point; it may lie outside the volume."""
        return self.plane.to_voxel(int(self.row // 1), int(self.column // 1), self.depth)

    def same_slice(self, other: ToolPoint) -> bool:
        """Whether both points are on one slice."""
        return self.plane == other.plane and self.depth == other.depth


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """How tools work now.

    Attributes:
        value: Label to paint; 0 erases.
        radius_px: Brush radius in pixel widths (x). The brush is round as seen with true proportions.
        brush_3d: Paint a ball through the neighbouring slices instead of a disc.
        only_empty: Paint only where nothing is labelled yet; erasing is not concerned.
        locked: Labels that neither lose nor gain voxels.
        fill_3d: Fill through all slices instead of in the shown one.
        voxel_aspect: Edges of a voxel (z, y, x) in pixel widths.
    """

    value: int
    radius_px: float = 10.0
    brush_3d: bool = False
    only_empty: bool = False
    locked: frozenset[int] = frozenset()
    fill_3d: bool = False
    voxel_aspect: tuple[float, float, float] = (1.0, 1.0, 1.0)


class Tool(Protocol):
    """One drag from ``press`` over any number of ``move`` to ``release`` is one edit.

    Each call writes to the store at once and returns the touched box for repainting, None if nothing changed.
    """

    def press(self, store: LabelStore, point: ToolPoint, settings: ToolSettings) -> Region | None:
        """The button went down."""

    def move(self, store: LabelStore, point: ToolPoint, settings: ToolSettings) -> Region | None:
        """The pointer moved with the button down."""

    def release(self, store: LabelStore, point: ToolPoint, settings: ToolSettings) -> Edit | None:
        """The button went up; the edit for the undo list, None if nothing changed."""

    def cancel(self, store: LabelStore) -> Region | None:
        """Put back everything since ``press``."""


@dataclass(frozen=True, slots=True)
class ToolInfo:
    """A line of the tool table.

    Attributes:
        name: Key of the table, never shown.
        title: Name for people, also of the undo step.
        hint: What mouse and keys do now, for the status bar.
        factory: Makes a fresh tool.
        options: What the user can set about it; the options bar shows these.
    """

    name: str
    title: str
    hint: str
    factory: Callable[[], Tool]
    options: type[Parameters]
