"""Parameters of making objects before any is tuned: what the labels tell."""

from __future__ import annotations

import math
from typing import Any

from desktop_app.core.recipes.semantic.parameters import SemanticDecode, SemanticTraining
from desktop_app.ml.data.object_sizes import object_sizes, small_and_usual
from desktop_app.ml.recipes.base import Start, Task, TrainingData, kept_decode
from desktop_app.ml.recipes.semantic.targets import scales_of

_SMALLEST_SHARE = 0.25
"""Of the voxels of a small object of the labels: what is smaller is taken for a mistake. As the form advises."""

_SMOOTHING_SHARE, _SMOOTHING_BOUNDS = 0.2, (0.5, 4.0)
"""Of the radius of a usual object, in pixels: it removes dents of that size and keeps necks between objects."""

_LEAST_DIP = 0.05
"""Of the shallower part: what a learned depth goes up and down by inside an object. Nuclei in pictures of many kinds,
two models of 4 minutes with 32 pictures left out of each: F1 0.851 and 0.875 without, 0.876 and 0.872 with 0.05, 0.885
and 0.868 with 0.1; embryos left out: the same with all three.
"""


def first_semantic_decode(data: TrainingData, start: Start) -> dict[str, Any]:
    """As the model to finetune has them, or the defaults; way to objects, size and smoothing as the labels are."""
    task, decode = data.task, kept_decode(SemanticDecode(min_dip=_LEAST_DIP), start)
    decode["objects"] = _way_to_objects(task)
    sizes = _sizes(data)
    if sizes is None:
        return decode
    small, usual = (size / math.prod(scales_of(task)) for size in sizes)  # as the network sees them
    if task.dimensions == 2:
        radius = math.sqrt(usual / math.pi)
    else:
        across, along, _ = scales_of(task)
        thickness = data.voxel_size.anisotropy * across / along
        radius = (0.75 * usual * thickness / math.pi) ** (1 / 3)  # 3/4: of a ball
    smoothing = max(_SMOOTHING_BOUNDS[0], min(_SMOOTHING_BOUNDS[1], radius * _SMOOTHING_SHARE))
    return decode | {"min_size": max(1, round(_SMALLEST_SHARE * small)), "smoothing": round(smoothing, 1)}


def _sizes(data: TrainingData) -> tuple[int, int] | None:
    """Voxels of a small and of a usual object; None for class labels."""
    task = data.task
    if task.kind != "objects":
        return None
    ignored = {value for value in (task.background, task.unlabelled) if value is not None}
    return small_and_usual(object_sizes(data.train, ignored, flat=task.dimensions == 2))


def _way_to_objects(task: Task) -> str:
    """Where class labels do not show how touching objects part, each island is one object."""
    if task.kind == "objects":
        return "watershed"
    wanted = SemanticTraining.model_validate(task.parameters.model_dump()).result
    return "connected" if wanted == "objects" else "classes"
