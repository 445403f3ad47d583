"""One image of a batch: maps, labels, table."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.inference import InferenceConfig
from desktop_app.core.imaging import Region, VoxelSource
from desktop_app.core.job import JobContext, Note, SubContext
from desktop_app.io.images.registry import open_volume
from desktop_app.jobs.batch.case_results import CaseFiles, CaseResults
from desktop_app.jobs.batch.checks import check_fit, check_space
from desktop_app.jobs.batch.inputs import BatchCase
from desktop_app.jobs.batch.suggestions import hints
from desktop_app.jobs.batch.then import after_steps
from desktop_app.jobs.batch.working_folder import working_folder
from desktop_app.jobs.data.time_points import of_times, time_title, times_used, wanted_times

_BYTES_BEFORE_RELEASE = 64 * 2**20  # written between two hints to the system that the pages need not stay in memory

_FINDING = 0.9  # of the time of an image whose objects are changed after they are found; the network is the slow part


@dataclass(slots=True)
class PassingSource:
    """Voxels of a file that is read once from end to end: what was read does not stay in memory.

    Attributes:
        source: Where voxels come from. Files mapped into memory have ``release``, which lets them go.
    """

    source: VoxelSource
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(C, Z, Y, X)."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        return self.source.dtype

    def read(self, channel: int, region: Region) -> NDArray[Any]:
        """The voxels (Z, Y, X) of one channel in ``region``; threads take turns."""
        with self._lock:
            voxels = self.source.read(channel, region)
            self._bytes += voxels.nbytes
            release = getattr(self.source, "release", None)
            if release is not None and self._bytes > _BYTES_BEFORE_RELEASE:
                self._bytes = 0
                release()
        return voxels


def label_image(
    case: BatchCase, predictor: Any, parameters: Any, config: InferenceConfig, ctx: JobContext, mark: str = ""
) -> CaseFiles:
    """Write the label file and the object table of one image.

    Memory stays within the budget whatever the size of the image; large intermediate files lie in the result folder
    and are removed in the end. What an interrupted run of a recipe that can go on has left there is used.

    Args:
        case: The image and where its results go.
        predictor: The loaded model.
        parameters: How maps become labels.
        config: The batch.
        ctx: Hears about progress, and may cancel between tiles.
        mark: Changes when anything changes that maps depend on; without it nothing of this run is kept for another.

    Raises:
        UserError: If the image cannot be read or does not fit the model, or the disk is full.
        JobCancelled: When asked to stop; no results are left behind.
    """
    from desktop_app.ml.inference.engine import InferencePlan, labelled
    from desktop_app.ml.recipes.registry import recipe_named

    volume = open_volume(case.path, reading=case.reading)
    movie, times = volume, wanted_times(volume, config.time)
    for note in (*volume.notes, *times_used(volume, config.time)):
        ctx.report(Note("warning", f"{case.title}: {note}"))
    volume = of_times(volume, config.time)
    check_fit(volume, predictor.card, config, ctx)
    for sentence in hints(predictor.card, volume, config):
        ctx.report(Note("info", f"{case.title}: {sentence}"))
    check_space(volume, predictor.card, config, case.labels.parent)
    engine, share = recipe_named(predictor.card.recipe).engine, _FINDING if config.then else 1.0
    with CaseResults(case, volume, config.measure, ctx) as results:
        for done, one in enumerate(map(movie.at_time, times)):
            number = f" {one.time}" if volume.times > 1 else ""
            seen = replace(one.alone(), source=PassingSource(one.source))
            inner = SubContext(ctx, done / len(times), 1 / len(times), time_title(movie, one.time)) if number else ctx
            with working_folder(case, f"{mark}{number}", anew=not (mark and config.resume)) as scratch:
                plan = replace(InferencePlan.of(predictor.card, config, scratch), once=True, lasting=bool(mark))
                with (
                    closing(labelled(engine, predictor, seen, parameters, plan, SubContext(inner, 0, share))) as stream,
                    after_steps(stream, config.then, seen, scratch, SubContext(inner, share, 1 - share)) as labels,
                ):
                    results.add(seen, labels)
    return results.labelled
