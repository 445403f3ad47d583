"""Livewire: an outline that clings to edges.

Between two clicks the outline takes the cheapest way over the picture, where edges are cheap; a drag is moved onto the
edges beside it. ``edge_ways`` finds both.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from desktop_app.core.imaging.region import Region
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import Tool, ToolInfo, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.options import OnlyEmpty
from desktop_app.core.labelling.tools.outline import edit_inside

if TYPE_CHECKING:
    from desktop_app.core.labelling.tools.edge_ways import EdgeNet

_STILL_PX = 2.0  # a drag shorter than this in pixels of the picture is a click, by feel
# A drag that ends so close to where the outline began closes it, as a share of the length of the outline; by feel.
_CLOSES = 0.15


class LivewireOptions(OnlyEmpty):
    """Caution of the livewire."""


class LivewireTool(Tool[LivewireOptions]):
    """Collects corners and the ways between them, all on one slice; nothing is written before ``finish``."""

    def __init__(self) -> None:
        self._ways: list[list[ToolPoint]] = []  # each ends in a corner
        self._live: list[ToolPoint] = []
        self._net: EdgeNet | None = None
        self._drag: _Drag | None = None

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[LivewireOptions]) -> Region | None:
        """Add a corner with the way to it; on another slice a new outline begins."""
        from desktop_app.core.labelling.tools.edge_ways import EdgeNet

        if self._ways and not self._ways[0][0].same_slice(point):
            self._ways.clear()
        self._ways.append(self._way_to(point) if self._ways else [point])
        self._live, self._drag = [], None
        known = self._net if len(self._ways) > 1 else None
        self._net = known.moved(point) if known is not None else EdgeNet.around(point, store, how)
        return None

    def move(self, store: LabelStore, point: ToolPoint, how: ToolSettings[LivewireOptions]) -> Region | None:
        """Draw along an edge."""
        del store, how
        if not self._ways or not self._ways[0][0].same_slice(point):
            return None
        corner = self._ways[-1][-1]
        if self._drag is None and _apart(corner, point) > _STILL_PX:
            self._drag = _Drag(corner, None if self._net is None else self._net.picture)
        if self._drag is not None:
            self._live = self._drag.to(point)
        return None

    def release(self, store: LabelStore, point: ToolPoint, how: ToolSettings[LivewireOptions]) -> Edit | None:
        """A drag that has come round closes the outline; else clicks or drags go on from its end."""
        self.move(store, point, how)
        if self._drag is None or not self._live:
            return None
        self._drag = None
        if len(self._ways) == 1:
            self._ways.clear()  # the drag begins on the edge beside its first corner
        self._ways.append(self._live)
        self._live = []
        way = self.collected
        self._net = None if self._net is None else self._net.moved(way[-1])
        came_round = _apart(way[0], way[-1]) <= _CLOSES * _length(way)
        return self.finish(store, how) if came_round else None

    def hover(self, store: LabelStore, point: ToolPoint, how: ToolSettings[LivewireOptions]) -> bool:
        """Show the way to the pointer."""
        del store, how
        if not self._ways or not self._ways[0][0].same_slice(point):
            return False
        self._live = self._way_to(point)
        return True

    @property
    def collected(self) -> tuple[ToolPoint, ...]:
        """The outline so far, and the way to the pointer."""
        return (*(point for way in self._ways for point in way), *self._live)

    def finish(self, store: LabelStore, how: ToolSettings[LivewireOptions]) -> Edit | None:
        """Close the outline along edges, and label what is inside; None if it holds nothing."""
        if self._ways:
            self._live = []
            corners = [*self.collected, *self._way_to(self._ways[0][0])]
        else:
            corners = []
        self._forget()
        return edit_inside(corners, store, how, LIVEWIRE.title)

    def step_back(self) -> None:
        """Take the last corner back, with the way to it."""
        if self._ways:
            self._ways.pop()
        self._live = []
        self._net = None if not self._ways or self._net is None else self._net.moved(self._ways[-1][-1])

    def cancel(self, store: LabelStore) -> Region | None:
        """Forget the outline."""
        del store
        self._forget()
        return None

    def _forget(self) -> None:
        self._ways, self._live, self._net, self._drag = [], [], None, None

    def _way_to(self, point: ToolPoint) -> list[ToolPoint]:
        return [point] if self._net is None else [*self._net.way_to(point), point]


class _Drag:
    """A drag, moved onto the edges beside it; as it is where there is no image.

    Args:
        corner: Where it begins.
        picture: Grey values (rows, columns) of the slice; None without.
    """

    def __init__(self, corner: ToolPoint, picture: NDArray[Any] | None) -> None:
        from desktop_app.core.labelling.tools.edge_ways import EdgeTrail

        self._points = [corner]
        self._trail = None if picture is None else EdgeTrail(picture, corner)

    def to(self, point: ToolPoint) -> list[ToolPoint]:
        """All points of the drag, up to the pointer."""
        self._points.append(point)
        if self._trail is None:
            return list(self._points)
        self._trail.draw_to(point)
        return [replace(point, row=row + 0.5, column=column + 0.5) for row, column in self._trail.way]


def _length(way: Sequence[ToolPoint]) -> float:
    return sum(_apart(a, b) for a, b in itertools.pairwise(way))


def _apart(a: ToolPoint, b: ToolPoint) -> float:
    return math.hypot(a.row - b.row, a.column - b.column)


LIVEWIRE = ToolInfo(
    "livewire",
    "Livewire",
    "mdi6.vector-polyline-edit",
    "U",
    "Draw round a thing, or click along its edge; the outline clings to it.",
    (
        ("Drag round", "label the thing"),
        ("Click", "corner"),
        ("Move", "the outline follows edges"),
        ("Enter or first corner", "close"),
        ("Backspace", "one back"),
        ("Esc", "drop"),
    ),
    LivewireTool,
    LivewireOptions,
    collects=True,
)
