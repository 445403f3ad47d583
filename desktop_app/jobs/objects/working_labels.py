"""Changing a label file: into another file, with the axes and voxel size that it had."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from desktop_app.core.imaging import Times, Volume
from desktop_app.core.job import JobContext, SubContext
from desktop_app.io.atomic import make_place, temporary_folder
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.io.labels.transfer import export_labels, import_labels
from desktop_app.jobs.data.time_points import of_times, time_title, wanted_times

_CHANGING = 0.7  # share of the progress: copying and changing, about; the rest is writing

Changing: TypeAlias = Callable[[Volume, LabelFile, JobContext], int]
"""Changes a copy of the labels of a time point, and returns how many voxels it changed."""


def write_changed(labels: Volume, out: Path, time: Times, change: Changing, ctx: JobContext) -> tuple[int, int]:
    """Write changed labels; returns how many voxels changed, and how many objects there are at all time points.

    Labels lie in a working file beside the result meanwhile, so that memory does not grow with them.

    Args:
        labels: The labels as they are.
        out: The file to write.
        time: The time points of a movie, counted from 0, which alone are written then; None: all.
        change: What is done at each time point.
        ctx: For progress and cancelling.

    Raises:
        UserError: If there is no such time point, or a file cannot be read or written.
        JobCancelled: When asked to stop; nothing is written then.
    """
    times = wanted_times(labels, time)
    make_place(out)
    done: dict[int, LabelFile] = {}
    voxels = 0
    with temporary_folder(out) as scratch:
        for number, place in enumerate(times):
            start, share = _CHANGING * number / len(times), _CHANGING / len(times)
            inner = SubContext(ctx, start, share, time_title(labels, place))
            done[place] = LabelFile.create(scratch / f"{place}.ome.zarr", labels.shape)
            import_labels(labels.at_time(place), done[place], SubContext(inner, 0, 0.5, "Reading: "))
            voxels += change(labels.at_time(place), done[place], SubContext(inner, 0.5, 0.5))
        objects = sum(int(one.used_ids().size) for one in done.values())
        written, like = dict(enumerate(done.values())), of_times(labels, time)
        export_labels(written, out, like, SubContext(ctx, _CHANGING, 1 - _CHANGING, "Writing: "))
        for one in done.values():
            one.close()
    return voxels, objects
