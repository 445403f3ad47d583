"""Operations on the objects that a model has found, before they are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.object_step import ObjectStep
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.region import slabs
from desktop_app.core.job import JobContext, SubContext
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.jobs.objects.steps import Origins, take_step
from desktop_app.objects.operations import Scene

_FILE = "steps.ome.zarr"


@dataclass(slots=True)
class ChangedLabels:
    """Labels after the steps; read as the stream that a model gives.

    Attributes:
        slabs: Pairs of a region of whole slices and its labels (Z, Y, X) uint32.
        class_of: Name of the class of each object.
        counts: Whether the labels are objects.
        more: Further labels beside the result, as the model gives them.
        likely: How likely the classes of voxels are, as the model gives it.
    """

    slabs: Iterator[tuple[Region, NDArray[np.uint32]]]
    class_of: dict[int, str]
    counts: bool = True
    more: dict[str, Any] = field(default_factory=dict)
    likely: Any = None


def require_no_steps(steps: tuple[ObjectStep, ...]) -> None:
    """Refuse steps behind a model that makes class labels.

    Raises:
        UserError: If there are any.
    """
    if steps:
        raise UserError("Steps change objects, but this model makes class labels.", hint="Leave the steps out.")


@contextmanager
def after_steps(
    stream: Any, steps: tuple[ObjectStep, ...], volume: Volume, folder: Path, ctx: JobContext
) -> Iterator[Any]:
    """The labels of ``stream`` after all steps; the stream itself where there are none.

    With steps, labels lie in a file in ``folder`` meanwhile, so that memory does not grow with them.

    Raises:
        UserError: If the labels are classes, or a step is not possible.
        JobCancelled: When asked to stop.
    """
    if not steps:
        yield stream
        return
    if not stream.counts:
        require_no_steps(steps)
    with closing(LabelFile.create(folder / _FILE, volume.shape)) as labels:
        with labels.copying():
            for region, values in stream.slabs:
                ctx.raise_if_cancelled()
                labels.write(region, values)
        class_of = dict(stream.class_of)
        scene, origins = Scene(labels, volume, volume.voxel_size), Origins(class_of)
        for number, step in enumerate(steps):
            inner = SubContext(ctx, number / len(steps), 1 / len(steps), "Steps: ")
            take_step(step, labels, scene, inner, origins.hear)
        left = {label: class_of.get(label, "") for label in labels.used_ids().tolist()}
        yield ChangedLabels(
            ((slab, labels.read(slab)) for slab in slabs(volume.shape)), left, True, stream.more, stream.likely
        )
