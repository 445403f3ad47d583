"""What every kind of label store promises, as a machine that hypothesis drives: tools, steps, saving, crashing.

A new kind of store takes part with one small class: how it is opened, and what a crash leaves of it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol, get_args, get_origin

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pydantic import ValidationError

from desktop_app.core.config.base import Parameters
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.labelling.history import EditHistory
from desktop_app.core.labelling.store import ArrayLabelStore, Edit, LabelStore, Patch
from desktop_app.core.labelling.tools import TOOLS, Tool, ToolPoint, ToolSettings, Within
from desktop_app.io.labels import LabelFile, LabelSession
from desktop_app.objects.operations import OPERATIONS, Place, Pointed, Scene, Target
from desktop_app.objects.operations.carrying_out import dry_run, patches_of

TITLE = "Step"


class Labels(Protocol):
    """Labels with their steps, however they are kept."""

    @property
    def store(self) -> LabelStore: ...
    @property
    def history(self) -> EditHistory: ...
    def part(self, edit: Edit) -> None: ...
    def commit(self, edit: Edit) -> None: ...
    def change(self, patch: Patch) -> None: ...
    def finish(self, edit: Edit) -> None: ...
    def drop(self, region: Region) -> None: ...
    def undo(self) -> None: ...
    def redo(self) -> None: ...
    def save(self) -> None: ...
    def crash(self) -> None: ...
    def close(self) -> None: ...


class InMemory:
    """Labels in memory: a crash would leave nothing, so there is none."""

    def __init__(self, folder: Path, shape: Index3) -> None:
        del folder
        self.store = ArrayLabelStore(np.zeros(shape, np.uint32))
        self.history = EditHistory(2**30)

    def part(self, edit: Edit) -> None:
        del edit

    def commit(self, edit: Edit) -> None:
        self.history.push(edit)

    def change(self, patch: Patch) -> None:
        patch.apply(self.store)

    def finish(self, edit: Edit) -> None:
        self.history.push(edit)

    def drop(self, region: Region) -> None:
        del region

    def undo(self) -> None:
        self.history.undo(self.store)

    def redo(self) -> None:
        self.history.redo(self.store)

    def save(self) -> None:
        pass

    def crash(self) -> None:
        pass

    def close(self) -> None:
        pass


class OnDisk:
    """The labels of a project. ``cache_bytes`` so small that chunks leave the memory all the time is allowed."""

    cache_bytes = 2**28

    def __init__(self, folder: Path, shape: Index3) -> None:
        self._folder = folder
        LabelFile.create(folder / "a.ome.zarr", shape).close()
        self._open()

    def _open(self) -> None:
        self._session = LabelSession(self._folder / "a.ome.zarr", self._folder / "a.journal")
        self._session.labels._budget = self.cache_bytes

    @property
    def store(self) -> LabelStore:
        return self._session.labels

    @property
    def history(self) -> EditHistory:
        return self._session.history

    def part(self, edit: Edit) -> None:
        self._session.part(edit)

    def commit(self, edit: Edit) -> None:
        self._session.commit(edit)

    def change(self, patch: Patch) -> None:
        self._session.change(patch, TITLE)

    def finish(self, edit: Edit) -> None:
        self._session.finish(edit)

    def drop(self, region: Region) -> None:
        self._session.dropped(region)

    def undo(self) -> None:
        self._session.undo()

    def redo(self) -> None:
        self._session.redo()

    def save(self) -> None:
        self._session.flush()

    def crash(self) -> None:
        """The program is killed: what is only in memory is gone."""
        self._session.abandon()
        self._open()

    def close(self) -> None:
        self._session.close()
        self._open()


class OnDiskWithoutMemory(OnDisk):
    """Every chunk but one leaves the memory at once."""

    cache_bytes = 1


POINTS = st.tuples(st.floats(-2, 40), st.floats(-2, 40))
PAINTING = [name for name, info in TOOLS.items() if info.writes]
LOCKS = st.sampled_from([frozenset[int](), frozenset({2})])
ROWS, COLUMNS = np.mgrid[:36, :36]
# Two bright discs and a dark stripe, with a little noise, for tools that look at grey values.
PICTURE = (
    np.random.default_rng(0).integers(0, 20, (36, 36))
    + 150 * (((ROWS - 10) ** 2 + (COLUMNS - 12) ** 2 < 60) | ((ROWS - 25) ** 2 + (COLUMNS - 22) ** 2 < 70))
    - 60 * (COLUMNS > 31)
).astype(np.int16)


def asked(model: type[Parameters], draw: st.DataObject) -> Parameters:
    """Options or parameters of which all choices are drawn, and the rest is as it is at first."""
    chosen: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if field.annotation is bool:
            chosen[name] = draw.draw(st.booleans(), name)
        elif get_origin(field.annotation) is Literal:
            chosen[name] = draw.draw(st.sampled_from(get_args(field.annotation)), name)
        elif name == "size_px":
            chosen[name] = 7.0
    try:
        return model(**chosen)
    except ValidationError:  # choices that do not go together
        return model()


class Machine(RuleBasedStateMachine):
    """Drives labels and a list of states, which must agree after every step.

    Attributes:
        kind: How the labels are kept.
        shape: (Z, Y, X) of the labels.
    """

    kind: type[Any] = InMemory
    shape: Index3 = (9, 36, 36)

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.tool: Tool[Any] | None = None
        self.down = False
        self.told: Region | None = None
        self.image = np.broadcast_to(PICTURE, self.shape)

    @initialize()
    def begin(self) -> None:
        self.labels: Labels = self.kind(self.folder, self.shape)
        self.states, self.here = [self.now()], 0

    def now(self) -> np.ndarray:
        return self.labels.store.read(Region.whole(self.shape))

    def _done(self) -> None:
        self.states, self.here = [*self.states[: self.here + 1], self.now()], self.here + 1

    @precondition(lambda self: self.tool is None)
    @rule(
        name=st.sampled_from(PAINTING),
        value=st.integers(1, 4),
        at=POINTS,
        plane=st.sampled_from(Plane),
        locked=LOCKS,
        within=st.sampled_from([None, None, Within(frozenset({0, 1})), Within(frozenset({0}), besides=True)]),
        draw=st.data(),
    )
    def press(
        self, name: str, value: int, at: tuple[float, float], plane: Plane, locked: frozenset[int],
        within: Within | None, draw: st.DataObject,
    ) -> None:  # fmt: skip
        info = TOOLS[name]
        self.plane, self.info, self.tool = plane, info, info.factory()
        self.how = ToolSettings(
            value, asked(info.options, draw), locked, (2.5, 1.0, 1.0), info.erases,
            lambda region: self.image[region.slices], within=within,
        )  # fmt: skip
        self._press(at)

    @precondition(lambda self: self.tool is not None and not self.down)
    @rule(at=POINTS)
    def press_again(self, at: tuple[float, float]) -> None:
        """The next corner of an outline, or the next click."""
        self._press(at)

    def _press(self, at: tuple[float, float]) -> None:
        assert self.tool is not None
        self.down, self.told = True, None
        with self._told():
            self.tool.press(self.labels.store, self._point(at), self.how)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What a tool refuses puts the stroke back, as in the window."""
        try:
            yield
        except UserError:
            self.cancel()

    @precondition(lambda self: self.down)
    @rule(at=POINTS, told=st.booleans())
    def move(self, at: tuple[float, float], told: bool) -> None:
        assert self.tool is not None
        with self._told():
            self.tool.move(self.labels.store, self._point(at), self.how)
            if told and (edit := self.tool.newest(self.labels.store)) is not None:
                self._part(edit)

    def _part(self, edit: Edit) -> None:
        self.labels.part(edit)
        self.told = edit.region if self.told is None else self.told.union(edit.region)

    @precondition(lambda self: self.down)
    @rule(at=POINTS)
    def release(self, at: tuple[float, float]) -> None:
        assert self.tool is not None
        edit = self.tool.release(self.labels.store, self._point(at), self.how)
        self.down = False
        if not self.info.collects:
            self._put_down(edit)
        else:
            assert edit is None, "an outline writes nothing before it is closed"

    @precondition(lambda self: self.tool is not None and not self.down)
    @rule(backs=st.integers(0, 1))
    def finish(self, backs: int) -> None:
        """Close what was collected."""
        assert self.tool is not None
        for _ in range(backs):
            self.tool.step_back()
        self._put_down(self.tool.finish(self.labels.store, self.how))

    def _put_down(self, edit: Edit | None) -> None:
        self.tool, self.down = None, False
        if edit is not None:
            self.labels.commit(edit)
            self._done()
        elif self.told is not None:
            self.labels.drop(self.told)

    @precondition(lambda self: self.tool is not None)
    @rule()
    def cancel(self) -> None:
        assert self.tool is not None
        region, self.tool, self.down = self.tool.cancel(self.labels.store), None, False
        if region is not None:
            self.labels.drop(region)

    @precondition(lambda self: self.tool is None)
    @rule(
        name=st.sampled_from(list(OPERATIONS)),
        values=st.lists(st.integers(1, 4), min_size=2, max_size=2, unique=True),
        ends=st.tuples(st.integers(0, 35), st.integers(0, 35), st.integers(0, 35), st.integers(0, 35)),
        plane=st.sampled_from(Plane),
        locked=LOCKS,
        draw=st.data(),
    )
    def operate(
        self, name: str, values: list[int], ends: tuple[int, int, int, int], plane: Plane, locked: frozenset[int],
        draw: st.DataObject,
    ) -> None:  # fmt: skip
        operation, store = OPERATIONS[name], self.labels.store
        self.plane = plane
        target = draw.draw(st.sampled_from(operation.targets))
        objects = {Target.OBJECT: (values[0],), Target.TWO_OBJECTS: tuple(values)}.get(target, ())
        depth = min(4, self.shape[plane.depth_axis] - 1)
        voxels = [plane.to_voxel(row, column, depth) for row, column in (ends[:2], ends[2:])]
        places = tuple(Place(plane, voxel) for voxel in voxels if Region.whole(self.shape).contains(voxel))
        box = Region.single(voxels[0]).union(Region.single(voxels[1])).intersect(Region.whole(self.shape))
        pointed = Pointed(objects, places, box if target is Target.REGION else None)
        volume = Volume.from_array(np.ascontiguousarray(self.image))
        scene = Scene(store, volume, volume.voxel_size, pointed, int(self.now().max()))
        patches: list[Patch] = []
        try:
            changes = dry_run(operation, scene, asked(operation.parameters, draw))
        except UserError:
            return
        for patch in patches_of(changes, store, locked):
            if patch is not None:
                self.labels.change(patch)
                patches.append(patch)
        if patches:
            self.labels.finish(Edit(tuple(patches), TITLE))
            self._done()

    @precondition(lambda self: self.tool is None)
    @rule()
    def undo(self) -> None:
        self.labels.undo()
        self.here = max(self.here - 1, 0)

    @precondition(lambda self: self.tool is None)
    @rule()
    def redo(self) -> None:
        self.labels.redo()
        self.here = min(self.here + 1, len(self.states) - 1)

    @rule()
    def save(self) -> None:
        """As the window does: a running stroke is told first."""
        if self.tool is not None and (edit := self.tool.newest(self.labels.store)) is not None:
            self._part(edit)
        self.labels.save()

    @precondition(lambda self: self.kind is not InMemory)
    @rule()
    def crash(self) -> None:
        """What a running stroke has told comes back as a step of its own; all else is as it was."""
        running, self.tool, self.down = self.tool is not None, None, False
        self.labels.crash()
        history = self.labels.history
        if running and history.position == self.here + 1 and history.undo_title.endswith("(interrupted)"):
            self._done()

    @precondition(lambda self: self.tool is None and self.kind is not InMemory)
    @rule()
    def reopen(self) -> None:
        self.labels.close()

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "labels"):
            return
        history = self.labels.history
        if self.tool is None:
            np.testing.assert_array_equal(self.now(), self.states[self.here])
            assert (history.position, len(history.redo_titles())) == (self.here, len(self.states) - 1 - self.here)

    def teardown(self) -> None:
        """In the end everything can be taken back, and done again."""
        if hasattr(self, "labels") and self.tool is None:
            for state in reversed(self.states[: self.here]):
                self.labels.undo()
                np.testing.assert_array_equal(self.now(), state)
            for state in self.states[1:]:
                self.labels.redo()
                np.testing.assert_array_equal(self.now(), state)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _point(self, at: tuple[float, float]) -> ToolPoint:
        return ToolPoint(self.plane, min(4, self.shape[self.plane.depth_axis] - 1), *at)
