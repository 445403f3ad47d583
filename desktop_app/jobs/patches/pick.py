"""Cut small pictures out of large images, to label them wholly and learn from them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.config.patches import PatchImage, PatchPlan, PatchSettings
from desktop_app.core.errors import UnwritableFileError, UserError
from desktop_app.core.imaging import Index3, Plane, Region, Volume
from desktop_app.core.imaging.patch_places import (
    PatchPlace,
    Stratum,
    around,
    grid,
    patch_voxel_size,
    planes_of,
    shares,
    strata,
)
from desktop_app.core.imaging.structure import local_contrast
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.io.atomic import atomic_folder, make_place, writing
from desktop_app.io.datasets import PairPlace
from desktop_app.io.datasets.layouts import LAYOUTS
from desktop_app.io.file_names import file_name
from desktop_app.io.images.formats import DEFAULT, FORMATS, with_ending
from desktop_app.io.images.label_reader import open_labels, require_same_shape
from desktop_app.io.images.registry import image_stem, open_volume, write_volume
from desktop_app.jobs.data.time_points import at_same_time, time_suffix, wanted_times
from desktop_app.jobs.models.library import find_model
from desktop_app.jobs.patches.adding import added_folder, plan_of_adding
from desktop_app.jobs.patches.table import PickedPatch, places_in, write_table

if TYPE_CHECKING:
    from desktop_app.jobs.patches.doubt import Doubt

# Places looked at to know what is usual in an image; places tried in each part until one is not blank.
_PROBES, _TRIES = 32, 12
# Percentile of structure that counts as usual, and the share of it below which a place is blank; by eye on EM.
_USUAL, _BLANK = 90, 0.3


@dataclass(frozen=True, slots=True)
class PickedPatches:
    """What was written.

    Attributes:
        out: The folder, with one folder per image.
        patches: All patches, image by image.
        asked: How many were wanted.
        blank: Places that were passed over because there is nothing to see.
        failed: Images that could not be read, as ``(name, reason)``.
    """

    out: Path
    patches: tuple[PickedPatch, ...]
    asked: int
    blank: int
    failed: tuple[tuple[str, str], ...]


def pick_patches(plan: PatchPlan, ctx: JobContext) -> PickedPatches:
    """Write small pictures from places of images, all or nothing: ``OUT/IMAGE/{images,masks}`` and a table.

    Where they are added to patches that are there, none of those is touched.

    Places are spread over the depth and never overlap within a plane; where there is no more room, there are fewer
    patches. Only the voxels of the patches, and of a few places to compare with, are read. Images that cannot be read
    are left out.

    Args:
        plan: The images, the folder and how to pick.
        ctx: For progress and cancelling.

    Raises:
        UserError: If no image can be read, all is blank, or the folder is not empty or cannot be written.
        JobCancelled: If the user stops it; nothing is left behind.
    """
    out = Path(plan.out)
    if plan.add:
        plan = plan_of_adding(plan)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out.name} is not empty.", hint="Give a new folder, so that no labels get lost.")
    images, errors = _opened(plan, ctx)
    doubt = _doubt(plan)
    lines = _lines(images, plan.settings, tuple(Plane) if doubt is None else doubt.planes)
    asked = _asked(images, lines, plan.settings)
    make_place(out)
    with writing(out), added_folder(out) if plan.add else atomic_folder(out) as folder:
        there = frozenset(path.stem for path in out.rglob("*")) if plan.add else frozenset()
        picker = _Picker(folder, ctx, plan.settings, errors, asked, doubt, there)
        picker.pick(lines)
        if not picker.written:
            raise next(iter(errors.values()), _all_blank(images))
        patches = sorted(picker.written, key=lambda p: (str(p.source), str(p.image)))
        write_table(folder, patches)
    _tell(len(patches), asked, plan.settings, ctx)
    moved = tuple(_moved(patch, folder, out) for patch in patches)
    failed = tuple((name, str(error)) for name, error in errors.items())
    return PickedPatches(out, moved, asked, picker.blank, failed)


@dataclass(slots=True)
class _Image:
    """An open image at one time point.

    Attributes:
        name: Of its patches.
        group: Of the folder of the patches; those of all time points lie in one, being of one specimen.
        taken: Places that have been picked earlier, or are now with slices around them.
        marks: Voxels around which patches are wanted.
        floor: The local contrast below which a place is blank.
    """

    name: str
    group: str
    path: Path
    volume: Volume
    labels: Volume | None
    taken: list[PatchPlace]
    marks: tuple[Index3, ...] = ()
    floor: float = -1.0
    readable: bool = True


@dataclass(slots=True)
class _Line:
    """A stratum of an image; it ends when it has no more places worth taking."""

    image: _Image
    stratum: Stratum
    ended: bool = False


def _opened(plan: PatchPlan, ctx: JobContext) -> tuple[list[_Image], dict[str, UserError]]:
    images: list[_Image] = []
    errors: dict[str, UserError] = {}
    groups: dict[str, str] = {}
    for source in plan.sources:
        ctx.raise_if_cancelled()
        name = file_name(source.name or image_stem(Path(source.image)))
        name = groups.setdefault(source.image, _free_name(name, set(groups.values())))
        try:
            for image in _open(source, name, plan.earlier):
                image.name = _free_name(image.name, {other.name for other in images})
                if plan.settings.avoid_blank and plan.settings.where != "marks":
                    image.floor = _blank_below(image, plan.settings, ctx)
                images.append(image)
        except UserError as error:
            errors[name] = error
            ctx.report(Note("error", str(error)))
    if not images:
        raise next(iter(errors.values()), UserError("There is no image to take patches from.", hint="Name one."))
    return images, errors


def _open(source: PatchImage, name: str, earlier: Sequence[str]) -> list[_Image]:
    """An image, of a movie at each time point that is wanted."""
    path = Path(source.image)
    movie = open_volume(path, reading=source.reading)
    labels = None if source.labels is None else open_labels(Path(source.labels))
    found = []
    for time in wanted_times(movie, source.time):
        volume = movie.at_time(time)
        truth = None if labels is None else at_same_time(labels, volume).alone()
        if truth is not None:
            require_same_shape(volume.alone(), truth)
        taken = [place for table in earlier for place in places_in(Path(table), path, time)]
        where = f"{name}{time_suffix(movie, time)}"
        found.append(_Image(where, name, path, volume.alone(), truth, taken, _marks(source, movie.shape)))
    return found


def _marks(source: PatchImage, shape: Index3) -> tuple[Index3, ...]:
    """The marks of a source.

    Raises:
        UserError: If one lies outside of the image.
    """
    for mark in source.marks:
        if not Region.whole(shape).contains(mark):
            place = ", ".join(map(str, mark))
            raise UserError(
                f"The mark {place} (z, y, x) lies outside of {Path(source.image).name}.",
                hint=f"It has {' × '.join(map(str, shape))} voxels (z, y, x), counted from 0.",
            )
    return source.marks


def _free_name(name: str, taken: Set[str]) -> str:
    numbers = itertools.count(2)
    free = name
    while free in taken:
        free = f"{name}-{next(numbers)}"
    return free


def _blank_below(image: _Image, settings: PatchSettings, ctx: JobContext) -> float:
    """A share of the contrast that the livelier places of an image have; slices are looked at, being quick to read."""
    rng = np.random.default_rng(settings.seed)
    found = []
    for stratum in strata(image.volume.shape, Plane.XY, _PROBES, settings.size, rng):
        for place in itertools.islice(stratum.places, stratum.wanted):
            ctx.raise_if_cancelled()
            ctx.report(Progress(0, settings.number, f"Looking at {image.path.name}"))
            found.append(_contrast(_pictures(image.volume, place)))
    return _BLANK * float(np.percentile(found, _USUAL))


def _doubt(plan: PatchPlan) -> Doubt | None:
    """Who is asked where it is unsure.

    Raises:
        UserError: If no model was named where one is wanted, or it cannot be used.
    """
    if plan.settings.where != "unsure":
        return None
    if not plan.model:
        raise UserError("No model was named that could be unsure.", hint="Name one: --model NAME.vwmodel.")
    from desktop_app.jobs.patches.doubt import Doubt

    return Doubt(find_model(plan.model))


def _lines(images: Sequence[_Image], settings: PatchSettings, seen: tuple[Plane, ...]) -> list[_Line]:
    lines = []
    rng = np.random.default_rng(settings.seed)
    for image, of_image in zip(images, shares(settings.number, len(images)), strict=True):
        volume = image.volume
        planes = planes_of(volume.shape, volume.voxel_size, settings.size, settings.planes)
        planes = tuple(plane for plane in planes if plane in seen)
        for plane, of_plane in zip(planes, shares(of_image, len(planes)), strict=True):
            if settings.where == "marks":
                found = [around(volume.shape, plane, mark, settings.size) for mark in image.marks]
            elif settings.where == "grid":
                thick = 2 * settings.around + 1
                found = grid(volume.shape, plane, of_plane, settings.size, image.taken, thick)
            else:
                found = strata(volume.shape, plane, of_plane, settings.size, rng, image.taken)
            lines += [_Line(image, stratum) for stratum in found]
    return lines


@dataclass(slots=True)
class _Picker:
    """Takes places from lines and writes them below ``folder``."""

    folder: Path
    ctx: JobContext
    settings: PatchSettings
    errors: dict[str, UserError]
    asked: int
    doubt: Doubt | None = None
    there: frozenset[str] = frozenset()
    written: list[PickedPatch] = field(default_factory=list)
    blank: int = 0

    def pick(self, lines: Sequence[_Line]) -> None:
        """What is wanted of each line; where some have too little, the others give more in turn."""
        for line in lines:
            for _ in range(line.stratum.wanted):
                self.take(line)
        while any(not line.ended for line in lines) and len(self.written) < self.asked:
            for line in lines:
                if len(self.written) < self.asked:
                    self.take(line)

    def take(self, line: _Line) -> None:
        """Write the next patch of a line that is worth it."""
        if line.ended or not line.image.readable:
            line.ended = True
            return
        for place in self._ordered(line):
            self.ctx.raise_if_cancelled()
            try:
                taken = self._write(line.image, place)
            except UnwritableFileError:
                raise
            except UserError as error:
                self._give_up(line.image, error)
                break
            if taken:
                return
            self.blank += 1
        line.ended = True

    def _ordered(self, line: _Line) -> Iterator[PatchPlace]:
        """Places to try: as they come, or the one first that the model is least sure of."""
        places = itertools.islice(line.stratum.places, _TRIES)
        if self.doubt is None:
            yield from places
            return
        doubts: list[tuple[float, int, PatchPlace]] = []
        for place in places:
            self.ctx.raise_if_cancelled()
            self.ctx.report(Progress(len(self.written), self.asked, f"Looking at {line.image.path.name}"))
            if _contrast(_pictures(line.image.volume, place)) > line.image.floor:
                doubts.append((self.doubt.of(line.image.volume, place, self.ctx), len(doubts), place))
        yield from (place for _, _, place in sorted(doubts, reverse=True))

    def _write(self, image: _Image, place: PatchPlace) -> bool:
        if _contrast(_pictures(image.volume, place)) <= image.floor:
            return False
        picked = place.first_slice
        if self.settings.around:
            place = place.with_neighbours(self.settings.around, image.volume.shape)
            # Slices around a place may be those of another one.
            if self.settings.where in ("spread", "unsure") and any(
                near.plane is place.plane and not near.region.intersect(place.region).empty for near in image.taken
            ):
                return False
        if place in image.taken:
            return False
        image.taken.append(place)
        pictures = _pictures(image.volume, place)
        name = _free_name(f"{image.name}_{place.name(image.volume.shape)}", self.there)
        ending = FORMATS[DEFAULT].label_ending
        self.ctx.report(Progress(len(self.written), self.asked, name + ending))
        picture, masks = LAYOUTS[self.settings.layout].place(self.folder, PairPlace(name, group=image.group))
        path, labels = with_ending(picture, ending), None
        if image.labels is not None:
            labels = with_ending(masks, ending)
            _save(labels, _pictures(image.labels, place), image.volume, place)
        _save(path, pictures, image.volume, place)
        labelled = picked - place.first_slice if self.settings.kind == "flipbook" and place.slices > 1 else None
        self.written.append(PickedPatch(path, labels, image.path, place, image.volume.time, labelled))
        return True

    def _give_up(self, image: _Image, error: UserError) -> None:
        image.readable = False
        self.errors[image.name] = error
        self.ctx.report(Note("error", str(error)))


def _pictures(volume: Volume, place: PatchPlace) -> NDArray[Any]:
    """(C, slices, rows, columns)."""
    axes = place.plane.depth_axis, place.plane.row_axis, place.plane.column_axis
    return np.stack([volume.read(place.region, c).transpose(axes) for c in range(volume.channels)])


def _contrast(pictures: NDArray[Any]) -> float:
    """Of the liveliest channel, in the first slice (C, slices, rows, columns)."""
    return max(local_contrast(channel[0]) for channel in pictures)


def _save(path: Path, pictures: NDArray[Any], like: Volume, place: PatchPlace) -> None:
    same_channels = len(pictures) == like.channels
    picture = Volume.from_array(
        pictures,
        voxel_size=patch_voxel_size(like.voxel_size, place.plane),
        rgb=like.rgb and same_channels,
        channel_names=like.channel_names if same_channels else (),
    )
    write_volume(path, picture.source, picture)


def _all_blank(images: Sequence[_Image]) -> UserError:
    names = ", ".join(image.path.name for image in images[:3])
    if any(image.taken for image in images):
        text = f"There is no other place left in {names} that does not overlap earlier patches and shows something."
        return UserError(text, hint="Take patches from another image.")
    return UserError(f"Every place of {names} that was looked at is blank.", hint="Turn off “Skip blank places”.")


def _moved(patch: PickedPatch, folder: Path, out: Path) -> PickedPatch:
    labels = None if patch.labels is None else out / patch.labels.relative_to(folder)
    return replace(patch, image=out / patch.image.relative_to(folder), labels=labels)


def _asked(images: Sequence[_Image], lines: Sequence[_Line], settings: PatchSettings) -> int:
    """How many patches are wanted.

    Raises:
        UserError: If none of the images has a mark, where those are wanted.
    """
    if settings.where != "marks":
        return settings.number
    if not lines:
        names = ", ".join(image.path.name for image in images[:3])
        raise UserError(f"{names} has no marks.", hint="Mark places in the viewer, or name them with --at z,y,x.")
    return len(lines)


def _tell(count: int, asked: int, settings: PatchSettings, ctx: JobContext) -> None:
    ctx.report(Progress(count, count, "All written"))
    if count < asked:
        why = "More would overlap, or show nothing." if settings.avoid_blank else "More would overlap."
        words = "patch was" if count == 1 else "patches were"
        ctx.report(Note("warning", f"{count} of {asked} {words} picked. {why}"))
