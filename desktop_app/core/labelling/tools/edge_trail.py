"""The way of a pointer, moved onto the edges beside it.

The hand that draws misses an edge by some pixels, and trembles. Of all ways that keep close to that of the pointer the
cheapest is taken, where edges are cheap (Mortensen and Barrett, Intelligent scissors, SIGGRAPH 1995). The cost of a
pixel is 1 / (1 + (g / s)²) of the gradient g of the smoothed picture and its typical size s, and a little for the
length of the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixel: TypeAlias = tuple[int, int]
"""Row and column in the picture."""

_BLUR_PX = 1.5  # width of the Gaussian before the gradient: noise of single pixels is no edge
_BLUR_REACH_PX = 7  # 4 of these widths, beyond which SciPy cuts the Gaussian
_TYPICAL = 90.0  # percentile of the gradient that counts as a clear edge, by eye on fluorescence and EM
_LENGTH = 0.02  # cost of a pixel on a perfect edge: a way is straight where there is nothing to cling to
_AROUND_PX = 128  # around the beginning of a trail, in which it is seen how steep edges are
# A hand misses an edge by 1 to 3 px of the picture; at twice this the next membrane of EM is within reach.
_BESIDE_PX = 4
# So many pixels of a trail may still change, and so many are left when it has grown longer. A move costs the same all
# along then, and round a small thing no short cut leads from the beginning to the pointer.
_LIVE_PX, _KEPT_PX = 16, 8


class EdgeTrail:
    """A trail that is being drawn.

    Args:
        picture: Grey values (rows, columns).
        start: Where it begins; the clearest edge beside it is taken.
    """

    def __init__(self, picture: NDArray[Any], start: Pixel) -> None:
        self._picture = picture
        top, left = (max(0, place - _AROUND_PX) for place in start)
        around = picture[top : start[0] + _AROUND_PX, left : start[1] + _AROUND_PX]
        self._typical = typical(steepness(around))
        self._drawn = [start]
        self._fixed: list[Pixel] = []
        self._live = [self._clearest(start)]

    @property
    def way(self) -> list[Pixel]:
        """The pixels so far, from the beginning."""
        return [*self._fixed, *self._live]

    def draw_to(self, pixel: Pixel) -> None:
        """The pointer has moved."""
        self._drawn += _line(self._drawn[-1], pixel)[1:]
        self._live = self._cheapest(self._live[0], self._clearest(pixel))
        if len(self._drawn) > _LIVE_PX and len(self._live) > _KEPT_PX:
            self._fixed += self._live[:-_KEPT_PX]
            self._live = self._live[-_KEPT_PX:]
            start = np.array(self._live[0])
            nearest = int(np.argmin(((np.array(self._drawn) - start) ** 2).sum(1)))
            self._drawn = [self._live[0], *self._drawn[nearest:]]

    def _cheapest(self, start: Pixel, end: Pixel) -> list[Pixel]:
        """The cheapest way beside what was drawn."""
        top, left, cost = self._beside(np.array([start, *self._drawn, end]))
        return cheapest(cost, start, end, (top, left))

    def _clearest(self, pixel: Pixel) -> Pixel:
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
        steep = steepness(window)[top : top + height, left : left + width]
        far = np.ones(steep.shape, bool)
        far[tuple((places - low).T)] = False
        away = ndimage.distance_transform_edt(far)
        cost = cost_of(steep, self._typical) * (1 + away / _BESIDE_PX)
        return int(low[0]), int(low[1]), np.where(away <= _BESIDE_PX, cost, np.inf)


def cheapest(cost: NDArray[np.float64], start: Pixel, end: Pixel, corner: Pixel) -> list[Pixel]:
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


def steepness(picture: NDArray[Any]) -> NDArray[np.float64]:
    """Gradient of a smoothed picture (rows, columns), in grey values a pixel."""
    from scipy import ndimage

    return np.asarray(ndimage.gaussian_gradient_magnitude(np.nan_to_num(picture.astype(np.float32)), _BLUR_PX))


def typical(steep: NDArray[np.float64]) -> float:
    """How steep a clear edge is; 0 where there is none."""
    return float(np.percentile(steep, _TYPICAL)) if steep.size else 0.0


def cost_of(steep: NDArray[np.float64], clear: float) -> NDArray[np.float64]:
    """What a step onto each pixel costs: little on clear edges.

    Args:
        steep: How steep the picture is.
        clear: How steep a clear edge is.
    """
    relative = steep / clear if clear > 0 else steep
    return np.asarray(1 / (1 + relative**2) + _LENGTH, np.float64)


def _line(start: Pixel, end: Pixel) -> Sequence[Pixel]:
    """All pixels of the straight line, both ends among them."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]))
    places = np.rint(np.linspace(start, end, steps + 1)).astype(int)
    return [(int(row), int(column)) for row, column in places]
