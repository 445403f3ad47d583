"""What the first stroke would wait for is read before it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.core.job import JobCancelled, RecordingContext
from desktop_app.jobs.get_ready import get_ready

ROOT = Path(__file__).resolve().parents[2]
FIRST_USES = """
import sys
import numpy as np
from desktop_app.core.imaging import Plane, VoxelSize
from desktop_app.core.job import RecordingContext
from desktop_app.core.labelling import ArrayLabelStore
from desktop_app.core.labelling.tools import TOOLS, ToolPoint, ToolSettings
from desktop_app.jobs.get_ready import get_ready
from desktop_app.objects.operations import OPERATIONS, Place, Pointed, Scene
from desktop_app.objects.operations.carrying_out import dry_run

if {ready}:
    get_ready(RecordingContext())
before = set(sys.modules)
image = np.zeros((5, 80, 80), np.float32)
image[:, 20:60, 20:60] = 1
places = [ToolPoint(Plane.XY, 0, row, column) for row, column in ((20, 20), (20, 60), (60, 60), (60, 20), (20, 20))]
for name in ("brush", "grey-brush", "wand", "fill", "lasso", "livewire", "click"):
    store, tool = ArrayLabelStore(np.zeros(image.shape, np.uint32)), TOOLS[name].factory()
    how = ToolSettings(1, TOOLS[name].options(), grey=lambda box: image[box.slices])
    tool.press(store, places[0], how)
    for place in places[1:]:
        tool.move(store, place, how)
    tool.release(store, places[-1], how)
    tool.finish(store, how)
labels = np.zeros(image.shape, np.uint32)
labels[0, 20:40, 20:40] = labels[4, 25:45, 20:40] = 1
labels[:, 50:60, 20:40], labels[:, 60:70, 20:40] = 2, 3
line = (Place(Plane.XY, (2, 55, 10)), Place(Plane.XY, (2, 55, 50)))
for name, pointed in (
    ("interpolate", Pointed()), ("delete", Pointed((2,))), ("merge", Pointed((2, 3))), ("cut-line", Pointed((), line)),
):
    scene = Scene(ArrayLabelStore(labels), None, VoxelSize.unknown(), pointed, 3)
    assert dry_run(OPERATIONS[name], scene, OPERATIONS[name].parameters()), name
late = {{name.split(".")[0] for name in set(sys.modules) - before}} - {{"desktop_app"}}
late = sorted(late - sys.stdlib_module_names)
sys.exit(f"read at the first use: {{late}}" if late else 0)
"""


def first_uses(ready: bool) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", FIRST_USES.format(ready=ready)], cwd=ROOT, env=dict(os.environ), capture_output=True,
        text=True, timeout=300, check=False,
    )  # fmt: skip


def test_the_first_use_of_a_tool_reads_no_library() -> None:
    answer = first_uses(ready=True)
    assert answer.returncode == 0, answer.stderr[-2000:]


def test_without_it_some_are_read() -> None:
    assert "scipy" in first_uses(ready=False).stderr


def test_it_stops_when_asked() -> None:
    ctx = RecordingContext(cancel_after=2)
    with pytest.raises(JobCancelled):
        get_ready(ctx)
    assert len(ctx.events) == 2
