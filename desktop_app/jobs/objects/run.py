"""Run an operation on the objects of a label file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.config.object_step import ObjectStep
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Plane, Region, Times, Volume
from desktop_app.core.job import JobContext
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.io.images.registry import open_volume
from desktop_app.io.labels.label_file import LabelFile
from desktop_app.jobs.data.time_points import at_same_time
from desktop_app.jobs.objects.steps import operation_named, parameters_of, take_step
from desktop_app.jobs.objects.working_labels import write_changed
from desktop_app.objects.operations import Place, Pointed, Scene, Target


@dataclass(frozen=True, slots=True)
class ObjectsConfig:
    """One operation on one file.

    Attributes:
        step: The operation with its parameters.
        labels: The label file.
        out: The file to write.
        image: Image of the same shape, where the operation looks at one.
        objects: Numbers of the objects it is about; all if empty.
        time: The time points of a movie, counted from 0, which alone are written then; None: all.
        places: Voxels (z, y, x) that are pointed at; the ends of a line, or clicks.
        plane: In which slices that is.
        slice: The one slice of this plane in which it is carried out; None: everywhere.
    """

    step: ObjectStep
    labels: Path
    out: Path
    image: Path | None = None
    objects: tuple[int, ...] = ()
    time: Times = None
    places: tuple[Index3, ...] = ()
    plane: Plane = Plane.XY
    slice: int | None = None


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
        only = None if config.slice is None else (config.plane, config.slice)
        return take_step(config.step, working, Scene(working, then, size, _pointed(config, working)), inner, only=only)

    voxels, objects = write_changed(volume, config.out, config.time, change, ctx)
    return ObjectsChanged(config.out, voxels, objects)


def _pointed(config: ObjectsConfig, labels: LabelFile) -> Pointed:
    """What is pointed at; a place in an object names the object, too.

    Raises:
        UserError: If a place lies outside of the labels.
    """
    whole = Region.whole(labels.shape)
    for voxel in config.places:
        if not whole.contains(voxel):
            raise UserError(f"There is no voxel {voxel}: the labels have {labels.shape} voxels (z, y, x).")
    places = tuple(Place(config.plane, voxel) for voxel in config.places)
    objects = config.objects
    if not objects and not {Target.LINE, Target.PLACES}.intersection(operation_named(config.step.operation).targets):
        found = (int(labels.read(Region.single(voxel))[0, 0, 0]) for voxel in config.places)
        objects = tuple(number for number in found if number)
    return Pointed(objects, places)


def _require_possible(config: ObjectsConfig) -> None:
    if any(config.out.resolve() == path.resolve() for path in (config.labels, config.image) if path is not None):
        raise UserError(f"{config.out.name} cannot be written onto itself.", hint="Give another name for the result.")
    operation = operation_named(config.step.operation)
    parameters_of(config.step)
    takes = {Target.OBJECT: 1, Target.TWO_OBJECTS: 2}
    wanted = [count for target, count in takes.items() if target in operation.targets]
    if not config.objects and not config.places and not operation.for_whole_files:
        if not wanted:
            raise UserError(
                f"“{operation.name}” needs places in the picture.", hint="Name voxels: --at z,y,x, two for a line."
            )
        raise UserError(f"“{operation.name}” needs to know which objects.", hint="Name them: --object 17.")
    if config.objects and not wanted:
        raise UserError(f"“{operation.name}” is about all objects.", hint="Leave --object out.")
    if config.objects and Target.OBJECT not in operation.targets and wanted and len(config.objects) < max(wanted):
        raise UserError(f"“{operation.name}” needs two objects.", hint="Name both: --object 17 --object 23.")
