"""Objects of slices in threads and processes."""

import os
import signal
import sys

import numpy as np
import pytest

from desktop_app.core.job import JobCancelled, Note, RecordingContext
from desktop_app.ml.recipes.panoptic.decoding.pool import SlicePool
from desktop_app.objects.panoptic.slice_runs import SliceWork
from desktop_app.objects.panoptic.slices import SliceRules
from tests.objects.panoptic.ideal import ellipsoids, ideal_maps

WORK = SliceWork(4, 1.0, SliceRules())


def pictures() -> list[np.ndarray]:
    return [ellipsoids((1, 60, 70), 4, (6, 9), seed, touching=False)[0] for seed in range(6)]


def nothing() -> None:
    """Never cancels."""


@pytest.mark.parametrize("processes", [False, True])
def test_slices_come_back_in_order(processes: bool) -> None:
    pool = SlicePool(WORK, 2, processes, RecordingContext())
    for one in pictures():
        ideal = ideal_maps(one)
        pool.submit((ideal.classes, ideal.heatmap, ideal.offsets))
    assert pool.full
    for one in pictures():
        runs, class_of = pool.take(nothing)
        assert np.array_equal(runs.paint() > 0, one > 0)
        assert len(class_of) == len(np.unique(one))
    assert len(pool) == 0
    pool.close()


@pytest.mark.skipif(sys.platform == "win32", reason="processes end differently there")
def test_threads_go_on_where_processes_end() -> None:
    ctx = RecordingContext()
    pool = SlicePool(WORK, 1, True, ctx)
    first, *others = pictures()
    ideal = ideal_maps(first)
    pool.submit((ideal.classes, ideal.heatmap, ideal.offsets))
    pool.take(nothing)
    (process,) = pool._pool._processes.values()  # type: ignore[attr-defined]
    os.kill(process.pid, signal.SIGKILL)
    for one in others:
        ideal = ideal_maps(one)
        pool.submit((ideal.classes, ideal.heatmap, ideal.offsets))
    for one in others:
        runs, _ = pool.take(nothing)
        assert np.array_equal(runs.paint() > 0, one > 0)
    assert [note.level for note in ctx.of_kind(Note)] == ["warning"]
    pool.close()


def test_waiting_can_be_cancelled() -> None:
    pool = SlicePool(WORK, 1, False, RecordingContext())
    ideal = ideal_maps(pictures()[0])
    pool.submit((ideal.classes, ideal.heatmap, ideal.offsets))

    def cancel() -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        pool.take(cancel)
    pool.close()
