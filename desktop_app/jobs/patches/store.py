"""Store labelled patches as a data set that any program reads: pictures and their labels, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.patches import PatchLayout
from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.imaging.patch_places import PatchPlace, place_at
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.io.atomic import atomic_folder, make_place, writing
from desktop_app.io.datasets import PairPlace
from desktop_app.io.datasets.layouts import LAYOUTS
from desktop_app.io.file_names import file_name
from desktop_app.io.images.formats import DEFAULT, FORMATS, with_ending
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.io.images.registry import image_stem, open_volume, write_volume
from desktop_app.io.projects import OpenProject, open_project
from desktop_app.jobs.patches.adding import added_folder, layout_of
from desktop_app.jobs.patches.gallery import ShownPatch, shown_in_folder, shown_in_project
from desktop_app.jobs.patches.project import project_around
from desktop_app.jobs.patches.table import PickedPatch, write_table


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """Which patches to store, and where.

    Attributes:
        folder: A set of patches, also of a project.
        out: The folder to make, or the data set to add to.
        layout: How images and labels lie in it; a data set that is there keeps its own.
        add: Add to the data set that is there.
    """

    folder: Path
    out: Path
    layout: PatchLayout = "volumes"
    add: bool = False


@dataclass(frozen=True, slots=True)
class StoredPatches:
    """What was written.

    Attributes:
        out: The data set.
        patches: Its new pictures.
        waiting: How many patches were left out, because they are not labelled or not done.
    """

    out: Path
    patches: tuple[PickedPatch, ...]
    waiting: int


def store_patches(config: StoreConfig, ctx: JobContext, opened: OpenProject | None = None) -> StoredPatches:
    """Write the patches that are done, or where none is, all that have labels; all or nothing.

    Of a flipbook its labelled slice is written, as a picture; of a stack all slices.

    Args:
        config: Which, and where.
        ctx: For progress and cancelling.
        opened: The project of the patches, where it is open.

    Raises:
        UserError: If nothing is labelled, a file cannot be read, or the folder is not empty or cannot be written.
        JobCancelled: If the user stops it; nothing is left behind.
    """
    shown = _shown(config.folder, opened)
    wanted = [one for one in shown if one.state == "done"] or [one for one in shown if one.state != "to do"]
    if not wanted:
        raise UserError(f"No patch of {config.folder.name} is labelled yet.", hint="Label some, and mark them as done.")
    out, layout = config.out, layout_of(config.out) if config.add else config.layout
    if not config.add and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out.name} is not empty.", hint="Give a new folder, or add to the data set that is there.")
    make_place(out)
    with writing(out), added_folder(out) if config.add else atomic_folder(out) as folder:
        taken = {path.name.split(".")[0] for path in out.rglob("*")} if config.add else set()
        written = [
            _written(one, folder, layout, taken, partial(_tell, ctx, done, len(wanted)))
            for done, one in enumerate(wanted)
        ]
        ctx.raise_if_cancelled()
        write_table(folder, written)
    ctx.report(Progress(len(wanted), len(wanted), "All written"))
    waiting = len(shown) - len(wanted)
    if waiting:
        left = "1 patch is" if waiting == 1 else f"{waiting} patches are"
        ctx.report(Note("warning", f"{left} not done yet and left out."))
    return StoredPatches(out, tuple(_moved(patch, folder, out) for patch in written), waiting)


def _tell(ctx: JobContext, done: int, of: int, name: str) -> None:
    ctx.raise_if_cancelled()
    ctx.report(Progress(done, of, name))


def _shown(folder: Path, opened: OpenProject | None) -> Sequence[ShownPatch]:
    if opened is not None:
        return shown_in_project(opened, folder)
    project = project_around(folder)
    if project is not None and project[1] is not None:
        with open_project(project[0]) as own:
            return shown_in_project(own, project[1])
    return shown_in_folder(folder)


def _written(
    shown: ShownPatch, folder: Path, layout: PatchLayout, taken: set[str], tell: Callable[[str], None]
) -> PickedPatch:
    """Write one patch and its labels below ``folder``.

    Raises:
        UserError: If its files cannot be read or do not fit each other.
    """
    patch = shown.patch
    name = _free(image_stem(patch.image), taken)
    tell(name)
    picture = open_volume(patch.image)
    group = file_name(image_stem(patch.source))
    image, masks = LAYOUTS[layout].place(folder, PairPlace(name, group=group))
    ending = FORMATS[DEFAULT].label_ending
    image, masks = with_ending(image, ending), with_ending(masks, ending)
    region = _learned(patch, picture)
    _save(masks, _labels(shown, picture, region)[np.newaxis], picture)
    _save(image, np.stack([picture.read(region, channel) for channel in range(picture.channels)]), picture)
    return replace(patch, image=image, labels=masks, place=_place(patch), labelled=None)


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    taken.add(free)
    return free


def _learned(patch: PickedPatch, picture: Volume) -> Region:
    """The slices of the file of a patch (z, y, x) that are learned from."""
    slices, rows, columns = picture.shape
    if patch.labelled is None or patch.labelled >= slices:
        return Region.whole(picture.shape)
    return Region((patch.labelled, 0, 0), (patch.labelled + 1, rows, columns))


def _labels(shown: ShownPatch, picture: Volume, region: Region) -> NDArray[Any]:
    """The labels (Z, Y, X) in a region; none where a patch was marked as done without any object.

    Raises:
        UserError: If they cannot be read or do not fit.
    """
    if shown.labels is None:
        return np.zeros(region.shape, np.uint8)
    labels = open_labels(shown.labels)
    require_same_shape(picture, labels)
    return labels.read(region)


def _place(patch: PickedPatch) -> PatchPlace:
    """Where in its image lies what is learned from."""
    place = patch.place
    if patch.labelled is None:
        return place
    start = list(place.region.start)
    start[place.plane.depth_axis] += patch.labelled
    rows, columns = place.plane.shape_of(place.region.shape)
    return place_at(place.plane, (start[0], start[1], start[2]), rows, columns)


def _save(path: Path, voxels: NDArray[Any], like: Volume) -> None:
    """Write voxels (C, Z, Y, X) with the voxel size, and where they fit, the channels of an image."""
    same = len(voxels) == like.channels
    volume = Volume.from_array(
        voxels, voxel_size=like.voxel_size, rgb=like.rgb and same, channel_names=like.channel_names if same else ()
    )
    write_volume(path, volume.source, volume)


def _moved(patch: PickedPatch, folder: Path, out: Path) -> PickedPatch:
    assert patch.labels is not None
    image, labels = (out / path.relative_to(folder) for path in (patch.image, patch.labels))
    return replace(patch, image=image, labels=labels)
