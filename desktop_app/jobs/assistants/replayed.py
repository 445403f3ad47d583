"""Clicks worked out at once by the click tool itself, on whatever picture it is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Plane, Region, Volume
from desktop_app.core.imaging.region import Index3
from desktop_app.core.job import JobContext
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.assisting import Answer, Asked, Prompt
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.core.labelling.tools.base import ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.click import ClickOptions, ClickTool
from desktop_app.core.labelling.tools.click_window import seen_in


class ReplayedClicks:
    """Gives the prompts to a click tool; further prompts go on where the last answer ended.

    Args:
        shape: Of the image (z, y, x).
        grey: The picture that fronts spread over, (Z, Y, X) of a box.
        others: Label images whose objects a first click takes as they are.
    """

    def __init__(
        self, shape: Index3, grey: Callable[[Region], NDArray[Any]], others: tuple[LabelReader, ...] = ()
    ) -> None:
        # Nothing is labelled yet, and takes no memory whatever the size.
        self._empty = ArrayLabelStore(np.broadcast_to(np.uint32(0), shape))
        self._how = ToolSettings(1, ClickOptions(), grey=grey, others=others)
        self._tool, self._done = ClickTool(), Asked((), Plane.XY)

    def answer(self, asked: Asked, ctx: JobContext) -> Answer:
        """What the tool proposes after all prompts."""
        if not asked.follows(self._done):
            self._tool, self._done = ClickTool(), replace(asked, prompts=())
        for number in range(len(self._done.prompts), len(asked.prompts)):
            ctx.raise_if_cancelled()
            self._tell(asked, asked.prompts[number])
            self._done = replace(asked, prompts=asked.prompts[: number + 1])
        found = self._tool.proposal
        if found is None:
            return Answer(*_nothing(asked))
        return Answer(found.region, found.labels > 0)

    def _tell(self, asked: Asked, prompt: Prompt) -> None:
        how = replace(
            self._how,
            options=ClickOptions(click_3d=asked.through),
            others=(*_start_of(asked, self._empty.shape), *self._how.others),
            voxel_aspect=asked.voxel_aspect,
            erase=not prompt.adds,
        )
        first, last = (_point(asked, voxel) for voxel in (prompt.corners[0], prompt.corners[-1]))
        self._tool.press(self._empty, first, how)
        self._tool.release(self._empty, last, how)


@dataclass(frozen=True, slots=True)
class _Start:
    """The object that is corrected, as labels of the whole image: 1 in it.

    Attributes:
        shape: (Z, Y, X) of the image.
        start: The object.
    """

    shape: Index3
    start: Answer

    def read(self, region: Region) -> NDArray[np.uint32]:
        """Labels (Z, Y, X) of a box."""
        return seen_in(self.start.region, self.start.mask, region).astype(np.uint32)


def _start_of(asked: Asked, shape: Index3) -> tuple[LabelReader, ...]:
    return () if asked.start is None else (_Start(shape, asked.start),)


class EdgeAssistant:
    """Proposes by edges and grey values alone.

    Args:
        volume: The image.
        channel: Of it.
    """

    def __init__(self, volume: Volume, channel: int) -> None:
        self._clicks = ReplayedClicks(volume.shape, lambda region: volume.read(region, channel))

    def answer(self, asked: Asked, ctx: JobContext) -> Answer:
        """What lies under the clicks."""
        return self._clicks.answer(asked, ctx)

    def close(self) -> None:
        """Nothing is held."""


def _point(asked: Asked, voxel: Index3) -> ToolPoint:
    """The middle of a voxel."""
    row, column, depth = asked.plane.from_voxel(voxel)
    return ToolPoint(asked.plane, depth, row + 0.5, column + 0.5)


def _nothing(asked: Asked) -> tuple[Region, NDArray[np.bool_]]:
    region = Region.single(asked.prompts[0].corners[0])
    return region, np.zeros(region.shape, bool)
