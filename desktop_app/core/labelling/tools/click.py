"""Click assistant: a click proposes the object under it, further clicks correct the proposal, Enter takes it over.

A click on an object that is labelled already, or on one of another layer such as a result, starts from that object.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
from pydantic import Field

from desktop_app.core.config.base import field_extra
from desktop_app.core.imaging.region import BoxReader, Mask, Region
from desktop_app.core.labelling.assisting import Answer, Asked
from desktop_app.core.labelling.layers import LabelReader
from desktop_app.core.labelling.proposing import Clicks
from desktop_app.core.labelling.store import Edit, LabelStore
from desktop_app.core.labelling.tools.asked_click import AskedProposal
from desktop_app.core.labelling.tools.base import Proposal, Tool, ToolInfo, ToolPoint, ToolSettings
from desktop_app.core.labelling.tools.click_window import (
    FARTHEST_PX,
    REACH_PX,
    ClickStep,
    ClickWindow,
    seen_in,
    touches_rim,
)
from desktop_app.core.labelling.tools.fill import area_2d
from desktop_app.core.labelling.tools.options import OnlyEmpty
from desktop_app.core.labelling.tools.stroke import Stroke

_NO_BORDER = 0.8  # standard deviations: noise alone gives 0.6 at most, cells and mitochondria 1 and more
_STILL_PX = 3.0  # a drag shorter than this in pixels of the picture is a click, by feel

ProposedBy: TypeAlias = Literal["edges", "model", "file", "server"]
"""What makes proposals; all but edges take a moment."""
EDGES: ProposedBy = "edges"


class ClickOptions(OnlyEmpty):
    """What proposes, how far a proposal reaches, and what it becomes."""

    proposed_by: ProposedBy = Field(
        default=EDGES, title="Proposes by",
        json_schema_extra=field_extra(
            titles={"edges": "Edges", "model": "The project's model", "file": "A model file", "server": "A server"}
        ),
        description="Edges need no model. A model that learned such images is better where things touch or have an "
        "inner texture.",
    )  # fmt: skip
    click_3d: bool = Field(
        default=False, title="Follow through slices (3D)", json_schema_extra=field_extra(volume=True),
        description="Follow the object into the neighbouring slices until it ends. Look through them before Enter.",
    )  # fmt: skip
    new_each_time: bool = Field(
        default=True,
        title="Each a new object",
        description="Take the next free number after Enter. Off to add several places to one object.",
    )

    @property
    def then_new_object(self) -> bool:
        """Whether the next thing is another object."""
        return self.new_each_time


class ClickTool(Tool[ClickOptions]):
    """Collects clicks, all in one plane; nothing is written before ``finish``."""

    def __init__(self) -> None:
        self._open: _OpenProposal | AskedProposal | None = None
        self._from: ToolPoint | None = None
        self._to: ToolPoint | None = None

    def press(self, store: LabelStore, point: ToolPoint, how: ToolSettings[ClickOptions]) -> Region | None:
        """A click, or the first corner of a box, begins."""
        del how
        inside = Region.whole(store.shape).contains(point.voxel)
        self._from, self._to = (point, point) if inside else (None, None)
        return None

    def move(self, store: LabelStore, point: ToolPoint, how: ToolSettings[ClickOptions]) -> Region | None:
        """The box follows the pointer."""
        del store, how
        if self._from is not None and self._from.same_slice(point):
            self._to = point
        return None

    def release(self, store: LabelStore, point: ToolPoint, how: ToolSettings[ClickOptions]) -> Edit | None:
        """Work out what is proposed now."""
        self.move(store, point, how)
        begin, end = self._from, self._to
        self._from = self._to = None
        if begin is None or end is None or how.grey is None:
            return None
        drawn = begin.apart(end) > _STILL_PX and not how.erase
        if self._open is None or drawn or self._open.plane_differs(begin):
            self._open = _begun(store, begin, end if drawn else None, how, how.grey)
        if drawn:
            self._open.take_box(begin, end, how)
        else:
            self._open.take_click(begin, how)
        if not self._open.steps:
            self._open = None
        return None

    @property
    def collected(self) -> tuple[ToolPoint, ...]:
        """The box that is being drawn."""
        a, b = self._from, self._to
        if a is None or b is None or a.apart(b) <= _STILL_PX:
            return ()
        return (a, replace(a, column=b.column), b, replace(b, column=a.column), a)

    @property
    def is_open(self) -> bool:
        """Whether something is proposed."""
        return self._open is not None

    @property
    def proposal(self) -> Proposal | None:
        """What would be labelled."""
        if self._open is None:
            return None
        region, mask = self._open.now
        if not mask.any() and isinstance(self._open, AskedProposal):
            return None
        return Proposal(region, np.where(mask, np.uint32(max(1, self._open.value)), np.uint32(0)))

    @property
    def wanted(self) -> Asked | None:
        """The clicks that an assistant has not answered yet."""
        return self._open.wanted if isinstance(self._open, AskedProposal) else None

    def take_answer(self, asked: Asked, answer: Answer) -> None:
        """Show what the assistant proposes."""
        if isinstance(self._open, AskedProposal):
            self._open.take_answer(asked, answer)

    def finish(self, store: LabelStore, how: ToolSettings[ClickOptions]) -> Edit | None:
        """Label what is proposed; what an object had at first and is not proposed any more becomes empty."""
        if self._open is None:
            return None
        opened, self._open = self._open, None
        stroke, how = Stroke(), replace(how, value=opened.value, erase=False)
        region, mask = opened.now
        if opened.corrects is not None:
            before, had = opened.corrects
            stroke.paint(store, before, had & ~seen_in(region, mask, before), replace(how, erase=True))
        stroke.paint(store, region, mask, how)
        return stroke.finish(store, CLICK.title)

    def step_back(self) -> None:
        """Take the last click back."""
        if self._open is not None and not self._open.step_back():
            self._open = None

    def cancel(self, store: LabelStore) -> Region | None:
        """Drop the proposal."""
        del store
        self._open = self._from = self._to = None
        return None


def _begun(
    store: LabelStore, point: ToolPoint, corner: ToolPoint | None, how: ToolSettings[ClickOptions], grey: BoxReader
) -> _OpenProposal | AskedProposal:
    """What a first click begins; an object that is there already is corrected by whatever proposes."""
    if how.options.proposed_by == EDGES:
        return _OpenProposal(store, point, corner, how, grey)
    found = None if corner is not None else _object_at(store, point, how)
    if found is None:
        return AskedProposal(point, how)
    region, mask, label = found
    return AskedProposal(point, how, (region, mask), label)


class _OpenProposal:
    """The clicks so far and what they propose.

    Args:
        store: The labels.
        point: Where the first button went down.
        corner: The other corner of a box; None for a click.
        how: Settings of the first click.
        grey: Grey values (Z, Y, X) of a box.

    Attributes:
        value: Label to write.
        steps: One for each click, after the object that was started from.
        corrects: Box and mask (Z, Y, X) of the painted object that was started from; None without one.
    """

    def __init__(
        self,
        store: LabelStore,
        point: ToolPoint,
        corner: ToolPoint | None,
        how: ToolSettings[ClickOptions],
        grey: BoxReader,
    ) -> None:
        self._store, self._first, self._grey = store, point, grey
        self.value = how.value
        self.steps: list[ClickStep] = []
        self.corrects: tuple[Region, Mask] | None = None
        found = None if corner is not None else _object_at(store, point, how)
        wide = max(found[0].shape) if found is not None else 0 if corner is None else round(2 * point.apart(corner))
        self._window = self._window_of(how, max(REACH_PX, min(FARTHEST_PX, wide)))
        self._least = 1
        if found is not None:
            region, mask, label = found
            self.value, self.corrects = label or how.value, (region, mask) if label else None
            self.steps = [ClickStep({}, {point.depth: self._window.seen(region, mask)})]
            self._least = 2

    @property
    def now(self) -> tuple[Region, Mask]:
        """Box and mask (Z, Y, X) of what is proposed."""
        return self._window.box_of(self.steps[-1].masks)

    def plane_differs(self, point: ToolPoint) -> bool:
        """Whether a click is in another plane, where another proposal begins."""
        return point.plane != self._first.plane

    def step_back(self) -> bool:
        """Take the last click back; False if none is left."""
        self.steps.pop()
        return len(self.steps) >= self._least

    def take_click(self, point: ToolPoint, how: ToolSettings[ClickOptions]) -> None:
        """Add what is under a click, or take it away; the first one on an object takes it as it is."""
        adds = not how.erase
        if not adds and not self.steps:
            return
        pixel = self._pixel(point, how)
        if pixel is None:
            return
        last = self.steps[-1] if self.steps else ClickStep()
        clicks = _with(last.clicks.get(point.depth, Clicks()), pixel, adds)
        before = last.masks.get(point.depth, np.zeros(self._window.shape, bool))
        if adds and self._least == 2 and len(self.steps) == 1:
            self._push(point.depth, clicks, before, how)
            return
        after = self._window.at(point.depth).changed(before, clicks, adds)
        if not self.steps and self._seems_larger(point.depth, after):
            self._window = self._window_of(how, 2 * self._window.reach)
            self.take_click(point, how)
            return
        self._push(point.depth, clicks, after, how)

    def take_box(self, begin: ToolPoint, end: ToolPoint, how: ToolSettings[ClickOptions]) -> None:
        """Propose what lies in a box: the front begins in its middle and ends at its sides."""
        a, b = self._pixel(begin, how), self._pixel(end, how)
        if a is None or b is None:
            return
        limit = np.zeros(self._window.shape, bool)
        (top, bottom), (left, right) = sorted((a[0], b[0])), sorted((a[1], b[1]))
        limit[top : bottom + 1, left : right + 1] = True
        clicks = Clicks((((top + bottom) // 2, (left + right) // 2),))
        after = self._window.at(begin.depth).changed(np.zeros(limit.shape, bool), clicks, True, limit)
        self._push(begin.depth, clicks, after, how)

    def _push(self, depth: int, clicks: Clicks, mask: Mask, how: ToolSettings[ClickOptions]) -> None:
        last = self.steps[-1] if self.steps else ClickStep()
        all_clicks, masks = {**last.clicks, depth: clicks}, {**last.masks, depth: mask}
        if how.options.click_3d:
            masks = dict(self._window.followed(masks, all_clicks))
        self.steps.append(ClickStep(all_clicks, masks))

    def _seems_larger(self, depth: int, mask: Mask) -> bool:
        """Whether an object may go on outside of the window, or has no border within it."""
        if self._window.reach >= FARTHEST_PX:
            return False
        return touches_rim(mask) or self._window.at(depth).clearness(mask) < _NO_BORDER

    def _pixel(self, point: ToolPoint, how: ToolSettings[ClickOptions]) -> tuple[int, int] | None:
        """The pixel of the window under a point; the window is widened to it, None if it is too far away."""
        while self._window.pixel(point) is None and self._window.reach < FARTHEST_PX:
            wider = self._window_of(how, 2 * self._window.reach)
            self.steps = [self._window.moved_to(wider, step) for step in self.steps]
            self._window = wider
        return self._window.pixel(point)

    def _window_of(self, how: ToolSettings[Any], reach: int) -> ClickWindow:
        return ClickWindow(self._store.shape, self._first, how.voxel_aspect, self._grey, reach)


def _object_at(store: LabelStore, point: ToolPoint, how: ToolSettings[Any]) -> tuple[Region, Mask, int | None] | None:
    """The object to start from: box, mask (Z, Y, X), and its label where it is one of the painted ones."""
    readers: list[LabelReader] = [*(() if how.options.only_empty else (store,)), *how.others]
    for reader in readers:
        label = int(reader.read(Region.single(point.voxel))[0, 0, 0])
        if label and (reader is not store or label not in how.locked):
            region, mask = area_2d(reader, point, label)
            return region, mask, label if reader is store else None
    return None


def _with(clicks: Clicks, pixel: tuple[int, int], adds: bool) -> Clicks:
    return Clicks((*clicks.inside, pixel), clicks.outside) if adds else Clicks(clicks.inside, (*clicks.outside, pixel))


CLICK = ToolInfo(
    "click",
    "Click assistant",
    "mdi6.cursor-default-click-outline",
    "Q",
    "Click an object, or draw a box around it; correct the proposal by more clicks, then Enter.",
    (
        ("Click or box", "propose the object"),
        ("Next clicks", "add"),
        ("Right-click", "take away"),
        ("Enter", "take over"),
        ("Backspace", "one back"),
        ("Esc", "drop"),
    ),
    ClickTool,
    ClickOptions,
    collects=True,
    proposes=True,
)
