"""Write the surfaces of the objects of a label image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Times, Volume, VoxelSize
from desktop_app.core.imaging.label_colors import color_of
from desktop_app.core.imaging.region import slabs
from desktop_app.core.job import JobContext, Note, Progress, SubContext
from desktop_app.io.atomic import make_folder, make_place
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.meshes import SURFACE_ENDINGS, Surface, surface_writer, write_surfaces
from desktop_app.jobs.data.time_points import time_suffix, time_title, wanted_times
from desktop_app.objects.measure import StreamingMeasurer
from desktop_app.objects.surfaces import Mesh, object_surface

# Voxels of the box around an object that is worked on at once, some 16 bytes each; of larger ones every second voxel
# (third, …) counts.
_MOST_VOXELS = 2**27


class NothingThereError(UserError):
    """There is no object, or not the one that is wanted."""


@dataclass(frozen=True, slots=True)
class SurfacesConfig:
    """Which surfaces, and where to.

    Attributes:
        labels: Label image in which each object has its own number.
        out: A file (``.stl``, ``.obj``, ``.ply``, ``.glb``) for all objects, or a folder for a file for each.
        objects: Numbers of the objects wanted; all if empty.
        ending: Of the files in a folder.
        coarseness: Edge of the cubes, in voxels, that get one point.
        time: The time points of a movie, counted from 0; None: all, each with a file or folder of its own.
    """

    labels: Path
    out: Path
    objects: tuple[int, ...] = ()
    ending: str = SURFACE_ENDINGS[0]
    coarseness: int = 1
    time: Times = None


@dataclass(frozen=True, slots=True)
class SurfacesWritten:
    """What was done.

    Attributes:
        out: The file or the folder; of several time points the first.
        objects: How many surfaces there are.
        triangles: Of all of them.
        unit: Of the coordinates.
    """

    out: Path
    objects: int
    triangles: int
    unit: str


def write_object_surfaces(config: SurfacesConfig, ctx: JobContext) -> SurfacesWritten:
    """Find the surface of each object and write it; only one object's voxels are in memory at a time.

    Raises:
        UserError: If the labels cannot be read, an object is not there, or a file cannot be written.
        JobCancelled: When asked to stop; whole files of single objects stay.
    """
    labels = open_labels(config.labels)
    times = wanted_times(labels, config.time)
    if len(times) == 1:
        return surfaces_of_open(config, labels.at_time(times[0]), ctx)
    written: list[SurfacesWritten] = []
    missing = NothingThereError(f"There are no objects in {labels.name}.")
    for number, time in enumerate(times):
        inner = SubContext(ctx, number / len(times), 1 / len(times), time_title(labels, time))
        out = config.out.with_name(f"{config.out.stem}{time_suffix(labels, time)}{config.out.suffix}")
        try:
            written.append(surfaces_of_open(replace(config, out=out), labels.at_time(time), inner))
        except NothingThereError as error:
            missing = error
            inner.report(Note("warning", f"{time_title(labels, time)}{error}"))
    if not written:
        raise missing
    ctx.report(Progress(1, 1, "All surfaces written"))
    objects, triangles = (sum(getattr(one, name) for one in written) for name in ("objects", "triangles"))
    return SurfacesWritten(written[0].out, objects, triangles, written[0].unit)


def surfaces_of_open(config: SurfacesConfig, labels: Volume, ctx: JobContext) -> SurfacesWritten:
    """As ``write_object_surfaces``, for labels that are open already."""
    alone = config.out.suffix.lower() in SURFACE_ENDINGS
    if not alone:
        surface_writer(Path(f"object{config.ending}"))
    boxes = wanted_boxes(labels, config.objects, SubContext(ctx, 0, 0.3))
    unit = length_unit(labels.voxel_size)
    if alone:
        make_place(config.out)
    else:
        make_folder(config.out)
    kept, triangles = [], 0
    for done, (label, box) in enumerate(boxes.items()):
        ctx.raise_if_cancelled()
        ctx.report(Progress(0.3 + 0.7 * done / len(boxes), 1, f"Surface {done + 1} of {len(boxes)}"))
        surface = as_surface(label, surface_in(labels, label, box, config.coarseness))
        triangles += len(surface.triangles)
        if alone:
            kept.append(surface)
        else:
            write_surfaces(config.out / f"{surface.name}{config.ending}", [surface], unit)
    if alone:
        write_surfaces(config.out, kept, unit)
    ctx.report(Progress(1, 1, "All surfaces written"))
    return SurfacesWritten(config.out, len(boxes), triangles, unit)


def wanted_boxes(labels: Volume, objects: tuple[int, ...], ctx: JobContext) -> dict[int, Region]:
    """The box around each object, by its number.

    Raises:
        NothingThereError: If there are none, or one of ``objects`` is not there.
    """
    measurer, pieces = StreamingMeasurer(labels.shape, labels.voxel_size), slabs(labels.shape)
    for done, slab in enumerate(pieces):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(pieces), f"Reading {labels.name}"))
        measurer.add(slab, labels.read(slab))
    found = {row.id: row.box for row in measurer.rows()}
    missing = [label for label in objects if label not in found]
    if missing:
        raise NothingThereError(
            f"There is no object {missing[0]} in {labels.name}.", hint="“measure” lists those there are."
        )
    if not found:
        raise NothingThereError(f"There are no objects in {labels.name}.", hint="All voxels are 0.")
    return {label: found[label] for label in objects} if objects else found


def surface_in(labels: Volume, label: int, box: Region, coarseness: int) -> Mesh:
    """The surface of one object of a label image, in the unit of its voxel size."""
    stride = 1
    while box.size / stride**3 > _MOST_VOXELS:
        stride += 1
    mask = _mask(labels, label, box, stride)
    edges = np.multiply(labels.voxel_size.zyx, stride)
    mesh = object_surface(mask, (edges[0], edges[1], edges[2]), coarseness=coarseness)
    start = np.multiply(box.start, labels.voxel_size.zyx).astype(np.float32)
    return Mesh(mesh.points + start, mesh.normals, mesh.triangles)


def as_surface(label: int, mesh: Mesh) -> Surface:
    """A mesh as files have it: x first."""
    points, normals = (np.ascontiguousarray(values[:, ::-1]) for values in (mesh.points, mesh.normals))
    return Surface(f"object_{label}", points, normals, mesh.triangles, color_of(label))


def length_unit(size: VoxelSize) -> str:
    """The unit of lengths in an image, in words."""
    return size.unit if size.known else "voxels"


def _mask(labels: Volume, label: int, box: Region, stride: int) -> NDArray[np.bool_]:
    rows: list[NDArray[Any]] = []
    for slab in slabs(box.shape):
        found = labels.read(slab.shift(box.start))
        chosen = slice(-slab.start[0] % stride, None, stride)
        rows.append(found[chosen, ::stride, ::stride] == label)
    return np.concatenate(rows)
