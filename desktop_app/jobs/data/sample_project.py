"""The sample project: made-up nuclei with their true labels, ready to look at, to train on and to run on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.imaging import Volume, VoxelSize
from desktop_app.core.imaging.label_colors import color_of
from desktop_app.core.imaging.phantoms import PhantomParameters, nuclei_phantom
from desktop_app.core.job import JobContext, Progress, SubContext
from desktop_app.core.labelling.scheme import LabelClass, LabelScheme
from desktop_app.core.project import Project
from desktop_app.io.atomic import atomic_folder, make_place
from desktop_app.io.images.registry import open_volume, write_volume
from desktop_app.io.labels import LabelFile
from desktop_app.io.labels.transfer import import_labels
from desktop_app.io.projects import OpenProject, create_project

LABELLED = 5  # volumes: the fifth is kept aside to watch the learning
UNSEEN = 3  # volumes: a batch of more than one
SEED = 7  # any number: the same volumes each time
PROJECT = "demo.vwproj"
_LABELLED_VOLUME = PhantomParameters(shape=(24, 96, 96), nuclei=34)
_UNSEEN_VOLUME = PhantomParameters(shape=(28, 128, 128), nuclei=60)
_TINY_VOLUME = PhantomParameters(shape=(12, 48, 48), nuclei=10, radius=6)
_SCHEME = LabelScheme(kind="objects", classes=(LabelClass(value=1, name="Nucleus", color=color_of(1)),))
_NOTES = (
    "Made-up nuclei, with true labels. The five nuclei volumes are labelled; the unseen ones are for trying a model. "
    "Nothing here was measured on real cells."
)


@dataclass(frozen=True, slots=True)
class SampleProject:
    """Where things are.

    Attributes:
        project: The project.
        images: Folder of labelled volumes.
        labels: True labels of ``images``, under the same names.
        unseen: Folder of volumes that no model has learned from.
        truth: True labels of ``unseen``, under the same names.
    """

    project: Path
    images: Path
    labels: Path
    unseen: Path
    truth: Path


def sample_project(folder: Path, ctx: JobContext, *, seed: int = SEED, small: bool = False) -> SampleProject:
    """The sample project in a folder; made if it is not there yet.

    Args:
        folder: Where; it is made if it is missing.
        ctx: For progress and cancelling.
        seed: The same seed gives the same volumes.
        small: Tiny volumes, quickly worked on.

    Raises:
        UserError: If the folder cannot be written.
        JobCancelled: When asked to stop; nothing half-made stays.
    """
    sample = SampleProject(folder / PROJECT, folder / "images", folder / "labels", folder / "unseen", folder / "truth")
    if not (sample.project / "project.json").exists():
        make_place(sample.project)
        with atomic_folder(sample.project) as unfinished:
            _make(sample, unfinished, ctx, seed, small)
    return sample


def _make(sample: SampleProject, project: Path, ctx: JobContext, seed: int, small: bool) -> None:
    known_volume, unknown_volume = (_TINY_VOLUME,) * 2 if small else (_LABELLED_VOLUME, _UNSEEN_VOLUME)
    total = LABELLED + UNSEEN
    with create_project(project, "Sample: nuclei") as opened:
        opened.save(opened.project.model_copy(update={"scheme": _SCHEME, "notes": _NOTES}))
        for number in range(total):
            ctx.raise_if_cancelled()
            ctx.report(Progress(number, total, f"Making volume {number + 1} of {total}"))
            known = number < LABELLED
            name = f"nuclei_{number + 1}.tif" if known else f"unseen_{number + 1 - LABELLED}.tif"
            phantom = nuclei_phantom(known_volume if known else unknown_volume, seed=seed * 1000 + number)
            image = _written((sample.images if known else sample.unseen) / name, phantom.image, phantom.voxel_size)
            truth = _written((sample.labels if known else sample.truth) / name, phantom.truth, phantom.voxel_size)
            _add(opened, image, truth if known else None, SubContext(ctx, number / total, 1 / total))
    ctx.report(Progress(total, total, "Sample project ready"))


def _written(path: Path, voxels: NDArray[np.uint16], voxel_size: VoxelSize) -> Path:
    volume = Volume.from_array(voxels, voxel_size=voxel_size)
    write_volume(path, volume.source, volume)
    return path


def _add(opened: OpenProject, image: Path, truth: Path | None, ctx: JobContext) -> None:
    """Add an image to the project: completely labelled, or left for the user to try things on."""
    project, item = opened.project.with_item(opened.relative(image), image.stem)
    if truth is None:
        changed = item.model_copy(update={"role": "unused", "notes": "Not labelled, for trying a model."})
    else:
        source = open_volume(truth)
        target = LabelFile.create(opened.label_path(item.id), source.shape, source.voxel_size, _SCHEME)
        try:
            import_labels(source, target, ctx)
        finally:
            target.close()
        changed = item.model_copy(
            update={"imported_labels": opened.relative(truth), "all_done": True, "status": "done"}
        )
    saved: Project = project.replaced(changed)
    opened.save(saved)
