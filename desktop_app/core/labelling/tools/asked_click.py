"""A proposal of an assistant that needs a while: the tool collects what is said, the answers come later."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from desktop_app.core.imaging.region import Mask, Region
from desktop_app.core.labelling.assisting import Answer, Asked, Prompt
from desktop_app.core.labelling.tools.base import ToolPoint, ToolSettings


class AskedProposal:
    """The prompts so far, and the answers that have come.

    Args:
        point: The first click.
        how: Settings of the first click.
        start: Box and mask (Z, Y, X) of an object that is there already, which the first click takes as it is.
        label: Its number where it is a painted one.

    Attributes:
        value: Label to write.
        corrects: The painted object that was started from; None without one.
    """

    def __init__(
        self,
        point: ToolPoint,
        how: ToolSettings[Any],
        start: tuple[Region, Mask] | None = None,
        label: int | None = None,
    ) -> None:
        self.value, self.corrects = label or how.value, start if label else None
        self._plane = point.plane
        self._start = Answer(*start) if start is not None else None
        self._asked = Asked((), point.plane, how.options.click_3d, how.voxel_aspect, self._start)
        self._nothing = Region.single(point.voxel)
        self._answers: dict[int, Answer] = {}  # by how many prompts they answer

    @property
    def steps(self) -> int:
        """How many prompts there are."""
        return len(self._asked.prompts)

    @property
    def wanted(self) -> Asked | None:
        """What has no answer yet."""
        least = 1 if self._start is None else 2
        return self._asked if self.steps >= least and self.steps not in self._answers else None

    @property
    def now(self) -> tuple[Region, Mask]:
        """Box and mask (Z, Y, X) of the latest answer, or of what was started from."""
        if not self._answers and self._start is not None:
            return self._start.region, self._start.mask
        if not self._answers:
            return self._nothing, np.zeros(self._nothing.shape, bool)
        latest = self._answers[max(self._answers)]
        return latest.region, latest.mask

    def plane_differs(self, point: ToolPoint) -> bool:
        """Whether a click is in another plane, where another proposal begins."""
        return point.plane != self._plane

    def take_click(self, point: ToolPoint, how: ToolSettings[Any]) -> None:
        """One more click; the first one adds."""
        if self.steps or not how.erase:
            self._say(Prompt((point.voxel,), not how.erase))

    def take_box(self, begin: ToolPoint, end: ToolPoint, how: ToolSettings[Any]) -> None:
        """A box around the object."""
        del how
        self._say(Prompt((begin.voxel, end.voxel)))

    def take_answer(self, asked: Asked, answer: Answer) -> None:
        """An answer has come; one to what was taken back meanwhile is dropped."""
        if self._asked.follows(asked):
            self._answers[len(asked.prompts)] = answer

    def step_back(self) -> bool:
        """Take the last prompt back; False if none is left."""
        self._answers.pop(self.steps, None)
        self._asked = replace(self._asked, prompts=self._asked.prompts[:-1])
        return self.steps > 0

    def _say(self, prompt: Prompt) -> None:
        self._asked = replace(self._asked, prompts=(*self._asked.prompts, prompt))
