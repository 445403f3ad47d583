"""Patches with what lies around them, how far their labels are, and a picture of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.imaging.contrast import auto_window, to_uint8
from desktop_app.core.imaging.grey import as_grey
from desktop_app.core.imaging.overlay import overlay
from desktop_app.core.imaging.patch_places import PatchPlace
from desktop_app.core.imaging.reading import AS_STATED, ImageReading
from desktop_app.core.imaging.seen_at_scale import majorities, means
from desktop_app.core.imaging.volume import squeeze_slab
from desktop_app.core.job import JobContext, Progress
from desktop_app.core.project import Item
from desktop_app.io.images.label_reader import open_labels
from desktop_app.io.images.registry import open_volume
from desktop_app.io.pictures import write_picture
from desktop_app.io.projects import OpenProject, open_project
from desktop_app.jobs.patches.project import items_of, project_around
from desktop_app.jobs.patches.table import PickedPatch, patches_in

PatchState = Literal["to do", "labelled", "done"]
EDGE = 256
"""Pixels of the edge of the largest picture; a patch of 256 px with what is around it is shrunk to a half."""
_FAINT = 0.55  # how much darker the surroundings are
_COLUMNS, _GAP, _BAR = 5, 6, 6  # of a sheet; px
_COLORS: dict[PatchState, tuple[int, int, int]] = {
    "to do": (150, 150, 150),
    "labelled": (230, 159, 0),
    "done": (0, 158, 115),
}
"""Of the bar below a patch, told apart with any colour vision."""


@dataclass(frozen=True, slots=True)
class ShownPatch:
    """A patch, and where its labels are.

    Attributes:
        patch: The patch.
        labels: Its labels; None without.
        state: How far they are.
        item: Of the project, None outside of projects.
        reading: How the image that it comes from is read.
    """

    patch: PickedPatch
    labels: Path | None
    state: PatchState
    item: Item | None = None
    reading: ImageReading = AS_STATED


@dataclass(frozen=True, slots=True)
class PatchSheet:
    """What was drawn.

    Attributes:
        file: The picture.
        patches: How many it shows.
        done: How many of them are done, or labelled where nothing says more.
    """

    file: Path
    patches: int
    done: int


def shown_in_project(opened: OpenProject, folder: Path) -> list[ShownPatch]:
    """The patches of a set that are images of a project, in the order in which they were picked.

    Raises:
        UnreadableFileError: If the folder has no table of patches.
    """
    readings = {opened.image_path(item).resolve(): opened.reading_of(item) for item in opened.project.items}
    return [
        ShownPatch(
            patch,
            _labels_of(opened, item),
            _state_of(item, patch),
            item,
            readings.get(patch.source.resolve(), AS_STATED),
        )
        for item, patch in items_of(opened, folder)
    ]


def shown_in_folder(folder: Path) -> list[ShownPatch]:
    """The patches of a set outside of projects, whose labels lie in files beside them.

    Raises:
        UnreadableFileError: If the folder has no table of patches.
    """
    found = []
    for patch in patches_in(folder):
        state: PatchState = "to do"
        if patch.labels is not None:
            with suppress(UserError):
                state = "labelled" if learned_labels(patch, open_labels(patch.labels)).any() else "to do"
        found.append(ShownPatch(patch, patch.labels, state))
    return found


def learned_labels(patch: PickedPatch, labels: Volume) -> NDArray[Any]:
    """What is learned from the labels of a patch (Z, Y, X): of a flipbook its labelled slice alone."""
    if patch.labelled is None or labels.shape[0] <= patch.labelled:
        return labels.read()
    rows, columns = labels.shape[1:]
    return labels.read(Region((patch.labelled, 0, 0), (patch.labelled + 1, rows, columns)))


def picture_of(shown: ShownPatch, away: int = 0) -> NDArray[np.uint8]:
    """A patch in the middle of its surroundings, which are darker, with its labels.

    Where the image that it comes from cannot be read any more, the patch alone.

    Args:
        shown: The patch.
        away: Of flipbooks and stacks: so many slices behind the labelled or middle one, or before it where negative;
            the first or last where there is no such slice.

    Returns:
        (Y, X, 3) uint8, at most 256 pixels high and wide.

    Raises:
        UserError: If the patch itself cannot be read.
    """
    depth = min(max(0, shown.patch.front + away), shown.patch.place.slices - 1)
    grey, inside = _surroundings(shown, depth)
    labels = np.zeros(grey.shape, np.uint32)
    labels[inside] = _labels(shown, depth, labels[inside].shape)
    step = -(-2 * max(part.stop - part.start for part in inside) // EDGE)
    rows, columns = (slice(part.start // step, -(-part.stop // step)) for part in inside)
    small = to_uint8(means(grey, step), auto_window(grey))
    faint = (small * _FAINT).astype(np.uint8)
    faint[rows, columns] = small[rows, columns]
    return overlay(faint, majorities(labels, step))


def pictures_of(patches: Sequence[ShownPatch], away: int, ctx: JobContext) -> list[NDArray[np.uint8] | None]:
    """The pictures of some patches, ``away`` slices from the labelled one; None for those that cannot be read."""
    found: list[NDArray[np.uint8] | None] = []
    for done, shown in enumerate(patches):
        ctx.raise_if_cancelled()
        ctx.report(Progress(done, len(patches), shown.patch.image.name))
        picture = None
        with suppress(UserError):
            picture = picture_of(shown, away)
        found.append(picture)
    return found


def write_patch_sheet(folder: Path, file: Path, ctx: JobContext) -> PatchSheet:
    """A picture (PNG) of all patches of a set, each in its surroundings, with a bar that says how far its labels are.

    Args:
        folder: A set of patches, also of a project.
        file: The picture to write.
        ctx: For progress and cancelling.

    Raises:
        UserError: If there are no patches, none can be read, or the disk refuses.
    """
    project = project_around(folder)
    if project is not None and project[1] is not None:
        with open_project(project[0]) as opened:
            return _written(folder, shown_in_project(opened, project[1]), file, ctx)
    return _written(folder, shown_in_folder(folder), file, ctx)


def _written(folder: Path, patches: Sequence[ShownPatch], file: Path, ctx: JobContext) -> PatchSheet:
    pictures = pictures_of(patches, 0, ctx)
    cells = [
        _with_bar(picture, shown.state) for picture, shown in zip(pictures, patches, strict=True) if picture is not None
    ]
    if not cells:
        raise UserError(f"No patch in {folder.name} can be shown.", hint="Were their files moved or renamed?")
    write_picture(file, _side_by_side(cells))
    return PatchSheet(file, len(cells), sum(shown.state != "to do" for shown in patches))


def _with_bar(picture: NDArray[np.uint8], state: PatchState) -> NDArray[np.uint8]:
    bar = np.empty((_BAR, picture.shape[1], 3), np.uint8)
    bar[:] = _COLORS[state]
    return np.concatenate([picture, bar])


def _side_by_side(cells: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Pictures (Y, X, 3) in rows, on white."""
    height, width = (max(cell.shape[axis] for cell in cells) + _GAP for axis in (0, 1))
    rows = -(-len(cells) // _COLUMNS)
    sheet = np.full((rows * height - _GAP, min(len(cells), _COLUMNS) * width - _GAP, 3), 255, np.uint8)
    for number, cell in enumerate(cells):
        y, x = number // _COLUMNS * height, number % _COLUMNS * width
        sheet[y : y + cell.shape[0], x : x + cell.shape[1]] = cell
    return sheet


def _surroundings(shown: ShownPatch, depth: int) -> tuple[NDArray[Any], tuple[slice, slice]]:
    """A slice of a patch, counted from 0, with half a patch on each side (Y, X), and where in it the patch lies."""
    patch = shown.patch
    with suppress(UserError, IndexError):  # moved, or another image by now: the patch itself is at hand
        source = as_grey(open_volume(patch.source, reading=shown.reading).at_time(patch.time))
        if Region.whole(source.shape).intersect(patch.place.region) == patch.place.region:
            around, inside = _around(patch.place, depth, source.shape)
            return squeeze_slab(source.read(around), patch.place.plane), inside
    alone = as_grey(open_volume(patch.image))
    picture = alone.plane(Plane.XY, min(depth, alone.shape[0] - 1))
    return picture, (slice(0, picture.shape[0]), slice(0, picture.shape[1]))


def _around(place: PatchPlace, depth: int, shape: Index3) -> tuple[Region, tuple[slice, slice]]:
    """A box, one slice thick, in a volume of ``shape`` (Z, Y, X), and where in its picture the place lies."""
    start, stop, across = list(place.region.start), list(place.region.stop), place.plane.depth_axis
    start[across] += depth
    stop[across] = start[across] + 1
    inside = []
    for axis in (place.plane.row_axis, place.plane.column_axis):
        edge = stop[axis] - start[axis]
        margin = min(start[axis], edge // 2)
        start[axis], stop[axis] = start[axis] - margin, min(shape[axis], stop[axis] + edge // 2)
        inside.append(slice(margin, margin + edge))
    return Region((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])), (inside[0], inside[1])


def _labels(shown: ShownPatch, depth: int, shape: tuple[int, int]) -> NDArray[Any]:
    """The labels of a slice (Y, X); none where they cannot be read or do not fit."""
    if shown.labels is not None:
        with suppress(UserError):
            labels = open_labels(shown.labels)
            found = labels.plane(Plane.XY, min(depth, labels.shape[0] - 1))
            if found.shape == shape:
                return found
    return np.zeros(shape, np.uint32)


def _labels_of(opened: OpenProject, item: Item) -> Path | None:
    times = opened.labelled_times(item.id, item.edited)
    return opened.label_path(item.id, times[0], item.edited) if times else None


def _state_of(item: Item, patch: PickedPatch) -> PatchState:
    """A flipbook is done where its labelled slice is, a stack where its middle one is."""
    if item.all_done or item.status == "done" or patch.front in item.done_at(0):
        return "done"
    return "labelled" if item.status == "in progress" else "to do"
