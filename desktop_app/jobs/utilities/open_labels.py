"""A utility on what is open: its result as a layer to look at, or as changes of the open labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from desktop_app.core.config.base import explain
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext, Progress, SubContext
from desktop_app.core.labelling.store import Edit
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.labels.session import LabelSession
from desktop_app.io.labels.transfer import labels_volume
from desktop_app.jobs.data.time_points import at_same_time
from desktop_app.jobs.objects.in_project import carry_out_in_project
from desktop_app.jobs.utilities.base import Slabs, Utility
from desktop_app.objects.operations.base import Change

_MOST_VOXELS = 256_000_000  # of a layer, which is kept in memory: 1 GB


def layer_by_utility(
    utility: Utility, settings: Mapping[str, Any], image: Volume, labels: LabelSession, ctx: JobContext, *,
    more: Sequence[Path] = (),
) -> NDArray[np.uint32]:  # fmt: skip
    """The result ``(Z, Y, X)`` at the time point that is open; the labels stay as they are.

    Args:
        utility: One that is ``in_place``.
        settings: Of it.
        image: The open image.
        labels: Its open labels.
        ctx: For progress and cancelling.
        more: Further label files, for one that takes several; of movies the time point that is open.

    Raises:
        UserError: If the settings do not fit, a file is damaged, or the image is too large for a layer.
        JobCancelled: If the user stops it.
    """
    if int(np.prod(image.shape)) > _MOST_VOXELS:
        raise UserError(
            "This image is too large for a layer that is only looked at.",
            hint="Change the labels themselves, which can be undone, or let a file be written.",
        )
    out = np.zeros(image.shape, np.uint32)
    for slab, found in _result(utility, settings, image, labels, more, ctx):
        ctx.report(Progress(slab.stop[0], image.shape[0], utility.title))
        out[slab.slices] = found
    return out


def labels_by_utility(
    utility: Utility, settings: Mapping[str, Any], image: Volume, labels: LabelSession, locked: frozenset[int],
    ctx: JobContext, *, more: Sequence[Path] = (),
) -> Edit | None:  # fmt: skip
    """Change the open labels into the result, as one step to be given to ``LabelSession.finish``.

    Arguments and errors as for ``layer_by_utility``; ``locked`` labels stay. None if nothing changed. When it is
    stopped, all is put back.
    """
    changes = []
    for slab, found in _result(utility, settings, image, labels, more, SubContext(ctx, 0.0, 0.5)):
        ctx.report(Progress(slab.stop[0], 2 * image.shape[0], utility.title))
        before = labels.labels.read(slab)
        after = found.astype(np.uint32)
        if (before != after).any():
            changes.append(Change.between(slab, before, after))
    return carry_out_in_project(changes, labels, utility.title, locked, SubContext(ctx, 0.5, 0.5))


def _result(
    utility: Utility, settings: Mapping[str, Any], image: Volume, labels: LabelSession, more: Sequence[Path],
    ctx: JobContext,
) -> Slabs:  # fmt: skip
    try:
        parameters = utility.parameters.model_validate(settings)
    except ValidationError as error:
        raise explain(error, f"“{utility.title}”") from error
    now = image.alone()
    volume = labels_volume(labels.labels, now) if utility.opens_labels else now
    others = (at_same_time(open_labels(path), image).alone() for path in more)
    made = utility.make((volume, *others), parameters, ctx) if utility.make is not None else None
    if made is None or made.labels is None:
        raise ValueError(f"{utility.name} does not make labels of the shape of its input")
    for slab, found in made.labels(0, ctx):
        ctx.raise_if_cancelled()
        yield Region(slab.start, slab.stop), found
