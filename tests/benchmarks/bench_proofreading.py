"""How long the object table and corrections take, beside their budgets.

Run: ``python tests/benchmarks/bench_proofreading.py [--edge 464] [--alternative]``. A label file on disk with a small
box every ten voxels in each direction: 100,000 objects at an edge of 464. The alternative beside it measures all
objects with scikit-image, as a script would.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from desktop_app.core.imaging import Plane, Region, VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling.store import Edit
from desktop_app.core.labelling.tools import TOOLS, ToolPoint, ToolSettings
from desktop_app.core.project.review import STATES
from desktop_app.gui.proofreading.object_view import ObjectTableView
from desktop_app.gui.proofreading.table_model import ObjectTableModel
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.jobs.objects.survey_objects import Survey, followed, survey_objects
from desktop_app.objects.operations import OPERATIONS, Operation, Pointed, Scene
from desktop_app.objects.operations.carrying_out import edit_of
from desktop_app.objects.proofreading.facts import Facts, Said

Given = TypeVar("Given")
STEP, SIDE = 10, 7


def timed(title: str, act: Callable[[], Given], budget: str = "") -> Given:
    """Run and print wall and processor time."""
    wall, cpu = time.perf_counter(), time.process_time()
    given = act()
    spent = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{title:58} {1000 * spent[0]:8.0f} ms   processor {1000 * spent[1]:8.0f} ms   {budget}")
    return given


def boxes(edge: int) -> np.ndarray:
    """Boxes of 7 voxels on a grid of 10, each with its own number."""
    count = edge // STEP
    grid = np.arange(1, count**3 + 1, dtype=np.uint32).reshape(count, count, count)
    labels = np.zeros((edge, edge, edge), np.uint32)
    whole = np.kron(grid, np.ones((STEP, STEP, STEP), np.uint32))
    inside = np.arange(count * STEP) % STEP < SIDE
    whole[~(inside[:, None, None] & inside[:, None] & inside)] = 0
    labels[: count * STEP, : count * STEP, : count * STEP] = whole
    return labels


def table(survey: Survey) -> ObjectTableModel:
    """The table that the window shows."""
    said = Said({}, {}, {}, frozenset(), 1, {1: "Cell"})
    size = VoxelSize(z=1.0, y=1.0, x=1.0, unit="µm")
    model = ObjectTableModel()
    model.show_facts(Facts.of(survey.rows, survey.pieces, survey.index.shape, size, said, STATES))
    return model


def corrections(store: LabelFile, edge: int) -> None:
    """Merge, delete, fill and undo."""
    for chunk in (store.path / "0").rglob("*"):
        os.utime(chunk, (1e9, 1e9))  # labels of another day
    timed("ids of all chunks learned, the first time ever, in a thread", store.learn_ids)
    store.close()
    store = LabelFile.open(store.path)
    for name, objects in (("merge", (1, 2)), ("delete", (1,))):
        scene = Scene(store, pointed=Pointed(objects), largest_id=store.max_id())
        operation = OPERATIONS[name]
        act = partial(_carried_out, operation, scene, store)
        edit = timed(f"{name}, {edge}³ voxels, labels just opened", act, "budget 200")
        assert edit is not None
        timed(f"{name}, undone", partial(edit.revert, store))
    empty = Region((0, 0, 0), (min(edge, 40), edge, edge))
    kept = store.read(empty)
    store.write(empty, np.zeros(empty.shape, np.uint32))
    depth = 10_000_000 // edge**2 + 1
    wall = store.read(Region((depth, 0, 0), (depth + 1, edge, edge)))
    store.write(Region((depth, 0, 0), (depth + 1, edge, edge)), np.full((1, edge, edge), 3, np.uint32))
    fill = TOOLS["fill"].factory()
    how = ToolSettings(5, TOOLS["fill"].options(fill_3d=True))
    point = ToolPoint(Plane.XY, 0, 5, 5)
    fill.press(store, point, how)
    edit = fill.release(store, point, how)
    assert edit is not None
    timed(f"undo of a fill of {depth * edge * edge:,} voxels", lambda: edit.revert(store), "budget 300")
    store.write(empty, kept)
    store.write(Region((depth, 0, 0), (depth + 1, edge, edge)), wall)
    store.close()


def _carried_out(operation: Operation, scene: Scene, store: LabelFile) -> Edit | None:
    return edit_of(operation.changes(scene, operation.parameters()), store, operation.title)


def main() -> None:
    """Print all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--edge", type=int, default=464)
    parser.add_argument("--alternative", action="store_true", help="measure with scikit-image, too (a minute)")
    asked = parser.parse_args()
    edge = asked.edge
    app = QApplication([])
    labels = boxes(edge)
    grey = np.random.default_rng(0).integers(0, 255, labels.shape).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        store = LabelFile.create(Path(folder) / "labels.ome.zarr", labels.shape)
        with store.copying():
            store.write(Region.whole(labels.shape), labels)
        store.close()
        store = LabelFile.open(Path(folder) / "labels.ome.zarr")
        ctx = RecordingContext()
        print(f"{int(labels.max()):,} objects in {edge}³ voxels")
        first = timed("sizes and places of all objects", lambda: survey_objects(store, None, ctx, pieces=False))
        model = timed(
            "their table, sorted and searched for what looks wrong",
            lambda: table(first),
            "budget 1000 with the line above",
        )
        view = ObjectTableView(model)
        timed("the table on the screen", lambda: (view.show(), app.processEvents()))
        timed("sorted by size", lambda: view.sortByColumn(2, Qt.SortOrder.DescendingOrder))
        full = timed(
            "grey values and pieces, in a thread", lambda: survey_objects(store, lambda r: grey[r.slices], ctx)
        )
        place = Region((100, 100, 100), (103, 120, 120))
        store.write(place, np.full(place.shape, 7, np.uint32))
        timed(
            "after a stroke of 20 x 20 x 3 voxels",
            lambda: followed(full, [place], store, lambda r: grey[r.slices], ctx),
        )
        corrections(store, edge)
        store.close()
    if asked.alternative:
        from skimage.measure import regionprops_table

        names = ("label", "area", "bbox", "mean_intensity")
        timed(
            "the same by regionprops_table of scikit-image", lambda: regionprops_table(labels, grey, properties=names)
        )


if __name__ == "__main__":
    main()
