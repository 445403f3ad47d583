"""Livewire: an outline that clings to edges.

Between two clicks the outline takes the cheapest way over the picture, where edges are cheap (Mortensen and Barrett,
Intelligent scissors, SIGGRAPH 1995). The cost of a pixel is 1 / (1 + (g / s)²) of the gradient g of the smoothed
picture and its typical size s, and a little for the length of the way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.region import Region
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import Tool, ToolInfo, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.options import OnlyEmpty
from desktop_app.core.labelling.tools.outline import edit_inside

# Pixels around a corner in which ways are looked for; 448² pixels take about 0.1 s once, after each click.
_REACH_PX = 224
_BLUR_PX = 1.5  # width of the Gaussian before the gradient: noise of single pixels is no edge
_TYPICAL = 90.0  # percentile of the gradient that counts as a clear edge, by eye on fluorescence and EM
_LENGTH = 0.02  # cost of a pixel on a perfect edge: a way is straight where there is nothing to cling to


class LivewireOptions(OnlyEmpty):
    """Caution of the livewire."""


class LivewireTool(Tool[LivewireOptions]):
    """Collects corners and the ways between them, all on one slice; nothing is written before ``finish``."""

    def __init__(self) -> None:
        self._ways: list[list[ToolPoint]] = []  # each ends in a corner
        self._live: list[ToolPoint] = []
        self._net: _Net | None = None

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[LivewireOptions]) -> Region | None:
        """Add a corner with the way to it; on another slice a new outline begins."""
        if self._ways and not self._ways[0][0].same_slice(point):
            self._ways.clear()
        self._ways.append(self._way_to(point) if self._ways else [point])
        self._live = []
        known = self._net if len(self._ways) > 1 else None
        self._net = known.moved(point) if known is not None else _Net.around(point, store, how)
        return None

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
            corners = [*self.collected, *self._way_to(self._ways[0][-1])]
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
        self._ways, self._live, self._net = [], [], None

    def _way_to(self, point: ToolPoint) -> list[ToolPoint]:
        return [point] if self._net is None else [*self._net.way_to(point), point]


class _Net:
    """The cheapest ways from one corner to all pixels around it.

    Args:
        corner: Where ways begin.
        picture: Grey values (rows, columns) of the slice.
    """

    def __init__(self, corner: ToolPoint, picture: NDArray[Any]) -> None:
        from skimage.graph import MCP_Geometric

        self._corner, self._picture = corner, picture
        row, column = self._clipped(corner)
        self._top, self._left = max(0, row - _REACH_PX), max(0, column - _REACH_PX)
        window = picture[self._top : row + _REACH_PX, self._left : column + _REACH_PX]
        self._shape = window.shape
        self._net: Any = MCP_Geometric(1 / (1 + _steepness(window) ** 2) + _LENGTH)
        self._net.find_costs([(row - self._top, column - self._left)])

    @classmethod
    def around(cls, corner: ToolPoint, store: LabelStore, how: ToolSettings[Any]) -> _Net | None:
        """The ways from a corner; None without an image, where ways are straight."""
        if how.grey is None:
            return None
        plane = corner.plane
        return cls(corner, squeeze_slab(how.grey(plane.slab(store.shape, corner.depth)), plane))

    def moved(self, corner: ToolPoint) -> _Net:
        """The ways from another corner on the same slice."""
        return _Net(corner, self._picture)

    def way_to(self, point: ToolPoint) -> list[ToolPoint]:
        """Points from behind the corner to before ``point``; none where it lies out of reach."""
        row, column = self._clipped(point)
        row, column = row - self._top, column - self._left
        if not (0 <= row < self._shape[0] and 0 <= column < self._shape[1]):
            return []
        steps = self._net.traceback((row, column))[1:-1]
        return [replace(self._corner, row=r + self._top + 0.5, column=c + self._left + 0.5) for r, c in steps]

    def _clipped(self, point: ToolPoint) -> tuple[int, int]:
        """The pixel under a point, or the nearest one in the picture."""
        rows, columns = self._picture.shape
        return min(max(0, int(point.row)), rows - 1), min(max(0, int(point.column)), columns - 1)


def _steepness(picture: NDArray[Any]) -> NDArray[np.float64]:
    """Gradient of a smoothed picture (rows, columns), 1 at a clear edge."""
    from scipy import ndimage

    steep = ndimage.gaussian_gradient_magnitude(np.nan_to_num(picture.astype(np.float32)), _BLUR_PX)
    typical = float(np.percentile(steep, _TYPICAL))
    return np.asarray(steep / typical if typical > 0 else steep, np.float64)


LIVEWIRE = ToolInfo(
    "livewire",
    "Livewire",
    "mdi6.vector-polyline-edit",
    "U",
    "Click along an edge; the outline clings to it.",
    (
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
