"""Items of the canvas that hold an image of just what is seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QTimer
from PySide6.QtGui import QImage, QPainter

from desktop_app.core.imaging.label_colors import color_table
from desktop_app.core.imaging.look import Shading
from desktop_app.core.labelling.layers import LabelStyle
from desktop_app.gui.viewer.detail import WHOLE, Frame
from desktop_app.gui.viewer.geometry import Box2, Grid, plan_grid
from desktop_app.gui.viewer.raster import added, argb_table, label_pixels, patch_box, picture_pixels

_NOTHING = Box2(0, 0, 0, 0)
_CALM_MS = 120  # after the last change of zoom, when the sharp picture is made


class TileItem(pg.GraphicsObject):
    """A picture of any size, of which only the visible part is rendered, at the resolution of the screen.

    Coordinates are those of the picture: x along columns, y along rows; pixel ``i`` reaches from ``i`` to ``i + 1``.
    What was read of it may be a part, or have fewer pixels: tiles are planned in the pixels that are there.
    """

    _format = QImage.Format.Format_RGB32

    def __init__(self) -> None:
        super().__init__()
        self._shape = (0, 0)
        self._read = (0, 0)
        self._frame = WHOLE
        self._visible = self._seen = _NOTHING
        self._scales = (1.0, 1.0)
        self._grid: Grid | None = None
        self._pixels = np.zeros((0, 0), np.uint32)
        self._image = QImage()
        self._panning = False

    def set_view(self, visible: Box2, scales: tuple[float, float]) -> None:
        """Say what is seen, and how many device pixels a row and a column take."""
        self._visible, self._scales = visible, scales
        self._find_seen()
        grid = self._grid
        if grid is None or self._seen.empty:
            return
        planned = self._planned()
        self._panning = planned.step == grid.step
        if not grid.box.covers(self._seen) or (planned.step, planned.zoom) != (grid.step, grid.zoom):
            self.invalidate()

    def invalidate(self) -> None:
        """Render anew at the next painting."""
        self._grid = None
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, self._shape[1], self._shape[0])

    def paint(self, painter: QPainter, option: Any, widget: Any = None) -> None:
        del option, widget
        if self._seen.empty or not self._drawable():
            return
        if self._grid is None:
            self._grid = self._planned()
            self._pixels = np.ascontiguousarray(self._render(self._grid))
            height, width = self._pixels.shape
            self._image = QImage(self._pixels.data, width, height, 4 * width, self._format)
        box, grid = self._grid.box, self._grid
        bottom = box.top + self._image.height() * grid.step[0] / grid.zoom[0]
        right = box.left + self._image.width() * grid.step[1] / grid.zoom[1]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, min(self._read_scales()) < 1.0)
        painter.drawImage(self._placed(box.top, box.left, bottom, right), self._image)

    def _planned(self) -> Grid:
        """With a margin while the user pans, so that not every step renders anew."""
        return plan_grid(self._seen, self._read, self._read_scales(), fine=self._fine(), margin=self._panning)

    def _find_seen(self) -> None:
        """What is seen, in pixels that were read; once for all paintings until something else is seen or read."""
        self._seen = _NOTHING if self._visible.empty else self._frame.inside(self._visible, self._read)

    def _read_scales(self) -> tuple[float, float]:
        """Device pixels that a row and a column of what was read take."""
        return self._scales[0] * self._frame.down, self._scales[1] * self._frame.across

    def _placed(self, top: float, left: float, bottom: float, right: float) -> QRectF:
        """Where a rectangle of what was read lies in the picture."""
        frame = self._frame
        return QRectF(
            frame.left + left * frame.across, frame.top + top * frame.down,
            (right - left) * frame.across, (bottom - top) * frame.down,
        )  # fmt: skip

    def _resize(self, shape: tuple[int, int] | None, read: tuple[int, int], frame: Frame) -> None:
        """A picture of ``shape`` (rows, columns; None: as it was), of which ``read`` pixels are there."""
        if (read, frame) != (self._read, self._frame):
            self._read, self._frame = read, frame
            self._find_seen()
        if shape is not None and shape != self._shape:
            self.prepareGeometryChange()
            self._shape = shape

    def _drawable(self) -> bool:
        return True

    def _fine(self) -> bool:
        return False

    def _render(self, grid: Grid) -> NDArray[np.uint32]:
        raise TypeError("TileItem is only a base")


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """One picture and its colours.

    Attributes:
        picture: (rows, columns), or (rows, columns, 3) for colours.
        shading: From grey values to colours.
        frame: Where its pixels lie.
    """

    picture: NDArray[Any]
    shading: Shading
    frame: Frame = WHOLE


class PictureItem(TileItem):
    """The image: one picture, or several channels added up."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[ShownPicture, ...] = ()
        self._average = False
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._refine)

    @property
    def shown(self) -> tuple[ShownPicture, ...]:
        """What is drawn; nothing while nothing is there."""
        return self._shown

    def set_shown(self, shown: tuple[ShownPicture, ...], shape: tuple[int, int] | None = None) -> None:
        """Draw other pictures, or the same in other colours.

        Args:
            shown: All with the same number of pixels.
            shape: Rows and columns of the picture; None: as many as there are pixels, or as it was.
        """
        self._shown = shown
        read = (shown[0].picture.shape[0], shown[0].picture.shape[1]) if shown else (0, 0)
        frame = shown[0].frame if shown else WHOLE
        self._resize(read if shape is None and shown and frame == WHOLE else shape, read, frame)
        self.invalidate()

    def _drawable(self) -> bool:
        return bool(self._shown)

    def _render(self, grid: Grid) -> NDArray[np.uint32]:
        if grid.coarse and not self._average:
            self._calm.start()
        average, self._average = self._average, False
        drawn = (picture_pixels(one.picture, one.shading, grid, average=average) for one in self._shown)
        return reduce(added, drawn)

    def _refine(self) -> None:
        """Nothing has changed for a moment: draw once more without the noise of left-out pixels."""
        self._average = True
        self.invalidate()


