"""Livewire: an outline that clings to edges.

Between two clicks the outline takes the cheapest way over the picture, where edges are cheap (Mortensen and Barrett,
Intelligent scissors, SIGGRAPH 1995). The cost of a pixel is 1 / (1 + (g / s)²) of the gradient g of the smoothed
picture and its typical size s, and a little for the length of the way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.downsampled import means
from desktop_app.core.imaging.region import Region
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.base import Tool, ToolInfo, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.options import OnlyEmpty
from desktop_app.core.labelling.tools.outline import edit_inside

# Pixels around a corner in which ways are looked for pixel by pixel, after each click: 256² take about 20 ms.
_REACH_PX = 128
# To so far, ways are looked for in squares of two pixels, once the pointer goes there (20 ms), and then pixel
# by pixel so close to the way that was found.
_FAR_PX, _COARSE, _BESIDE_PX = 256, 2, 6  # a bend that squares hide is no wider
_BLUR_PX = 1.5  # width of the Gaussian before the gradient: noise of single pixels is no edge
_TYPICAL = 90.0  # percentile of the gradient that counts as a clear edge, by eye on fluorescence and EM
_LENGTH = 0.02  # cost of a pixel on a perfect edge: a way is straight where there is nothing to cling to


_Pixel: TypeAlias = tuple[int, int]


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
        self._corner, self._picture = corner, picture
        self._start = self._clipped(corner)
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
        return _Net(corner, self._picture)

    def way_to(self, point: ToolPoint) -> list[ToolPoint]:
        """Points from behind the corner to before ``point``; none where it lies out of reach."""
        pixel = self._clipped(point)
        steps = self._near.to(pixel)
        if not steps:
            self._far = self._far or _Ways(self._picture, self._start, _FAR_PX, _COARSE)
            steps = self._far.to(pixel)
            if steps:
                steps = _refined(self._picture, [self._start, *steps, pixel])
        return [replace(self._corner, row=r + 0.5, column=c + 0.5) for r, c in steps[1:-1]]

    def _clipped(self, point: ToolPoint) -> _Pixel:
        """The pixel under a point, or the nearest one in the picture."""
        rows, columns = self._picture.shape
        return min(max(0, int(point.row)), rows - 1), min(max(0, int(point.column)), columns - 1)


class _Ways:
    """The cheapest ways from one pixel within a window around it.

    Args:
        picture: Grey values (rows, columns).
        start: Where ways begin.
        reach: Pixels from there to the rim of the window.
        factor: Edge of the squares of pixels that are seen as one.
    """

    def __init__(self, picture: NDArray[Any], start: _Pixel, reach: int, factor: int = 1) -> None:
        from skimage.graph import MCP_Geometric

        row, column = start
        self._factor, self._top, self._left = factor, max(0, row - reach), max(0, column - reach)
        window = picture[self._top : row + reach, self._left : column + reach]
        self._shape = window.shape
        self._net: Any = MCP_Geometric(_cost(means(window, factor)))
        self._net.find_costs([self._inside(start)])

    def to(self, pixel: _Pixel) -> list[_Pixel]:
        """The pixels of the way, both ends among them; none out of the window."""
        if not (0 <= pixel[0] - self._top < self._shape[0] and 0 <= pixel[1] - self._left < self._shape[1]):
            return []
        middle = self._factor // 2
        steps = self._net.traceback(self._inside(pixel))
        return [(r * self._factor + middle + self._top, c * self._factor + middle + self._left) for r, c in steps]

    def _inside(self, pixel: _Pixel) -> _Pixel:
        return (pixel[0] - self._top) // self._factor, (pixel[1] - self._left) // self._factor


def _refined(picture: NDArray[Any], way: list[_Pixel]) -> list[_Pixel]:
    """The cheapest way, pixel by pixel, that keeps close to another one between the same ends."""
    from scipy import ndimage
    from skimage.graph import MCP_Geometric

    places = np.clip(np.array(way), 0, np.array(picture.shape) - 1)
    top, left = np.maximum(0, places.min(0) - _BESIDE_PX)
    bottom, right = places.max(0) + _BESIDE_PX + 1
    window = picture[top:bottom, left:right]
    near = np.zeros(window.shape, bool)
    near[places[:, 0] - top, places[:, 1] - left] = True
    near = ndimage.binary_dilation(near, np.ones((3, 3), bool), iterations=_BESIDE_PX)
    start, end = places[0] - (top, left), places[-1] - (top, left)
    net: Any = MCP_Geometric(np.where(near, _cost(window), np.inf))
    net.find_costs([tuple(start)], [tuple(end)])
    return [(int(r + top), int(c + left)) for r, c in net.traceback(tuple(end))]


def _cost(picture: NDArray[Any]) -> NDArray[np.float64]:
    """What a step onto each pixel costs: little on clear edges."""
    return np.asarray(1 / (1 + _steepness(picture) ** 2) + _LENGTH)


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
