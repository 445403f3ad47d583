"""Livewire: an outline that clings to edges.

Between two clicks the outline takes the cheapest way over the picture, where edges are cheap (Mortensen and Barrett,
Intelligent scissors, SIGGRAPH 1995). A drag is moved onto the edges beside it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.downsampled import means
from desktop_app.core.imaging.region import Region
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import Tool, ToolInfo, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.edge_trail import EdgeTrail, Pixel, cheapest, cost_of, steepness, typical
from desktop_app.core.labelling.tools.options import OnlyEmpty
from desktop_app.core.labelling.tools.outline import edit_inside

# Pixels around a corner in which ways are looked for pixel by pixel, after each click: 256² take about 20 ms.
_REACH_PX = 128
# To so far, ways are looked for in squares of two pixels, once the pointer goes there (20 ms), and then pixel
# by pixel so close to the way that was found.
_FAR_PX, _COARSE, _BESIDE_PX = 256, 2, 6  # a bend that squares hide is no wider
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
        self._net: _Net | None = None
        self._drag: _Drag | None = None

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[LivewireOptions]) -> Region | None:
        """Add a corner with the way to it; on another slice a new outline begins."""
        if self._ways and not self._ways[0][0].same_slice(point):
            self._ways.clear()
        self._ways.append(self._way_to(point) if self._ways else [point])
        self._live, self._drag = [], None
        known = self._net if len(self._ways) > 1 else None
        self._net = known.moved(point) if known is not None else _Net.around(point, store, how)
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
        self._shape = (0, 0) if picture is None else picture.shape
        self._points = [corner]
        self._trail = None if picture is None else EdgeTrail(picture, _clipped(corner, picture.shape))

    def to(self, point: ToolPoint) -> list[ToolPoint]:
        """All points of the drag, up to the pointer."""
        self._points.append(point)
        if self._trail is None:
            return list(self._points)
        self._trail.draw_to(_clipped(point, self._shape))
        return [replace(point, row=row + 0.5, column=column + 0.5) for row, column in self._trail.way]


class _Net:
    """The cheapest ways from one corner to all pixels around it.

    Args:
        corner: Where ways begin.
        picture: Grey values (rows, columns) of the slice.

    Attributes:
        picture: The same.
    """

    def __init__(self, corner: ToolPoint, picture: NDArray[Any]) -> None:
        self._corner, self.picture = corner, picture
        self._start = _clipped(corner, picture.shape)
        self._near = _Ways(picture, self._start, _REACH_PX)
        self._far: _Ways | None = None

    @classmethod
    def around(cls, corner: ToolPoint, store: LabelStore, how: ToolSettings[Any]) -> _Net | None:
        """The ways from a corner; None without an image, where ways are straight."""
        if how.grey is None:
            return None
        plane = corner.plane
        return cls(corner, squeeze_slab(how.grey(plane.slab(store.shape, corner.depth)), plane))

    def moved(self, corner: ToolPoint) -> _Net:
        """The ways from another corner on the same slice."""
        return _Net(corner, self.picture)

    def way_to(self, point: ToolPoint) -> list[ToolPoint]:
        """Points from behind the corner to before ``point``; none where it lies out of reach."""
        pixel = _clipped(point, self.picture.shape)
        steps = self._near.to(pixel)
        if not steps:
            self._far = self._far or _Ways(self.picture, self._start, _FAR_PX, _COARSE)
            steps = self._far.to(pixel)
            if steps:
                steps = _refined(self.picture, [self._start, *steps, pixel])
        return [replace(self._corner, row=r + 0.5, column=c + 0.5) for r, c in steps[1:-1]]


class _Ways:
    """The cheapest ways from one pixel within a window around it.

    Args:
        picture: Grey values (rows, columns).
        start: Where ways begin.
        reach: Pixels from there to the rim of the window.
        factor: Edge of the squares of pixels that are seen as one.
    """

    def __init__(self, picture: NDArray[Any], start: Pixel, reach: int, factor: int = 1) -> None:
        from skimage.graph import MCP_Geometric

        row, column = start
        self._factor, self._top, self._left = factor, max(0, row - reach), max(0, column - reach)
        window = picture[self._top : row + reach, self._left : column + reach]
        self._shape = window.shape
        self._net: Any = MCP_Geometric(_cost(means(window, factor)))
        self._net.find_costs([self._inside(start)])

    def to(self, pixel: Pixel) -> list[Pixel]:
        """The pixels of the way, both ends among them; none out of the window."""
        if not (0 <= pixel[0] - self._top < self._shape[0] and 0 <= pixel[1] - self._left < self._shape[1]):
            return []
        middle = self._factor // 2
        steps = self._net.traceback(self._inside(pixel))
        return [(r * self._factor + middle + self._top, c * self._factor + middle + self._left) for r, c in steps]

    def _inside(self, pixel: Pixel) -> Pixel:
        return (pixel[0] - self._top) // self._factor, (pixel[1] - self._left) // self._factor


def _refined(picture: NDArray[Any], way: list[Pixel]) -> list[Pixel]:
    """The cheapest way, pixel by pixel, that keeps close to another one between the same ends."""
    from scipy import ndimage

    places = np.clip(np.array(way), 0, np.array(picture.shape) - 1)
    top, left = np.maximum(0, places.min(0) - _BESIDE_PX)
    bottom, right = places.max(0) + _BESIDE_PX + 1
    window = picture[top:bottom, left:right]
    near = np.zeros(window.shape, bool)
    near[places[:, 0] - top, places[:, 1] - left] = True
    near = ndimage.binary_dilation(near, np.ones((3, 3), bool), iterations=_BESIDE_PX)
    start, end = ((int(row), int(column)) for row, column in (places[0], places[-1]))
    return cheapest(np.where(near, _cost(window), np.inf), start, end, (int(top), int(left)))


def _cost(picture: NDArray[Any]) -> NDArray[np.float64]:
    """What a step onto each pixel costs: little on clear edges."""
    steep = steepness(picture)
    return cost_of(steep, typical(steep))


def _clipped(point: ToolPoint, shape: tuple[int, ...]) -> Pixel:
    """The pixel under a point, or the nearest one in the picture."""
    rows, columns = shape
    return min(max(0, int(point.row)), rows - 1), min(max(0, int(point.column)), columns - 1)


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
