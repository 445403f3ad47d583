"""How many slices at a time are made objects of."""

import numpy as np
import pytest

from desktop_app.ml.recipes.panoptic.decoding import planning
from desktop_app.ml.recipes.panoptic.decoding.planning import ObjectPlan, object_plan
from desktop_app.ml.recipes.panoptic.maps import SliceMaps


def plan(memory_gb: float) -> ObjectPlan:
    classes = np.broadcast_to(np.float16(0), (300, 1, 4000, 4000))
    heatmap = np.broadcast_to(np.float32(0), (300, 1000, 1000))
    offsets = np.broadcast_to(np.float32(0), (300, 2, 1000, 1000))
    return object_plan(SliceMaps(classes, heatmap, offsets), int(memory_gb * 2**30))


def test_a_smaller_budget_means_less_of_everything() -> None:
    small, large = plan(0.5), plan(8)
    assert small.workers <= large.workers
    assert small.run_bytes < large.run_bytes
    assert small.least_bytes == large.least_bytes > 16_000_000 * 24


def test_processes_make_objects_behind_a_gpu_where_they_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning.os, "cpu_count", lambda: 16)
    assert planning._workers(True, 512, 2048**2, 2 * 2**30, 24) == (9, True)
    assert planning._workers(True, 8, 512**2, 2 * 2**30, 24) == (8, False)
    assert planning._workers(False, 512, 2048**2, 2 * 2**30, 24) == (8, False)
    assert planning._workers(False, 512, 20_000**2, 2**28, 24) == (1, False)