class LabelItem(TileItem):
    """Labels over the image; a change redraws its rectangle only."""

    _format = QImage.Format.Format_ARGB32_Premultiplied

    def __init__(self) -> None:
        super().__init__()
        self._labels: NDArray[np.uint32] | None = None
        self._style = LabelStyle.FILLED
        self._only = 0
        self._table = argb_table(color_table())

    def label_at(self, row: float, column: float) -> int | None:
        """The label that is drawn at a place of the picture; None where there is none."""
        place = None if self._labels is None else self._frame.pixel(row, column, self._read)
        return None if self._labels is None or place is None else int(self._labels[place])

    def set_labels(
        self, labels: NDArray[np.uint32] | None, frame: Frame = WHOLE, shape: tuple[int, int] | None = None
    ) -> None:
        """Show other labels (rows, columns).

        Args:
            labels: What was read; None shows nothing.
            frame: Where its pixels lie.
            shape: Rows and columns of the picture; None: as many as there are pixels.
        """
        self._labels = labels
        if labels is not None:
            read = (labels.shape[0], labels.shape[1])
            self._resize(shape or read, read, frame)
        self.invalidate()

    def set_look(self, colors: NDArray[np.uint8], style: LabelStyle, opacity: float, only: int = 0) -> None:
        """Draw in another way.

        Args:
            colors: RGBA by folded label.
            style: Filled, outlined, striped or not at all.
            opacity: Of fillings, 0 to 1; outlines are never faint.
            only: The single label to draw; 0 draws all.
        """
        self._style, self._only = style, only
        filled = style is LabelStyle.FILLED
        # Outlines: thin lines need more; by eye.
        self._table = argb_table(colors, opacity if filled else max(0.6, min(1.0, opacity + 0.5)))
        self.setVisible(style is not LabelStyle.OFF)
        self.invalidate()

    def patch(self, box: Box2) -> None:
        """The labels in ``box`` of the picture have changed: draw just these."""
        grid, labels = self._grid, self._labels
        if grid is None or labels is None:
            return
        part = patch_box(self._frame.inside(box, self._read), grid, self._line())
        if part.empty:
            return
        reach = part.grown(grid.step[0] * (self._line() + 1), grid.step[1] * (self._line() + 1)).intersect(grid.box)
        reach = Box2(
            grid.box.top + (reach.top - grid.box.top) // grid.step[0] * grid.step[0],
            grid.box.left + (reach.left - grid.box.left) // grid.step[1] * grid.step[1],
            reach.bottom,
            reach.right,
        )
        part_grid = Grid(reach, grid.step, grid.zoom)
        fresh = label_pixels(labels, self._table, self._style, part_grid, self._line(), self._only)
        row, column = self._sample(part.top - reach.top, 0), self._sample(part.left - reach.left, 1)
        top, left = self._sample(part.top - grid.box.top, 0), self._sample(part.left - grid.box.left, 1)
        height, width = self._sample(part.bottom - part.top, 0), self._sample(part.right - part.left, 1)
        target = self._pixels[top : top + height, left : left + width]
        target[...] = fresh[row : row + height, column : column + width]
        self.update(self._placed(part.top, part.left, part.bottom, part.right))

    def _sample(self, pixels: int, axis: int) -> int:
        """How many samples of the tile that many pixels are, rounded up."""
        grid = self._grid
        return 0 if grid is None else -(-pixels // grid.step[axis]) * grid.zoom[axis]

    def _line(self) -> int:
        return 1 if self._style is LabelStyle.FILLED else 2

    def _drawable(self) -> bool:
        return self._labels is not None and self._style is not LabelStyle.OFF

    def _fine(self) -> bool:
        return self._style is not LabelStyle.FILLED

    def _render(self, grid: Grid) -> NDArray[np.uint32]:
        if self._labels is None:
            return self._pixels
        return label_pixels(self._labels, self._table, self._style, grid, self._line(), self._only)
