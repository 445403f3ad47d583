"""Ways over a picture that cling to edges: from a corner to anywhere, and beside what a hand draws.

The cheapest way is taken, where edges are cheap (Mortensen and Barrett, Intelligent scissors, SIGGRAPH 1995). The cost
of a pixel is 1 / (1 + (g / s)²) of the gradient g of the smoothed picture and its typical size s, and a little for the
length of the way. The hand that draws misses an edge by some pixels and trembles: only ways close to it count then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging.seen_at_scale import means
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.core.labelling.store import LabelStore
from desktop_app.core.labelling.tools.base import ToolPoint, ToolSettings

_Pixel: TypeAlias = tuple[int, int]  # row and column in the picture

_BLUR_PX = 1.5  # width of the Gaussian before the gradient: noise of single pixels is no edge
_BLUR_REACH_PX = 7  # 4 of these widths, beyond which SciPy cuts the Gaussian
_TYPICAL = 90.0  # percentile of the gradient that counts as a clear edge, by eye on fluorescence and EM
_LENGTH = 0.02  # cost of a pixel on a perfect edge: a way is straight where there is nothing to cling to
_AROUND_PX = 128  # around the beginning of a way, in which it is seen how steep edges are
# A hand misses an edge by 1 to 3 px of the picture; at twice this the next membrane of EM is within reach.
_BESIDE_PX = 4
# So many pixels of a trail may still change, and so many are left when it has grown longer. A move costs the same all
# along then, and round a small thing no short cut leads from the beginning to the pointer.
_LIVE_PX, _KEPT_PX = 16, 8
# Ways are looked for in a window around the corner that grows as the pointer goes away: so many pixels to its rim, in
# squares of so many pixels. The last three take about 10 ms each, once, and those before 1 and 5 ms.
_WINDOWS = ((32, 1), (64, 1), (96, 1), (192, 2), (256, 3))
_ROOM = 4 / 3  # a way to a pixel may bow out: the window reaches so much further
_BEND_PX = 6  # from a way in squares to the one pixel by pixel: a bend that squares hide is no wider


class EdgeTrail:
    """A trail that is being drawn.

    Args:
        picture: Grey values (rows, columns).
        corner: Where it begins; the clearest edge beside it is taken.
    """

    def __init__(self, picture: NDArray[Any], corner: ToolPoint) -> None:
        self._picture, start = picture, _pixel_in(corner, picture.shape)
        self._typical = _clear_around(picture, start)
        self._drawn = [start]
        self._fixed: list[_Pixel] = []
        self._live = [self._clearest(start)]

    @property
    def way(self) -> list[_Pixel]:
        """The pixels so far, from the beginning."""
        return [*self._fixed, *self._live]

    def draw_to(self, point: ToolPoint) -> None:
        """The pointer has moved."""
        pixel = _pixel_in(point, self._picture.shape)
        self._drawn += _line(self._drawn[-1], pixel)[1:]
        self._live = self._way_beside(self._live[0], self._clearest(pixel))
        if len(self._drawn) > _LIVE_PX and len(self._live) > _KEPT_PX:
            self._fixed += self._live[:-_KEPT_PX]
            self._live = self._live[-_KEPT_PX:]
            start = np.array(self._live[0])
            nearest = int(np.argmin(((np.array(self._drawn) - start) ** 2).sum(1)))
            self._drawn = [self._live[0], *self._drawn[nearest:]]

    def _way_beside(self, start: _Pixel, end: _Pixel) -> list[_Pixel]:
        """The cheapest way beside what was drawn."""
        top, left, cost = self._beside(np.array([start, *self._drawn, end]))
        return _cheapest(cost, start, end, (top, left))

    def _clearest(self, pixel: _Pixel) -> _Pixel:
        """The clearest edge beside a pixel, rather a near one."""
        top, left, cost = self._beside(np.array([pixel]))
        row, column = np.unravel_index(int(np.argmin(cost)), cost.shape)
        return int(row) + top, int(column) + left

    def _beside(self, places: NDArray[np.intp]) -> tuple[int, int, NDArray[np.float64]]:
        """Row, column and cost of a window around places; infinite far from them, and higher away from them."""
        from scipy import ndimage

        low = np.maximum(0, places.min(0) - _BESIDE_PX)
        high = np.minimum(self._picture.shape, places.max(0) + _BESIDE_PX + 1)
        wide = np.maximum(0, low - _BLUR_REACH_PX)
        window = self._picture[wide[0] : high[0] + _BLUR_REACH_PX, wide[1] : high[1] + _BLUR_REACH_PX]
        (top, left), (height, width) = low - wide, high - low
        steep = _steepness(window)[top : top + height, left : left + width]
        far = np.ones(steep.shape, bool)
        far[tuple((places - low).T)] = False
        away = ndimage.distance_transform_edt(far)
        cost = _cost_of(steep, self._typical) * (1 + away / _BESIDE_PX)
        return int(low[0]), int(low[1]), np.where(away <= _BESIDE_PX, cost, np.inf)


class EdgeNet:
    """The cheapest ways from one corner to all pixels around it.

    Args:
        corner: Where ways begin.
        picture: Grey values (rows, columns) of the slice.

    Attributes:
        picture: The same.
    """

    def __init__(self, corner: ToolPoint, picture: NDArray[Any]) -> None:
        self._corner, self.picture = corner, picture
        self._start = _pixel_in(corner, picture.shape)
        self._ways: dict[int, _Ways] = {}  # by their place among the windows

    @classmethod
    def around(cls, corner: ToolPoint, store: LabelStore, how: ToolSettings[Any]) -> EdgeNet | None:
        """The ways from a corner; None without an image, where ways are straight."""
        if how.grey is None:
            return None
        plane = corner.plane
        return cls(corner, squeeze_slab(how.grey(plane.slab(store.shape, corner.depth)), plane))

    def moved(self, corner: ToolPoint) -> EdgeNet:
        """The ways from another corner on the same slice."""
        return EdgeNet(corner, self.picture)

    def way_to(self, point: ToolPoint) -> list[ToolPoint]:
        """Points from behind the corner to before ``point``; none where it lies out of reach."""
        pixel = _pixel_in(point, self.picture.shape)
        away = max(abs(a - b) for a, b in zip(pixel, self._start, strict=True))
        window = self._window(away)
        if window is None:
            return []
        reach, factor = _WINDOWS[window]
        if window not in self._ways:
            self._ways[window] = _Ways(self.picture, self._start, reach, factor)
        steps = self._ways[window].to(pixel)
        if steps and factor > 1:
            steps = _refined(self.picture, [self._start, *steps, pixel])
        return [replace(self._corner, row=r + 0.5, column=c + 0.5) for r, c in steps[1:-1]]

    def _window(self, away: int) -> int | None:
        """The smallest window that reaches far enough, or a larger one that is known and as fine."""
        last = len(_WINDOWS) - 1
        for window, (reach, factor) in enumerate(_WINDOWS):
            if away * _ROOM <= reach or (window == last and away < reach):
                return max([window, *(known for known in self._ways if _WINDOWS[known][1] == factor)])
        return None


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
        steep = _steepness(means(window, factor))
        self._net: Any = MCP_Geometric(_cost_of(steep, _clear_around(picture, start, factor)))
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

    places = np.clip(np.array(way), 0, np.array(picture.shape) - 1)
    top, left = np.maximum(0, places.min(0) - _BEND_PX)
    bottom, right = places.max(0) + _BEND_PX + 1
    window = picture[top:bottom, left:right]
    near = np.zeros(window.shape, bool)
    near[places[:, 0] - top, places[:, 1] - left] = True
    near = ndimage.binary_dilation(near, np.ones((3, 3), bool), iterations=_BEND_PX)
    start, end = ((int(row), int(column)) for row, column in (places[0], places[-1]))
    return _cheapest(np.where(near, _cost(window), np.inf), start, end, (int(top), int(left)))


def _cost(picture: NDArray[Any]) -> NDArray[np.float64]:
    """What a step onto each pixel costs: little on clear edges."""
    steep = _steepness(picture)
    return _cost_of(steep, _typical(steep))


def _cheapest(cost: NDArray[np.float64], start: _Pixel, end: _Pixel, corner: _Pixel) -> list[_Pixel]:
    """The cheapest way between two pixels, both among it.

    Args:
        cost: Of each pixel of a window (rows, columns); infinite where no way leads.
        start: In the picture.
        end: In the picture.
        corner: Where the window begins in the picture.
    """
    from skimage.graph import MCP_Geometric

    top, left = corner
    inside = [(row - top, column - left) for row, column in (start, end)]
    net: Any = MCP_Geometric(cost)
    net.find_costs([inside[0]], [inside[1]])
    return [(int(row) + top, int(column) + left) for row, column in net.traceback(inside[1])]


def _steepness(picture: NDArray[Any]) -> NDArray[np.float64]:
    """Gradient of a smoothed picture (rows, columns), in grey values a pixel."""
    from scipy import ndimage

    return np.asarray(ndimage.gaussian_gradient_magnitude(np.nan_to_num(picture.astype(np.float32)), _BLUR_PX))


def _clear_around(picture: NDArray[Any], place: _Pixel, factor: int = 1) -> float:
    """How steep a clear edge around a pixel is, where squares of ``factor`` pixels are seen as one."""
    top, left = (max(0, at - _AROUND_PX) for at in place)
    return _typical(_steepness(means(picture[top : place[0] + _AROUND_PX, left : place[1] + _AROUND_PX], factor)))


def _typical(steep: NDArray[np.float64]) -> float:
    """How steep a clear edge is; 0 where there is none."""
    return float(np.percentile(steep, _TYPICAL)) if steep.size else 0.0


def _cost_of(steep: NDArray[np.float64], clear: float) -> NDArray[np.float64]:
    """What a step onto each pixel costs: little on clear edges.

    Args:
        steep: How steep the picture is.
        clear: How steep a clear edge is.
    """
    relative = steep / clear if clear > 0 else steep
    return np.asarray(1 / (1 + relative**2) + _LENGTH, np.float64)


def _pixel_in(point: ToolPoint, shape: tuple[int, ...]) -> _Pixel:
    """The pixel under a point, or the nearest one in the picture."""
    rows, columns = shape
    return min(max(0, int(point.row)), rows - 1), min(max(0, int(point.column)), columns - 1)


def _line(start: _Pixel, end: _Pixel) -> Sequence[_Pixel]:
    """All pixels of the straight line, both ends among them."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    places = np.rint(np.linspace(start, end, steps + 1)).astype(int)
    return [(int(row), int(column)) for row, column in places]
