"""Looks at files before they come into a project."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.core.config.dataset import PairConfig
from desktop_app.core.errors import UnreadableFileError, UserError
from desktop_app.core.imaging import Region, Volume
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.shown_name import shown_name
from desktop_app.io.datasets.contents import look_into
from desktop_app.io.datasets.folders import search_stopped_by
from desktop_app.io.images.image_format import Series
from desktop_app.io.images.registry import (
    image_kinds,
    is_image_file,
    list_series,
    one_per_image,
    open_volume,
)
from desktop_app.io.images.slices import may_be_slices


@dataclass(frozen=True, slots=True)
class CheckedImages:
    """What became of a choice of files and folders.

    Attributes:
        good: Images that can be opened.
        damaged: Why the others cannot, one error each.
        known: Files that the project has already.
        foreign: Files of other kinds, passed over.
        stacks: Folders whose pictures may be the slices of one image; the user is asked.
        remarks: What is to be known of how a good one is read, where there is something.
        unsized: Good ones that do not state their voxel size.
        several: Good files that hold several images, and these; the user is asked where there is one such file.
        labelled: Good ones that have labels in the same data set.
        deeper: Folders without an image of their own, and the images of folders inside; the user is asked.
    """

    good: tuple[Path, ...] = ()
    damaged: tuple[UserError, ...] = ()
    known: tuple[Path, ...] = ()
    foreign: tuple[Path, ...] = ()
    stacks: tuple[Path, ...] = ()
    remarks: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)
    unsized: frozenset[Path] = frozenset()
    several: Mapping[Path, tuple[Series, ...]] = field(default_factory=dict)
    labelled: Mapping[Path, PairConfig] = field(default_factory=dict)
    deeper: Mapping[Path, tuple[Path, ...]] = field(default_factory=dict)


def check_images(
    paths: Sequence[Path], known: Mapping[Path, Collection[str]], ctx: JobContext, *, apart: bool = False
) -> CheckedImages:
    """Open every image once, so that a damaged one stays out of the project.

    Args:
        paths: Files, and folders of which every image is taken.
        known: Image files of the project, absolute, with the names of their images that it has; "" is the first.
        ctx: For progress and cancelling.
        apart: Pictures of a folder are images each, whether they could be slices or not.
    """
    stacks = tuple(
        p.absolute() for p in paths if not apart and not is_image_file(p) and p.is_dir() and may_be_slices(p)
    )
    with search_stopped_by(ctx.raise_if_cancelled):
        files, foreign, labelled, deeper = _files([path for path in paths if path.absolute() not in stacks])
    had = tuple(path for path in files if path in known and not _further_series(path, known[path]))
    fresh = [path for path in files if path not in had]
    good: list[Path] = []
    damaged: list[UserError] = []
    remarks: dict[Path, tuple[str, ...]] = {}
    unsized: set[Path] = set()
    several: dict[Path, tuple[Series, ...]] = {}
    for number, path in enumerate(fresh):
        ctx.raise_if_cancelled()
        ctx.report(Progress(number, len(fresh), shown_name(path)))
        try:
            volume, inside = _look_at(path), list_series(path)
        except UserError as error:
            damaged.append(error)
            ctx.report(Note("error", str(error)))
        else:
            good.append(path)
            inside = _further_series(path, known[path]) if path in known else inside
            several |= {path: inside} if inside else {}
            if volume.notes:
                remarks[path] = volume.notes
            if not volume.voxel_size.known:
                unsized.add(path)
            for text in volume.notes:
                ctx.report(Note("warning", f"{shown_name(path)}: {text}"))
    ctx.report(Progress(len(fresh), len(fresh)))
    labelled = {path: pair for path, pair in labelled.items() if path in good}
    return CheckedImages(
        tuple(good), tuple(damaged), had, tuple(foreign), stacks, remarks, frozenset(unsized), several, labelled, deeper
    )


def _further_series(path: Path, had: Collection[str]) -> tuple[Series, ...]:
    """The images of a file of the project that the project does not have yet."""
    try:
        inside = list_series(path)
    except UserError:
        return ()
    first = {inside[0].name} if inside and "" in had else set()
    return tuple(one for one in inside if one.name not in {*had, *first})


def summary(checked: CheckedImages) -> str:
    """What to tell the user about the files that stayed out; empty if all came in."""
    parts = []
    if len(checked.damaged) == 1:
        parts.append(str(checked.damaged[0]))
    elif checked.damaged:
        names = ", ".join(_file_of(error) for error in checked.damaged[:3])  # three names fit a sentence
        more = ", …" if len(checked.damaged) > 3 else ""  # as many as are named
        parts.append(f"{len(checked.damaged)} files cannot be opened and stay out: {names}{more}")
    if checked.known:
        parts.append(f"{_count(len(checked.known))} already in the project.")
    if checked.foreign and not checked.good:
        parts.append(f"There is no image of a known kind among these files. Choose {image_kinds()} images.")
    return " ".join(parts)


def _file_of(error: UserError) -> str:
    return shown_name(error.path) if isinstance(error, UnreadableFileError) else error.message


def _count(number: int) -> str:
    return "One image is" if number == 1 else f"{number} images are"


def _files(
    paths: Sequence[Path],
) -> tuple[list[Path], list[Path], dict[Path, PairConfig], dict[Path, tuple[Path, ...]]]:
    """Image files, files of other kinds, images with labels, and folders with images further inside."""
    files: dict[Path, None] = {}
    foreign: list[Path] = []
    labelled: dict[Path, PairConfig] = {}
    deeper: dict[Path, tuple[Path, ...]] = {}
    for path in paths:
        if is_image_file(path):
            files[path.absolute()] = None
        elif path.is_dir():
            inside = look_into(path.absolute())
            files.update(dict.fromkeys(inside.images))
            labelled.update(inside.labelled)
            deeper |= {path: inside.deeper} if inside.deeper else {}
        else:
            foreign.append(path)
    return one_per_image(files), foreign, labelled, deeper


def _look_at(path: Path) -> Volume:
    """Read a corner of the last slice, which is missing where a file is cut off."""
    volume = open_volume(path)
    z, y, x = volume.shape
    # Voxels: the smallest piece of a file holds more.
    volume.at_time(volume.times - 1).read(Region((z - 1, 0, 0), (z, min(y, 16), min(x, 16))))
    return volume
