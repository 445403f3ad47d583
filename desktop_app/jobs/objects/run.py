"""Run an operation on the objects of a label file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.object_step import ObjectStep
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume
from desktop_app.core.job import JobContext
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.io.images.registry import open_volume
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.jobs.data.time_points import at_same_time
from desktop_app.jobs.objects.steps import operation_named, parameters_of, take_step
from desktop_app.jobs.objects.working_labels import write_changed
from desktop_app.objects.operations import Pointed, Scene, Target


@dataclass(frozen=True, slots=True)
class ObjectsConfig:
    """One operation on one file.

    Attributes:
        step: The operation with its parameters.
        labels: The label file.
        out: The file to write.
        image: Image of the same shape, where the operation looks at one.
        objects: Numbers of the objects it is about; all if empty.
        time: The time point of a movie, counted from 0, which alone is written then; None: all.
    """

    step: ObjectStep
    labels: Path
    out: Path
    image: Path | None = None
    objects: tuple[int, ...] = ()
    time: int | None = None


@dataclass(frozen=True, slots=True)
class ObjectsChanged:
    """What was done.

    Attributes:
        out: The file written.
        voxels: How many changed.
        objects: How many objects there are now, of a movie at all its time points together.
    """

    out: Path
    voxels: int
    objects: int


def change_objects(config: ObjectsConfig, ctx: JobContext) -> ObjectsChanged:
    """Read labels, change them, and write them with the axes and voxel size that they had.

    Labels lie in a working file beside the result meanwhile, so that memory does not grow with them.

    Raises:
        UserError: If a file cannot be read or written, or the operation is not possible.
        JobCancelled: When asked to stop; nothing is written then.
    """
    _require_possible(config)
    volume = open_labels(config.labels)
    image = None if config.image is None else open_volume(config.image)
    if image is not None:
        require_same_shape(image, volume)

    def change(labels: Volume, working: LabelFile, inner: JobContext) -> int:
        then = None if image is None else at_same_time(image, labels)
        size = labels.voxel_size if labels.voxel_size.known or then is None else then.voxel_size
        return take_step(config.step, working, Scene(working, then, size, Pointed(config.objects)), inner)

    voxels, objects = write_changed(volume, config.out, config.time, change, ctx)
    return ObjectsChanged(config.out, voxels, objects)


def _require_possible(config: ObjectsConfig) -> None:
    operation = operation_named(config.step.operation)
    parameters_of(config.step)
    takes = {Target.OBJECT: 1, Target.TWO_OBJECTS: 2}
    wanted = [count for target, count in takes.items() if target in operation.targets]
    if not config.objects and not operation.for_whole_files:
        if not wanted:
            raise UserError(f"“{operation.name}” needs a place in the picture: use it in the window.")
        raise UserError(f"“{operation.name}” needs to know which objects.", hint="Name them: --object 17.")
    if config.objects and not wanted:
        raise UserError(f"“{operation.name}” is about all objects.", hint="Leave --object out.")
    if Target.OBJECT not in operation.targets and wanted and len(config.objects) < max(wanted):
        raise UserError(f"“{operation.name}” needs two objects.", hint="Name both: --object 17 --object 23.")
